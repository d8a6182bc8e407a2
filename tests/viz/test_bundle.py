"""El código que recibe el navegador: un solo módulo, un solo guion, y un estado sin repeticiones."""

from __future__ import annotations

import base64
import json
import re

import numpy as np
from atencion.viz import HeatMap, bundle
from atencion.viz.bundle import STYLE, module_script
from atencion.viz.page_scripts import compact_state, detach_buffers, page_scripts
from ipywidgets import IntSlider
from ipywidgets.embed import dependency_state, embed_data


def page_state(*widgets: object) -> str:
    records = dependency_state(widgets, drop_defaults=False)
    return json.dumps(embed_data(views=widgets, state=records)["manager_state"])


def heat_map(token: str = "a") -> HeatMap:
    return HeatMap([[0.5, 0.5]], queries=[token], keys=["c", "d"])


def test_module_is_self_contained():
    source = module_script()
    assert not re.search(r"^import\b", source, re.MULTILINE)
    assert re.findall(r"^export .*", source, re.MULTILINE) == ["export default heatmap_js.widget;"]


def test_no_script_reaches_the_network_or_parses_html():
    for source in (module_script(), *page_scripts().values(), STYLE):
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)
        for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "@import"):
            assert forbidden not in source


def test_every_module_of_the_folder_travels_once():
    found = [
        name
        for script in page_scripts().values()
        for name in re.findall(r"^const (\w+)_js = \(\(\) => \{$", script, re.MULTILINE)
    ]
    assert sorted(found) == sorted(path.stem for path in bundle.PAGE.glob("*.js"))


def test_a_page_without_models_brings_neither_models_nor_core():
    scripts = page_scripts()
    assert set(scripts) == {"runtime.js", "core.js", "figures.js", "models.js"}
    assert [name for name, text in scripts.items() if "asm\x01" in text] == ["core.js"]
    assert [name for name, text in scripts.items() if "const network_js" in text] == ["models.js"]


def test_compact_state_drops_the_repeated_code_and_nothing_else():
    state = page_state(heat_map(), heat_map("b"))
    compact = json.loads(compact_state(state))
    for identifier, record in json.loads(state)["state"].items():
        kept = compact["state"][identifier]["state"]
        assert record["state"].items() >= kept.items()
        assert set(record["state"]) - set(kept) <= {"_esm", "_css"}
    assert module_script()[:200] not in compact_state(state)
    assert len(compact_state(state)) < 0.2 * len(state)


def test_compact_state_escapes_every_angle_bracket():
    assert "<" not in compact_state(page_state(heat_map("</script>"), IntSlider(description="</SCRIPT><!--")))


def test_compact_state_keeps_the_code_of_other_versions():
    state = json.loads(page_state(heat_map()))
    record = next(r for r in state["state"].values() if "_esm" in r["state"])
    record["state"]["_esm"] = "export default {}"
    compact = json.loads(compact_state(json.dumps(state)))
    assert next(r for r in compact["state"].values() if "_esm" in r["state"])["state"] == record["state"]


def test_many_bytes_travel_in_their_own_script():
    small, large = heat_map(), HeatMap(np.full((200, 300), 1 / 300), queries=["q"] * 200, keys=["k"] * 300)
    state = page_state(small, large)
    kept, scripts = detach_buffers(state)
    (name,) = scripts
    buffers = [buffer for record in json.loads(kept)["state"].values() for buffer in record.get("buffers", [])]
    assert [buffer["data"] for buffer in buffers if buffer["encoding"] == "script"] == [name]
    assert sum(buffer["encoding"] == "base64" for buffer in buffers) == 1
    start = f'globalThis.atencionPage.buffers["{name}"] = "'
    assert scripts[name].startswith(start)
    assert base64.b64decode(scripts[name].removeprefix(start).removesuffix('";\n')) == large.data
    assert len(kept) < len(state) - 75_000
