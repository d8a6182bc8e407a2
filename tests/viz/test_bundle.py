"""El código que recibe el navegador: un solo módulo, un solo guion, y un estado sin repeticiones."""

from __future__ import annotations

import json
import re

from atencion.viz import HeatMap, bundle
from atencion.viz.bundle import STYLE, compact_state, module_script, runtime_script
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
    for source in (module_script(), runtime_script(), STYLE):
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)", source)
        for forbidden in ("innerHTML", "insertAdjacentHTML", "document.write", "eval(", "fetch(", "@import"):
            assert forbidden not in source


def test_every_module_of_the_folder_travels():
    names = {path.stem for path in bundle.PAGE.glob("*.js")} | {"core_wasm"}
    assert set(re.findall(r"^const (\w+)_js = \(\(\) => \{$", runtime_script(), re.MULTILINE)) == names


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
