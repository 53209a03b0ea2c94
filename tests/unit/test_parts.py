"""Completeness: every class of the vocabulary is implemented wherever it has to be.

No deep-learning framework is imported, so a missing part is reported within a second.
"""

from typing import get_args

import numpy as np
import pytest

from frameworks.codegen.source import names_of
from frameworks.keras import configuration as keras_configuration
from frameworks.keras import layers as keras_layers
from frameworks.keras import losses as keras_losses
from frameworks.keras import metrics as keras_metrics
from frameworks.lightning import configuration as lightning_configuration
from frameworks.lightning import layers as lightning_layers
from frameworks.lightning import losses as lightning_losses
from frameworks.lightning import metrics as lightning_metrics
from frameworks.parts import LAYERS, part_of
from frameworks.parts.activation import softmax
from frameworks.parts.layer import LayerPart
from frameworks.parts.losses import LOSSES, loss_part
from frameworks.parts.losses.loss import LossPart
from frameworks.parts.metrics import METRICS, metric_part
from frameworks.parts.metrics.metric import MetricPart
from frameworks.parts.optimizers import OPTIMIZERS, optimizer_part
from frameworks.parts.optimizers.optimizer import OptimizerPart
from frameworks.quirks.rules import FIELDS
from frameworks.runtime.call import Call, Expression, function_of
from frameworks.runtime.errors import Unsupported
from scenarios import spec as vocabulary
from scenarios.spec import Dense, Spec
from scenarios.spec.checks import alternatives, field_types
from scenarios.spec.fields import encoded, to_json

KINDS = [kind.__name__ for kind in get_args(vocabulary.Layer)]
ROW, IMAGE = (5,), (7, 7, 1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_layer_has_a_part_and_a_builder_in_every_framework(kind):
    assert kind in LAYERS, f"{kind}: no line in frameworks/parts/__init__.py"
    assert kind in keras_layers.LAYERS, f"{kind}: no builder in frameworks/keras/layers.py"
    assert kind in lightning_layers.LAYERS, f"{kind}: no builder in frameworks/lightning/layers.py"
    part = part_of(kind)
    for method in ("forward", "pullback", "examples"):
        assert getattr(type(part), method) is not getattr(LayerPart, method), f"{kind}: its part has no {method}"
    assert any(type(layer).__name__ == kind for stack in part.examples() for layer in stack), \
        f"{kind}: no example of its part has it"
    has_gradients = bool(part.names) and not part.is_random
    assert has_gradients == (type(part).weight_gradients is not LayerPart.weight_gradients), \
        f"{kind}: weight_gradients and names disagree"
    assert bool(part.moving) == (type(part).after_step is not LayerPart.after_step), \
        f"{kind}: after_step and moving disagree"
    assert getattr(getattr(vocabulary, kind), "has_weights", False) == has_gradients, \
        f"{kind}: has_weights of the spec class and the names of its part disagree"


def test_frameworks_have_no_layer_outside_the_vocabulary():
    assert set(LAYERS) == set(keras_layers.LAYERS) == set(lightning_layers.LAYERS) == set(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_field_of_a_layer_that_can_be_unset_has_rules(kind):
    layer_class = getattr(vocabulary, kind)
    unset = {f"{kind}.{name}" for name, annotation in field_types(layer_class).items()
             if type(None) in alternatives(annotation)}
    assert unset == {field.name for field in FIELDS if field.name.startswith(f"{kind}.")}


EXAMPLES = [pytest.param(kind, stack, id=f"{kind}-{n}") for kind in LAYERS
            for n, stack in enumerate(part_of(kind).examples())]


def as_json(stack):
    """(shape of a sample, layers as JSON) of a stack in a spec, which adds a last Dense."""
    shape = IMAGE if getattr(stack[0], "takes", "") == "image" else ROW
    spec = Spec(vocabulary.Data((0, 1, 2), flatten=shape == ROW, channel=shape == IMAGE), (*stack, Dense(3)),
                vocabulary.MeanSquaredError(), vocabulary.SGD(0.1), vocabulary.Training(1))
    return shape, to_json(spec)["layers"][:-1]


@pytest.mark.parametrize("kind, stack", EXAMPLES)
def test_the_output_shape_of_an_example_matches_the_spec(kind, stack):
    shape, configs = as_json(stack)
    value, draw = np.zeros((4, *shape)), np.random.default_rng(0)
    for layer, config in zip(stack, configs):
        part = part_of(config)
        sizes = part.sizes(config, value.shape[-1])
        weights = [draw.uniform(0.1, 1, sizes[name]) for name in part.names]
        expected = getattr(layer, "output_shape", lambda before: before)(value.shape[1:])
        value = part.forward(config, value, *weights)
        assert value.shape == (4, *expected), type(layer).__name__


@pytest.mark.parametrize("kind, stack", EXAMPLES)
def test_an_example_can_be_rendered_as_source_for_keras_and_pytorch(kind, stack):
    _, configs = as_json(stack)
    for config in (config for config in configs if config["is"] == kind):
        for call in (*keras_layers.LAYERS[kind](config, IMAGE, keras_layers.TODAY),
                     *lightning_layers.LAYERS[kind](config, IMAGE, True)):
            try:
                assert call.source().endswith(")")
            except Unsupported as error:  # a class of this program, which users do not have
                assert str(error).endswith(".")


OF_LOSSES = [kind.__name__ for kind in get_args(vocabulary.Loss)]


@pytest.mark.parametrize("kind", OF_LOSSES)
def test_a_loss_has_a_part_with_examples_and_rules(kind):
    assert kind in LOSSES, f"{kind}: no line in frameworks/parts/losses/__init__.py"
    part, fields = loss_part(kind), field_types(getattr(vocabulary, kind))
    for method in ("value_and_gradient", "examples"):
        assert getattr(type(part), method) is not getattr(LossPart, method), f"{kind}: its part has no {method}"
    unset = {name for name, annotation in fields.items() if type(None) in alternatives(annotation)}
    for example in part.examples():
        assert type(example).__name__ == kind, f"{kind}: an example of its part is another loss"
        assert None not in (getattr(example, name) for name in unset), f"{kind}: an example leaves a field unset"
    assert {f"{kind}.{name}" for name in unset} == {field.name for field in part.rules()}, \
        f"{kind}: the rules of its part are not those of its fields"
    assert not part.of_logits or part.of_logits in get_args(alternatives(fields["of"])[0]), f"{kind}: of_logits"


def test_there_is_no_loss_outside_the_vocabulary():
    assert set(LOSSES) == set(keras_losses.LOSSES) == set(lightning_losses.LOSSES) == set(OF_LOSSES)


LOSS_EXAMPLES = [pytest.param(kind, example, id=f"{kind}-{n}") for kind in LOSSES
                 for n, example in enumerate(loss_part(kind).examples())]
LAST = ("softmax", "sigmoid", "tanh", "linear")


@pytest.mark.parametrize("kind", OF_LOSSES)
def test_a_loss_has_a_builder_in_every_framework(kind):
    assert kind in keras_losses.LOSSES, f"{kind}: no builder in frameworks/keras/losses.py"
    assert kind in lightning_losses.LOSSES, f"{kind}: no builder in frameworks/lightning/losses.py"


@pytest.mark.parametrize("kind, example", LOSS_EXAMPLES)
def test_an_example_of_a_loss_is_valid_code_that_reads_the_logits_where_its_part_says_so(kind, example):
    loss = encoded(example)
    for last in LAST:
        on_keras = keras_losses.LOSSES[kind](loss, keras_losses.Setting(last, False, 3, "z")).lines
        try:
            setting = lightning_losses.Setting(last, False, True, 3, "z")
            on_lightning = [*lightning_losses.LOSSES[kind](loss, setting).lines, "return loss"]
        except Unsupported as error:  # PyTorch has no such loss
            assert str(error).endswith(".")
            on_lightning = []
        for lines in filter(None, (on_keras, on_lightning)):
            function_of("self, y, z, p, w", [line if isinstance(line, str) else line[0] for line in lines], {})
            used = set().union(*(names_of(line) for line in lines))
            assert ("z" in used) == loss_part(kind).reads_logits(loss, last), f"{kind}: reads_logits of its part"


@pytest.mark.parametrize("kind, example", LOSS_EXAMPLES)
def test_the_loss_of_an_example_changes_as_its_gradient_says(kind, example):
    y, draw = np.eye(3)[[0, 1, 2, 1]], np.random.default_rng(1)
    z = draw.normal(size=(4, 3))
    fields = {name: value for name, value in vars(example).items() if name != "class_weights"}
    p = softmax(z)
    for last, outputs, weights in (("linear", p, 1), ("softmax", p, 1), ("softmax", p, draw.uniform(1, 9, (4, 1)))):
        fields["weights"] = weights
        loss, of_z, of_p = loss_part(kind).value_and_gradient(y, z, outputs, last, **fields)
        assert (of_z is None) != (of_p is None) and np.shape(loss) == ()
        step = 1e-6 * draw.normal(size=z.shape)
        sides = [(z + s * step, outputs) if of_p is None else (z, outputs + s * step) for s in (1, -1)]
        moved = [loss_part(kind).value_and_gradient(y, *side, last, **fields)[0] for side in sides]
        assert (moved[0] - moved[1]) / 2 == pytest.approx((step * (of_z if of_p is None else of_p)).sum(), rel=1e-5)
        if last == "softmax":
            alone = [loss_part(kind).value_and_gradient(*(part[[i]] for part in (y, z, outputs)), last, **{
                **fields, "weights": 1})[0] for i in range(4)]
            assert loss == pytest.approx(np.mean(np.ravel(weights) * alone))


OF_OPTIMIZERS = [kind.__name__ for kind in get_args(vocabulary.Optimizer)]
COMMON = {"weight_decay", "clip", "accumulation"}
"""Fields that all optimizers have in common."""


@pytest.mark.parametrize("kind", OF_OPTIMIZERS)
def test_an_optimizer_has_a_part_with_examples_and_rules(kind):
    assert kind in OPTIMIZERS, f"{kind}: no line in frameworks/parts/optimizers/__init__.py"
    part, fields = optimizer_part(kind), set(field_types(getattr(vocabulary, kind))) - COMMON
    for method in ("update", "rules", "examples"):
        assert getattr(type(part), method) is not getattr(OptimizerPart, method), f"{kind}: its part has no {method}"
    assert part.learning_rate is not None, f"{kind}: its part has no learning_rate"
    for example in part.examples():
        assert type(example).__name__ == kind, f"{kind}: an example of its part is another optimizer"
        assert None not in (getattr(example, name) for name in fields), f"{kind}: an example leaves a field unset"
    assert {f"{kind}.{name}" for name in fields} == {field.name for field in part.rules()}, \
        f"{kind}: the rules of its part are not those of its fields"


OPTIMIZER_EXAMPLES = [pytest.param(kind, example, id=f"{kind}-{n}") for kind in OPTIMIZERS
                      for n, example in enumerate(optimizer_part(kind).examples())]


@pytest.mark.parametrize("kind, example", OPTIMIZER_EXAMPLES)
def test_an_optimizer_keeps_the_state_that_its_part_names(kind, example):
    g = np.array([0.1, -2.0])
    part, settings = optimizer_part(kind), {name: value for name, value in vars(example).items()
                                            if name not in COMMON and name != "learning_rate"}
    change, state = part.update(g, part.shared_state({}, 1.0, **settings), 1.0, np.float64(0.1), **settings)
    assert change.shape == g.shape and set(state) <= set(part.state), f"{kind}: names of its state"
    assert (change * g > 0).all(), f"{kind}: the first step of an example does not go against the gradient"


@pytest.mark.parametrize("kind", OF_OPTIMIZERS)
def test_an_optimizer_is_configured_in_every_framework(kind):
    assert kind in keras_configuration.OPTIMIZERS, f"{kind}: no entry in frameworks/keras/configuration.py"
    assert kind in lightning_configuration.OPTIMIZERS, f"{kind}: no entry in frameworks/lightning/configuration.py"
    part, on_keras = optimizer_part(kind), keras_configuration.OPTIMIZERS[kind]
    on_lightning = lightning_configuration.OPTIMIZERS[kind]
    assert set(on_lightning.state) == set(part.state), f"{kind}: its state in lightning/configuration.py"
    assert set(on_keras.state) == set(part.state), f"{kind}: its state in keras/configuration.py"
    assert set(on_keras.old_state) in (set(part.state), set()), f"{kind}: its old_state in keras/configuration.py"
    fields = set(field_types(getattr(vocabulary, kind))) - COMMON
    assert set(on_lightning.arguments) == fields - {"epsilon_place"}, \
        f"{kind}: its arguments in frameworks/lightning/configuration.py"
    assert ("epsilon_place" in fields) == bool(on_keras.other_place) == bool(on_lightning.other_place), \
        f"{kind}: other_place of a framework"


@pytest.mark.parametrize("kind, example", OPTIMIZER_EXAMPLES)
def test_an_example_of_an_optimizer_is_valid_code_with_every_set_field(kind, example):
    optimizer = encoded(example)
    assert None not in (optimizer["learning_rate"], *optimizer.values())
    for configuration in (keras_configuration, lightning_configuration):
        try:
            call = configuration.call(optimizer)
        except Unsupported as error:  # Keras's Nadam has no argument for its momentum decay
            assert str(error).endswith(".")
            continue
        compile(call.source(), kind, "eval")
        values = [value for name, value in vars(example).items() if name not in (*COMMON, "epsilon_place")]
        passed = [value for argument in call.kwargs.values()
                  for value in (argument if isinstance(argument, tuple) else [argument])]
        assert configuration is keras_configuration or set(values) <= set(passed), f"{kind}: a field is not passed"


def test_there_is_no_optimizer_outside_the_vocabulary():
    assert set(OPTIMIZERS) == set(OF_OPTIMIZERS)
    assert set(keras_configuration.OPTIMIZERS) == set(lightning_configuration.OPTIMIZERS) == set(OF_OPTIMIZERS)


METRIC_CLASSES = {kind.__name__: kind for kind in alternatives(vocabulary.metrics.Metric)}


@pytest.mark.parametrize("kind", METRIC_CLASSES)
def test_a_metric_has_a_part_and_a_builder_in_every_framework(kind):
    assert kind in METRICS, f"{kind}: no line in frameworks/parts/metrics/__init__.py"
    assert kind in keras_metrics.METRICS, f"{kind}: no builder in frameworks/keras/metrics.py"
    assert kind in lightning_metrics.METRICS, f"{kind}: no builder in frameworks/lightning/metrics.py"
    part = metric_part(kind)
    for method in ("value", "examples"):
        assert getattr(type(part), method) is not getattr(MetricPart, method), f"{kind}: its part has no {method}"
    examples = [metric for metric, *_ in part.examples()]
    assert any(isinstance(metric, METRIC_CLASSES[kind]) for metric in examples), f"{kind}: no example of its part"
    for call in (builder[kind](encoded(examples[0]), 2) for builder in (keras_metrics.METRICS,
                                                                        lightning_metrics.METRICS)):
        assert call.source().endswith(")")


def test_no_metric_lies_outside_the_vocabulary_and_every_name_is_free():
    assert set(METRICS) == set(keras_metrics.METRICS) == set(lightning_metrics.METRICS) == set(METRIC_CLASSES)
    assert set(vocabulary.metrics.__all__) - {"Metric"} == set(METRIC_CLASSES), "a metric class that is in no Metric"
    assert not set(METRICS.values()) & {"loss", "accuracy", "logits", "outputs", "loss_after"}
    with_fields = {kind for kind, metric in METRIC_CLASSES.items() if field_types(metric)}
    assert not with_fields & set(vars(vocabulary)), "the rules of a field are found by the name of its class"


@pytest.mark.parametrize("kind", METRIC_CLASSES)
def test_the_examples_of_a_metric_have_the_value_computed_by_hand(kind):
    unset = {f"{kind}.{name}" for name, annotation in field_types(METRIC_CLASSES[kind]).items()
             if type(None) in alternatives(annotation)}
    assert unset == {field.name for field in metric_part(kind).rules()}
    for metric, labels, outputs, value in metric_part(kind).examples():
        actual = metric_part(kind).value(encoded(metric), np.array(labels, float), np.array(outputs, float))
        assert actual == pytest.approx(value, rel=1e-12), metric


def test_a_call_is_instantiated_and_rendered_consistently():
    names = {"math": __import__("math"), "list": list}
    call = Call("math.pow", 2, Expression("1 / 4 ** 0.5"))
    assert call.source() == "math.pow(2, 1 / 4 ** 0.5)" and call.made(names) == eval(call.source(), dict(names))
    assert Call("list", "ab").source() == 'list("ab")' and Call("list", Call("list")).made(names) == []
    with pytest.raises(Unsupported, match="^no user has it$"):
        Call("list").without_source("no user has it").source()
