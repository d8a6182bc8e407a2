"""La puerta del taller: qué hace ``check`` con cada clase de respuesta y cómo avanzan las pistas."""

import subprocess
import sys

import numpy as np
import pytest
import torch
from atencion.workshop import check, exercise_ids, hint


def printed(capsys):
    """Lo impreso desde la última vez, sin los cortes de línea."""
    return " ".join(capsys.readouterr().out.split())


def test_ids_are_unique_and_sorted():
    ids = exercise_ids()
    assert len(set(ids)) == len(ids)
    assert list(ids) == sorted(ids)
    assert {"01.1", "02.1"} <= set(ids)


@pytest.mark.parametrize("exercise", exercise_ids())
@pytest.mark.parametrize("answer", [None, ...], ids=["None", "puntos"])
def test_no_answer_yet_is_not_an_error(exercise, answer, capsys):
    result = check(exercise, answer)
    assert not result
    assert result.reason == "empty"
    assert "Todavía no hay respuesta" in printed(capsys)


def test_half_filled_template_counts_as_no_answer():
    assert check("01.1", (None, None)).reason == "empty"
    assert check("01.4", [8, ...]).reason == "empty"


def test_function_without_return_is_no_answer_yet():
    assert check("01.2", lambda query, key, value: None).reason == "empty"


def test_unwritten_function_is_no_answer_yet():
    def unwritten(query, key, value):
        raise NotImplementedError

    assert check("01.2", unwritten).reason == "empty"


@pytest.mark.parametrize("exercise", exercise_ids())
@pytest.mark.parametrize("answer", ["ocho", {"a": 1}, object(), {3, 4}, [], float("nan"), [[1, 2], [3]]])
def test_nonsense_is_rejected_without_raising(exercise, answer):
    result = check(exercise, answer)
    assert not result.ok
    assert result.reason in {"type", "structure", "shape", "nan"}


@pytest.mark.parametrize("exercise", ["09.9", "1.2", 1.2, "", None])
def test_unknown_exercise_lists_the_known(exercise):
    with pytest.raises(ValueError, match=r"^exercise: se esperaba uno de 01\.1, 01\.2, .*; se recibió") as error:
        check(exercise, 3)
    assert repr(exercise) in str(error.value)
    with pytest.raises(ValueError, match="exercise: se esperaba uno de"):
        hint(exercise)


def test_a_function_that_raises_is_explained():
    def broken(query, key, value):
        return query @ value

    result = check("01.2", broken)
    assert result.reason == "raises"
    assert "RuntimeError" in result.message
    assert "3 consultas, 5 claves" in result.message


def test_a_result_instead_of_a_function_is_explained():
    result = check("01.2", torch.zeros(3, 2))
    assert result.reason == "type"
    assert "sin paréntesis" in result.message


def test_a_function_instead_of_a_number_is_explained():
    result = check("01.4", lambda: (8, 1))
    assert result.reason == "structure"
    result = check("01.4", (lambda: 8, 1))
    assert result.reason == "type"
    assert "una función" in result.message


def test_shape_message_gives_expected_and_received():
    result = check("01.2", lambda query, key, value: torch.zeros(2, 3))
    assert result.reason == "shape"
    assert "(3, 2)" in result.message
    assert "(2, 3)" in result.message


def test_arguments_survive_a_function_that_overwrites_them():
    def destructive(scores, mask):
        scores.masked_fill_(~mask, -torch.inf)
        weights = scores.softmax(-1).nan_to_num_(0.0)
        mask.zero_()
        return weights

    assert check("01.3", destructive)
    assert check("01.3", destructive)


def test_right_part_is_named_before_the_wrong_one():
    result = check("01.1", ([0.665, 0.245, 0.090], [0.5, 0.1]))
    assert result.reason == "value"
    assert "Bien: los pesos. No coincide: el contexto." in result.message


def test_result_is_truthy_only_when_right(capsys):
    right, wrong = check("01.4", (8, 1)), check("01.4", (64, 1))
    assert right.ok
    assert right.reason == "right"
    assert bool(right)
    assert not wrong.ok
    assert not bool(wrong)
    text = printed(capsys)
    assert "✓ 01.4" in text
    assert "✗ 01.4" in text
    assert 'hint("01.4")' in text


def test_notebook_does_not_repeat_what_was_printed(capsys):
    result = check("01.4", np.array([8.0, 1.0]))
    printed(capsys)
    result._ipython_display_()
    assert printed(capsys) == ""
    assert str(result) == result.message


def test_hints_advance_and_then_repeat(capsys):
    texts = []
    for _ in range(5):
        hint("02.4")
        texts.append(printed(capsys))
    assert texts[0].startswith("Pista 1 de 3 (02.4)")
    assert texts[1].startswith("Pista 2 de 3 (02.4)")
    assert texts[2].startswith("Pista 3 de 3 (02.4)")
    assert texts[3] == texts[4]
    assert "No quedan más pistas" in texts[3]
    assert all(text.split(": ", 1)[1].strip() in texts[3] for text in texts[:3])


def test_hints_of_one_exercise_do_not_advance_another(capsys):
    hint("02.5")
    hint("02.6")
    assert "Pista 1 de 3 (02.6)" in printed(capsys)


def test_prints_even_where_the_console_knows_no_accents():
    code = "from atencion.workshop import check; print(bool(check('01.4', (8, 1))))"
    run = subprocess.run(
        [sys.executable, "-X", "utf8=0", "-c", code],
        env={"PYTHONIOENCODING": "ascii", "PYTHONPATH": ":".join(sys.path)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "01.4" in run.stdout
    assert run.stdout.strip().endswith("True")
