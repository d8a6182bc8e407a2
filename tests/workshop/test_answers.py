"""Lo que puede entregar un alumno: formas de escribir lo mismo y maneras de que algo no se pueda leer."""

import sys
from collections import deque
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
import torch
from atencion.workshop import check

L = [[0.5, 1 / 3], [0.5, 2 / 3], [0.5, 1.0]]


@pytest.mark.parametrize(
    "answer",
    [
        deque(L),
        (row for row in L),
        zip([0.5, 0.5, 0.5], [1 / 3, 2 / 3, 1], strict=True),
        map(tuple, L),
        np.array([[Fraction(1, 2), Fraction(n, 3)] for n in (1, 2, 3)], dtype=object),
        [[Decimal("0.5"), Decimal(f"{n / 3:.3f}")] for n in (1, 2, 3)],
        [np.array(row) for row in L],
        [[torch.tensor(number) for number in row] for row in L],
        torch.tensor(L).bfloat16(),
        torch.tensor(L, requires_grad=True),
        torch.tensor(L).T.contiguous().T,
        torch.tensor(L).to_sparse(),
        (torch.tensor(L),),
        ((torch.tensor(L),),),
    ],
)
def test_the_same_numbers_in_any_container_are_right(answer):
    assert check("04.1", answer)


def test_range_is_a_list_of_numbers():
    assert check("04.4", range(9, -1, -3))


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        ([["1/2", "1/3"]] * 3, "sin comillas"),
        ([[0, 5, 0, 33], [0, 5, 0, 67], [0, 5, 1]], "decimales con coma"),
        ([[0.5, 0.33], [0.5]], "tamaños distintos: (2,) y (1,)"),
        (torch.tensor(L).to(torch.complex64), "números complejos"),
        (np.array(L) + 1j, "números complejos"),
        (0.5j, "un número complejo"),
        (torch.nested.nested_tensor([torch.ones(2), torch.ones(3)], layout=torch.jagged), "un tensor anidado"),
        ({1: 2}, "un diccionario"),
        (lambda: L, "una función. ¿Falta llamarla"),
        (list, "una función"),
        (0.5, "se recibió un solo número"),
        ([*L, *L], "(6, 2)"),
    ],
)
def test_what_cannot_be_read_is_described(answer, says):
    result = check("04.1", answer)
    assert not result
    assert says in result.message


def test_decimal_commas_are_noticed_in_every_part():
    assert "decimales con coma" in check("01.1", ([0, 67, 0, 24, 0, 9], [0, 76, 0, 33])).message
    assert "decimales con coma" not in check("01.1", ([1, 0, 0], [1, 0, 0])).message


def test_parts_in_another_order_are_named():
    result = check("01.1", ([0.76, 0.33], [0.67, 0.24, 0.09]))
    assert result.reason == "order"
    assert "los pesos y el contexto" in result.message


def test_missing_parts_say_what_came():
    assert "Se recibió un tensor de forma (5,)" in check("01.1", torch.zeros(5)).message
    assert "Se recibió un texto" in check("01.1", "hola").message


def test_how_many_numbers_are_right_is_told_without_the_numbers():
    result = check("04.1", [[0.5, 0.33], [0.5, 0.67], [0.5, 0.9]])
    assert "Aciertas 5 de sus 6 números." in result.message


def attention(query, key, value):
    return (query @ key.T / query.shape[1] ** 0.5).softmax(-1) @ value


class Attention:
    """Un objeto que se llama vale como función; su clase, no."""

    def __call__(self, query, key, value):
        return attention(query, key, value)


class Module(torch.nn.Module):
    def forward(self, query, key, value):
        return attention(query, key, value)


def by_name(*, query, key, value):
    return attention(query, key, value)


def partly_by_name(query, /, key, *, value):
    return attention(query, key, value)


def fails_by_name(*, query, key, value):
    return query + "texto"


def by_rows(query, key, value):
    yield from attention(query, key, value)


@pytest.mark.parametrize(
    "answer",
    [
        Attention(),
        Module(),
        by_rows,
        by_name,
        partly_by_name,
        lambda *tensors: attention(*tensors).round(decimals=3),
        lambda *tensors: attention(*(t.double() for t in tensors)),
        lambda *tensors: (attention(*tensors),),
        lambda query, key, value, *, temperature=1.0: attention(query / temperature, key, value),
    ],
)
def test_functions_of_any_kind_are_right(answer):
    assert check("01.2", answer)


def undefined_name(query, key, value):
    return attention(query, key, valor)  # noqa: F821


def leaves(query, key, value):
    sys.exit(1)


def endless(query, key, value):
    return endless(query, key, value)


def fails_while_read(query, key, value):
    yield query @ value


@pytest.mark.parametrize(
    ("answer", "reason", "says"),
    [
        (undefined_name, "raises", "usa un nombre que no existe, «valor»"),
        (leaves, "raises", "cierra el programa"),
        (endless, "raises", "se llama a sí misma sin parar"),
        (lambda query, key, value: 1 / 0, "raises", "divide por cero. Python dice: «division by zero». El caso"),
        (lambda query, key, value: query[100], "raises", "una posición que no existe"),
        (lambda query, key, value: query @ value, "raises", "las formas de dos tensores no encajan"),
        (lambda query, key: query, "raises", "con 3 argumentos y la tuya está declarada con (query, key)"),
        (fails_by_name, "raises", "se detuvo con TypeError"),
        (Attention, "raises", "Attention es una clase, no una función"),
        (fails_while_read, "type", "un objeto de tipo generator"),
        (lambda *tensors: attention(*tensors).T, "shape", "Los ejes están en otro orden"),
        (lambda *tensors: attention(*tensors)[:, None], "shape", "Sobra un eje de tamaño 1"),
        (lambda *tensors: [attention(*tensors)] * 2, "shape", "Sobra el primer eje"),
        (lambda *tensors: (attention(*tensors), tensors[0]), "structure", "Entregas 2 resultados juntos"),
        (lambda *tensors: (attention(*tensors), None), "structure", "Entregas 2 resultados juntos"),
        (lambda *tensors: (None, None), "empty", "no devuelve nada"),
        (lambda *tensors: "contexto", "type", "un texto"),
        (lambda *tensors: torch.nn.functional.dropout(attention(*tensors), 0.5), "random", "usa el azar"),
    ],
)
def test_what_a_function_did_wrong_is_told_in_spanish(answer, reason, says):
    result = check("01.2", answer)
    assert result.reason == reason
    assert says in result.message


def test_changing_the_arguments_is_remarked_but_right():
    def overwrites(scores, mask):
        return scores.masked_fill_(~mask, -torch.inf).softmax(-1).nan_to_num(0)

    result = check("01.3", overwrites)
    assert result
    assert "Un aviso: tu función cambia los argumentos" in result.message
    assert "aviso" not in check("01.2", attention).message


def test_what_the_function_prints_is_not_repeated(capsys):
    def prints(scores):
        print("dentro")
        return [[0.0] * len(scores)] * len(scores)

    check("01.5", prints)
    assert capsys.readouterr().out.count("dentro") == 2  # una vez por caso


def test_a_rough_measurement_is_right():
    products = torch.randn(1000, 64, generator=torch.Generator().manual_seed(5)) * torch.randn(
        1000, 64, generator=torch.Generator().manual_seed(6)
    )
    assert check("01.4", (products.sum(1).std(), products.sum(1).std() / 8))
    assert check("01.4", (7.75, 0.97))
    assert not check("01.4", (9, 1))


def test_a_mistake_is_recognized_even_if_the_empty_row_was_treated_apart():
    def unscaled(query, key, value, lengths):
        keep = torch.arange(key.shape[1]) < lengths[:, None, None]
        return (query @ key.mT).masked_fill(~keep, -torch.inf).softmax(-1).nan_to_num(0) @ value

    def unmasked(query, key, value, lengths):
        context = (query @ key.mT / query.shape[-1] ** 0.5).softmax(-1) @ value
        return context * (lengths > 0)[:, None, None]

    assert check("01.7", unscaled).reason == "no-scale"
    assert check("01.7", unmasked).reason == "unmasked-padding"
