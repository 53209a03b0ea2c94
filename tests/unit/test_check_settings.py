"""What stands against what, and how weights are drawn: the table of settings, and distributions from samples."""
import ast
import importlib.util
from pathlib import Path

import numpy as np
import pytest

from compare.analysis.programs import drawn_samples, initialization, torch_losses
from compare.analysis.programs.initialization import InitialDifference, drawn
from compare.analysis.programs.settings_table import NOT_THERE, Row, alike, row
from compare.reporting.programs import settings_text

SHAPE = (40, 60)
RNG = np.random.default_rng(0)


@pytest.mark.parametrize("name, left, right, same", [
    ("epsilon", 1e-3, 1e-5, False), ("epsilon", 1e-3, 1e-3, True), ("strides", [2, 2], [2, 2], True),
    ("strides", [2, 2], 1, False), ("padding", "valid", [0, 0], True), ("padding", "valid", [1, 1], False),
    ("padding", "same", [1, 1], True), ("padding", "same", [0, 0], False), ("approximate", False, "none", True),
    ("approximate", False, "tanh", False), ("size", [2, 2], 2.0, True), ("use_bias", True, False, False)])
def test_values_that_mean_the_same_are_alike(name, left, right, same):
    assert alike(name, left, right, {"kernel_size": [3, 3], "strides": [1, 1]}) is same


def test_padding_of_a_strided_layer_is_not_judged():
    assert alike("padding", "same", [0, 0], {"kernel_size": [3, 3], "strides": [2, 2]})


def test_a_row_says_what_was_given_and_what_only_one_side_has():
    left = row("a", "epsilon", {"epsilon": 1e-3}, {"epsilon": 1e-5}, [], ["epsilon"])
    assert left == Row("a", "epsilon", "0.001", "1e-05", "default", "given", True)
    assert row("a", "mask_zero", {"mask_zero": True}, {}, None, []) == \
        Row("a", "mask_zero", "True", NOT_THERE, "", "", False)


def test_lines_of_settings_put_layers_that_differ_alike_together_and_name_defaults():
    rows = [Row(f"layer {i}", "epsilon", "0.001", "1e-05", "default", "default", True) for i in range(3)]
    rows += [Row("optimizer", "momentum", "0.9", "0.9", "given", "given", False)]
    assert settings_text.differing(rows) == [
        "layer 0 and 2 more: `epsilon` is `0.001` (default) against `1e-05` (default); the defaults differ."]
    many = [Row("layer", f"setting {i}", "1", "2", "given", "", True) for i in range(20)]
    assert len(settings_text.differing(many)) == 13 and settings_text.differing(many)[-1] == "8 more in report.html."


def limit(bound):
    return RNG.uniform(-bound, bound, SHAPE)


DRAWS = {
    "zeros": lambda: np.zeros(SHAPE), "glorot_uniform": lambda: limit((6 / 100) ** 0.5),
    "kaiming_uniform": lambda: limit(1 / 40 ** 0.5), "he_normal": lambda: RNG.normal(0, (2 / 40) ** 0.5, SHAPE),
    "orthogonal": lambda: np.linalg.qr(RNG.normal(size=(60, 60)))[0][:40]}
TEXTS = {"zeros": "zeros", "glorot_uniform": "uniform within ±0.245 (`glorot_uniform`)",
         "kaiming_uniform": "(`kaiming_uniform_` with `a=5 ** 0.5`, PyTorch's default)",
         "he_normal": "(`kaiming_normal_`)",
         "orthogonal": "orthogonal"}


@pytest.mark.parametrize("name", DRAWS)
def test_a_distribution_is_recognized_and_differs_from_every_other_but_not_from_itself(name):
    left = drawn([DRAWS[name]() for _ in range(3)], SHAPE)
    assert TEXTS[name] in str(left) or TEXTS[name].replace("0.245", "0.244") in str(left)
    for right, draw in DRAWS.items():
        assert initialization.differ(left, drawn([draw() for _ in range(3)], SHAPE)) is (right != name)


def test_few_values_are_not_called_different_by_chance():
    for _ in range(200):
        left, right = (drawn([RNG.uniform(-1, 1, (3, 2)) for _ in range(3)], (3, 2)) for _ in range(2))
        assert not initialization.differ(left, right)


def test_a_forget_bias_of_one_is_no_zeros_and_the_lines_say_that_it_explains_nothing():
    forget_bias = drawn([np.repeat([0.0, 1.0, 0.0, 0.0], 8)] * 3, (32,), "bias")
    zeros = drawn([np.zeros(32)] * 3, (32,), "bias")
    assert initialization.differ(forget_bias, zeros)
    lines = settings_text.initial([InitialDifference("lstm.bias", "rnn.bias", "bias", (forget_bias, zeros))] * 2)
    assert "no difference above comes from this" in lines[0]
    assert lines[1] == "`lstm.bias`: the same values every time, 0.25 on average on the left; zeros on the right; " \
        "the same holds for 1 more."
    assert not settings_text.initial([])


def test_the_arguments_of_a_loss_stand_where_pytorch_has_them():
    folder = Path(importlib.util.find_spec("torch").submodule_search_locations[0])
    functions = {function.name: [argument.arg for argument in function.args.args]
                 for function in ast.parse((folder / "nn" / "functional.py").read_text(encoding="utf-8")).body
                 if isinstance(function, ast.FunctionDef)}
    for name, arguments in torch_losses.ARGUMENTS.items():
        assert all(functions[name][i] == argument for i, argument in enumerate(arguments) if argument), name
        assert torch_losses.position("reduction", name) == functions[name].index("reduction")


def test_drawn_targets_are_of_the_kind_that_the_loss_of_their_output_takes():
    classes, numbers = drawn_samples.targets(np.random.default_rng(0), 16, [(3,), (1,)], [
        {"name": "SparseCategoricalCrossentropy"}, {"name": "mean_squared_error"}])
    assert classes.shape == (16,) and set(classes) <= {0, 1, 2} and classes.dtype.kind == "i"
    assert numbers.shape == (16, 1) and numbers.dtype.kind == "f" and len(set(numbers.ravel())) == 16
