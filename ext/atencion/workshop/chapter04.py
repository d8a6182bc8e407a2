"""Ejercicios del capítulo 4, «Redes de memoria»."""

from __future__ import annotations

from .exercises import Exercise

__all__ = ["EXERCISES"]

EXERCISES: tuple[Exercise, ...] = ()
