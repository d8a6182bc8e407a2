"""La misma figura en un JupyterLab de verdad: viva, y con sus controles unidos a Python."""

from __future__ import annotations

import contextlib
import importlib.util
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import atencion
import nbformat
import pytest
from figure_driver import Figure
from missing_tools import skip_or_fail
from playwright.sync_api import BrowserContext, Page, TimeoutError

CELLS = [
    "from atencion.viz import HeatMap\n"
    "stages = [[[0.7, 0.3], [0.1, 0.9]], [[0.5, 0.5], [0.25, 0.75]]]\n"
    "figure = HeatMap(stages, queries=['casa', 'azul'], keys=['house', 'blue'], progressive=True)\n"
    "figure",
    "from ipywidgets import Label\n"
    "label = Label('sin cambios')\n"
    "def show(change):\n"
    "    label.value = f'índice {figure.index}, fila {figure.row}'\n"
    "figure.observe(show, ['index', 'row'])\n"
    "label",
    "figure.index = [0]",
]


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[str]:
    """Un servidor de JupyterLab con un cuaderno; devuelve la dirección de ese cuaderno."""
    if importlib.util.find_spec("jupyterlab") is None:
        skip_or_fail("Falta JupyterLab en este entorno: pip install jupyterlab")
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in CELLS])
    notebook.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    folder = tmp_path / "cuadernos"
    folder.mkdir()
    nbformat.write(notebook, folder / "prueba.ipynb")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    options = ["--no-browser", "--allow-root", "--ServerApp.ip=127.0.0.1", f"--ServerApp.port={port}"]
    options += ["--IdentityProvider.token=", "--LabApp.news_url=None", "--LabApp.extension_manager=readonly"]
    options += [f"--ServerApp.root_dir={folder}"]
    package = str(Path(atencion.__file__).parents[1])
    folders = {f"JUPYTER_{name}_DIR": str(tmp_path / name) for name in ("CONFIG", "DATA", "RUNTIME")}
    environment = {**os.environ, **folders, "PYTHONPATH": package, "IPYTHONDIR": str(tmp_path / "ipython")}
    with (tmp_path / "lab.log").open("wb") as log:
        server = subprocess.Popen(
            [sys.executable, "-m", "jupyterlab", *options], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
        address = f"http://127.0.0.1:{port}"
        wait_for(f"{address}/api", server, tmp_path / "lab.log")
        yield f"{address}/lab/tree/prueba.ipynb?reset"
        server.terminate()
        server.wait(timeout=20)


def wait_for(address: str, server: subprocess.Popen[bytes], log: Path) -> None:
    """Espera a que el servidor conteste."""
    for _ in range(150):
        assert server.poll() is None, log.read_text(encoding="utf-8", errors="replace")
        try:
            with urllib.request.urlopen(address, timeout=5):
                return
        except OSError:
            time.sleep(0.2)
    pytest.fail(f"JupyterLab no contesta en {address}")


def run_cell(page: Page, number: int) -> None:
    """Ejecuta una celda. Insiste hasta que empieza: recién abierto, el cuaderno puede no oír la orden."""
    cell = page.locator(".jp-CodeCell").nth(number)
    started = cell.locator(".jp-InputPrompt").filter(has_text=re.compile(r"\[[\d*]+\]"))
    for _ in range(10):
        cell.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        with contextlib.suppress(TimeoutError):
            return started.wait_for(timeout=3_000)
    pytest.fail(f"JupyterLab no ejecuta la celda {number}")


def test_figure_is_alive_and_tied_to_python(lab: str, context: BrowserContext):
    page = context.new_page()
    page.set_default_timeout(60_000)
    page.goto(lab)
    page.locator(".jp-Notebook .jp-CodeCell").nth(2).wait_for()
    run_cell(page, 0)
    page.wait_for_selector(".atencion-map")
    figure = Figure(page, 2, 2)
    assert figure.root.get_attribute("data-theme") == "light"
    run_cell(page, 1)
    page.get_by_text("sin cambios", exact=True).wait_for()
    figure.slide("cabeza", 1)
    figure.slide("paso", 1)
    figure.hover(1, 1)
    assert figure.reading == "«azul» atiende a «blue» con peso 0,75."
    page.get_by_text("índice [1], fila 1").wait_for()
    run_cell(page, 2)
    figure.root.get_by_text("1 de 2", exact=True).wait_for()
    figure.hover(1, 1)
    assert figure.reading == "«azul» atiende a «blue» con peso 0,90."
    figure.click(0, 0)
    selected = page.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index")
    figure.press("ArrowDown", "ArrowRight")
    assert figure.reading.startswith("«azul» atiende a «blue»")
    assert page.locator(".jp-Cell.jp-mod-active").get_attribute("data-windowed-list-index") == selected
    page.evaluate("document.body.dataset.jpThemeLight = 'false'")
    page.wait_for_selector(".atencion-map[data-theme=dark]")
