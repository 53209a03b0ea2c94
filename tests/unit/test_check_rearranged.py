"""What `check` proposes for numbers of the user's own code, other orders and borders, and what both programs draw."""
from types import SimpleNamespace

import numpy as np
import pytest
from test_check_causes import operation

from compare.analysis.programs.description import path_as_code
from compare.analysis.programs.suspects import constants, rearranged
from frameworks.keras.program import numbers
from frameworks.runtime import drawn_numbers
from frameworks.runtime.constraints import constrained, violating


def test_a_sample_gets_the_same_numbers_whatever_the_order_of_its_axes():
    first, last = (drawn_numbers.places(shape) for shape in ((4, 2, 3, 3), (4, 3, 3, 2)))
    assert np.array_equal(first, np.moveaxis(last, -1, 1)) and len(np.unique(first)) == 4
    assert np.array_equal(drawn_numbers.places((4, 1, 5)), drawn_numbers.places((4, 5))[:, None])
    assert len(np.unique(drawn_numbers.places((16, 8)))) == 16 * 8
    assert drawn_numbers.places(()).shape == ()


@pytest.mark.parametrize("name, settings, expected", [
    ("MaxNorm", {"max_value": 2.5, "axis": 0}, [[1.5, 1.0], [2.0, 0.0]]),
    ("UnitNorm", {"axis": 0}, [[0.6, 1.0], [0.8, 0.0]]),
    ("MinMaxNorm", {"min_value": 2.0, "max_value": 9.0, "rate": 0.5, "axis": 0}, [[3.0, 1.5], [4.0, 0.0]]),
    ("NonNeg", {}, [[3.0, 1.0], [4.0, 0.0]])])
def test_constraints_are_those_of_keras(name, settings, expected):
    assert np.allclose(constrained(np.array([[3.0, 1.0], [4.0, 0.0]]), name, settings), expected, atol=1e-6)


def test_weights_are_given_beyond_their_constraint_so_that_it_shows():
    settings = {"max_value": 10.0, "axis": 0}
    beyond = violating(np.array([[3.0, 30.0], [4.0, 40.0]]), "MaxNorm", settings)
    assert np.allclose(np.linalg.norm(beyond, axis=0), [15.0, 50.0]) and violating(1.0, "NonNeg", {}) == 1.0
    assert np.allclose(np.linalg.norm(constrained(beyond, "MaxNorm", settings), axis=0), 10.0)


def test_a_constraint_of_positive_numbers_cuts_off_negative_ones():
    assert constrained(np.array([-1.0, 2.0]), "NonNeg", {}).tolist() == [0.0, 2.0]


def test_the_numbers_of_a_function_are_its_constants_defaults_and_those_of_outer_functions():
    def outer(weight):
        def loss(y, out, margin=0.5):
            return weight * max(y - out + margin, 0) ** 2
        return loss
    assert numbers.of_function(outer(0.1)) == [0.1, 0.5, 2.0] and numbers.of_function(abs) == []
    assert numbers.of_object(SimpleNamespace(gamma=0.7, name="x", flag=True)) == [0.7]


def test_a_number_that_only_the_port_has_is_tried_first():
    computed = [operation("a", "__pow__", arguments={"0": None, "1": 2}),
                operation("b", "__add__", arguments={"1": 1.0})]
    first, *others = constants.other_numbers(computed, [0.5, 2.0], "Keras's loss")
    assert first.changes == ({"kind": "argument", "operation": "b", "name": "", "position": 1, "value": 0.5},)
    assert first.cause == "Keras's loss computes with 0.5 where your `add` has 1."
    assert first.code == "`0.5` in place of `1`"
    assert [each.changes[0]["value"] for each in others] == [0.5, 2.0]


@pytest.mark.parametrize("value, axes, expected", [
    (4, 2, [[4, 4], [4, 4]]), ([1, 2], 1, [[1, 2]]), ([1, 2], 2, [[1, 1], [2, 2]]),
    ([[1, 0], [2, 1]], 2, [[1, 0], [2, 1]])])
def test_a_setting_of_padding_is_before_and_after_of_each_axis(value, axes, expected):
    assert rearranged.pairs_of(value, axes) == expected


@pytest.mark.parametrize("path, code", [
    ("fc1", "fc1"), ("net.2", "net[2]"), ("0", "model[0]"), ("blocks.1.conv", "blocks[1].conv")])
def test_the_path_of_a_layer_is_code(path, code):
    assert path_as_code(path) == code


@pytest.mark.parametrize("order, found", [([0, 2, 1], True), ([0, 1, 2], False), ([0, 1, 1], False)])
def test_channels_in_another_order_are_found(order, found):
    image = np.random.default_rng(0).normal(size=(2, 4, 4, 3))
    cat = operation("cat@port.py:1", "cat")
    sides = [SimpleNamespace(arrays=lambda name, key=key, value=value: {key: value})
             for key, value in (("coords", image), (cat.key, image[..., order].transpose(0, 3, 1, 2)))]
    at = SimpleNamespace(left=sides[0], right=sides[1], expected=operation("coords", "AddCoords"), region=[cat])
    assert [suspect.code for suspect in rearranged.channels_in_another_order(at)] == ["x = x[:, [0, 2, 1]]"] * found
