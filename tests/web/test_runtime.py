"""El guion de las páginas fijas: sin red y sin núcleo; si no puede dibujar, la imagen fija se queda."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import anywidget
import numpy as np
import pytest
import traitlets
from atencion.viz import HeatMap
from atencion.viz.page_scripts import page_scripts
from browser_tools import Watch
from figure_driver import Figure
from ipywidgets import IntSlider
from playwright.sync_api import Page, expect
from sample_memory import SampleMemory

Write = Callable[..., Path]
READY = "html[data-atencion-lista]"


def heat_map(**options: object) -> HeatMap:
    return HeatMap([[0.25, 0.75]], **({"queries": ["casa"], "keys": ["white", "house"], "view": "map"} | options))


class Counter(anywidget.AnyWidget):
    """Un widget ajeno: cuenta lo que hace el modelo que recibe."""

    _esm = """
    window.loads = (window.loads ?? 0) + 1;
    export default async () => ({
      initialize({ model }) { model.set("log", [...model.get("log"), "initialize"]); },
      async render({ model, el }) {
        const seen = [];
        const note = (name) => () => seen.push(`${name}=${model.get("count")}`);
        const first = note("first");
        model.on("change:count", first);
        model.on("change", note("any"));
        model.set("count", 1);
        model.set("count", 1);
        model.off("change:count", first);
        model.set({ count: 2, log: [...model.get("log"), "render"] });
        model.save_changes();
        model.send({});
        const other = await model.widget_manager.get_model(model.get("other"));
        el.textContent = [...model.get("log"), ...seen, other.get("label"), model.get("data").getUint8(1)].join(" ");
      },
    });
    """
    count = traitlets.Int(0).tag(sync=True)
    log = traitlets.List().tag(sync=True)
    data = traitlets.Bytes(b"\x01\xfe").tag(sync=True)
    other = traitlets.Unicode().tag(sync=True)
    label = traitlets.Unicode().tag(sync=True)


class Broken(anywidget.AnyWidget):
    _esm = "export default { render() { throw new Error('roto'); } };"


@pytest.mark.parametrize("scheme", ["http", "file"])
@pytest.mark.parametrize("compact", [True, False])
def test_alive_over_http_and_from_disk(page: Page, write_page: Write, serve, watch: Watch, scheme: str, compact: bool):
    path = write_page(heat_map(), heat_map(), compact=compact)
    page.goto(path.as_uri() if scheme == "file" else f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    for position in (0, 1):
        figure = Figure(page, 1, 2, position)
        figure.hover(0, 1)
        assert figure.reading == "«casa» atiende a «house» con peso 0,75."
    assert page.locator("img").count() == 0
    assert page.evaluate("document.adoptedStyleSheets.length") == 1
    names = {url.rsplit("/", 1)[1].split("?")[0] for url in watch.requests if not url.startswith(("blob:", "data:"))}
    assert names <= {"index.html", "runtime.js", "figures.js", "0.png", "1.png"}
    assert ("figures.js" in names) == compact


def test_model_behaves_as_anywidget_promises(page: Page, write_page: Write):
    other = Counter(label="vecino")
    other.other = f"IPY_MODEL_{other.model_id}"
    widget = Counter(other=other.other)
    page.goto(write_page(widget, widget, other).as_uri())
    page.wait_for_selector(READY)
    first, again, neighbour = page.locator(".atencion-viva").all_inner_texts()
    assert first == "initialize render first=1 any=1 any=2 vecino 254"
    assert again.startswith("initialize render render first=1")
    assert neighbour == first
    assert page.evaluate("window.loads") == 1


def test_plain_controls_say_they_need_a_kernel(page: Page, write_page: Write):
    page.goto(write_page(IntSlider(), heat_map()).as_uri())
    page.wait_for_selector(READY)
    notes = page.locator(".atencion-nota")
    assert notes.all_inner_texts() == [
        "Este control necesita un núcleo de Python: abre el cuaderno en Colab o en JupyterLab para usarlo."
    ]
    assert notes.first.get_attribute("role") == "note"
    assert page.locator(".atencion-map").count() == 1


def test_a_broken_widget_does_not_stop_the_others(page: Page, write_page: Write, watch: Watch):
    page.goto(write_page(Broken(), heat_map()).as_uri())
    page.wait_for_selector(READY)
    assert page.locator(".atencion-nota").all_inner_texts() == [
        "La figura interactiva no se ha podido dibujar en este navegador."
    ]
    assert page.locator(".atencion-map").count() == 1
    assert ["roto" in message for message in watch.take_messages()] == [True]


def test_image_stays_without_javascript(browser, write_page: Write):
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(write_page(heat_map()).as_uri())
    image = page.locator("img.atencion-fija")
    assert image.is_visible()
    box = image.bounding_box()
    assert box is not None
    assert box["width"] > 100
    context.close()


def csp(policy: str) -> str:
    return f'<meta http-equiv="Content-Security-Policy" content="{policy}">'


def test_strict_policy_is_enough_for_a_compact_page(page: Page, write_page: Write, serve):
    """Sin ``blob:`` ni guiones en línea: el código de la figura va en los guiones de la página."""
    policy = csp("default-src 'self'; img-src 'self' data:")
    path = write_page(heat_map(), head=policy)
    path.write_text(path.read_text(encoding="utf-8").replace(' style="margin:16px"', ""), encoding="utf-8")
    page.goto(f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    figure = Figure(page, 1, 2)
    figure.hover(0, 0)
    assert figure.reading == "«casa» atiende a «white» con peso 0,25."
    assert figure.root.evaluate("node => getComputedStyle(node).borderTopWidth") == "1px"


def test_image_stays_where_the_code_is_blocked(page: Page, write_page: Write, serve, watch: Watch):
    policy = csp("default-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'")
    path = write_page(heat_map(), compact=False, head=policy)
    page.goto(f"{serve(path.parent)}/index.html")
    page.wait_for_selector(READY)
    assert page.locator("img.atencion-fija").is_visible()
    assert page.locator(".atencion-nota").count() == 1
    assert any("Content Security Policy" in message for message in watch.take_messages())


CELL = '<div class="cell_output">'


def write_far(write_page: Write, *widgets: object) -> Path:
    """Una página con las figuras separadas por varias pantallas."""
    path = write_page(*widgets)
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace(CELL, f'{CELL}<div style="height: 6000px"></div>'), encoding="utf-8")
    return path


def asked(watch: Watch) -> set[str]:
    names = {url.rsplit("/", 1)[1].split("?")[0] for url in watch.requests if url.startswith("file:")}
    return {name for name in names if name.endswith(".js")}


def test_figures_are_drawn_when_they_come_near(page: Page, write_page: Write, watch: Watch):
    page.goto(write_far(write_page, heat_map(), SampleMemory().figure()).as_uri())
    page.wait_for_function("document.querySelectorAll('.atencion-viva').length === 2")
    assert asked(watch) == {"runtime.js"}
    figures = page.locator(".atencion-map")
    page.locator(".atencion-viva").first.scroll_into_view_if_needed()
    expect(figures).to_have_count(1)
    assert asked(watch) == {"runtime.js", "figures.js"}
    page.locator(".atencion-viva").last.scroll_into_view_if_needed()
    expect(figures).to_have_count(2)
    expect(page.locator(".atencion-live .al-written")).not_to_be_empty()
    page.get_by_role("textbox", name="Pregunta").fill("¿Quién?")
    expect(page.locator(".al-note")).to_contain_text("quién")
    assert asked(watch) == {"runtime.js", "figures.js", "models.js", "core.js"}


def test_a_link_draws_its_figure_wherever_it_is(page: Page, write_page: Write):
    path = write_far(write_page, heat_map(title="Una"), heat_map(title="Otra"))
    page.goto(f"{path.as_uri()}#figura=2&vista=table")
    expect(page.locator(".atencion-map[data-view=table] .am-title")).to_have_text("Otra")
    assert page.locator(".atencion-map").count() == 1


def test_a_link_unfolds_the_solution_where_its_figure_is(page: Page, write_page: Write):
    path = write_page(heat_map(title="Una"), heat_map(title="Otra"))
    html = path.read_text(encoding="utf-8")
    before, after = html.split("</div><div", maxsplit=1)
    folded = f"{before}</div><details><summary>Solución</summary><details><summary>Figura</summary><div{after}"
    path.write_text(folded.replace("</div><script", "</div></details></details><script"), encoding="utf-8")
    page.goto(f"{path.as_uri()}#figura=2&vista=map")
    expect(page.locator(".am-title", has_text="Otra")).to_be_in_viewport()


def test_printing_draws_everything(page: Page, write_page: Write):
    page.goto(write_far(write_page, heat_map(), heat_map()).as_uri())
    page.wait_for_function("document.querySelectorAll('.atencion-viva').length === 2")
    page.pdf()
    expect(page.locator(".atencion-map")).to_have_count(2)


def test_many_bytes_arrive_in_their_own_script(page: Page, write_page: Write, watch: Watch):
    weights = np.full((200, 300), 1 / 300)
    figure = HeatMap(weights, queries=["q"] * 200, keys=["k"] * 300)
    page.goto(write_page(figure, heat_map()).as_uri())
    page.wait_for_selector(READY)
    assert page.locator(".atencion-map").count() == 2
    assert sum(name.startswith("datos.") for name in asked(watch)) == 1


def test_a_figure_whose_script_does_not_arrive_leaves_its_image(page: Page, write_page: Write, watch: Watch):
    page.route("**/figures.js*", lambda route: route.abort())
    page.goto(write_page(heat_map()).as_uri())
    page.wait_for_selector(READY)
    assert page.locator("img.atencion-fija[data-atencion-fallo]").is_visible()
    assert page.locator(".atencion-nota").all_inner_texts() == [
        "La figura interactiva no se ha podido dibujar en este navegador."
    ]
    assert any("figures.js" in message for message in watch.take_messages())


SIZES = {"runtime.js": 4_000, "figures.js": 62_000, "models.js": 10_000, "core.js": 38_000}  # comprimidos


@pytest.mark.parametrize("name", SIZES)
def test_scripts_are_classic_and_of_reasonable_size(name: str):
    assert page_scripts().keys() == SIZES.keys()
    script = page_scripts()[name]
    assert "\nimport " not in script
    assert len(gzip.compress(script.encode())) < SIZES[name]


def test_all_the_scripts_together_are_light():
    assert sum(len(gzip.compress(script.encode())) for script in page_scripts().values()) < 115_000
