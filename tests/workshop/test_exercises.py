"""Lo que debe cumplir todo ejercicio declarado, sea del capítulo que sea."""

import re
from collections import Counter
from pathlib import Path

import pytest
import torch
from atencion.workshop import check, checks
from atencion.workshop.calls import call
from atencion.workshop.exercises import DesignExercise, FunctionExercise, ValueExercise

EXERCISES = list(checks.EXERCISES.values())
GRADED = [exercise for exercise in EXERCISES if not isinstance(exercise, DesignExercise)]
DECLARED = [
    pytest.param(exercise, mistake.reason, wrong, id=f"{exercise.id}-{mistake.reason}-{number}")
    for exercise in GRADED
    for mistake in exercise.mistakes
    for number, wrong in enumerate(mistake.wrong)
]


def right_answer(exercise):
    return exercise.solution if isinstance(exercise, FunctionExercise) else exercise.solution()


@pytest.mark.parametrize("exercise", GRADED, ids=lambda exercise: exercise.id)
def test_own_solution_is_accepted(exercise):
    assert check(exercise.id, right_answer(exercise))


@pytest.mark.parametrize(("exercise", "reason", "wrong"), DECLARED)
def test_declared_mistake_is_named(exercise, reason, wrong):
    result = check(exercise.id, wrong)
    assert not result.ok
    assert result.reason == reason


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda exercise: exercise.id)
def test_texts_are_complete(exercise):
    assert len(exercise.hints) >= 2
    assert len(set(exercise.hints)) == len(exercise.hints)
    assert exercise.title
    assert exercise.praise.endswith(".")
    assert all(text.endswith((".", "?")) for text in exercise.hints)
    named = exercise.requirements if isinstance(exercise, DesignExercise) else exercise.mistakes
    assert len(named) >= 3
    assert len({item.reason for item in named}) == len(named)
    assert all(item.message.endswith((".", "?")) for item in named)


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if isinstance(e, ValueExercise)], ids=lambda exercise: exercise.id
)
def test_no_text_gives_the_solution(exercise):
    texts = [*exercise.hints, *(mistake.message for mistake in exercise.mistakes)]
    numbers = {number.replace(",", ".") for text in texts for number in re.findall(r"(?<![\w,])\d+(?:,\d+)?", text)}
    for part in exercise.solution():
        for value in torch.as_tensor(part, dtype=torch.float64).reshape(-1).tolist():
            if value not in (0.0, 1.0):  # «los pesos suman 1» no revela nada
                assert not {f"{value:g}", f"{value:.1f}", f"{value:.2f}", f"{value:.3f}"} & numbers


@pytest.mark.parametrize(
    "exercise", [e for e in EXERCISES if isinstance(e, FunctionExercise)], ids=lambda exercise: exercise.id
)
def test_cases_are_the_same_every_time(exercise):
    for one, other in zip(exercise.cases(), exercise.cases(), strict=True):
        assert one.label == other.label
        first, second = (call(exercise.solution, case.args, exercise.parts) for case in (one, other))
        assert all(torch.equal(a, b) for a, b in zip(first, second, strict=True))


def test_no_part_of_the_catalogue_hides_a_message_of_another():
    folder = Path(checks.__file__).parent
    named = [
        name
        for path in [folder / "mistakes.py", *folder.glob("chapter*_mistakes.py")]
        for name in re.findall(r'^    "([a-z0-9-]+)":', path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert len(named) > 200
    assert [name for name, times in Counter(named).items() if times > 1] == []
