"""Ejercicios del capítulo 11, «Autoatención paso a paso»."""

from __future__ import annotations

from .exercises import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
