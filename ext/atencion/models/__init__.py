"""Los modelos de los capítulos: cada uno usa las capas de ``atencion.layers`` y aprende en una CPU."""
