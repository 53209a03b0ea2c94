"""The table of quirks: complete, legal, never mistaken for other versions, and its evidence is where it says."""

import ast
import dataclasses
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest

from frameworks.quirks import GATES, Value, fill, filled, known, quirks, versions_told
from frameworks.table import GATE_OF, TABLE, VERSIONS
from scenarios import spec as vocabulary
from scenarios.checks import SpecError, alternatives, field_types
from scenarios.fields import open_fields
from scenarios.spec import (SGD, Accuracy, Activation, Adam, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense,
                            MeanSquaredError, QuadraticCost, RMSprop, Spec, Training)

ENVIRONMENTS = [{"framework": framework, "backend": backend} for framework, backend in (
    ("keras", "tensorflow"), ("keras", "jax"), ("keras", "torch"), ("lightning", "torch"), ("reference", "numpy"))]
PARTS = {type(part).__name__: part for part in (
    Data(), Dense(1), CategoricalCrossentropy(), BinaryCrossentropy(), SGD(), RMSprop(), Adam(), Accuracy(), Training(1))}


def one_hot(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True), (Dense(2), *last), loss, optimizer, Training(1))


def index(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(1), *last), loss, optimizer, Training(1))


LASTS = [(), *[(Activation(function),) for function in ("sigmoid", "softmax", "relu", "tanh")]]
LOGITS = [CategoricalCrossentropy(of="softmax_of_logits"), BinaryCrossentropy(of="sigmoid_of_logits")]
SPECS = [make(loss, optimizer, *last) for make in (one_hot, index) for last in LASTS
         for optimizer in (SGD(), RMSprop(), Adam())
         for loss in (CategoricalCrossentropy(), BinaryCrossentropy(), MeanSquaredError(), QuadraticCost(), *LOGITS)
         if make is one_hot or not isinstance(loss, CategoricalCrossentropy)]
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row.framework} {row.field} {row.value}")
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: "-".join(one.values()))


@each_environment
def test_every_open_field_is_filled_by_every_environment(environment):
    for spec in SPECS:
        assert open_fields(fill(spec, environment)) == []


@each_environment
def test_no_value_of_other_versions_is_filled_in(environment):
    used = {id(row) for spec in SPECS for row in filled(spec, environment).values()}
    assert used and not [row for row in TABLE if row.packages and id(row) in used]


def test_every_row_of_these_versions_is_used_by_some_spec():
    used = {id(row) for spec in SPECS for environment in ENVIRONMENTS for row in filled(spec, environment).values()}
    assert [row for row in TABLE if not row.packages and id(row) not in used] == []


def test_the_fields_with_a_gate_are_those_that_can_be_open():
    classes = [one for one in vars(vocabulary).values() if dataclasses.is_dataclass(one)]
    can_be_open = {f"{owner.__name__}.{name}" for owner in classes for name, annotation in field_types(owner).items()
                   if type(None) in alternatives(annotation)}
    assert set(GATE_OF) == can_be_open and set(GATE_OF.values()) <= set(GATES)


@each_row
def test_a_row_holds_a_legal_closed_value_of_its_field(row):
    part, _, name = row.field.partition(".")
    closed = dataclasses.replace(PARTS[part], **{name: row.value})
    assert row.field in GATE_OF and getattr(closed, name) is not None


@each_row
def test_a_row_names_its_layer_and_its_evidence(row):
    layers = {"keras": {"Keras", "Keras on TensorFlow", "TensorFlow"}, "reference": {"textbook"},
              "lightning": {"PyTorch", "Lightning", "torchmetrics"}}
    assert row.layer in layers[row.framework] and len(row.evidence) > 10
    assert not row.remedy or row.plain, "a remedy for what is not said"


@each_row
def test_a_row_that_departs_from_the_textbook_says_so_in_plain_words(row):
    textbook = [other.value for other in TABLE if other.framework == "reference" and other.field == row.field]
    assert row.value in textbook or row.plain


@each_row
def test_plain_words_are_part_of_a_sentence(row):
    """They stand after `Why:` and after `In your code:`."""
    for words in (row.plain, row.remedy):
        assert not words.endswith(".") and "\n" not in words and "{" not in words.replace("{activation}", "")


@pytest.mark.parametrize("environment", [{"framework": "keras", "backend": "mxnet"}, {"framework": "fastai", "backend": ""}])
def test_a_framework_that_the_table_does_not_know_is_told(environment):
    with pytest.raises(SpecError, match=f"no value for .* in {environment['framework']} on .*frameworks/table.py.$"):
        fill(SPECS[0], environment)


def test_quirks_are_the_fields_that_two_environments_fill_differently_earliest_gate_first():
    spec = one_hot(CategoricalCrossentropy(), SGD(0.1), Activation("sigmoid"))
    found = {difference.path: difference for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[1])}
    assert set(found) == {f"loss.{name}" for name in ("of", "row_division", "clip", "logits_form")}
    assert found["loss.of"].values == ("softmax_of_logits", "outputs")
    assert [row.layer for row in found["loss.of"].sources] == ["Keras on TensorFlow", "Keras"]
    gates = [difference.gate for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[3])]
    assert gates == sorted(gates, key=GATES.index) and {"data", "start", "loss"} <= set(gates)


def test_later_fields_see_what_earlier_ones_were_filled_with():
    spec = one_hot(CategoricalCrossentropy(), SGD(), Activation("sigmoid"))
    assert fill(spec, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)
    assert fill(spec, ENVIRONMENTS[1]).loss == CategoricalCrossentropy("outputs", True, 1e-7, False)


def test_other_versions_are_told_in_words():
    told = [versions_told(row) for row in known("Accuracy.rule", "round") + known("Accuracy.rule", "argmax_logits")]
    assert told == ["Keras up to 2.3.1", "tf.keras 2.4 to 2.15, tf_keras and Keras 3.3"]
    assert known("Accuracy.rule", "threshold") == []


def cited(row):
    """(file, line's text or None) of every place below site-packages that the evidence of a row names."""
    places, file = [], None
    for name, line in re.findall(r"([\w/-]+\.py)?: ?:?(\d+)", row.evidence):
        file = name or file
        package = "keras" if row.framework == "keras" else file.split("/")[0]
        installed_only_in_its_version(package)
        root = Path(find_spec(package).origin).parents[1]
        path = root / file if (root / file).is_file() else root / "keras/src/backend" / file
        assert path.is_file(), file
        lines = path.read_text(encoding="utf-8").splitlines()
        places.append((file, lines[int(line) - 1] if int(line) <= len(lines) else None))
    return places


def installed_only_in_its_version(package):
    wanted = dict(words.split() for words in VERSIONS.split(", "))[package]
    try:
        found = version(package)
    except PackageNotFoundError:
        pytest.skip(f"{package} is not installed")
    if found.split("+")[0] != wanted:
        pytest.skip(f"the evidence is of {package} {wanted}; {found} is installed")


current = pytest.mark.parametrize("row", [row for row in TABLE if ".py:" in row.evidence and not row.packages],
                                  ids=lambda row: f"{row.framework} {row.field} {row.value}")


@current
def test_evidence_is_a_line_that_exists_and_says_something(row):
    for file, line in cited(row):
        assert line and line.strip(), f"{file} has no such line"


SYNONYMS = {"learning_rate": "lr", "epsilon": "eps", "rho": "alpha", "beta_1": "betas", "beta_2": "betas"}
DEFAULT = re.compile(r"(\w+)(?:: [^=]+)? ?= ?(.+?),?$")
WORDS = {"clip": r"clip|clamp", "row_division": r"sum\(", "logits_form": r"log\(|binary_cross_entropy"}
"""What a line says that takes part in a field whose value is no default argument, where the field departs."""


@current
def test_evidence_of_a_default_is_the_line_that_sets_it(row):
    part, _, name = row.field.partition(".")
    if part not in ("SGD", "RMSprop", "Adam", "Training") or isinstance(row.value, str):
        pytest.skip("no default argument")
    (file, line), = cited(row)
    argument, value = DEFAULT.search(line.strip()).groups()
    values = ast.literal_eval(value)
    assert argument in (name, SYNONYMS.get(name))
    assert row.value in (values if isinstance(values, tuple) else (values, bool(values)))


@current
def test_evidence_of_a_departing_loss_mentions_what_it_does(row):
    part, _, name = row.field.partition(".")
    if name not in WORDS or row.value not in (1e-7, True) and (name, row.value) != ("logits_form", False) \
            or row.when is not Value.when:
        pytest.skip("nothing to look for")
    for file, line in cited(row):
        assert re.search(WORDS[name], line), f"{file}: {line}"
