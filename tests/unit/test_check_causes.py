"""Causes that `check` proposes, of values made by hand: terms of a loss, schedules, parallel layers, dropouts."""
import bisect
import math
from types import SimpleNamespace

import numpy as np
import pytest

from compare.analysis.programs import initialization, same_names, settings, stages, unpaired
from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Operation, Optimizer, Parameter, Place, Run
from compare.analysis.programs.items import Item, Peeled
from compare.analysis.programs.pairing import longest_sequence, paired_layers
from compare.analysis.programs.same_names import same_part
from compare.analysis.programs.suspects import (
    keras_update,
    loss_terms,
    optimizer_text,
    parameters,
    schedules,
    statistics,
    suspect,
)
from compare.analysis.programs.suspects.keras_loss import torch_code
from compare.analysis.programs.suspects.suspect import Suspect


def operation(key, kind, sources=(), shape=(), layer="", arguments=None):
    return Operation(key, kind, layer, Place("port.py", 1), shape, tuple(sources), (), arguments or {})


def parameter(layer, role="kernel", shape=(4, 4)):
    return Parameter(f"{layer}.{role}", layer, role, shape, True, False)


class Program:
    """A run of layers with a kernel each, on operations that are given by their sources."""

    def __init__(self, operations, arrays=None, **layers):
        kernels = [parameter(name) for name, (kind, _) in layers.items() if kind == "Dense"]
        self.parameters = {kernel.name: kernel for kernel in kernels}
        self.layers = {name: SimpleNamespace(path=name, kind=kind, settings=settings, place=Place("port.py", 1))
                       for name, (kind, settings) in layers.items()}
        self.operations, self.training_operations = tuple(operations), ()
        self.values, self.is_torch = arrays or {}, False

    def arrays(self, prefix):
        return self.values.get(prefix, {})


def test_the_weight_of_a_term_is_what_makes_the_loss_agree():
    computed = [operation("a", "mse_loss"), operation("b", "__rmul__", arguments={"1": 0.05}),
                operation("c", "__add__", ("a", "b")), operation("d", "clone", ("c",))]
    right = SimpleNamespace(arrays=lambda name: {"a": 1.0, "b": 0.1, "c": 1.1, "d": 1.1}, trace={"first_loss": 1.1})
    left = SimpleNamespace(trace={"first_loss": 2.0})
    first, second = loss_terms.terms(computed, left, right)
    assert first.code == "`1.9 * …` for this term" and first.whole
    assert second.code == "`0.5 * …` in place of `0.05 * …`"
    more, = [term for term in loss_terms.terms(computed, SimpleNamespace(trace={"first_loss": 1.0}), right)
             if term.changes[0]["operation"] == "b"]
    assert more.code == "leave out this term, `rmul`"
    assert loss_terms.terms_of(computed[:2], {"a": 1.0, "b": 0.1}, 0.1) == []


def test_a_term_of_a_sum_that_is_divided_by_the_samples_is_found():
    computed = [operation("a", "mse_loss"), operation("b", "mse_loss"), operation("c", "__add__", ("a", "b")),
                operation("d", "__truediv__", ("c",), arguments={"1": 4})]
    right = SimpleNamespace(arrays=lambda name: {"a": 6.0, "b": 2.0, "c": 8.0, "d": 2.0}, trace={"first_loss": 2.0})
    codes = [term.code for term in loss_terms.terms(computed, SimpleNamespace(trace={"first_loss": 1.75}), right)]
    assert codes == ["`0.833333 * …` for this term", "`0.5 * …` for this term"]  # the training tells which


@pytest.mark.parametrize("name, given, expected", [
    ("CosineDecay", {"decay_steps": 8, "alpha": 0.1},
     lambda t: 0.1 + 0.9 * 0.5 * (1 + math.cos(math.pi * min(t, 8) / 8))),
    ("ExponentialDecay", {"decay_steps": 2, "decay_rate": 0.5, "staircase": True}, lambda t: 0.5 ** (t // 2)),
    ("InverseTimeDecay", {"decay_steps": 4, "decay_rate": 2.0, "staircase": False}, lambda t: 1 / (1 + 2 * t / 4)),
    ("PolynomialDecay", {"decay_steps": 5, "end_learning_rate": 0.05, "power": 2.0, "cycle": False},
     lambda t: (0.5 - 0.05) / 0.5 * (1 - min(t, 5) / 5) ** 2 + 0.05 / 0.5),
    ("PiecewiseConstantDecay", {"boundaries": [3, 6], "values": [0.5, 0.1, 0.05]},
     lambda t: 1 if t <= 3 else 0.2 if t <= 6 else 0.1)])
def test_a_schedule_is_code_with_its_rates(name, given, expected):
    rates = [0.5 * expected(step) for step in range(10)]
    code = schedules.code({"schedule": name, "settings": {"initial_learning_rate": 0.5, **given}}, rates, 0.5)
    assert code.startswith("`lr=0.5`, and `LambdaLR(optimizer, lambda step: ")
    factor = eval("lambda step: " + code.split("lambda step: ")[1].removesuffix(')` with `"interval": "step"`'),
                  {"math": math, "bisect": bisect})
    assert [0.5 * factor(step) for step in range(10)] == pytest.approx(rates)


@pytest.mark.parametrize("first", [0.0, 0.1])
def test_a_warmup_is_part_of_the_code(first):
    settings = {"initial_learning_rate": first, "warmup_target": 0.4, "warmup_steps": 3, "decay_steps": 5, "alpha": 0.0}
    rates = [first + (0.4 - first) * t / 3 if t < 3 else 0.2 * (1 + math.cos(math.pi * min((t - 3) / 5, 1)))
             for t in range(10)]
    code = schedules.code({"schedule": "CosineDecay", "settings": settings}, rates, first)
    assert code.startswith("`lr=0.4`, and `LambdaLR(optimizer, lambda step: ")
    factor = eval("lambda step: " + code.split("lambda step: ")[1].removesuffix(')` with `"interval": "step"`'),
                  {"math": math, "bisect": bisect})
    assert [0.4 * factor(step) for step in range(10)] == pytest.approx(rates)
    assert "[0, 0.5, 1][step]" in schedules.code({"schedule": "Mine", "settings": {}}, [0.0, 0.2, 0.4], 0.0)


def test_any_other_schedule_is_its_first_rates_and_a_constant_has_none():
    assert "[1, 0.5, 0.25][step]" in schedules.code({"schedule": "Mine", "settings": {}}, [0.4, 0.2, 0.1], 0.4)
    assert schedules.code(0.1, None, 0.1) == "`lr=0.1`, and no scheduler"


def test_a_linear_is_the_part_of_attention_that_its_name_says():
    key = parameter("attention", "key/kernel")
    assert same_part(key, parameter("block.to_k")) and same_part(key, parameter("block.2"))
    assert not same_part(key, parameter("block.to_q")) and not same_part(key, parameter("block.out_proj"))
    assert same_part(parameter("attention", "attention_output/kernel"), parameter("block.proj"))
    assert not same_part(key, parameter("block", "gamma"))


def test_names_that_exclude_a_pair_do_not_shorten_the_sequence():
    lefts = [parameter("attention", f"{part}/kernel") for part in ("query", "key", "value", "attention_output")]
    rights = [parameter(name) for name in ("query", "key", "value", "last")]
    assert longest_sequence(lefts, rights) == list(zip(lefts, rights))


def branches(first, second):
    """Two parallel layers, in the order in which they are computed, and what takes both."""
    return Program([operation(first, "Dense", layer=first), operation(second, "Dense", layer=second),
                    operation("out", "Attention", (first, second))], **{first: ("Dense", {}), second: ("Dense", {})})


def by_name(left, right, pairs):
    """The pairs, with those of parallel layers exchanged where their names say so."""
    return same_names.by_name(left, right, pairs, paired_layers(left, right, pairs))


def test_parallel_layers_are_paired_by_name_and_others_by_the_graph():
    left, right = branches("value", "key"), branches("key", "value")
    pairs = {"value.kernel": "key.kernel", "key.kernel": "value.kernel"}
    assert by_name(left, right, pairs) == {"value.kernel": "value.kernel", "key.kernel": "key.kernel"}
    chain = Program([operation("value", "Dense", layer="value"), operation("key", "Dense", ("value",), layer="key")],
                    value=("Dense", {}), key=("Dense", {}))
    assert by_name(chain, right, pairs) == pairs


def test_parallel_layers_without_a_common_name_are_unsure():
    left = branches("value", "key")
    assert same_names.unsure(left, {"value": "a", "key": "b"}) == [("value", "a"), ("key", "b")]
    assert same_names.unsure(left, {"value": "value"}) == []


def dropped(after, kind="Dropout"):
    """A program of two layers with a dropout after one of them."""
    operations = [operation("first", "Dense", layer="first"), operation("second", "Dense", ("first",), layer="second")]
    return Program([*operations, operation("drop", kind, (after,), layer="drop")], first=("Dense", {}),
                   second=("Dense", {}), drop=(kind, {"rate": 0.5}))


def test_the_place_and_the_kind_of_a_dropout_are_compared():
    pairs = {"first.kernel": "first.kernel", "second.kernel": "second.kernel"}
    assert settings.differences(dropped("first"), dropped("first"), pairs) == ()
    place, = settings.differences(dropped("first"), dropped("second"), pairs)
    assert (place.left, place.right) == ("after `first`", "after `second`")
    kind, = settings.differences(dropped("first", "SpatialDropout1D"), dropped("first"), pairs)
    assert (kind.left, kind.right) == ("whole channels", "single values")
    unknown_place = {"first.kernel": "first.kernel"}
    assert settings.differences(dropped("first"), dropped("second"), unknown_place) == ()


def with_gradients(**gradients):
    return SimpleNamespace(float32_inside=(), arrays=lambda name: {key: np.array([value])
                                                                   for key, value in gradients.items()})


def test_an_update_without_a_gradient_is_not_compared():
    pairs, left = {"a": "a", "b": "b"}, with_gradients(a=1.0, b=1e-16)
    assert stages.without_gradient(left, with_gradients(a=1.0, b=2e-16), pairs) == {"b"}
    assert stages.without_gradient(left, with_gradients(a=1.0, b=1e-3), pairs) == set()


def moved(a, b, gradient=1e-16):
    values = {"gradient": {"a": 1.0, "b": gradient}, "parameter": {"a": 0.5, "b": 0.5},
              "weight/1": {"a": 0.5 + a, "b": 0.5 + b}}
    return SimpleNamespace(float32_inside=(), arrays=lambda name: {
        key: np.array([value]) for key, value in values.get(name, {}).items()})


def test_what_an_optimizer_moves_at_random_is_what_has_no_gradient_and_moves_differently():
    pairs = {"a": "a", "b": "b"}
    assert stages.moved_at_random(moved(0.1, 0.1), moved(0.1, -0.1), pairs) == ["b"]
    assert stages.moved_at_random(moved(0.1, 1e-12), moved(0.1, -1e-12), pairs) == []  # as Adam's epsilon keeps it
    assert stages.moved_at_random(moved(0.1, 0.1, 1e-3), moved(0.1, -0.1, 1e-3), pairs) == []  # a difference


def normalized(is_torch, momentum):
    """A program of three batch normalizations, the last with a momentum of its own."""
    layers = {name: SimpleNamespace(path=name, kind="BatchNorm2d", settings={"momentum": value}, place=Place())
              for name, value in (("a", momentum), ("b", momentum), ("c", 0.5))}
    names = {f"{name}.moving_variance": name for name in layers}
    return SimpleNamespace(layers=layers, is_torch=is_torch, parameters={
        name: Parameter(name, layer, "moving_variance", (4,), False, True) for name, layer in names.items()})


def test_moving_statistics_have_one_cause_in_all_layers_also_where_it_cannot_be_seen():
    left, right = normalized(False, 0.99), normalized(True, 0.9)
    pairs = {name: name for name in left.parameters}
    momentum, variance = suspect.together(statistics.moving(["a.moving_variance"], left, right, pairs))
    assert [change["layer"] for change in momentum.changes] == ["a", "b"] and "in 2 layers" in momentum.cause
    assert [change["layer"] for change in variance.changes] == ["a", "b", "c"] and variance.by_design
    assert statistics.moving([], left, right, pairs) == []


def peeled(left, right, items=()):
    """Two programs that were trained until a step, with changes."""
    runs = [SimpleNamespace(until=until, changes=changes, float32_inside=()) for until, changes in (left, right)]
    return Peeled(*runs, tuple(runs), list(items), changes={"left": (), "right": ({"kind": "pad"},)})


def test_a_program_is_trained_again_only_as_long_as_its_training_is_short_or_had_other_changes():
    pad, loss = ({"kind": "pad"},), ({"kind": "loss"},)
    assert peeled((None, ()), (None, pad)).unfinished == []
    assert peeled((None, ()), (3, pad)).unfinished == ["right"]
    assert peeled((None, loss), (None, loss)).unfinished == ["left", "right"]
    replaced = Item(Stage.FORWARD, 0.1, ("0",), None, None, replaced=True)
    assert peeled((None, ()), (0, pad), [replaced]).unfinished == []


def test_a_parameter_without_a_partner_is_open_unless_an_item_tells_of_it_or_it_is_a_constant_and_all_agrees():
    left_out = Suspect(({"kind": "without", "parameter": "a.bias"},), "", "", Place())
    agreeing = [Comparison(Stage.FORWARD, {"0": 0.0})]
    parameters_by_name = {name: Parameter(name, name[0], name[2:], (1,), trained, False) for name, trained in (
        ("a.bias", True), ("b.kernel", True), ("c.mean", False), ("d.kernel", True))}
    run = SimpleNamespace(parameters=parameters_by_name)
    result = peeled((None, ()), (None, ()), [Item(Stage.PARAMETERS, 1.0, ("a.bias",), None, None, (left_out,))])
    assert unpaired.without_partner(run, {"d.kernel": "x"}, result) == ("b.kernel", "c.mean")
    result.compared = agreeing
    assert unpaired.without_partner(run, {"d.kernel": "x"}, result) == ("b.kernel",)


def test_of_initializers_with_one_spread_the_one_that_fits_most_parameters_is_named():
    """Within chance, a kernel of 288 values can be Glorot's or He's; another one can only be Glorot's."""
    values = {"small.kernel": (3, 3, 32, 1), "large.kernel": (3, 3, 32, 64)}
    rng = np.random.default_rng(1)

    def program(spread):
        drawn = {name: rng.uniform(-1, 1, shape) * spread(shape) for name, shape in values.items()}
        return SimpleNamespace(arrays=lambda prefix: drawn, parameters={
            name: Parameter(name, name[:-7], "kernel", shape, True, False) for name, shape in values.items()})
    left = program(lambda shape: (6 / (9 * (shape[2] + shape[3] * (shape[3] > 1)))) ** 0.5)
    alone = initialization.drawn([left.arrays("")["small.kernel"]], values["small.kernel"])
    assert alone.name == "he_uniform"
    right = program(lambda shape: 0.01)
    differences = initialization.differences([left], [right], {name: name for name in values})
    assert [each.drawn[0].name for each in differences] == ["glorot_uniform", "glorot_uniform"]
    assert "he_uniform" in differences[0].drawn[0].names and "he_uniform" not in differences[1].drawn[0].names


def test_a_bias_of_two_rows_that_were_summed_is_said_to_be():
    bias = np.arange(6.0).reshape(2, 3) + 1
    copied = np.stack([bias.sum(0), np.zeros(3)])
    sentence = parameters.has_instead("gru.bias", {"gru.bias": bias}, copied, "Keras's")[1]
    assert sentence.startswith("has the sum of the two rows of Keras's `gru.bias`")


@pytest.mark.parametrize("part, code", [
    ({"function": "Huber", "settings": {"delta": 0.5}}, "F.huber_loss(out, y, delta=0.5)"),
    ({"function": "SparseCategoricalCrossentropy", "settings": {"from_logits": True, "ignore_class": 0}},
     "F.cross_entropy(out, y, ignore_index=0)"),
    ({"function": "BinaryCrossentropy", "settings": {"label_smoothing": 0.2}},
     "F.binary_cross_entropy(out, y * 0.8 + 0.1)"),
    ({"function": "MeanSquaredError", "settings": {}, "weight": 0.25}, "0.25 * F.mse_loss(out, y)"),
    ({"function": "CategoricalFocalCrossentropy", "settings": {}},
     "(-0.25 * y * (1 - out) ** 2 * torch.log(out)).sum(-1).mean()"),
    ({"function": "CategoricalCrossentropy", "settings": {"label_smoothing": 0.1}},
     "-((y * 0.9 + 0.1 / y.shape[-1]) * torch.log(out)).sum(-1).mean()"),
    ({"function": "SparseCategoricalCrossentropy", "settings": {"from_logits": True}, "masked": True},
     '(F.cross_entropy(out.movedim(-1, 1), y, reduction="none") * mask).sum() / mask.sum()'),
    ({"function": "MeanSquaredError", "settings": {}, "reduction": "sum"}, "out[..., 0].numel() * F.mse_loss(out, y)")])
def test_a_loss_of_keras_is_code(part, code):
    assert torch_code({"weight": 1, "masked": False, "before_sigmoid": False, **part}) == code


def test_a_layer_that_computes_in_float32_is_seen_at_the_input_too():
    exact, rounded = np.random.default_rng(0).normal(size=(2, 16))
    rounded = rounded.astype(np.float32).astype(float)

    def inside(given, output, is_torch=False):
        run = SimpleNamespace(arrays=lambda name: {"forward": {"resize": output}, "given": {"0": given}}[name],
                              operations=[operation("resize", "Resizing")], is_torch=is_torch, losses=())
        return Run.float32_inside.func(run)
    assert inside(exact, rounded) == ("resize",)
    assert inside(rounded, rounded) == inside(exact, exact) == inside(exact, rounded, is_torch=True) == ()


ADAM = {"rule": "adam", "weight_decay": 0.01, "decay_kind": "decoupled", "beta_1": 0.8, "beta_2": 0.99, "epsilon": 1e-7}


@pytest.mark.parametrize("name, fields, code", [
    ("weight_decay", ADAM, "torch.optim.AdamW(…, weight_decay=0.01)"), ("beta_2", ADAM, "betas=(0.8, 0.99)"),
    ("epsilon", ADAM, "eps=1e-07"), ("rho", {"rule": "rmsprop", "rho": 0.95}, "alpha=0.95"),
    ("rho", {"rule": "adadelta", "rho": 0.95}, "rho=0.95"),
    ("weight_decay", {**ADAM, "rule": "sgd", "momentum": 0.0}, "weight_decay=0.01"),
    ("weight_decay", {**ADAM, "rule": "sgd", "momentum": 0.9, "learning_rate": 0.1},
     "`for p in model.parameters(): p.data.mul_(1 - 0.1 * 0.01)` before each `optimizer.step()`, with "
     "`weight_decay=0`")])
def test_a_setting_of_an_optimizer_is_the_code_of_pytorch(name, fields, code):
    assert optimizer_text.code(name, fields, {}) == code


def with_optimizer(name, settings, given):
    """A Keras program with an optimizer."""
    return SimpleNamespace(is_torch=False, optimizer=Optimizer(name, settings, (), Place("mine.py", 2), given, ()))


def test_two_optimizers_of_keras_are_named_with_what_is_given():
    schedule = {"schedule": "ExponentialDecay", "settings": {"initial_learning_rate": 0.1, "name": "decay"}}
    left = with_optimizer("SGD", {"learning_rate": schedule, "momentum": 0.9, "nesterov": False, "rates": [0.1]},
                          ["learning_rate", "momentum"])
    right = with_optimizer("Adam", {"learning_rate": 0.001, "beta_1": 0.9}, [])
    another, = keras_update.keras_settings(left, right)
    assert another.cause == "The left optimizer is `SGD(learning_rate=ExponentialDecay(initial_learning_rate=0.1), " \
        "momentum=0.9)`, the right one `Adam(learning_rate=0.001)`."
    assert another.changes == ({"kind": "optimizer", "class": "SGD", "settings": {
        "learning_rate": schedule, "momentum": 0.9, "nesterov": False}},)


def test_a_dropout_that_every_call_of_the_training_step_leaves_out_is_never_in_training():
    off, on = ([operation(key, "dropout", arguments={"1": 0.5, "2": mode}) for key, mode in calls] for calls in (
        [("drop", False), ("drop#1", False)], [("drop", False), ("drop#1", True)]))
    assert settings.never_in_training(SimpleNamespace(training_operations=off)).key == "drop"
    assert settings.never_in_training(SimpleNamespace(training_operations=on)) is None
