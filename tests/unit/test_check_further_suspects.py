"""Suspects of `check` for functions over other axes, poolings, gates, buffers, and two programs of one framework."""
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import agreement, elsewhere, function_weights
from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Operation, Optimizer, Parameter, Place
from compare.analysis.programs.suspects import (
    constants,
    layer_settings,
    layout,
    optimizer_text,
    parameters,
    same_framework,
    same_loss,
    structure,
    update,
)
from compare.analysis.programs.suspects.difference import region

KERAS_LION = Optimizer("Lion", {"learning_rate": 0.1, "beta_1": 0.9, "beta_2": 0.99}, (), Place("mine.py", 3), (), ())


def operation(key, kind, shape=(16, 4), shapes=((16, 4),), arguments=None, sources=(), operands=(), weights=(),
              layer=""):
    return Operation(key, kind, layer, Place("port.py", 7), shape, sources, shapes, arguments or {}, operands, weights)


def program(operations, torch=True, **parts):
    return SimpleNamespace(operations=tuple(operations), training_operations=(), is_torch=torch, layers={},
                           parameters={}, **{"arrays": lambda name: {}, **parts})


@pytest.mark.parametrize("arguments, dims", [
    ({}, [(1, True), (1, False)]),  # over everything: the features alone, with and without the axis
    ({"1": 0}, [(1, None)]),
    ({"dim": -1}, [])])
def test_a_mean_is_tried_over_the_axes_that_it_does_not_go_over(arguments, dims):
    proposed = list(layout.over_other_axes([operation("mean@port.py:7", "mean", arguments=arguments)]))
    assert [(suspect.changes[0]["value"], suspect.changes[1]["value"] if suspect.changes[1:] else None)
            for suspect in proposed] == dims


def test_what_is_no_reduction_of_one_tensor_has_no_other_axes():
    assert not list(layout.over_other_axes([operation("a", "add"), operation("b", "max"),
                                            operation("c", "sum", shapes=((16, 4), (16, 4)))]))


@pytest.mark.parametrize("keras, kind, function", [
    ("MaxPooling2D", "avg_pool2d", "max_pool"), ("AveragePooling2D", "boolean_dispatch", "avg_pool"),
    ("MaxPooling2D", "max_pool2d", None), ("AveragePooling1D", "conv1d", None)])
def test_a_pooling_of_the_other_kind_is_tried(keras, kind, function):
    layer = SimpleNamespace(kind=keras, settings={"pool_size": [2, 2], "strides": [2, 2], "padding": "valid"})
    at = SimpleNamespace(keras_layer=layer, operation=operation("p", kind))
    proposed = [suspect.changes[0]["function"] for suspect in layer_settings.pooled_otherwise(at)]
    assert proposed == [function] * (function is not None)


@pytest.mark.parametrize("size, code", [
    (8, "x = F.avg_pool2d(x, (3, 3), (2, 2), ceil_mode=True)"),  # no row before the image
    (7, "x = F.avg_pool2d(F.pad(x, (1, 1, 1, 1)), (3, 3), (2, 2)) / "
        "F.avg_pool2d(F.pad(torch.ones_like(x), (1, 1, 1, 1)), (3, 3), (2, 2))")])
def test_an_average_at_the_border_is_that_of_keras(size, code):
    layer = SimpleNamespace(kind="AveragePooling2D", settings={"pool_size": [3, 3], "strides": [2, 2],
                                                               "padding": "same"})
    at = SimpleNamespace(keras_layer=layer, operation=operation("p", "avg_pool2d", shapes=((16, 3, size, size),)))
    suspect, = layer_settings.averaged_at_the_border(at)
    assert suspect.code == code and suspect.changes[0]["settings"]["same"]


def test_two_gates_of_four_are_exchanged_and_of_many_parts_none():
    chunk = operation("chunk@port.py:7", "chunk")
    for further, count in ((3, 6), (1, 1), (7, 0)):
        right = program([chunk], arrays=lambda name, further=further: {f"{chunk.key}/{i}": None
                                                                       for i in range(further)})
        orders = [suspect.changes[0]["order"] for suspect in structure.parts_exchanged(
            SimpleNamespace(right=right, region=[chunk]))]
        assert len(orders) == count and all(sorted(order) == list(range(further + 1)) for order in orders)
        assert count < 6 or [0, 1, 3, 2] in orders


def test_a_buffer_gets_the_array_of_its_shape_and_a_trained_parameter_does_not():
    matmul = operation("matmul", "matmul", shapes=((3, 3), (16, 3, 4)), weights=("a", ""))
    left = SimpleNamespace(arrays=lambda name: {"Graph.a": np.eye(3), "Graph.b": np.ones(2)})
    suspect, = constants.other_arrays([matmul], left, program([matmul]))
    assert suspect.changes == ({"kind": "buffer", "name": "a", "value": np.eye(3).tolist()},)
    trained = program([matmul])
    trained.parameters = {"a": Parameter("a", "", "a", (3, 3), True, False)}
    assert not list(constants.other_arrays([matmul], left, trained))


@pytest.mark.parametrize("kind, ours, theirs, code", [
    ("leaky_relu", {"1": 0.1, "2": False}, {"1": 0.01, "2": False}, ["`negative_slope=0.1` in `leaky_relu`"]),
    ("leaky_relu", {"1": 0.01}, {}, []),  # its default
    ("gelu", {}, {"approximate": "tanh"}, ["`approximate='none'` in `gelu`"]),
    ("group_norm", {"1": 3, "2": None, "3": None, "4": 1e-5}, {"1": 2, "2": None, "3": None, "4": 1e-5},
     ["`num_groups=3` in `group_norm`"]),
    ("batch_norm", {"5": False, "7": 1e-5}, {"training": True, "eps": 1e-5}, [])])
def test_arguments_of_the_same_function_in_two_programs(kind, ours, theirs, code):
    assert [suspect.code for suspect in same_framework.called_otherwise(
        operation("a", kind, arguments=ours), operation("b", kind, arguments=theirs))] == code


def test_losses_of_two_programs_are_told_apart_by_argument_or_function():
    ours = [operation("a", "cross_entropy", arguments={"0": None, "1": None, "label_smoothing": 0.1})]
    theirs = [operation("b", "cross_entropy", arguments={"0": None, "1": None})]
    assert [suspect.code for suspect in same_loss.of_torch(ours, theirs)] == [
        "`label_smoothing=0.1` in `cross_entropy`"]
    other, = same_loss.of_torch(ours, [operation("b", "nll_loss")])
    assert other.changes[0]["name"] == "cross_entropy" and other.code == "F.cross_entropy(label_smoothing=0.1)"
    assert not list(same_loss.of_torch(ours, ours))
    losses = [SimpleNamespace(loss={"name": name, "settings": settings}, loss_place=Place("new.py", 4))
              for name, settings in (("Huber", {"delta": 0.5}), ("mse", {}), ("my_loss", {}))]
    assert [suspect.code for suspect in same_loss.of_keras(*losses[:2])] == ["keras.losses.Huber(delta=0.5)"]
    assert not list(same_loss.of_keras(losses[0], losses[0])) and not list(same_loss.of_keras(losses[2], losses[0]))


@pytest.mark.parametrize("name, cause, code", [
    ("AdamW", "Keras's optimizer is `Lion`, your program uses `AdamW`.", "class Lion(torch.optim.Optimizer)"),
    ("Lion", "Your program's own class `Lion` does not update", "class Lion(torch.optim.Optimizer)")])
def test_another_optimizer_is_a_cause_also_if_its_class_is_the_users_own(name, cause, code):
    left = SimpleNamespace(optimizer=KERAS_LION, is_torch=False, parameters={})
    group = {"settings": {"lr": 0.1, "betas": [0.9, 0.999], "amsgrad": False, "eps": 1e-8}, "parameters": []}
    right = SimpleNamespace(optimizer=Optimizer(name, group["settings"], (group,), Place("port.py", 9), (), ()),
                            is_torch=True, rates=(), accumulate=1, clipping={}, parameters={})
    suspect, = update.settings(left, right, {})
    assert cause in suspect.cause and code in suspect.code and suspect.changes[0]["fields"]["rule"] == "lion"


def test_an_optimizer_is_written_with_all_that_its_class_takes():
    fields = {"rule": "rmsprop", "learning_rate": 0.01, "rho": 0.9, "momentum": 0.0, "centered": False,
              "epsilon": 1e-7, "weight_decay": 0.0}
    assert optimizer_text.constructor("RMSprop", fields, False) == \
        "torch.optim.RMSprop(model.parameters(), lr=0.01, alpha=0.9, eps=1e-07)"


def test_a_change_of_a_line_is_made_in_all_of_its_calls():
    calls = [operation(key, "mul") for key in ("mul@port.py:7", "mul@port.py:7#1", "mul@port.py:8")]
    suspect = replace(KERAS_SUSPECT, changes=({"kind": "skip", "operation": calls[0].key},))
    assert [change["operation"] for change in elsewhere.in_every_call(suspect, program(calls)).changes] == \
        ["mul@port.py:7", "mul@port.py:7#1"]


KERAS_SUSPECT = layer_settings.Suspect((), "", "", Place())


def test_the_weight_of_a_function_is_found_behind_what_keeps_its_shape():
    divided = operation("div", "div", (9, 7), ((9, 7), (9, 1)), operands=("", "norm"), weights=("0.v", ""))
    linear = operation("linear", "linear", (16, 9), ((16, 7), (9, 7)), operands=("", "div"), weights=("", ""))
    run = program([divided, linear], operation=lambda key: divided)
    assert function_weights.weight_of(linear, run) == "0.v"
    turned = replace(divided, shapes=((7, 9), (9, 1)))  # another shape: nothing is known of its layout
    assert function_weights.weight_of(linear, program([turned], operation=lambda key: turned)) == ""


def test_a_region_ends_before_what_has_a_partner_and_is_computed_of_it():
    a, b, c = operation("a", "add"), operation("b", "mul", sources=("a",)), operation("c", "sub", sources=("b",))
    assert [each.key for each in region(a, program([a, b, c]), {"left": "c"})] == ["a", "b"]
    assert [each.key for each in region(a, program([a, b, c]), {})] == ["a", "b", "c"]


def test_videos_agree_with_their_channels_after_the_time():
    video = np.random.default_rng(0).normal(size=(2, 3, 4, 5, 6))
    assert agreement.agreement(video, video.transpose(0, 1, 4, 2, 3)) == 0
    assert agreement.agreement(video, video[:, ::-1].transpose(0, 1, 4, 2, 3)) > 0.1


@pytest.mark.parametrize("role, shape, code", [
    ("key/kernel", (8, 8), "mha.in_proj_weight[8:16].copy_(torch.tensor(weights[2]).reshape(8, -1).T)"),
    ("value/bias", (8,), "mha.in_proj_bias[16:24].copy_(torch.tensor(weights[2]).reshape(-1))"),
    ("attention_output/kernel", (8, 8), "mha.out_proj.weight.copy_(torch.tensor(weights[2]).reshape(-1, 8).T)")])
def test_a_weight_of_attention_is_copied_into_its_part(role, shape, code):
    parameter = Parameter(f"mha.{role}", "mha", role, shape, True, False)
    assert parameters.in_attention(parameter, "torch.tensor(weights[2])") == code


def test_another_activation_of_a_keras_layer_is_tried():
    layers = [SimpleNamespace(path="act", kind=kind, settings=settings, place=Place("new.py", 5))
              for kind, settings in (("Conv2D", {"activation": "relu"}), ("LeakyReLU", {"negative_slope": 0.3}))]
    left, right = (program([], False, **{}) for _ in range(2))
    left.layers, right.layers = {"conv": layers[0]}, {"act": layers[1]}
    ours, theirs = operation("conv", "Conv2D", layer="conv"), operation("act", "LeakyReLU", layer="act")
    suspect, = same_framework.other_activation(ours, theirs, left, right)
    assert suspect.changes == ({"kind": "activation", "layer": "act", "name": "relu", "settings": {}},)
    assert suspect.code == "`relu` in place of `leaky_relu(negative_slope=0.3)`"
    right.layers = {"act": layers[0]}
    assert not list(same_framework.other_activation(ours, replace(theirs, kind="Conv2D"), left, right))


def test_a_comparison_of_no_operation_has_no_suspect_of_one_framework():
    assert Comparison(Stage.FORWARD, {}, 1e-7).left is None
    assert not list(same_framework.of_one_framework(None, None, program([]), program([])))
