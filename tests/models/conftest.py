"""Lo común a las pruebas de los modelos."""

import pytest


@pytest.fixture(autouse=True)
def small_tensors(one_thread: None) -> None:
    """Con tensores tan pequeños, repartir el trabajo cuesta más que hacerlo, sobre todo en una máquina ocupada."""
