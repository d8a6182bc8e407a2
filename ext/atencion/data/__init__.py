"""Los datos del libro: se generan o caben en el repositorio; nada se descarga.

Cada conjunto es un módulo (``from atencion.data import dates``). Los comunes a todos son ``text``, que parte
un texto en piezas, ``vocabulary``, que las numera, y ``batches``, que las reúne en tensores con relleno.
"""
