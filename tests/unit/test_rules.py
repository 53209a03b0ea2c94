"""The table of quirks: complete, legal, never mistaken for other versions, and its evidence is where it says."""

import ast
import dataclasses
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import examples
import pytest

from compare import HOME
from frameworks.quirks.resolution import known, quirks, resolve, resolved, value_of, versions_text
from frameworks.quirks.rule import STAGES, DefaultRule
from frameworks.quirks.rules import RULES, STAGE_OF, VERSIONS
from scenarios import spec as vocabulary
from scenarios.spec import Activation, BinaryCrossentropy, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.checks import SpecError, alternatives, field_types
from scenarios.spec.fields import changed, unset_fields

ENVIRONMENTS = [{"framework": framework, "backend": backend} for framework, backend in (
    ("keras", "tensorflow"), ("keras", "jax"), ("keras", "torch"), ("lightning", "torch"), ("reference", "numpy"))]
CLASSES = {name: one for name, one in vars(vocabulary).items() if dataclasses.is_dataclass(one)}
NEEDED = {"Dense": {"units": 1}, "Training": {"epochs": 1}, "Clip": {"norm": 1.0},
          "Accumulation": {"steps": 2},
          "ClassWeights": {"values": (1.0, 2.0)},
          "Conv2D": {"filters": 1, "kernel_size": 3}, "ExponentialDecay": {"initial": 0.1, "factor": 0.5},
          "CosineDecay": {"initial": 0.1, "length": 9}, "ReduceOnPlateau": {"initial": 0.1}}
TOLD = [vocabulary.SGD(clip=vocabulary.Clip(1.0), weight_decay=vocabulary.WeightDecay(0.1)), vocabulary.AdamW(),
        vocabulary.SGD(accumulation=vocabulary.Accumulation(2)),
        vocabulary.Adagrad(), vocabulary.Adadelta(), vocabulary.Nadam(),
        *(vocabulary.SGD(rate) for rate in (vocabulary.ExponentialDecay(0.1, 0.5), vocabulary.CosineDecay(0.1, 9),
                                            vocabulary.ReduceOnPlateau(0.1)))]


def one_hot(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True), (Dense(2), *last), loss, optimizer, Training(1))


def numbers(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(2), *last), loss, optimizer, Training(1))


def index(loss, optimizer, *last):
    return Spec(Data(classes=(0, 1), flatten=True, labels="index"), (Dense(1), *last), loss, optimizer, Training(1))


LASTS = [(), *[(Activation(function),) for function in ("sigmoid", "softmax", "relu", "tanh", "elu")]]
LASTS += [tuple(Activation(function()) for function in (vocabulary.LeakyReLU, vocabulary.LeakyReLUByName,
                                                        vocabulary.GELU, vocabulary.HardSigmoid))]
OTHERS = [vocabulary.Huber(), vocabulary.KLDivergence(), vocabulary.Hinge(), vocabulary.CategoricalHinge()]
LOGITS = [CategoricalCrossentropy(of="softmax_of_logits"), BinaryCrossentropy(of="sigmoid_of_logits")]
SPECS = [make(loss, optimizer, *last) for make in (one_hot, numbers, index) for last in LASTS
         for optimizer in (vocabulary.SGD(), vocabulary.RMSprop(), vocabulary.Adam(), *TOLD)
         for loss in (CategoricalCrossentropy(), BinaryCrossentropy(), vocabulary.MeanSquaredError(), *LOGITS)
         if make is one_hot or isinstance(loss, CategoricalCrossentropy) is (make is numbers)]
SPECS += [one_hot(loss, vocabulary.SGD()) for loss in OTHERS]
IMAGES = [(vocabulary.Conv2D(2, 3, strides, "same"), vocabulary.AveragePooling2D(3, padding)) for strides in (1, 2)
          for padding in ("valid", "same")]
SPECS += [Spec(Data(classes=(0, 1), channel=channel), (*(images if channel else ()), vocabulary.Flatten(), Dense(2),
                                                       vocabulary.LayerNormalization(),
                                                       vocabulary.BatchNormalization()),
               vocabulary.MeanSquaredError(), vocabulary.SGD(), Training(1)) for images in IMAGES
          for channel in (True, False)]
SPECS += examples.SPECS.values()
SPECS += [changed(SPECS[0], {"training.early_stopping": vocabulary.EarlyStopping()})]
SPECS += [make(CategoricalCrossentropy(class_weights=vocabulary.ClassWeights((1.0, 2.0))), vocabulary.SGD())
          for make in (one_hot, numbers)]
each_row = pytest.mark.parametrize("row", RULES, ids=lambda row: f"{row.framework} {row.field} {row.value}")
each_environment = pytest.mark.parametrize("environment", ENVIRONMENTS, ids=lambda one: "-".join(one.values()))


@each_environment
def test_every_open_field_is_filled_by_every_environment(environment):
    for spec in SPECS:
        assert unset_fields(resolve(spec, environment)) == []


@each_environment
def test_no_value_of_other_versions_is_filled_in(environment):
    used = {id(row) for spec in SPECS for row in resolved(spec, environment).values()}
    assert used and not [row for row in RULES if row.packages and id(row) in used]


def test_every_row_of_these_versions_is_used_by_some_spec():
    used = {id(row) for spec in SPECS for environment in ENVIRONMENTS for row in resolved(spec, environment).values()}
    assert [row for row in RULES if not row.packages and id(row) not in used] == []


def test_the_fields_with_a_gate_are_those_that_can_be_open():
    can_be_open = {f"{owner}.{name}" for owner, one in CLASSES.items() for name, kind in field_types(one).items()
                   if type(None) in alternatives(kind)}
    assert set(STAGE_OF) == can_be_open and set(STAGE_OF.values()) <= set(STAGES)


@each_row
def test_a_row_holds_a_legal_closed_value_of_its_field(row):
    part, _, name = row.field.partition(".")
    made = examples.LAYER.get(part) or CLASSES[part](**{**NEEDED.get(part, {}), name: row.value})
    closed = dataclasses.replace(made, **{name: row.value})  # refuses what is not legal
    assert row.field in STAGE_OF and getattr(closed, name) is not None


@each_row
def test_a_row_names_its_layer_and_its_evidence(row):
    layers = {"keras": {"Keras", "Keras on TensorFlow", "TensorFlow"}, "reference": {"textbook"},
              "lightning": {"PyTorch", "Lightning", "torchmetrics"}}
    assert row.origin in layers[row.framework] and len(row.evidence) > 10
    assert bool(row.fix) == bool(row.explanation), "a fix without an explanation, or none beside one"


@each_row
def test_a_row_that_departs_from_the_textbook_has_an_explanation_and_a_fix(row):
    reference = [other.value for other in RULES if other.framework == "reference" and other.field == row.field]
    assert row.value in reference or row.explanation and row.fix


@each_row
def test_plain_words_are_part_of_a_sentence(row):
    """They stand after `Why:` and after `In your code:`."""
    for words in (row.explanation, row.fix):
        assert not words.endswith(".") and "\n" not in words and "{" not in words.replace("{activation}", "")


def test_a_framework_that_the_table_does_not_know_is_told():
    message = "No default rule is known for Dense.kernel in fastai on torch; .*frameworks/quirks.$"
    with pytest.raises(SpecError, match=message):
        resolve(SPECS[0], {"framework": "fastai", "backend": "torch"})


def test_quirks_are_the_fields_that_two_environments_fill_differently_earliest_gate_first():
    spec = one_hot(CategoricalCrossentropy(), vocabulary.SGD(0.1), Activation("sigmoid"))
    found = {difference.path: difference for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[1])}
    assert set(found) == {"training.shuffle", *(f"loss.{name}" for name in ("of", "row_division", "clip",
                                                                            "logits_form"))}
    assert found["loss.of"].values == ("softmax_of_logits", "outputs")
    assert [row.origin for row in found["loss.of"].sources] == ["Keras on TensorFlow", "Keras"]
    stages = [difference.stage for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[3])]
    assert stages == sorted(stages, key=STAGES.index) and {"data", "initialization", "loss"} <= set(stages)


def test_a_field_of_a_loss_opens_the_loss_first():
    """Also one that decides whether there is a loss at all: a side that refuses, or has no value, has none."""
    assert {stage for field, stage in STAGE_OF.items() if "Crossentropy" in field} == {"loss"}
    spec = index(BinaryCrossentropy(), vocabulary.SGD(0.1))
    stages = {difference.path: difference.stage for difference in quirks(spec, ENVIRONMENTS[0], ENVIRONMENTS[3])}
    assert stages["loss.domain"] == stages["loss.clip"] == "loss"


def test_later_fields_see_what_earlier_ones_were_filled_with():
    spec = one_hot(CategoricalCrossentropy(), vocabulary.SGD(), Activation("sigmoid"))
    assert resolve(spec, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)
    assert resolve(spec, ENVIRONMENTS[1]).loss == CategoricalCrossentropy("outputs", True, 1e-7, False)


def test_numbers_as_labels_are_another_way_through_keras_on_tensorflow_only():
    """tf.nn.sparse_softmax_cross_entropy_with_logits divides the rows after they were clipped."""
    linear, sigmoid = (numbers(CategoricalCrossentropy(), vocabulary.SGD(), *last) for last in LASTS[:2])
    assert resolve(linear, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("outputs", "after_clip", 1e-7, False)
    assert resolve(linear, ENVIRONMENTS[1]).loss == CategoricalCrossentropy("outputs", True, 1e-7, False)
    assert resolve(sigmoid, ENVIRONMENTS[0]).loss == CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)


def test_a_row_of_a_device_or_of_other_versions_is_taken_there_and_nowhere_else(monkeypatch):
    own, = (row for row in RULES if row.field == "SGD.learning_rate" and row.framework == "keras")
    planted = dataclasses.replace(own, value=0.5, device="cuda"), dataclasses.replace(
        own, value=0.25, packages=(("tf.keras", "2.4", "2.15"), ("Keras", "3.3", "3.3")))
    monkeypatch.setattr("frameworks.quirks.rules.RULES", (*planted, *RULES))

    def rate(**facts):
        return value_of("SGD.learning_rate", one_hot(CategoricalCrossentropy(), vocabulary.SGD()),
                        {**ENVIRONMENTS[0], **facts}).value
    assert (rate(), rate(device="cpu"), rate(device="cuda")) == (0.01, 0.01, 0.5)
    within = [("tf.keras", "2.4.4"), ("tf.keras", "2.15.1"), ("Keras", "3.3.3")]
    outside = [("tf.keras", "2.3.4"), ("Keras", "2.4.0"), ("Keras", "3.15.1"), ("tf_keras", "2.4.0")]
    assert [rate(series=series) for series in within + outside] == [0.25] * 3 + [0.01] * 4


def test_other_versions_are_told_in_words():
    told = [versions_text(row) for row in known("Accuracy.rule", "round") + known("Accuracy.rule", "argmax_logits")]
    assert told == ["Keras up to 2.3.1", "tf.keras 2.4 to 2.15, tf_keras and Keras 3.3"]
    assert known("Accuracy.rule", "threshold") == []


CITED = re.compile(r"([\w/-]+\.py)?: ?:?(\d+)")
HERE = [row for row in RULES if CITED.search(row.evidence) and not row.packages]


def each(rows):
    return pytest.mark.parametrize("row", rows, ids=lambda row: f"{row.framework} {row.field} {row.value}")


def cited(row):
    """(file, the line's text or None) of every place below site-packages that the evidence of a row names."""
    places, file = [], ""
    for name, line in CITED.findall(row.evidence):
        file = name or file
        package = "keras" if row.framework == "keras" else file.split("/")[0]
        skip_unless_of_its_version(package)
        root = Path(find_spec(package).origin).parents[1]
        path = next(path for path in (root / file, root / "keras/src/backend" / file) if path.is_file())
        lines = path.read_text(encoding="utf-8").splitlines()
        places.append((file, lines[int(line) - 1] if int(line) <= len(lines) else None))
    return places


def skip_unless_of_its_version(package):
    wanted = dict(words.split() for words in VERSIONS.split(", "))[package.replace("_", "-")]
    try:
        found = version(package).split("+")[0]
    except PackageNotFoundError:
        found = "none"
    if found != wanted:
        pytest.skip(f"the evidence is of {package} {wanted}; {found} is installed")


@each(HERE)
def test_evidence_is_a_line_that_exists_and_says_something(row):
    for file, line in cited(row):
        assert line and line.strip(), f"{file} has no such line"


SYNONYMS = {"learning_rate": "lr", "epsilon": "eps", "rho": "alpha", "beta_1": "betas", "beta_2": "betas"}
ARGUMENT = re.compile(r"(\w+)(?:: [^=]+)? ?= ?(.+?),?$")


WRITTEN_OUT = ("Nadam.momentum_decay",)
"""Numbers that Keras has no argument for."""


@each([row for row in HERE if re.match("SGD|RMSprop|Ada|Nadam|WeightDecay.factor|Training", row.field)
       and not isinstance(row.value, str) and not (row.framework == "keras" and row.field in WRITTEN_OUT)])
def test_evidence_of_a_default_argument_is_the_line_that_sets_it(row):
    (_, line), = cited(row)
    argument, written = ARGUMENT.search(line.strip()).groups()
    name, value = row.field.partition(".")[2], ast.literal_eval(written)
    assert argument in (name, SYNONYMS.get(name), "weight_decay" if name == "factor" else None)
    assert row.value in (value if isinstance(value, tuple) else (value, bool(value)))


WORDS = {"clip": r"clip", "row_division": r"sum\(", "logits_form": r"log\(|binary_cross_entropy"}
"""What the line says in which Keras departs with one of these fields."""


@each([row for row in HERE if row.framework == "keras" and row.when is DefaultRule.when
       and row.field.split(".")[1] in WORDS])
def test_evidence_of_how_keras_computes_a_loss_mentions_it(row):
    for file, line in cited(row):
        assert re.search(WORDS[row.field.split(".")[1]], line), f"{file}: {line}"


ADDS_EPSILON = re.compile(r"add_?\((.*, )?(self\.)?eps(ilon)?\)")


@each([row for row in HERE if row.field.endswith("epsilon_place")])
def test_evidence_of_where_epsilon_is_added_is_the_line_that_adds_it(row):
    assert ADDS_EPSILON.search(cited(row)[-1][1])


CLIPS_OR_DECAYS = {"WeightDecay.decoupled": r"(?i)decay|\* wd|lr", "Clip.of": r"clip_", "Clip.offset": r"norm",
                   "Nadam.momentum_decay": r"0\.96|momentum_decay", "CosineDecay.after": r"minimum|cos\(",
                   "ReduceOnPlateau.threshold_of": r"- self.min_delta|rel", "ReduceOnPlateau.bad_epochs": "patience",
                   "EarlyStopping.patience": "patience", "EarlyStopping.not_finite": "patience|check_finite",
                   "EarlyStopping.first_nan": "is None|inf",
                   **{f"{name}.{field}": words for name in ("ExponentialDecay", "CosineDecay", "ReduceOnPlateau")
                      for field, words in (("per", "_iterations|interval"), ("in_momentum", "rate|increment|-lr"))}}
"""What the line says."""


@each([row for row in HERE if row.field in CLIPS_OR_DECAYS])
def test_evidence_of_what_is_done_beside_a_step_mentions_it(row):
    for file, line in cited(row):
        assert re.search(CLIPS_OR_DECAYS[row.field], line), f"{file}: {line}"


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_an_optimizer_that_obeys_the_place_of_epsilon_cites_the_same_lines_as_the_table(framework):
    source = (HOME / "frameworks" / framework / "configuration.py").read_text(encoding="utf-8")
    comment = re.search(r"OWN_PLACE = [^#]*# (.*)", source)[1]
    cites = {(file.rpartition("/")[2] or "", line) for file, line in CITED.findall(comment)}
    rows = [row for row in HERE if row.framework == framework and row.field.endswith("epsilon_place")]
    files = [[file for file, _ in CITED.findall(row.evidence) if file][-1].rpartition("/")[2] for row in rows]
    assert cites == {(file, CITED.findall(row.evidence)[-1][1]) for file, row in zip(files, rows)}
