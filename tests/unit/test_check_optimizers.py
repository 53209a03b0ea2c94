"""Suspects of `check` for optimizers with parameter groups, excluded parameters, and calls of a training step."""
from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import forward_pass
from compare.analysis.programs.description import Operation, Optimizer, Parameter, Place
from compare.analysis.programs.suspects import constants, optimizer_text, update

KERAS = {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.999, "amsgrad": False, "epsilon": 1e-8}
TORCH = {"lr": 0.1, "betas": [0.9, 0.999], "amsgrad": False, "eps": 1e-8, "decoupled_weight_decay": True}
NAMES = ("fc.kernel", "fc.bias", "norm.gamma")


def run(settings, groups=(), undecayed=(), torch=False):
    parameters = {name: Parameter(name, name.split(".")[0], name.split(".")[1], (3,), True, False) for name in NAMES}
    return SimpleNamespace(optimizer=Optimizer("AdamW", settings, groups, Place("port.py", 9), (), (), (), undecayed),
                           is_torch=torch, parameters=parameters, layers={}, rates=(), accumulate=1, clipping={})


def port(*groups):
    of_groups = tuple({"settings": {**TORCH, **settings}, "parameters": list(names)} for settings, names in groups)
    return run(of_groups[0]["settings"], of_groups, torch=True)


def found(keras, torch):
    """Suspects by the field that they change, without those by design."""
    return {tuple(suspect.changes[0]["fields"]): suspect
            for suspect in update.settings(keras, torch, {name: name for name in NAMES}) if not suspect.by_design}


def test_what_the_weight_decay_of_keras_leaves_out_is_compared_with_the_groups():
    keras = run({**KERAS, "weight_decay": 0.5}, undecayed=("fc.bias", "norm.gamma"))
    same = port(({"weight_decay": 0.5}, ["fc.kernel"]), ({"weight_decay": 0.0}, ["fc.bias", "norm.gamma"]))
    assert not found(keras, same)
    suspect, = found(keras, port(({"weight_decay": 0.5}, ["fc.kernel", "norm.gamma"]),
                                 ({"weight_decay": 0.0}, ["fc.bias"]))).values()
    assert suspect.changes[0]["fields"] == {"decayed": ["fc.kernel"]}
    assert suspect.cause == "Your weight decay shrinks `norm.weight`, Keras's leaves it out."
    assert suspect.code == '`{"params": [norm.weight], "weight_decay": 0}` in the optimizer\'s parameter groups'
    suspect, = found(keras, port(({"weight_decay": 0.5}, NAMES))).values()
    assert "`fc.bias`, `norm.weight`" in suspect.cause
    turned, = found(run({**KERAS, "weight_decay": 0.5}), same).values()
    assert turned.cause == "Keras's weight decay shrinks `fc.bias`, `norm.weight`, yours leaves them out."


def test_the_weight_decay_of_a_group_that_keras_does_not_have_names_its_parameters():
    suspect, = found(run(KERAS), port(({"weight_decay": 0.5}, ["fc.kernel"]), ({}, ["fc.bias", "norm.gamma"]))).values()
    assert suspect.cause == "Keras's optimizer has no `weight_decay`, yours has `weight_decay=0.5` for `fc.weight`."
    assert suspect.code == '`"weight_decay": 0` in the parameter group of `fc.weight`'


def test_another_learning_rate_of_a_group_is_one_cause():
    suspect, = found(run(KERAS), port(({"lr": 0.01}, ["fc.kernel"]), ({}, ["fc.bias", "norm.gamma"]))).values()
    assert suspect.cause == "Keras's learning rate is 0.1 for all parameters, yours is 0.01 for `fc.weight`."
    assert suspect.changes[0]["fields"] == {"rate_factors": None, "learning_rate": 0.1}


def added(key, value):
    return Operation(key, "__add__", "", Place("port.py", 7), (), (), (), {"1": value})


def test_a_constant_in_several_places_is_replaced_in_all_of_them_first():
    first, second = added("add@port.py:7", 1e-6), added("add@port.py:7#1", 1e-6)
    suspects = list(constants.other_numbers([first, second], [1.0], "Keras's loss"))
    assert [change["operation"] for change in suspects[0].changes] == [first.key, second.key]
    assert suspects[0].code == "`1` in place of `1e-06` in 2 places" and len(suspects) == 3


@pytest.mark.parametrize("in_step, value, differs", [
    (("a", "a#1"), 1.0, False),  # called with real and generated images: the second call agrees
    (("a",), 1.0, True), (("a", "a#1"), 3.0, False)])  # an update may stand between the calls
def test_a_call_of_a_training_step_that_agrees_is_enough_where_there_are_more_than_in_a_pass(
        in_step, value, differs):
    operation = Operation("a", "linear", "", Place("port.py", 7), (16, 3), (), ((16, 4),))
    sides = []
    for values in ({"a": np.full((16, 3), value)}, {key: np.full((16, 3), 2.0 - i) for i, key in enumerate(in_step)}):
        arrays = {"training": values, "forward": {"a": np.zeros((16, 3))}}
        sides.append(SimpleNamespace(arrays=lambda name, arrays=arrays: arrays.get(name, {}), operations=(operation,),
                                     float32_inside=False))
    assert forward_pass.forward_training(*sides, {"a": "a"}).differs == differs


@pytest.mark.parametrize("name, ours, torch, sentence", [
    ("learning_rate", 0.01, False, "Keras's optimizer has `learning_rate=0.01`, yours has `lr=0.5`."),
    ("learning_rate", 0.01, True, "The left optimizer has `lr=0.01`, the right one has `lr=0.5`."),
    ("rho", 0.9, False, "Keras's optimizer has `rho=0.9`, yours has `alpha=0.5`."),
    ("dampening", 0.0, False, "Keras's optimizer has no `dampening`, yours has `dampening=0.5`."),
    ("dampening", 0.0, True, "The left optimizer has `dampening=0`, the right one has `dampening=0.5`.")])
def test_a_field_has_the_name_of_its_argument_on_each_side(name, ours, torch, sentence):
    assert optimizer_text.sentence(name, ours, 0.5, "RMSprop", torch) == sentence
