"""Figuras interactivas: el mapa de calor de los pesos de atención."""

from __future__ import annotations

from atencion.viz.heatmap import HeatMap

__all__ = ["HeatMap"]
