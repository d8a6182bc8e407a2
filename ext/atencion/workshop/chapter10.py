"""Ejercicios del capítulo 10, «BiDAF»."""

from __future__ import annotations

from .exercises import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
