"""El bucle de entrenamiento: aprende, se repite con la misma semilla y deja una sola línea."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable
from itertools import pairwise, repeat

import nbclient
import nbformat
import pytest
import torch
from atencion.training import clip_each_matrix, exact_match, seed_everything, train
from torch import Tensor, nn

Sample = tuple[Tensor, Tensor]


def squared_error(model: nn.Module, batch: Sample) -> Tensor:
    inputs, expected = batch
    return (model(inputs) - expected).square().mean()


def line_through_points() -> Sample:
    inputs = torch.linspace(-1, 1, 31)[:, None]
    return inputs, 3 * inputs - 2


def trained(seed: int, **options: float) -> tuple[nn.Module, list[float]]:
    seed_everything(seed)
    model = nn.Linear(1, 1)
    settings = {"steps": 101, "learning_rate": 0.3, **options}
    history = train(model, repeat(line_through_points()), squared_error, progress=False, **settings)  # type: ignore[arg-type]
    return model, history.losses


def test_it_reduces_the_loss_and_finds_the_line() -> None:
    model, losses = trained(0)
    assert len(losses) == 101
    assert losses[-1] < 1e-3 * losses[0]
    assert model.weight.item() == pytest.approx(3, abs=0.05)  # type: ignore[operator]
    assert not model.training


def test_same_seed_same_training_other_seed_other_training() -> None:
    assert trained(5)[1] == trained(5)[1]
    assert trained(5)[1] != trained(6)[1]


def test_seed_everything_seeds_python_and_torch() -> None:
    seed_everything(3)
    first = random.random(), torch.rand(2).tolist()
    seed_everything(3)
    assert (random.random(), torch.rand(2).tolist()) == first


class Slope(nn.Module):
    """Un parámetro con gradiente constante: con Adam, cada paso mide la tasa de aprendizaje."""

    def __init__(self) -> None:
        super().__init__()
        self.value = nn.Parameter(torch.zeros(()))


def rates(steps: int, warmup: float) -> list[float]:
    path: list[float] = []

    def loss(model: nn.Module, batch: None) -> Tensor:
        path.append(-model.value.item())  # type: ignore[operator]
        return model.value * 1.0  # type: ignore[operator]

    model = Slope()
    train(model, repeat(None), loss, steps=steps, learning_rate=0.5, warmup=warmup, progress=False)
    path.append(-model.value.item())
    return [after - before for before, after in pairwise(path)]


def test_the_rate_rises_to_its_top_and_falls_to_almost_zero() -> None:
    seen = rates(steps=99, warmup=0.2)
    top = max(range(99), key=seen.__getitem__)
    assert top == 19  # la quinta parte de los pasos
    assert seen[top] == pytest.approx(0.5, rel=1e-3)
    assert seen == sorted(seen[:20]) + sorted(seen[20:], reverse=True)
    assert 0 < seen[0] < 0.01
    assert 0 < seen[-1] < 0.01


@pytest.mark.parametrize("warmup", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("steps", [1, 2, 4])
def test_short_trainings_have_positive_rates(steps: int, warmup: float) -> None:
    assert all(rate > 0 for rate in rates(steps, warmup))


def test_the_gradient_is_clipped() -> None:
    seen: list[float] = []

    def loss(model: nn.Module, batch: None) -> Tensor:
        if model.value.grad is not None:  # type: ignore[union-attr]
            raise AssertionError("el gradiente anterior tiene que estar borrado")
        model.value.register_hook(lambda gradient: seen.append(gradient.item()))  # type: ignore[operator,union-attr]
        return 1000.0 * model.value  # type: ignore[operator]

    model = Slope()
    train(model, repeat(None), loss, steps=1, learning_rate=0.1, clip_norm=0.25, progress=False)
    assert seen == [1000.0]
    assert model.value.grad is not None
    assert model.value.grad.item() == pytest.approx(0.25, rel=1e-4)


def test_another_optimizer_follows_another_schedule() -> None:
    """Descenso de gradiente simple con gradiente 1: el valor baja, en cada paso, lo que diga la tasa."""
    model = Slope()
    path: list[float] = []

    def loss(model: nn.Module, batch: None) -> Tensor:
        path.append(-model.value.item())  # type: ignore[operator]
        return model.value * 1.0  # type: ignore[operator]

    train(
        model, repeat(None), loss, steps=5, learning_rate=0.5, progress=False,
        optimizer=torch.optim.SGD(model.parameters()), schedule=lambda step: 0.5 ** (step // 2),
    )  # fmt: skip
    path.append(-model.value.item())
    assert [after - before for before, after in pairwise(path)] == pytest.approx(
        [0.5, 0.5, 0.25, 0.25, 0.125], rel=1e-4
    )


def test_each_matrix_of_a_stack_is_clipped_alone() -> None:
    stack, vector, unused = (nn.Parameter(torch.zeros(*shape)) for shape in ((2, 3, 2), (2,), (5,)))
    stack.grad = torch.zeros(2, 3, 2)
    stack.grad[0, 2], stack.grad[1, 0] = torch.tensor([30.0, 40.0]), torch.tensor([0.3, 0.4])
    vector.grad = torch.tensor([0.0, -80.0])
    clip_each_matrix([stack, vector, unused], 5.0)
    torch.testing.assert_close(stack.grad[0, 2], torch.tensor([3.0, 4.0]))
    torch.testing.assert_close(stack.grad[1, 0], torch.tensor([0.3, 0.4]))
    torch.testing.assert_close(vector.grad, torch.tensor([0.0, -5.0]))
    assert unused.grad is None


def test_clipping_a_zero_gradient_leaves_it_zero() -> None:
    parameter = nn.Parameter(torch.zeros(3, 2))
    parameter.grad = torch.zeros(3, 2)
    clip_each_matrix([parameter], 5.0)
    assert (parameter.grad == 0).all()


def test_the_way_of_clipping_can_be_chosen() -> None:
    seen: list[float] = []

    def clip(parameters: Iterable[nn.Parameter], max_norm: float) -> None:
        seen.extend((len(list(parameters)), max_norm))

    train(
        Slope(),
        repeat(None),
        lambda m, _: m.value * 1.0,
        steps=1,
        learning_rate=0.1,
        clip=clip,
        clip_norm=7.0,
        progress=False,
    )  # type: ignore[operator]
    assert seen == [1, 7.0]


def test_it_stops_when_the_loss_is_not_finite() -> None:
    with pytest.raises(FloatingPointError, match="loss: se esperaba un número finito; se recibió nan"):
        train(Slope(), repeat(None), lambda m, _: m.value * math.nan, steps=3, learning_rate=0.1, progress=False)  # type: ignore[operator]


def test_it_says_when_batches_run_out() -> None:
    with pytest.raises(ValueError, match="batches: se esperaba 5 lotes; se recibió 2"):
        train(nn.Linear(1, 1), [line_through_points()] * 2, squared_error, steps=5, learning_rate=0.1, progress=False)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"steps": 0}, "steps: se esperaba un entero ≥ 1; se recibió 0"),
        ({"threads": 0}, "threads: se esperaba un entero ≥ 1; se recibió 0"),
        ({"warmup": 1.5}, "warmup: se esperaba un número de 0 a 1; se recibió 1.5"),
    ],
)
def test_wrong_options(options: dict[str, float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        trained(0, **options)


def test_the_threads_are_those_asked_for_and_then_the_ones_there_were() -> None:
    seen: list[int] = []

    def loss(model: nn.Module, batch: Sample) -> Tensor:
        seen.append(torch.get_num_threads())
        if len(seen) == 3:
            raise KeyboardInterrupt  # también se restauran si alguien detiene la celda
        return squared_error(model, batch)

    before = torch.get_num_threads()
    stream = repeat(line_through_points())
    train(nn.Linear(1, 1), stream, loss, steps=2, learning_rate=0.1, threads=before + 1, progress=False)
    assert torch.get_num_threads() == before
    with pytest.raises(KeyboardInterrupt):
        train(nn.Linear(1, 1), stream, loss, steps=2, learning_rate=0.1, progress=False)
    assert torch.get_num_threads() == before
    assert seen == [before + 1, before + 1, 1]


def test_no_more_batches_are_taken_than_needed() -> None:
    stream = iter([line_through_points()] * 5)
    train(nn.Linear(1, 1), stream, squared_error, steps=3, learning_rate=0.1, progress=False)
    assert len(list(stream)) == 2


def test_the_terminal_sees_one_line_on_stdout_and_nothing_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    train(nn.Linear(1, 1), repeat(line_through_points()), squared_error, steps=7, learning_rate=0.1)
    captured = capsys.readouterr()
    assert captured.err == ""
    assert captured.out.count("\n") == 1
    final = captured.out.split("\r")[-1]
    assert final.startswith("█" * 24 + " 7/7 · pérdida ")
    assert "." not in final  # decimales con coma


def test_progress_can_be_silenced(capsys: pytest.CaptureFixture[str]) -> None:
    train(nn.Linear(1, 1), repeat(line_through_points()), squared_error, steps=2, learning_rate=0.1, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_notebook_keeps_only_the_last_state() -> None:
    code = (
        "import time, torch\n"
        "from atencion.training import train\n"
        "def loss(model, batch):\n"
        "    time.sleep(0.15)\n"
        "    return model(torch.ones(1)).square().sum()\n"
        "_ = train(torch.nn.Linear(1, 1), range(5), loss, steps=5, learning_rate=0.1)"
    )
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code)])
    nbclient.NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
    (output,) = notebook.cells[0].outputs
    assert output.output_type == "display_data"
    assert output.data["text/plain"].startswith("█" * 24 + " 5/5 · pérdida ")
    assert set(output.data) == {"text/plain"}


def test_exact_match_ignores_padding_on_the_right() -> None:
    predicted = torch.tensor([[4, 5, 2, 0, 0], [4, 2, 0, 0, 0], [4, 5, 2, 9, 0], [4, 5, 0, 0, 0]])
    expected = torch.tensor([[4, 5, 2], [4, 5, 2], [4, 5, 2], [4, 5, 2]])
    assert exact_match(predicted, expected).tolist() == [True, False, False, False]
    assert exact_match(expected, predicted).tolist() == [True, False, False, False]


def test_exact_match_with_another_padding() -> None:
    assert exact_match(torch.tensor([[4, -1]]), torch.tensor([[4]]), pad_id=-1).tolist() == [True]
    assert exact_match(torch.tensor([[4, -1]]), torch.tensor([[4]])).tolist() == [False]


def test_exact_match_rejects_other_shapes() -> None:
    with pytest.raises(ValueError, match=r"predicted: se esperaba \(batch, n\) = \(2, n\); se recibió \(3, 4\)"):
        exact_match(torch.zeros(3, 4), torch.zeros(2, 4))
    with pytest.raises(ValueError, match=r"expected: se esperaba \(batch, n\) = \(4, n\); se recibió \(4,\)"):
        exact_match(torch.zeros(4, 4), torch.zeros(4))
