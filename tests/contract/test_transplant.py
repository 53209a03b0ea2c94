"""The table of quirks is honest: told what another does, a framework takes its steps; and every field has teeth.

Steps are judged by their noise, from states that a training has recorded: two trainings soon go ways of their own.
"""

import functools
from itertools import product
from math import inf

import pytest
from test_honesty import ADAPTIVE, IN_CI, NO_PROBES, SHOWN_BY, SMALL

from compare.analysis.causes.questions import closed
from compare.analysis.causes.search import NOT_TOLD
from compare.analysis.first_divergence import with_facts
from compare.analysis.stages import DEPENDS_ON, compare_stages, differing
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.quirks.rules import STAGE_OF
from frameworks.runtime.trace import read, write
from scenarios.spec import FanInUniform, GlorotUniform, MeanSquaredError, Zeros
from scenarios.spec.fields import changed, fields

FIRST_STEPS = {"steps": trials.FIRST_STEPS, "states": 0, "evaluated": False}
STATES = {**FIRST_STEPS, "states": trials.LATER_STATES}
TEETH = {**SHOWN_BY, "SGD.nesterov": ("sgd", False, True), "Dense.kernel": ("loop", GlorotUniform(), FanInUniform()),
         "Dense.bias": ("loop", Zeros(), FanInUniform()), "Conv2D.bias": ("conv", Zeros(), FanInUniform()),
         "Conv2D.kernel": ("conv", GlorotUniform(), FanInUniform())}
"""A spec on which the field shows, and two values of it."""
CLIP_ALONE, FORM_ALONE = ({"loss.domain": "clip", "loss.log_floor": -inf, "loss.clip": clip} for clip in (1e-7, 0.0))
PLAIN = {"loss.of": "outputs", "loss.clip": 1e-7}
BESIDE = {"KLDivergence.of": {"loss.clip": 1e-7}, "KLDivergence.clip": PLAIN, "KLDivergence.mean_of": PLAIN,
          "CategoricalCrossentropy.of": {"loss.logits_form": False},
          "CategoricalCrossentropy.row_division": {"loss.of": "outputs", "loss.logits_form": False},
          "CategoricalCrossentropy.clip": {"loss.of": "softmax_of_logits"},
          "CategoricalCrossentropy.logits_form": {"loss.of": "softmax_of_logits", "loss.clip": 0.0},
          "BinaryCrossentropy.domain": CLIP_ALONE, "BinaryCrossentropy.clip": CLIP_ALONE,
          "BinaryCrossentropy.log_floor": {"loss.clip": 0.0}, "BinaryCrossentropy.logits_form": FORM_ALONE,
          "BinaryCrossentropy.log_offset": CLIP_ALONE,
          "SGD.nesterov": {"optimizer.momentum": 0.5}, "WeightDecay.factor": {"optimizer.epsilon": 1e-3},
          "CosineDecay.after": {"optimizer.learning_rate.per": "step"},
          "ReduceOnPlateau.bad_epochs": {"training.batch_size": "all"},
          "ReduceOnPlateau.in_momentum": {"training.batch_size": "all"},
          "ReduceOnPlateau.threshold_of": {"training.batch_size": "all"},
          "EarlyStopping.first_nan": {"training.early_stopping.not_finite": "counts"}}
"""Without what a field does not show: a softmax's rows are divided already, a clip hides a floor and a form, Lightning
knows a floor for its own loss only, a tiny epsilon makes whole steps of rounding, the first steps end no epoch but
one."""
AS_OUTCOME = {
    ("lightning", "BinaryCrossentropy.domain"): "a step that is refused has no loss",
    ("reference", "BinaryCrossentropy.domain"): "a step that is refused has no loss",
    ("reference", "BinaryCrossentropy.logits_form"): "the logarithm of a rounded 0 is undefined: there is no loss",
    ("reference", "CategoricalCrossentropy.logits_form"): "the logarithm of a rounded 0 is undefined: there is no loss",
}
"""Where a field shows in how the training ends, and in none of its steps; and why."""
WITHOUT_STEPS = ("patient", "no_number")
"""Trainings that end at once: `test_loop` looks at when."""
HINGE = "Lightning cannot be told a hinge"
MARGIN = "Lightning cannot be told a categorical hinge"
REFUSE, FLOOR = "Keras cannot be told to refuse outputs outside [0, 1]", "Keras cannot be told a floor of the logarithm"
GROWTH = "Keras cannot be told optimizer.momentum_decay=0.004"
LEFT, WAITS = ("%s cannot be told optimizer.accumulation.unfinished=%s" % each for each in (
    ("Keras", "steps"), ("Lightning", "waits")))
UNTOLD = {
    ("lightning", "keras", "nadam"): GROWTH, ("lightning", "keras", "accumulated"): LEFT,
    ("lightning", "Accumulation.unfinished"): WAITS,
    **{(keras, "lightning", "accumulated"): WAITS for keras in ("keras", "keras-jax")},
    **{(keras, "Accumulation.unfinished"): LEFT for keras in ("keras", "keras-jax")},
    **{(keras, "Nadam.momentum_decay"): GROWTH for keras in ("keras", "keras-jax")},
    **{("lightning", "keras", name): REFUSE for name in ("binary_sigmoid", "binary_linear", "binary_saturated",
                                                                    "weighted_binary")},
    **{(keras, "lightning", name): reason for keras in ("keras", "keras-jax")
       for name, reason in (("hinge", HINGE), ("margin", MARGIN))},
    ("lightning", "Hinge.signs"): HINGE, ("lightning", "CategoricalHinge.from_zero"): MARGIN,
    **{(keras, f"BinaryCrossentropy.{field}"): reason for keras in ("keras", "keras-jax")
       for field, reason in (("domain", REFUSE), ("log_floor", FLOOR))},
}
"""What a framework cannot be told, and says so."""


def every_pair():
    """(whose steps, who is told, name of a spec); Keras is in a hurry: what is not its loss is told of it elsewhere.

    What the reference takes in float32, it takes in float64 too: this is for the long checks.
    """
    for owner, taker, name in product(("keras", "lightning", "keras-jax"),
                                      ("lightning", "keras", "reference-float32", "reference"), SMALL):
        hurry = owner == "keras-jax" or taker in ("reference", "keras") or \
            taker == "lightning" and isinstance(SMALL[name].loss, MeanSquaredError) or name in ADAPTIVE
        hurry = hurry or owner not in IN_CI.get(name, (owner,)) or name in IN_CI and taker == "lightning"
        refuses = (owner, name) in (("lightning", "hinge"), ("lightning", "margin"))
        if owner != taker and name not in WITHOUT_STEPS and not refuses:
            yield pytest.param(owner, taker, name, marks=[pytest.mark.nightly] if hurry else [])


def every_tooth():
    for framework, field in product(("keras", "lightning", "reference", "keras-jax"), TEETH):
        hurry = framework.startswith("keras") or framework == "lightning" and TEETH[field][0] in IN_CI
        hurry = hurry or TEETH[field][0] in ADAPTIVE and framework != "reference"
        yield pytest.param(framework, field, marks=[pytest.mark.nightly] if hurry else [])


def trial(framework, spec):
    return Trial("test", "transplant", framework, 0, "shared", spec, whole=True)


def was_told(case, *outcomes):
    """Whether a framework could be told what it was; that it could not must be listed, with its own words."""
    words = [outcome["message"] for outcome in outcomes if outcome["message"].startswith(NOT_TOLD) and
             "be told" in outcome["message"]]
    assert bool(words) is (case in UNTOLD) and all(UNTOLD[case] in each for each in words), (words, UNTOLD.get(case))
    return not words


@pytest.fixture(scope="module")
def owned(train, worker, dataset, folder):
    """A function: (file of the trace, trace, spec as it was resolved, noise by step) of a training with open fields."""
    @functools.cache
    def trained(framework, name):
        spec = changed(SMALL[name], {"training.epochs": 4})
        trace, resolved = train(framework, spec, record=STATES), closed(spec, worker(framework).environment, "shared")
        steps, path = Steps(trial(framework, resolved), trace, dataset, folder), str(folder / f"{framework}-{name}.npz")
        write(trace, path)
        return path, trace, resolved, {step: steps.noise((resolved,), step) for step in trace.probed_steps()}
    return trained


@pytest.mark.parametrize("owner, taker, name", list(every_pair()))
def test_told_what_another_does_a_framework_takes_its_steps(owned, train, worker, dataset, folder, owner, taker, name):
    process = worker(taker)  # imports while the owner trains
    path, trace, resolved, noises = owned(owner, name)
    job = {**trials.job(trial(taker, resolved), dataset, folder), "verb": "replay", "of": path}
    process.run(job)
    replay = with_facts(read(job["out"]), trace)
    end = trace.outcome if replay.probed_steps() else train(taker, resolved, record=NO_PROBES).outcome
    if was_told((owner, taker, name), end):
        assert (end["kind"], end["step"]) == (trace.outcome["kind"], trace.outcome["step"])
        assert replay.probed_steps() == trace.probed_steps() and (
            len(noises) >= 7 or end["kind"] in ("refused", "unsupported"))
    for step in replay.probed_steps():
        found = compare_stages(trace, replay, noises[step], step)
        unknown = {stage.name for stage in found if stage.differs is None}
        unfounded = {stage.name for stage in found if stage.differs is None and not stage.reason and
                     not unknown & set(DEPENDS_ON[stage.name])}  # but for what rounding could explain whole
        assert not differing(found) and not unfounded, (step, found)


def test_every_field_of_the_table_has_teeth_and_every_exception_is_one():
    assert TEETH.keys() == STAGE_OF.keys()
    cases = {tuple(param.values) for param in (*every_pair(), *every_tooth())}
    assert UNTOLD.keys() | AS_OUTCOME.keys() <= cases and BESIDE.keys() <= TEETH.keys()


@pytest.mark.parametrize("framework, field", list(every_tooth()))
def test_two_values_of_a_field_open_its_own_gate_first(train, worker, dataset, folder, framework, field):
    name, *values = TEETH[field]
    spec = closed(changed(SMALL[name], {"training.validate": False}), worker(framework).environment, "shared")
    path = next(path for path, name, _ in fields(spec) if name == field)
    sides = tuple(changed(spec, {**BESIDE.get(field, {}), path: value}) for value in values)
    record = NO_PROBES if (framework, field) in UNTOLD else FIRST_STEPS
    traces = [train(framework, side, record=record) for side in sides]
    if was_told((framework, field), *(trace.outcome for trace in traces)):
        expected = "outcome" if (framework, field) in AS_OUTCOME else STAGE_OF[field]
        for side, one, other in ((sides[0], *traces), (sides[1], *traces[::-1])):
            steps = Steps(trial(framework, side), one, dataset, folder)
            assert first_differing_stage(one, other, functools.partial(steps.noise, sides)) == expected


def first_differing_stage(one, other, noise):
    """The gate of the first step that opens one, or else that of the outcomes."""
    names = [stage.name for step in one.probed_steps()
             for stage in differing(compare_stages(one, other, noise(step), step))]
    names = names or [stage.name for stage in differing(compare_stages(one, other, None))]
    return next((name for name in names if name != "outcome"), names[0] if names else "none")
