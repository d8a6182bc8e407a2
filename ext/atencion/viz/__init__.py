"""Figuras interactivas: el mapa de calor de los pesos de atención y los modelos que corren en la página."""

from __future__ import annotations

from atencion.viz.heatmap import HeatMap
from atencion.viz.live_model import LiveModel
from atencion.viz.live_story import LiveStory
from atencion.viz.weights import dequantised, pack_weights

__all__ = ["HeatMap", "LiveModel", "LiveStory", "dequantised", "pack_weights"]
