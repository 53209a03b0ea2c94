"""Default rules are correct: configured like another framework, a framework takes its steps; every field matters.

Steps are judged by their noise, from the states that a training recorded: two trainings soon diverge.
"""

import functools
import re
from itertools import product
from math import inf

import pytest
from field_effects import SHOWN_BY
from resolving import NO_PROBES
from small_specs import SMALL
from test_honesty import ADAPTIVE, IN_CI

from compare.analysis.causes.questions import resolved_spec
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON, differing
from compare.analysis.step_replays import with_facts
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.quirks.rules import STAGE_OF
from frameworks.runtime.trace import read, write
from scenarios.spec import FanInUniform, GlorotUniform, MeanSquaredError, Zeros
from scenarios.spec.fields import changed, fields

FIRST_STEPS = {"steps": trials.FIRST_STEPS, "states": 0, "evaluated": False}
STATES = {**FIRST_STEPS, "states": trials.LATER_STATES}
EXAMPLES = {**SHOWN_BY, "SGD.nesterov": ("sgd", False, True), "Dense.kernel": ("loop", GlorotUniform(), FanInUniform()),
            "Dense.bias": ("loop", Zeros(), FanInUniform()), "Conv2D.bias": ("conv", Zeros(), FanInUniform()),
            "Conv2D.kernel": ("conv", GlorotUniform(), FanInUniform()),
            **{f"{name}.epsilon": (name.lower(), 1e-3, 1e-8) for name in ("RMSprop", "Adam", "AdamW", "Nadam")}}
"""A spec on which the field has an effect, and two values of it: of an epsilon, one as large as gradients are."""
LARGE_EPSILON = {"optimizer.epsilon": 1e-3, "data.divisor": 255.0}
CLIP_ALONE, FORM_ALONE = ({"loss.domain": "clip", "loss.log_floor": -inf, "loss.clip": clip} for clip in (1e-7, 0.0))
OF_OUTPUTS = {"loss.of": "outputs", "loss.clip": 1e-7}
OTHER_FIELDS = {"Poisson.log_offset": {"loss.of": "outputs"},
                "KLDivergence.of": {"loss.clip": 1e-7}, "KLDivergence.clip": OF_OUTPUTS,
                "KLDivergence.mean_of": OF_OUTPUTS,
                "CategoricalCrossentropy.of": {"loss.logits_form": False},
                "CategoricalCrossentropy.row_division": {"loss.of": "outputs", "loss.logits_form": False},
                "CategoricalCrossentropy.clip": {"loss.of": "softmax_of_logits"},
                "CategoricalCrossentropy.logits_form": {"loss.of": "softmax_of_logits", "loss.clip": 0.0},
                "BinaryCrossentropy.domain": CLIP_ALONE, "BinaryCrossentropy.clip": CLIP_ALONE,
                "BinaryCrossentropy.log_floor": {"loss.clip": 0.0}, "BinaryCrossentropy.logits_form": FORM_ALONE,
                "BinaryCrossentropy.log_offset": CLIP_ALONE,
                **dict.fromkeys(("RMSprop.epsilon", "Adam.epsilon", "AdamW.epsilon", "Nadam.epsilon"),
                                {"data.divisor": 255.0}),
                **dict.fromkeys(("Adam.epsilon_place", "AdamW.epsilon_place"), LARGE_EPSILON),
                "SGD.nesterov": {"optimizer.momentum": 0.5}, "WeightDecay.factor": {"optimizer.epsilon": 1e-3},
                "CosineDecay.after": {"optimizer.learning_rate.per": "step"},
                "ReduceOnPlateau.bad_epochs": {"training.batch_size": "all"},
                "ReduceOnPlateau.in_momentum": {"training.batch_size": "all"},
                "ReduceOnPlateau.threshold_of": {"training.batch_size": "all"},
                "EarlyStopping.first_nan": {"training.early_stopping.not_finite": "counts"}}
"""Other fields to set, without which a field has no effect: rows of a softmax sum to 1 already, a clip hides a floor
and a form, Lightning supports a floor for its own loss only, a tiny epsilon turns rounding into whole steps (on raw
pixels it depends on the images whether more is left to see), and the first steps complete one epoch only."""
AS_OUTCOME = {
    ("lightning", "BinaryCrossentropy.domain"): "a step that is refused has no loss",
    ("reference", "BinaryCrossentropy.domain"): "a step that is refused has no loss",
    ("reference", "BinaryCrossentropy.logits_form"): "the logarithm of a rounded 0 is undefined: there is no loss",
    ("reference", "CategoricalCrossentropy.logits_form"): "the logarithm of a rounded 0 is undefined: there is no loss",
}
"""Fields that have an effect on the outcome of the training and on none of its steps, and why."""
BETWEEN_STEPS = {"Training.epoch_loss": "`test_loop` compares it with the losses of the steps",
                 "Training.printed_rate": "`test_loop` compares it with the schedule"}
"""Fields that act on no step and no outcome, but on what an epoch reports, and what tests them."""
WITHOUT_STEPS = ("patient", "no_number", "rising", "rising_restored")
"""Trainings that end at once: `test_loop` checks when."""
HINGE = "Lightning does not support a hinge"
MARGIN = "Lightning does not support a categorical hinge"
REFUSE, FLOOR = "Keras cannot refuse outputs outside [0, 1]", "Keras does not support a floor of the logarithm"
GROWTH = "Keras does not support optimizer.momentum_decay=0.004"
EPOCH_LOSS = "Keras does not support training.epoch_loss=last_step"
RANKS, MACRO = ("Keras does not support " + value for value in ("AUC.thresholds=all",
                                                                "CategoricalAccuracy.average=macro"))
ABSENT = "Keras does not support F1Score.absent=left_out"
UNREPORTED = "Keras does not support a regularizer with reported=False"
KEPT = "does not support a Dropout with keeps_logits=True"
LEFT, WAITS = ("%s does not support optimizer.accumulation.unfinished=%s" % each for each in (
    ("Keras", "steps"), ("Lightning", "waits")))
UNSUPPORTED = {
    ("lightning", "keras", "regularized"): UNREPORTED, ("keras", "lightning", "dropped"): KEPT,
    **{(framework, "Dropout.keeps_logits"): KEPT for framework in ("lightning", "keras-jax")},
    **{(keras, "Training.epoch_loss"): EPOCH_LOSS for keras in ("keras", "keras-jax")},
    **{("lightning", "keras", name): ABSENT for name in ("measured", "measured_few", "measured_outside")},
    **{("lightning", "keras", name): RANKS for name in ("ranked", "ranked_outside")},
    **{(keras, field): message for keras in ("keras", "keras-jax") for field, message in (
        ("F1Score.absent", ABSENT), ("AUC.thresholds", RANKS), ("CategoricalAccuracy.average", MACRO))},
    **{(keras, f"{kind}.reported"): UNREPORTED for keras in ("keras", "keras-jax") for kind in ("L1", "L2")},
    ("lightning", "keras", "nadam"): GROWTH, ("lightning", "keras", "accumulated"): LEFT,
    ("lightning", "Accumulation.unfinished"): WAITS,
    **{(keras, "lightning", "accumulated"): WAITS for keras in ("keras", "keras-jax")},
    **{(keras, "Accumulation.unfinished"): LEFT for keras in ("keras", "keras-jax")},
    **{(keras, "Nadam.momentum_decay"): GROWTH for keras in ("keras", "keras-jax")},
    **{("lightning", "keras", name): REFUSE for name in ("binary_sigmoid", "binary_linear", "binary_saturated",
                                                         "weighted_binary", "weighed_binary")},
    **{(keras, "lightning", name): reason for keras in ("keras", "keras-jax")
       for name, reason in (("hinge", HINGE), ("margin", MARGIN))},
    ("lightning", "Hinge.signs"): HINGE, ("lightning", "CategoricalHinge.from_zero"): MARGIN,
    **{(keras, f"BinaryCrossentropy.{field}"): reason for keras in ("keras", "keras-jax")
       for field, reason in (("domain", REFUSE), ("log_floor", FLOOR))},
}
"""What a framework does not support, and its message."""


def every_pair():
    """(framework of the recorded steps, framework that replays them, name of a spec).

    Keras is slow, and specs that differ in more than its loss are covered elsewhere. What the reference replays in
    float32, it replays in float64 too. Both are nightly.
    """
    for source, target, name in product(("keras", "lightning", "keras-jax"),
                                        ("lightning", "keras", "reference-float32", "reference"), SMALL):
        slow = source == "keras-jax" or target in ("reference", "keras") or \
            target == "lightning" and isinstance(SMALL[name].loss, MeanSquaredError) or name in ADAPTIVE
        slow = slow or source not in IN_CI.get(name, (source,)) or name in IN_CI and target == "lightning"
        refuses = (source, name) in (("lightning", "hinge"), ("lightning", "margin"))
        if source != target and name not in WITHOUT_STEPS and not refuses:
            yield pytest.param(source, target, name, marks=[pytest.mark.nightly] if slow else [])


def every_field():
    for framework, field in product(("keras", "lightning", "reference", "keras-jax"), EXAMPLES):
        slow = framework.startswith("keras") or framework == "lightning" and EXAMPLES[field][0] in IN_CI
        slow = slow or EXAMPLES[field][0] in ADAPTIVE and framework != "reference"
        yield pytest.param(framework, field, marks=[pytest.mark.nightly] if slow else [])


def trial(framework, spec):
    return Trial("test", "transplant", framework, 0, "shared", spec, whole=True)


def is_supported(case, *outcomes):
    """Whether the framework supports what was configured; if not, this must be listed, with its message."""
    messages = [outcome["message"] for outcome in outcomes if outcome["kind"] == "unsupported" and
                re.search("does not support|cannot refuse|supports", outcome["message"])]
    assert bool(messages) is (case in UNSUPPORTED), (messages, UNSUPPORTED.get(case))
    assert all(UNSUPPORTED[case] in message for message in messages), (messages, UNSUPPORTED.get(case))
    return not messages


@pytest.fixture(scope="module")
def recorded(train, worker, dataset, folder):
    """A function: (file of the trace, trace, resolved spec, noise by step) of a training with unset fields."""
    @functools.cache
    def trained(framework, name):
        spec = changed(SMALL[name], {"training.epochs": 4})
        trace, resolved = train(framework, spec, record=STATES), resolved_spec(spec, worker(framework).environment,
                                                                               "shared")
        steps, path = Steps(trial(framework, resolved), trace, dataset, folder), str(folder / f"{framework}-{name}.npz")
        write(trace, path)
        return path, trace, resolved, {step: steps.noise((resolved,), step) for step in trace.probed_steps()}
    return trained


@pytest.mark.parametrize("source, target, name", list(every_pair()))
def test_framework_configured_like_another_takes_its_steps(
        recorded, train, worker, dataset, folder, source, target, name):
    process = worker(target)  # imports while the source trains
    path, trace, resolved, noises = recorded(source, name)
    job = {**trials.job(trial(target, resolved), dataset, folder), "verb": "replay", "of": path}
    process.run(job)
    replay = with_facts(read(job["out"]), trace)
    end = trace.outcome if replay.probed_steps() else train(target, resolved, record=NO_PROBES).outcome
    if is_supported((source, target, name), end):
        assert (end["kind"], end["step"]) == (trace.outcome["kind"], trace.outcome["step"])
        assert replay.probed_steps() == trace.probed_steps() and (
            len(noises) >= 7 or end["kind"] in ("refused", "unsupported"))
    for step in replay.probed_steps():
        stages = compare_stages(trace, replay, noises[step], step)
        unknown = {stage.name for stage in stages if stage.differs is None}
        unexplained = {stage.name for stage in stages if stage.differs is None and not stage.reason and
                       not unknown & set(DEPENDS_ON[stage.name])}  # except where rounding could explain everything
        assert not differing(stages) and not unexplained, (step, stages)


def test_every_field_has_an_example_and_every_exception_is_tested():
    assert EXAMPLES.keys() == STAGE_OF.keys()
    cases = {tuple(param.values) for param in (*every_pair(), *every_field())}
    assert UNSUPPORTED.keys() | AS_OUTCOME.keys() <= cases and OTHER_FIELDS.keys() <= EXAMPLES.keys()


@pytest.mark.parametrize("framework, field", list(every_field()))
def test_two_values_of_a_field_differ_first_at_its_stage(train, worker, dataset, folder, framework, field):
    name, *values = EXAMPLES[field]
    spec = resolved_spec(changed(SMALL[name], {"training.validate": False}), worker(framework).environment, "shared")
    path = next(path for path, name, _ in fields(spec) if name == field)
    sides = tuple(changed(spec, {**OTHER_FIELDS.get(field, {}), path: value}) for value in values)
    record = NO_PROBES if (framework, field) in UNSUPPORTED else FIRST_STEPS
    traces = [train(framework, side, record=record) for side in sides]
    if is_supported((framework, field), *(trace.outcome for trace in traces)):
        expected = "outcome" if (framework, field) in AS_OUTCOME else \
            "none" if field in BETWEEN_STEPS else STAGE_OF[field]
        for side, left, right in ((sides[0], *traces), (sides[1], *traces[::-1])):
            steps = Steps(trial(framework, side), left, dataset, folder)
            assert first_differing_stage(left, right, functools.partial(steps.noise, sides)) == expected


def first_differing_stage(left, right, noise):
    """The stage of the first difference in any step, or else in the outcomes. No step after it is compared."""
    stages = (stage.name for step in left.probed_steps()
              for stage in differing(compare_stages(left, right, noise(step), step)))
    first = next((name for name in stages if name != "outcome"), None)
    return first or next((stage.name for stage in differing(compare_stages(left, right, None))), "none")
