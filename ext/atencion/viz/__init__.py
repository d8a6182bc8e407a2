"""Figuras interactivas: el mapa de calor de los pesos de atención y el modelo que corre en la página."""

from __future__ import annotations

from atencion.viz.heatmap import HeatMap
from atencion.viz.live_model import LiveModel
from atencion.viz.weights import dequantised, pack_weights

__all__ = ["HeatMap", "LiveModel", "dequantised", "pack_weights"]
