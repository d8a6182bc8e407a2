"""La clase HeatMap: rasgos, errores en español y representaciones fijas."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
import traitlets
from atencion.viz import HeatMap
from ipywidgets.embed import dependency_state, embed_data

PNG = b"\x89PNG\r\n\x1a\n"
WIDGET_VIEW = "application/vnd.jupyter.widget-view+json"
ROOT = Path(__file__).resolve().parents[2]


def heat_map(shape: tuple[int, ...] = (3, 5), **options: object) -> HeatMap:
    """Un mapa de pesos normalizados por filas, con tamaños primos y *tokens* q0, q1… y k0, k1…"""
    weights = np.random.default_rng(7).random(shape)
    weights /= weights.sum(-1, keepdims=True)
    queries = [f"q{i}" for i in range(shape[-2])]
    keys = [f"k{j}" for j in range(shape[-1])]
    return HeatMap(weights, **({"queries": queries, "keys": keys} | options))


def decode(widget: HeatMap) -> np.ndarray:
    """Reconstruye los valores a partir de los rasgos, como hace el navegador."""
    codes = np.frombuffer(widget.data, dtype=f"<u{widget.bits // 8}").astype(float)
    codes = codes.reshape(-1, *widget.shape[-2:])
    top = 2**widget.bits - 2
    low, high = (np.array(widget.ranges)[:, k, None, None] for k in (0, 1))
    return np.where(codes > top, np.nan, low + codes / top * (high - low)).reshape(widget.shape)


def test_traits_carry_what_the_figure_needs():
    widget = heat_map((2, 3, 5, 7), title="Capas", labels=[None, ["a", "b", "c"]], progressive=True)
    assert widget.shape == [2, 3, 5, 7]
    assert widget.axes == ["capa", "cabeza"]
    assert widget.labels == [[], ["a", "b", "c"]]
    assert widget.kinds == ["weights", "weights"]
    assert (widget.index, widget.row, widget.progressive) == ([0, 0], 0, True)
    assert (len(widget.query_tokens), len(widget.key_tokens), len(widget.ranges)) == (5, 7, 6)


def test_default_axis_names():
    assert heat_map((3, 5)).axes == []
    assert heat_map((2, 3, 5)).axes == ["cabeza"]


def test_travelling_values_are_the_given_ones():
    weights = np.random.default_rng(1).random((2, 3, 5, 7))
    widget = HeatMap(weights, queries=list("abcde"), keys=list("fghijkl"))
    assert np.abs(decode(widget) - weights).max() <= 0.5 / (2**widget.bits - 2)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16, torch.float16])
def test_accepts_tensors_of_any_precision_with_gradient(dtype: torch.dtype):
    weights = torch.tensor([[0.25, 0.75], [0.5, 0.5]], dtype=dtype, requires_grad=True)
    decoded = decode(HeatMap(weights, queries=["a", "b"], keys=["c", "d"]))
    assert decoded == pytest.approx(np.array([[0.25, 0.75], [0.5, 0.5]]), abs=1e-4)


def test_rows_need_not_sum_to_one():
    widget = HeatMap([[0.1, 0.2], [0.0, 0.0]], queries=["a", "b"], keys=["c", "d"])
    assert decode(widget) == pytest.approx(np.array([[0.1, 0.2], [0.0, 0.0]]), abs=1e-4)


def test_mask_is_broadcast_and_hides_cells_of_every_map():
    allowed = np.tril(np.ones((3, 3), dtype=bool))
    widget = heat_map((2, 3, 3), mask=torch.from_numpy(allowed))
    assert np.array_equal(np.isnan(decode(widget)), np.broadcast_to(~allowed, (2, 3, 3)))


def test_minus_infinity_is_masked_only_among_scores():
    scores = [[1.5, -np.inf], [-2.0, 0.5]]
    widget = HeatMap(scores, queries=["a", "b"], keys=["c", "d"], kind="scores")
    assert np.array_equal(np.isnan(decode(widget)), [[False, True], [False, False]])
    with pytest.raises(ValueError, match=r"^weights: se esperaba números finitos; se recibió -inf en \(0, 1\)$"):
        HeatMap(scores, queries=["a", "b"], keys=["c", "d"])


def test_kind_may_change_along_the_first_axis():
    stages = np.array([[[2.0, -4.0]], [[1.0, -2.0]], [[0.95, 0.05]]])
    widget = HeatMap(stages, queries=["a"], keys=["c", "d"], kind=["scores", "scores", "weights"])
    assert widget.kinds == ["scores", "scores", "weights"]
    assert widget.domains == [[-4.0, 4.0], [-4.0, 4.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queries": ["a"]}, "queries: se esperaba n_query = 3 elementos; se recibió 1"),
        ({"keys": list("abcd")}, "keys: se esperaba n_key = 5 elementos; se recibió 4"),
        ({"mask": np.ones((3, 4), bool)}, r"mask: se esperaba \(…, n_query, n_key\) = \(3, 5\); se recibió \(3, 4\)"),
        ({"kind": "pesos"}, 'kind: se esperaba "weights" o "scores"; se recibió \'pesos\''),
        ({"kind": ["weights"] * 2}, "kind: se esperaba una clase, o 1: una por posición del primer eje; se recibió 2"),
        ({"axes": ["capa"]}, "axes: se esperaba ejes delanteros = 0 elementos; se recibió 1"),
        ({"labels": [None]}, r"labels: se esperaba 0 listas de nombres \(o None\), una por eje; se recibió 1"),
        ({"vmax": 0.0}, "vmax: se esperaba un número finito mayor que 0, o None; se recibió 0.0"),
        ({"vmax": np.inf}, "vmax: se esperaba un número finito mayor que 0, o None; se recibió inf"),
    ],
)
def test_wrong_values_are_named_in_spanish(options: dict[str, object], message: str):
    with pytest.raises(ValueError, match=f"^{message}$"):
        heat_map(**options)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"queries": "abc"}, r"queries: se esperaba una lista de cadenas .*list\(texto\)\); se recibió str"),
        ({"queries": ["a", 2, "c"]}, r"queries\[1\]: se esperaba una cadena; se recibió int"),
        ({"mask": np.ones((3, 5))}, r"mask: se esperaba dtype bool \(True = puede atender\); se recibió float64"),
        ({"keys": None}, r"keys: se esperaba una lista de cadenas .*; se recibió NoneType"),
        ({"vmax": "1"}, "vmax: se esperaba un número o None; se recibió str"),
        ({"title": 3}, "title: se esperaba una cadena; se recibió int"),
    ],
)
def test_wrong_types_are_named_in_spanish(options: dict[str, object], message: str):
    with pytest.raises(TypeError, match=f"^{message}$"):
        heat_map(**options)


def test_label_names_must_match_their_axis():
    with pytest.raises(ValueError, match=r"^labels\[0\]: se esperaba cabeza = 2 elementos; se recibió 3$"):
        heat_map((2, 3, 5), labels=[["a", "b", "c"]])


def test_index_and_row_stay_inside():
    widget = heat_map((2, 3, 5, 7))
    widget.index = [1, 2]
    widget.row = 4
    with pytest.raises(ValueError, match=r"^index: se esperaba una posición dentro de \(2, 3\); se recibió \[2, 0\]$"):
        widget.index = [2, 0]
    with pytest.raises(ValueError, match=r"^row: se esperaba un entero de 0 a 4; se recibió 5$"):
        widget.row = 5
    assert (widget.index, widget.row) == ([1, 2], 4)


def test_text_travels_as_ascii_json_without_angle_brackets():
    hostile = ["</script><script>alert(1)</script>", "<!--<SCRIPT>", '"\\\u2028\u202e', "😀", "\ud800"]
    widget = heat_map((5, 2), queries=hostile, title="<b>título</b>", axes=[])
    state = widget.get_state()
    for name in ("title", "query_tokens", "key_tokens", "axes", "labels"):
        assert state[name].isascii()
        assert "<" not in state[name]
        assert json.loads(state[name]) == getattr(widget, name)


def test_embedded_state_cannot_close_its_script():
    widget = heat_map((2, 2), queries=["</script >", "</SCRIPT>"], keys=["<!--", "<script>"])
    records = dependency_state([widget], drop_defaults=False)
    state = json.dumps(embed_data(views=[widget], state=records)["manager_state"])
    own_code = json.dumps(widget._esm)
    assert "</" not in state.replace(own_code, "")
    assert "<!--" not in state


def test_mimebundle_offers_view_image_and_text():
    data, metadata = heat_map(title="Alineación")._repr_mimebundle_()
    assert set(data) == {WIDGET_VIEW, "image/png", "text/plain"}
    assert base64.b64decode(data["image/png"]).startswith(PNG)
    assert data["text/plain"].startswith("Mapa de calor «Alineación»: 3 consultas × 5 claves.")
    assert metadata == {}


def test_display_goes_through_the_mimebundle():
    """En ipywidgets 7, ``_ipython_display_`` mostraría la figura sin su imagen."""
    assert HeatMap._ipython_display_ is None


def test_figure_without_view_is_not_shown():
    class Hidden(HeatMap):
        _view_name = traitlets.Unicode(None, allow_none=True)

    assert Hidden([[1.0]], queries=["a"], keys=["b"])._repr_mimebundle_() is None


def test_text_names_the_strongest_pairs_of_the_shown_map():
    weights = np.array([[[0.9, 0.1], [0.4, 0.6]], [[0.2, 0.8], [0.0, 1.0]]])
    widget = HeatMap(weights, queries=["casa", "azul"], keys=["house", "blue"], title="Dos", labels=[["a", "b"]])
    widget.index = [1]
    assert str(widget) == (
        "Mapa de calor «Dos»: 2 consultas × 2 claves, cabeza «b».\n"
        "Pesos más altos: «azul» → «blue» 1,00; «casa» → «blue» 0,80; «casa» → «house» 0,20."
    )


def test_png_of_an_index_is_written_and_returned(tmp_path: Path):
    widget = heat_map((2, 3, 5))
    first, second = widget.to_png(), widget.to_png(tmp_path / "figura.png", index=1)
    assert (tmp_path / "figura.png").read_bytes() == second
    assert first.startswith(PNG)
    assert first != second
    assert widget.to_png(index=[0]) == widget.to_png(index=np.int64(0)) == first
    with pytest.raises(ValueError, match=r"^index: se esperaba una posición dentro de \(2,\); se recibió \[2\]$"):
        widget.to_png(index=2)


def test_importing_and_building_does_not_load_matplotlib():
    program = (
        "import sys, atencion.viz as viz; viz.HeatMap([[1.0]], queries=['a'], keys=['b']);"
        "sys.exit('matplotlib' in sys.modules)"
    )
    path = f"import sys; sys.path[:0] = {sys.path!r}; "
    assert subprocess.run([sys.executable, "-c", path + program], check=False).returncode == 0


def test_viz_never_imports_torch():
    for source in (ROOT / "ext" / "atencion" / "viz").glob("*.py"):
        assert "import torch" not in source.read_text(encoding="utf-8")
        assert "from torch" not in source.read_text(encoding="utf-8")


def test_contract_table_is_the_same_in_both_languages():
    folder = ROOT / "ext" / "atencion" / "viz"
    python = (folder / "heatmap.py").read_text(encoding="utf-8")
    script = (folder / "page" / "stack.js").read_text(encoding="utf-8")
    table = python[python.index("    rasgo ") : python.index('"""\n\nfrom')].strip("\n").splitlines()
    assert "\n".join(f"// {line}" for line in table) in script
    named = {line.split()[0] for line in table[1:]}
    assert named == {name for name in HeatMap.class_own_traits(sync=True) if not name.startswith("_")}
