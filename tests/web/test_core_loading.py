"""El núcleo de la página en un navegador: desde el disco, desde un servidor, aislado y bajo políticas de seguridad."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from atencion.viz import bundle
from browser_tools import Watch
from playwright.sync_api import Page, expect

POLICY = "script-src 'self' 'unsafe-inline' blob:"
WITH_WASM = f"{POLICY} 'wasm-unsafe-eval'"
# Dos claves de puntuación 0 y ln 3: pesos 1/4 y 3/4. Lo que diga la página, en su título y en su texto.
SHOW = """
const say = (text) => { document.body.append(text); };
say("la figura se ve · ");
core_js.loadCore().then((core) => {
  const { weights } = core.dotProduct({
    query: Float32Array.of(1), key: Float32Array.of(0, Math.log(3)), value: Float32Array.of(0, 0),
    nQuery: 1, nKey: 2, dK: 1, dV: 1,
  });
  say(`pesos ${[...weights].map((weight) => weight.toFixed(2)).join(" ")}`);
}).catch((error) => say(error.message));
"""
EXPECTED = "la figura se ve · pesos 0.25 0.75"
SENTENCE = re.search(r'WITHOUT_CORE =\s+"(.+)"', (bundle.PAGE / "core.js").read_text(encoding="utf-8"))


def source() -> str:
    return "\n".join([*map(bundle.enclose, bundle.in_order("core.js")), SHOW])


def document(body: str, policy: str = "") -> str:
    meta = f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}">' if policy else ""
    return (
        f'<!doctype html><html lang="es"><head><meta charset="utf-8">{meta}<title>Prueba</title>'
        f'<link rel="icon" href="data:,"></head><body>{body}</body></html>'
    )


def inline(policy: str = "") -> str:
    return document(f"<script>{source()}</script>", policy)


def blob(policy: str = "") -> str:
    """Como en los cuadernos: un módulo importado desde un Blob."""
    content = f'<script id="code" type="text/plain">{source()}</script>'
    start = (
        '<script>import(URL.createObjectURL(new Blob([document.getElementById("code").textContent], '
        '{ type: "text/javascript" })));</script>'
    )
    return document(content + start, policy)


def sandboxed(policy: str = "") -> str:
    return document(f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(inline(policy))}"></iframe>')


@pytest.mark.parametrize("policy", ["", WITH_WASM], ids=["free", "policy"])
@pytest.mark.parametrize("make", [inline, blob])
@pytest.mark.parametrize("served", [False, True], ids=["file", "http"])
def test_core_loads(
    page: Page, tmp_path: Path, serve: Callable[[Path], str], served: bool, make: Callable[[str], str], policy: str
) -> None:
    (tmp_path / "index.html").write_text(make(policy), encoding="utf-8")
    page.goto(f"{serve(tmp_path)}/index.html" if served else (tmp_path / "index.html").as_uri())
    expect(page.locator("body")).to_contain_text(EXPECTED)


@pytest.mark.parametrize("policy", ["", WITH_WASM], ids=["free", "policy"])
def test_core_loads_in_a_sandboxed_frame(page: Page, tmp_path: Path, policy: str) -> None:
    (tmp_path / "index.html").write_text(sandboxed(policy), encoding="utf-8")
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.frame_locator("iframe").locator("body")).to_contain_text(EXPECTED)


@pytest.mark.parametrize("make", [inline, blob])
def test_a_forbidden_core_says_so_and_breaks_nothing_else(
    page: Page, tmp_path: Path, watch: Watch, make: Callable[[str], str]
) -> None:
    assert SENTENCE is not None
    (tmp_path / "index.html").write_text(make(POLICY), encoding="utf-8")
    page.goto((tmp_path / "index.html").as_uri())
    expect(page.locator("body")).to_contain_text(f"la figura se ve · {SENTENCE[1]}")
    assert [message for message in watch.take_messages() if "WebAssembly" not in message] == []
