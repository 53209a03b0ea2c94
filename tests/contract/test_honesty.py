"""Default rules are correct: resolving a spec changes nothing.

An unset field is an argument that a framework's builder leaves out of a call. The same field set to the value of its
rule must give the same results, and set to any other value must not.
"""

from dataclasses import replace
from itertools import product

import pytest
from field_effects import INIT_OF, INSTEAD, ROUNDED_AWAY, SHOWN_BY, UNSUPPORTED
from resolving import NO_PROBES
from small_specs import REPORTED, SMALL

from frameworks.quirks import rules
from frameworks.quirks.resolution import resolve, resolved
from scenarios.spec.fields import changed, unset_fields

IN_CI = {"numbers_linear": ("keras", "lightning", "reference"), "named": ("keras", "lightning", "reference"),
         **dict.fromkeys(("conv", "pooled", "normed"), ("keras", "reference")), "averaged_images": ("reference",),
         "averaged": ("lightning", "reference"),
         **dict.fromkeys(("numbers", "smoothed", "rectified", "hard", "gelu", "divergence", "hinge", "margin"),
                         ("lightning", "reference")),
         "weighted": ("keras", "lightning", "reference"), "logged": ("lightning", "reference"),
         "printed": ("lightning", "reference"),
         "weighed": ("keras", "lightning", "reference"),
         **dict.fromkeys(("weighted_rows", "weighted_binary", "weighed_classes", "weighed_binary"),
                         ("lightning", "reference"))}
"""Specs with losses and activations of the catalogue: the frameworks that train them in CI; the rest is nightly."""
ADAPTIVE = ("adagrad", "adagrad_from_0", "adadelta", "adadelta_at_1", "adamw", "nadam")
"""Specs of optimizers that cheaper specs cover too: nightly, except for the reference."""
KERAS_LONG = ("decaying", "cosine", "patient", "no_number", "rising", "rising_restored", "inverse",
              "lr_scaling-lr_0_01")
"""Specs that Keras takes long to train, and for which a similar one stays in CI."""
SCHEDULED = ("decaying", "cosine", "printed", "plateau", "patient", "no_number", "rising", "rising_restored", "inverse")
"""Specs with schedules or early stopping, which Keras takes long to train: their single fields are nightly."""


def test_every_rule_of_current_versions_is_used_by_a_spec():
    environments = [{"framework": "keras", "backend": backend} for backend in ("tensorflow", "jax")]
    environments += [{"framework": "lightning", "backend": "torch"}, {"framework": "reference", "backend": "numpy"}]
    used = [rule for spec in (*SMALL.values(), *REPORTED.values()) for environment in environments
            for rule in resolved(spec, environment).values()]
    assert [rule for rule in rules.RULES if not rule.packages and not any(rule is each for each in used)] == []


def every_spec():
    """(framework, name of a spec); Keras on jax and on TensorFlow differ in their losses only: the rest is nightly."""
    for framework, name in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"),
                                   (*SMALL, *REPORTED)):
        slow = framework == "keras-jax" and name != "sigmoid" or framework not in IN_CI.get(name, (framework,))
        slow |= name in ADAPTIVE and framework != "reference" or framework == "keras" and name in KERAS_LONG
        yield pytest.param(framework, name, marks=[pytest.mark.nightly] if slow or framework == "keras-torch" else [])


def every_field(alone=False):
    """(framework, field); nightly where a similar field is in CI, except for the reference.

    With `alone`, Keras is nightly too: in CI, all fields of its specs are resolved together, and a wrong rule of each
    is detected.
    """
    for framework, field in product(("keras", "lightning", "reference", "keras-jax", "keras-torch"), SHOWN_BY):
        slow = alone and framework == "keras" or SHOWN_BY[field][0] in SCHEDULED and framework == "keras" or \
            SHOWN_BY[field][0] in (*ADAPTIVE, "clipped") and framework != "reference" or \
            SHOWN_BY[field][0] in IN_CI and framework == "keras"
        yield pytest.param(framework, field, marks=[pytest.mark.nightly] if slow or "-" in framework else [])


@pytest.mark.parametrize("framework, name", list(every_spec()))
def test_resolving_all_unset_fields_changes_nothing(worker, differing, framework, name):
    spec = {**SMALL, **REPORTED}[name]
    explicit = resolve(spec, worker(framework).environment)
    assert unset_fields(spec) and not unset_fields(explicit)
    assert not differing(framework, spec, explicit, **({} if name in REPORTED else {"record": NO_PROBES}))


TOGETHER = ("CategoricalCrossentropy", "BinaryCrossentropy", "KLDivergence")
"""Losses with fields that can only be resolved together."""


def resolve_field(field, framework, environment):
    """(spec, the spec with one field resolved, initialization); the fields of some losses resolve together."""
    spec = SMALL[INSTEAD.get((framework, field), SHOWN_BY[field][0])]
    kind = field.split(".")[0]
    chosen = {path: rule for path, rule in resolved(spec, environment).items()
              if rule.field == field or kind in TOGETHER and rule.field.startswith(kind)}
    assert any(rule.field == field for rule in chosen.values())
    return spec, changed(spec, {path: rule.value for path, rule in chosen.items()}), INIT_OF.get(field, "shared")


@pytest.mark.parametrize("framework, field", list(every_field(alone=True)))
def test_resolving_one_field_changes_nothing(worker, differing, framework, field):
    assert not differing(framework, *resolve_field(field, framework, worker(framework).environment), record=NO_PROBES)


@pytest.mark.parametrize("framework, field", list(every_field()))
def test_wrong_rule_is_detected(worker, differing, monkeypatch, framework, field):
    spec, _, _ = resolve_field(field, framework, worker(framework).environment)
    correct = next(rule for rule in resolved(spec, worker(framework).environment).values() if rule.field == field)
    wrong = next(value for value in SHOWN_BY[field][1:] if value != correct.value)
    planted = [replace(rule, value=wrong) if rule is correct else rule for rule in rules.RULES]
    monkeypatch.setattr(rules, "RULES", tuple(planted))
    case = resolve_field(field, framework, worker(framework).environment)
    detected = differing(framework, *case, rounding=True, record=NO_PROBES)
    unsupported = (framework, field.partition(".")[0]) in UNSUPPORTED
    assert bool(detected) is ((framework, field) not in ROUNDED_AWAY and not unsupported)


def test_wrong_row_division_of_keras_is_detected_with_index_labels(worker, differing):
    """On TensorFlow it divides rows after the clip, and only with such labels."""
    explicit = resolve(SMALL["numbers_linear"], worker("keras").environment)
    assert explicit.loss.row_division == "after_clip"
    wrong = changed(explicit, {"loss.row_division": True})
    assert differing("keras", SMALL["numbers_linear"], wrong, rounding=True, record=NO_PROBES)
