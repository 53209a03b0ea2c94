"""Suspects of sequences and a user's own layers: features two by two, signs, constants, masked steps, activations."""
import math
from types import SimpleNamespace

import numpy as np
import pytest
from test_check_causes import Program, operation

from compare.analysis.programs import elsewhere, pairing, parallel_layers, settings
from compare.analysis.programs.description import Operation, Place
from compare.analysis.programs.suspects import activations, constants, halves, loss_terms, masks, scales
from compare.analysis.programs.suspects.difference import Difference
from compare.analysis.programs.suspects.suspect import Suspect
from frameworks.keras.program import numbers

RATE, PLACE = 0.3, Place("port.py", 1)


def made(key, kind, shape, sources=(), shapes=(), **named):
    return Operation(key, kind, "", named.pop("place", PLACE), shape, tuple(s for s in sources if s), shapes,
                     named.pop("arguments", {}), tuple(sources), named.pop("weights", ("",) * len(shapes)))


def at(left, right, paired, expected, actual):
    return Difference(left, right, paired, {}, expected, actual, None, None)


def rotated(x):
    """Rotary positions of neighbours."""
    angles = np.arange(x.shape[1])[:, None] * np.array([1.0, 0.1])
    a, b = x[..., 0::2], x[..., 1::2]
    return np.stack([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], -1).reshape(
        x.shape)


def rotated_by_halves(x):
    angles = np.arange(x.shape[1])[:, None] * np.array([1.0, 0.1])
    a, b = np.split(x, 2, -1)
    return np.concatenate([a * np.cos(angles) - b * np.sin(angles), a * np.sin(angles) + b * np.cos(angles)], -1)


def transposed(x, axis, first):
    """What `axis_transposed` of the port's worker does with the last axis."""
    return x.reshape(*x.shape[:axis], first, -1).swapaxes(axis, axis + 1).reshape(x.shape)


def test_neighbours_become_halves_by_what_the_suspect_changes_and_the_other_way_round():
    shape, half = (2, 5, 4), (2, 5, 2)
    right = Program([made("x", "linear", shape), made("other", "linear", shape),
                     made("a", "__getitem__", half, ["x"], [shape]), made("b", "__getitem__", half, ["x"], [shape]),
                     made("of_other", "add", half, ["other"], [shape]),
                     made("s", "stack", (*half, 2), ["a", "b"], [half, half]),
                     made("f", "flatten", shape, ["s"], [(*half, 2)])])
    to_halves, to_neighbours = halves.two_by_two(at(None, right, {"left": "of_other"}, None, right.operations[0]))
    assert [change["operation"] for change in to_halves.changes] == ["a", "b", "f"]
    x = np.random.default_rng(0).normal(size=(2, 5, 4))
    for suspect, given, expected in ((to_halves, rotated, rotated_by_halves),
                                     (to_neighbours, rotated_by_halves, rotated)):
        before, after = suspect.changes[0]["settings"], suspect.changes[-1]["settings"]
        assert np.allclose(transposed(given(transposed(x, **before)), **after), expected(x))
        assert not np.allclose(given(x), expected(x), atol=1e-3)


def test_a_change_in_every_call_of_a_line_is_made_once_in_each():
    right = Program([made(key, "__getitem__", (2, 3)) for key in ("g@1", "g@1#1", "g@1#2", "g@1#3")])
    changes = tuple({"kind": "skip", "operation": key} for key in ("g@1", "g@1#1"))
    wide = elsewhere.in_every_call(Suspect(changes, "cause", "code", PLACE), right)
    assert [change["operation"] for change in wide.changes] == ["g@1", "g@1#1", "g@1#2", "g@1#3"]


def test_a_constant_tensor_of_the_port_is_tried_with_the_numbers_of_keras():
    product = made("p", "__mul__", (4, 2), ["x", ""], [(4, 2), ()])
    assert [suspect.changes[0]["settings"]["factor"] for suspect in constants.other_factors(
        [product], [0.0, 1.0, 2.0, math.pi], Program([]))] == [2.0, math.pi]
    assert not list(constants.other_factors([made("p", "__mul__", (4, 2), ["x", "y"], [(4, 2), (4, 2)])], [3.0],
                                            Program([])))


def test_the_numbers_of_a_function_are_also_those_of_its_file_and_of_modules():
    def encode(x):
        return [math.pi * RATE * value for value in x]
    assert numbers.of_function(encode) == [RATE, math.pi]


def test_both_other_signs_of_a_difference_are_tried():
    found = list(constants.other_signs([made("d", "__sub__", (4, 2), ["x", "y"], [(4, 2), (4, 2)])]))
    assert [suspect.code for suspect in found] == ["`b - a` in place of `a - b`", "`a + b` in place of `a - b`"]
    assert not list(constants.other_signs([made("d", "__sub__", (4, 2), ["x", ""], [(4, 2), ()])]))


def test_masked_steps_that_are_zero_in_pytorch_are_repeated_in_keras():
    theirs = np.random.default_rng(0).normal(size=(3, 4, 2))
    theirs[1, 2:] = theirs[2, 1:] = 0.0
    ours = theirs.copy()
    ours[1, 2:], ours[2, 1:] = ours[1, 1], ours[2, 0]
    lstm, padded = operation("lstm", "LSTM", shape=(3, 4, 2)), made("padded", "index_select", (3, 4, 2))
    left, right = Program([lstm], {"forward": {"lstm": ours}}), Program([padded], {"forward": {"padded": theirs}})
    suspect, = masks.filled_with_zeros(at(left, right, {}, lstm, padded))
    assert suspect.by_design
    assert not list(masks.filled_with_zeros(at(Program([lstm], {"forward": {"lstm": ours + (theirs == 0)}}), right, {},
                                               lstm, padded)))


def test_an_activation_after_a_linear_that_stands_for_a_wrapped_layer_is_replaced():
    linear, relu = made("l", "linear", (2, 3), ["x"], [(2, 3)]), made("r", "relu", (2, 3), ["l"], [(2, 3)])
    keras = SimpleNamespace(kind="TimeDistributed", settings={"activation": "tanh"})
    difference = Difference(Program([]), Program([linear, relu]), {}, {}, operation("hidden", "TimeDistributed"),
                            linear, keras, None)
    first, *_ = activations.activated(difference)
    assert first.changes[0]["operation"] == "r" and first.code == "`torch.tanh(x)` in place of `relu`"


@pytest.mark.parametrize("factors, count", [({math.sqrt(96 / 95)}, 96), ({1.0}, None), ({1.3, 1.1}, None)])
def test_a_standard_deviation_of_n_minus_one_is_recognized(factors, count):
    assert scales.samples_of(factors) == count


def test_classes_that_are_reshaped_before_a_loss_are_moved():
    view = made("v", "reshape", (2, 3, 5), ["out"], [(2, 5, 3)])
    loss = made("c", "cross_entropy", (), ["v", ""], [(2, 3, 5), (2, 5)])
    right = SimpleNamespace(training_operations=(view, loss))
    suspect, = loss_terms.classes_reshaped([loss], right)
    assert suspect.changes[0]["function"] == "channels_first"
    flat = made("v", "reshape", (10, 3), ["out"], [(2, 5, 3)])
    assert not list(loss_terms.classes_reshaped([loss], SimpleNamespace(training_operations=(flat, loss))))


def test_a_gaussian_loss_that_gets_a_standard_deviation_gets_its_square():
    loss = made("g", "gaussian_nll_loss", (), ["m", "", "s"], [(4, 1)] * 3)
    first, *_ = loss_terms.other_spreads([loss])
    assert first.changes[0]["number"] == 2 and first.changes[0]["function"] == "square" and first.whole


def test_a_mean_of_values_that_a_mask_sets_to_zero_is_tried_without_them():
    mean = made("m", "mean", (), ["x"], [(3,)])
    for value, count in (([1.0, 0.0, 2.0], 1), ([1.0, 3.0, 2.0], 0)):
        right = SimpleNamespace(arrays=lambda name, value=value: {"x": np.array(value)})
        assert len(list(loss_terms.of_the_masked([mean], right))) == count


def attention(order):
    """Queries, keys and values of one size, of which the operations after them are computed in an order."""
    after = [operation(f"{name}_turned", "mul", [name], (2, 3)) for name in order]
    first = [operation(name, "linear", ["x"], (2, 3), name) for name in ("q", "k", "v")]
    return Program([operation("x", "linear", [], (2, 3), "x"), *first, *after,
                    operation("mixed", "attention", [f"{name}_turned" for name in ("q", "k", "v")])],
                   x=("Dense", {}), q=("Dense", {}), k=("Dense", {}), v=("Dense", {}))


def test_branches_of_one_length_are_in_the_order_of_their_layers():
    for order in ("qkv", "vqk"):  # the rotation of queries and keys is called after the values are split
        assert [each.layer for each in pairing.in_order_of_graph(attention(order))] == ["x", "q", "k", "v"]


def test_parallel_layers_are_also_exchanged_in_a_circle_of_three():
    exchanged = [tuple(result[f"{name}.kernel"][0] for name in "qkv") for result in circles(attention("qkv"))]
    assert exchanged == [("b", "a", "c"), ("c", "b", "a"), ("a", "c", "b"), ("b", "c", "a"), ("c", "a", "b")]


def circles(left):
    right = Program([operation(name, "linear", [], (2, 3), name) for name in "abcx"],
                    **{name: ("Dense", {}) for name in "abcx"})
    return parallel_layers.exchanges(left, right, {"x.kernel": "x.kernel", "q.kernel": "a.kernel",
                                                   "k.kernel": "b.kernel", "v.kernel": "c.kernel"})


def test_dropout_of_states_is_said_to_be_that_of_a_recurrent_layer():
    def run(is_torch, **layers):
        return SimpleNamespace(is_torch=is_torch, operations=(), training_operations=(), parameters={}, layers={
            name: SimpleNamespace(path=name, kind=kind, settings=values, place=Place(f"{name}.py", 3))
            for name, (kind, values) in layers.items()})
    left, right = run(False, lstm=("LSTM", {"recurrent_dropout": 0.3})), run(True, rnn=("LSTM", {"layers": 1}))
    item, = settings.differences(left, right, {})
    assert item.what == "`recurrent_dropout` of `lstm`" and item.place.file == "rnn.py" and "LSTMCell" in item.code
