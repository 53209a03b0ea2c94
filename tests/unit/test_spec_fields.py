"""Fields of a spec: as JSON and back, which are unset, their paths, and changes of them."""

import json

import pytest
from test_spec import INF, UNSET

import scenarios
from frameworks.quirks.resolution import resolve
from scenarios import spec as vocabulary
from scenarios.spec import SGD, Adam, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import changed, differences, from_json, to_json, unset_fields, value_at

ENVIRONMENTS = [{"framework": framework, "backend": backend} for framework, backend in (
    ("keras", "tensorflow"), ("keras", "jax"), ("keras", "torch"), ("lightning", "torch"), ("reference", "numpy"))]


def through_json(spec):
    return from_json(json.loads(json.dumps(to_json(spec), allow_nan=False)))


@pytest.mark.parametrize("name", scenarios.names())
def test_every_variant_survives_json_unset_and_resolved(name):
    for variant in scenarios.load(name).variants:
        assert through_json(variant.spec) == variant.spec
        for environment in ENVIRONMENTS:
            assert through_json(resolve(variant.spec, environment)) == resolve(variant.spec, environment)


def test_infinities_survive_json_as_strings():
    spec = changed(UNSET, {"loss": BinaryCrossentropy(log_floor=-INF), "training.stop_below": INF})
    assert to_json(spec)["loss"]["log_floor"] == "-inf" and to_json(spec)["training"]["stop_below"] == "inf"
    assert through_json(spec) == spec


@pytest.mark.parametrize("path, value, beginning", [
    ((), [], "The spec has schema None; this version reads 1."),
    (("schema",), 2, "The spec has schema 2; this version reads 1."),
    (("depth",), 3, "Spec has no field 'depth'; allowed: data, layers, loss, optimizer, training, "),
    (("data", "size"), 3, "Data has no field 'size'; allowed: classes, first, divisor, flatten, channel, "),
    (("loss",), {"is": "Cosine"}, "Spec.loss is of the kind 'Cosine'; allowed: CategoricalCrossentropy, "),
    (("loss",), {"is": ["Hinge"]}, "Spec.loss is of the kind ['Hinge']; allowed: Cat"),
    (("loss",), {}, "Spec.loss is of the kind None; allowed: Cat"),
    (("layers", 1), {"is": "Conv"}, "Spec.layers is of the kind 'Conv'; allowed: Flatten, Dense, Conv2D, "),
    (("layers",), {"is": "Flatten"}, "Spec.layers is {'is': 'Flatten'}; allowed: a tuple, each item Flatten, "),
    (("data", "first"), {"is": "Zeros"}, "Data.first is {'is': 'Zeros'}; allowed: a whole number."),
    (("training", "stop_below"), "nan", "Training.stop_below is nan; allowed: a number."),
    (("training", "epochs"), "inf", "Training.epochs is 'inf'; allowed: a whole number."),
])
def test_json_that_is_no_spec_is_rejected(path, value, beginning):
    data = to_json(UNSET)
    inner = data
    for step in path[:-1]:
        inner = inner[step]
    if path:
        inner[path[-1]] = value
    with pytest.raises(SpecError) as error:
        from_json(data if path else value)
    assert str(error.value).startswith(beginning)


def test_json_without_a_required_field_is_rejected():
    data = to_json(UNSET)
    del data["training"]["epochs"]
    with pytest.raises(SpecError, match="^Training needs the field 'epochs'.$"):
        from_json(data)


def test_none_and_nothing_else_is_unset():
    spec = Spec(Data(), (Flatten(), Dense(10, bias=vocabulary.Zeros())), CategoricalCrossentropy("outputs", False),
                SGD(0.1, 0.0), Training(1, shuffle=False), vocabulary.Accuracy("argmax_outputs"))
    assert unset_fields(spec) == [
        ("layers.0.order", "Flatten.order"), ("layers.1.kernel", "Dense.kernel"),
        ("loss.clip", "CategoricalCrossentropy.clip"),
        ("loss.logits_form", "CategoricalCrossentropy.logits_form"), ("optimizer.nesterov", "SGD.nesterov"),
        ("training.batch_size", "Training.batch_size"), ("accuracy.threshold", "Accuracy.threshold")]


def test_the_field_of_an_activation_has_a_path():
    spec = changed(UNSET, {"layers": (Flatten(), Dense(10), vocabulary.Activation(vocabulary.LeakyReLUByName()))})
    assert ("layers.2.function.slope", "LeakyReLUByName.slope") in unset_fields(spec)
    assert vocabulary.last_activation(spec) == "LeakyReLUByName" and through_json(spec) == spec
    steep = changed(spec, {"layers.2.function.slope": 0.5})
    assert differences(spec, steep) == {"layers.2.function.slope": (None, 0.5)} and through_json(steep) == steep


def test_paths_refer_to_existing_fields_only():
    assert value_at(UNSET, "layers.1.units") == 10 and value_at(UNSET, "data.classes.3") == 3
    for path in ("layers.2", "layers.-1", "layers.x", "depth", "loss.rate", "loss.clip.real", "data.__class__", ""):
        with pytest.raises(SpecError, match=f"of the path {path!r}"):
            value_at(UNSET, path)
        with pytest.raises(SpecError):
            changed(UNSET, {path: None})


def test_a_changed_spec_differs_only_where_it_was_changed():
    values = {"layers.1.kernel": vocabulary.Normal(0.0, 2.0), "optimizer": Adam(0.1), "training.batch_size": "all"}
    result = changed(UNSET, values)
    assert differences(UNSET, result) == {path: (value_at(UNSET, path), value) for path, value in values.items()}
    assert differences(result, UNSET) == {path: (b, a) for path, (a, b) in differences(UNSET, result).items()}
    assert UNSET.layers[1].kernel is None and changed(UNSET, {}) == UNSET and differences(UNSET, UNSET) == {}


def test_fields_are_changed_together_and_only_the_result_must_be_valid():
    changes = {"data.labels": "index", "data.classes": (0, 1), "layers.1.units": 1, "loss": BinaryCrossentropy(),
               "loss.clip": 0.25}
    for order in (list(changes), list(changes)[::-1]):
        result = changed(UNSET, {path: changes[path] for path in order})
        assert all(value_at(result, path) == value for path, value in changes.items() if path != "loss")
        assert result.loss == BinaryCrossentropy(clip=0.25)
    for path in changes.keys() - {"data.labels", "data.classes", "loss", "loss.clip"}:
        with pytest.raises(SpecError):
            changed(UNSET, {path: changes[path]})
