"""The evidence of default rules: the cited line of the installed package exists and does what the rule says."""

import ast
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import pytest

from compare import HOME
from frameworks.quirks.rule import DefaultRule
from frameworks.quirks.rules import RULES, VERSIONS

CITED = re.compile(r"([\w/-]+\.py)?: ?:?(\d+)")
HERE = [rule for rule in RULES if CITED.search(rule.evidence) and not rule.packages]


def each(rules):
    return pytest.mark.parametrize("rule", rules, ids=lambda rule: f"{rule.framework} {rule.field} {rule.value}")


def cited(rule):
    """(file, text of the line or None) of every line in site-packages that the evidence of a rule cites."""
    places, file = [], ""
    for name, line in CITED.findall(rule.evidence):
        file = name or file
        package = "keras" if rule.framework == "keras" else file.split("/")[0]
        skip_unless_of_its_version(package)
        root = Path(find_spec(package).origin).parents[1]
        path = next(path for path in (root / file, root / "keras/src/backend" / file) if path.is_file())
        lines = path.read_text(encoding="utf-8").splitlines()
        places.append((file, lines[int(line) - 1] if int(line) <= len(lines) else None))
    return places


def skip_unless_of_its_version(package):
    expected = dict(text.split() for text in VERSIONS.split(", "))[package.replace("_", "-")]
    try:
        installed = version(package).split("+")[0]
    except PackageNotFoundError:
        installed = "none"
    if installed != expected:
        pytest.skip(f"the evidence is of {package} {expected}; {installed} is installed")


@each(HERE)
def test_evidence_is_an_existing_line_that_is_not_blank(rule):
    for file, line in cited(rule):
        assert line and line.strip(), f"{file} has no such line"


@each(HERE)
def test_evidence_is_code_or_text_not_a_comment_a_bracket_or_self(rule):
    for file, line in cited(rule):
        assert re.search(r"\w", line.replace("self,", "")) and not line.lstrip().startswith("#"), f"{file}: {line}"


SYNONYMS = {"learning_rate": "lr", "epsilon": "eps", "rho": "alpha", "beta_1": "betas", "beta_2": "betas",
            "thresholds": "num_thresholds"}
ARGUMENT = re.compile(r"(\w+)(?:: [^=]+)? ?= ?(.+?),?$")

WRITTEN_OUT = ("Nadam.momentum_decay", "Training.batch_size")
"""Fields with a value in Keras that is not the default of an argument."""


DEFAULTS = re.compile(r"SGD|RMSprop|Ada|Nadam|WeightDecay.factor|Training|\w+Normalization.(epsilon|momentum)|"
                      r"EarlyStopping.patience|AUC")


@each([rule for rule in HERE if DEFAULTS.match(rule.field) and not isinstance(rule.value, str)
       and not (rule.framework == "keras" and rule.field in WRITTEN_OUT)])
def test_evidence_of_a_default_argument_is_the_line_that_sets_it(rule):
    (_, line), = cited(rule)
    argument, written = ARGUMENT.search(line.strip()).groups()
    name, value = rule.field.partition(".")[2], ast.literal_eval(written)
    assert argument in (name, SYNONYMS.get(name), "weight_decay" if name == "factor" else None)
    if rule.framework == "lightning" and rule.field == "BatchNormalization.momentum":
        value = 1 - value  # PyTorch's momentum is the share of the new value
    assert rule.value in (value if isinstance(value, tuple) else (value, bool(value)))


WORDS = {"clip": r"clip", "row_division": r"sum\(", "logits_form": r"log\(|binary_cross_entropy"}
"""Patterns in the cited lines, by field of a loss."""


@each([rule for rule in HERE if rule.framework == "keras" and rule.when is DefaultRule.when
       and rule.field.split(".")[1] in WORDS])
def test_evidence_of_a_loss_in_keras_mentions_the_computation(rule):
    for file, line in cited(rule):
        assert re.search(WORDS[rule.field.split(".")[1]], line), f"{file}: {line}"


ADDS_EPSILON = re.compile(r"add_?\((.*, )?(self\.)?eps(ilon)?\)")


@each([rule for rule in HERE if rule.field.endswith("epsilon_place")])
def test_evidence_of_where_epsilon_is_added_is_the_line_that_adds_it(rule):
    assert ADDS_EPSILON.search(cited(rule)[-1][1])


CLIPS_OR_DECAYS = {"WeightDecay.decoupled": r"(?i)decay|\* wd|lr", "Clip.of": r"clip_", "Clip.offset": r"norm",
                   "Nadam.momentum_decay": r"0\.96|momentum_decay", "CosineDecay.after": r"minimum|cos\(",
                   "ReduceOnPlateau.threshold_of": r"- self.min_delta|rel", "ReduceOnPlateau.bad_epochs": "patience",
                   "EarlyStopping.patience": "patience", "EarlyStopping.not_finite": "patience|check_finite",
                   "EarlyStopping.first_nan": "is None|inf",
                   **{f"{name}.{field}": words for name in ("ExponentialDecay", "InverseTimeDecay", "CosineDecay",
                                                            "ReduceOnPlateau")
                      for field, words in (("per", "_iterations|interval"), ("in_momentum", "rate|increment|-lr"))}}
"""Patterns in the cited lines, by field."""


@each([rule for rule in HERE if rule.field in CLIPS_OR_DECAYS])
def test_evidence_of_clipping_decay_and_schedules_mentions_them(rule):
    for file, line in cited(rule):
        assert re.search(CLIPS_OR_DECAYS[rule.field], line), f"{file}: {line}"


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_configuration_and_rules_cite_the_same_lines_for_epsilon(framework):
    source = (HOME / "frameworks" / framework / "configuration.py").read_text(encoding="utf-8")
    comments = re.findall(r'(?:_root|_correction)",  # (.*)', source)
    cites = {(file.rpartition("/")[2], line) for comment in comments for file, line in CITED.findall(comment)}
    rules = [rule for rule in HERE if rule.framework == framework and rule.field.endswith("epsilon_place")]
    files = [[file for file, _ in CITED.findall(rule.evidence) if file][-1].rpartition("/")[2] for rule in rules]
    assert cites == {(file, CITED.findall(rule.evidence)[-1][1]) for file, rule in zip(files, rules)}
