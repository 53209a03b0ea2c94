"""Losses of every framework, compared with the NumPy reference in float64."""

import itertools
import re
from math import inf

import numpy as np
import pytest
from one_step import BOUND, CLIP, X, Y, assert_agrees, moderate, small
from rounding import each_float32, relative

from compare.execution.workers import JobFailed
from frameworks import FRAMEWORKS
from frameworks.parts import losses as parts_of_losses
from frameworks.parts.losses import loss_part
from scenarios.spec import (
    SGD,
    Accuracy,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    Hinge,
    Huber,
    KLDivergence,
    Nadam,
    SampleWeights,
)
from scenarios.spec.fields import changed

CATEGORICAL = [CategoricalCrossentropy(*values) for values in itertools.product(
    ("outputs", "softmax_of_logits", "softmax_of_outputs"), (False, True), (0.0, CLIP), (False, True))]
CATEGORICAL += [CategoricalCrossentropy("outputs", "after_clip", CLIP, False),
                CategoricalCrossentropy("outputs", "after_clip", CLIP, True, 0.3),
                CategoricalCrossentropy("softmax_of_logits", False, 0.0, True, 0.3)]
BINARIES = [BinaryCrossentropy(of, "clip", clip, -inf, form, offset) for of, (clip, offset), form in itertools.product(
    ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs"), ((0.0, 0.0), (CLIP, 0.0), (CLIP, 0.01)), (False, True))]
ROWS_SUM_TO_ONE = [loss for loss in CATEGORICAL if loss.of != "outputs" and loss.row_division]  # they already sum to 1
DIVERGENCES = [KLDivergence(*values) for values in itertools.product(
    ("outputs", "powers_of_outputs"), (0.0, CLIP), ("samples", "elements"))]
REST = [example for kind in parts_of_losses.LOSSES for example in loss_part(kind).examples()
        if not isinstance(example, (CategoricalCrossentropy, BinaryCrossentropy, KLDivergence))]
HINGES = [loss for loss in REST if isinstance(loss, (Hinge, CategoricalHinge))]
LOSSES = [*CATEGORICAL, *BINARIES, *DIVERGENCES, *REST]


def every_loss():
    for framework, loss, last in itertools.product(FRAMEWORKS, LOSSES, ("sigmoid", "softmax", None)):
        if framework == "lightning" and loss in HINGES:  # unsupported, see REFUSED below
            continue
        slow = framework == "keras-torch" or FRAMEWORKS[framework].environment or \
            framework == "keras" and loss in DIVERGENCES and (loss.clip or loss.mean_of == "elements") or \
            framework.startswith("keras") and last != "sigmoid" or \
            framework == "keras-jax" and (loss not in CATEGORICAL or loss.of != "outputs")
        if framework != "reference":
            yield pytest.param(framework, loss, last, marks=[pytest.mark.nightly] if slow else [])


NOT_THERE = {"keras-2.2": (Huber, "This Keras has no Huber loss")}
"""A loss that an old Keras does not have, and its error message."""


@pytest.mark.parametrize("framework, loss, last", list(every_loss()), ids=str)
def test_every_resolved_loss_matches_the_reference(probe, framework, loss, last):
    spec = small(loss, last)
    missing_loss, message = NOT_THERE.get(framework, ((), ""))
    if isinstance(loss, missing_loss):
        with pytest.raises(JobFailed, match=message):
            probe(framework, spec, moderate(spec), X, Y)
        return
    expected = probe("reference", spec, moderate(spec), X, Y)
    assert expected["outputs"].min() > 0.1 and expected["outputs"].max() < 0.9
    assert_agrees(probe(framework, spec, moderate(spec), X, Y), expected)


@pytest.mark.parametrize("loss", [CATEGORICAL[i] for i in (0, 1, -3, -2, -1)], ids=str)
@each_float32
def test_resolved_losses_of_index_labels_match_the_reference(probe, framework, loss):
    indexed = changed(small(loss, "sigmoid"), {"data.labels": "index"})
    y = Y.argmax(1).astype(np.float32)[:, None]
    actual = probe(framework, indexed, moderate(indexed), X, y)
    assert_agrees(actual, probe("reference", indexed, moderate(indexed), X, y))
    expected = probe("reference", small(loss, "sigmoid"), moderate(indexed), X, Y)
    assert_agrees(actual, expected)


def test_batch_distinguishes_every_two_losses_beyond_their_form(probe):
    """Otherwise agreement would prove nothing. The form of the logarithm has an effect only on extreme values."""
    for kind in (CATEGORICAL, BINARIES, DIVERGENCES, HINGES[:2]):
        distinct = [loss for loss in kind if not getattr(loss, "logits_form", False) and loss not in ROWS_SUM_TO_ONE]
        specs = [small(loss, "softmax" if kind is BINARIES else "sigmoid") for loss in distinct]
        values = [float(probe("reference", spec, moderate(spec), X, Y)["loss"]) for spec in specs]
        assert min(abs(a - b) for a, b in itertools.combinations(values, 2)) > 10 * BOUND


def every_weighed_loss():
    for framework, loss, divisor in itertools.product(("lightning", "keras", "keras-jax", "keras-torch"), LOSSES,
                                                      ("samples", "weights")):
        if framework != "lightning" or loss not in HINGES:
            few = framework == "lightning" or loss in (CATEGORICAL[0], REST[0])
            slow = framework != "lightning" or loss in CATEGORICAL[1:-2] + BINARIES[1:]
            if few:
                yield pytest.param(framework, loss, divisor, marks=[pytest.mark.nightly] if slow else [])


@pytest.mark.parametrize("framework, loss, divisor", list(every_weighed_loss()), ids=str)
def test_every_loss_with_sample_weights_matches_the_reference(probe, framework, loss, divisor):
    weighed = changed(small(loss, "sigmoid"), {"training.sample_weight": SampleWeights((0.5, 2.0, 8.0, 1.0), divisor)})
    expected, plain = (probe("reference", spec, moderate(weighed), X, Y) for spec in (weighed, small(loss, "sigmoid")))
    assert_agrees(probe(framework, weighed, moderate(weighed), X, Y), expected)
    gradients = [arrays["gradient/0.kernel"] for arrays in (plain, expected)]
    assert relative(*gradients) > 100 * BOUND or not np.any(gradients), "the weights have an effect"


# Unsupported values are refused with a one-sentence message. This list is complete.

RESOLVED = BinaryCrossentropy("outputs", "clip", 0.0, -inf, False, 0.0)
REFUSED = [
    ("keras", "loss", changed(RESOLVED, {"domain": "refuse"}), "Keras cannot refuse outputs"),
    ("keras", "loss", changed(RESOLVED, {"log_floor": -100.0}), "Keras does not support a floor of the logarithm"),
    ("keras", "loss", CategoricalCrossentropy(clip=0.1), "Keras needs all fields of CategoricalCrossentropy unset"),
    ("keras-jax", "accuracy", Accuracy("argmax_logits"), "Keras on jax does not support accuracy.rule=argmax_logits"),
    ("lightning", "loss", changed(RESOLVED, {"log_floor": -100.0}), "only as torch.nn.BCELoss has it"),
    ("lightning", "loss", BinaryCrossentropy(clip=0.1), "Lightning needs all fields of BinaryCrossentropy unset"),
    ("keras", "optimizer", Nadam(momentum_decay=0.004), "Keras does not support optimizer.momentum_decay=0.004"),
    ("keras", "loss", Huber(divided=True), "Keras supports division by delta (loss.divided) only where loss.delta"),
    ("keras", "loss", KLDivergence(clip=0.1), "Keras needs all fields of KLDivergence unset, all set"),
    ("lightning", "loss", KLDivergence(clip=0.1), "Lightning needs all fields of KLDivergence unset, or all set"),
    ("lightning", "loss", Hinge(), "Lightning does not support a hinge: PyTorch has none"),
    ("lightning", "loss", CategoricalHinge(False), "Lightning does not support a categorical hinge: PyTorch has none"),
    ("lightning", "optimizer", SGD(0.1, 0.0, True), "Nesterov momentum requires a momentum"),
]


@pytest.mark.parametrize("framework, field, value, message", REFUSED)
def test_unsupported_values_are_refused_with_a_message(train, probe, framework, field, value, message):
    spec = changed(small(RESOLVED, "sigmoid"), {field: value})
    with pytest.raises(JobFailed, match=re.escape(message)):
        probe(framework, spec, moderate(spec), X, Y)
    trace = train(framework, changed(spec, {"training.validate": False}))
    assert trace.outcome["kind"] in ("refused", "unsupported") and message in trace.outcome["message"]
