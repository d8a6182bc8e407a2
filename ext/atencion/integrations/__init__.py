"""Puentes hacia otras bibliotecas. Cada módulo importa la suya solo cuando se usa."""
