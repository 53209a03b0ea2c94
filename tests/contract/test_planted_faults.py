"""Planted faults: every kind of fault is detected at its own stage, and as the first difference."""

from dataclasses import replace

import numpy as np
import pytest
from faulty import SOFTMAX, SUMMED_BACKWARDS, TrainingCache, earliest
from planted import PLANTED
from planted.fault import gradients

from compare.analysis.attribution import Attribution, Verdict, concluded
from compare.analysis.causes.minimal_sets import necessary, sufficient
from compare.analysis.result import Result
from compare.analysis.stages import DEPENDS_ON, differing
from compare.reporting.cells import first_differences
from compare.reporting.open_questions import unexplained
from scenarios.scenario import Scenario, Variant

STAGES = tuple(DEPENDS_ON)
SCENARIO = Scenario("planted", "Planted", "Is it?", (Variant("a", "A", SOFTMAX, "reported"),))
KINDS = ("value", "order", "stale state", "precision", "shape", "wrong set", "missing part")
IMPOSSIBLE = {
    ("initialization", "shape"): "`training._put` rejects initial weights of another shape before the training.",
    ("outcome", "order"): "An outcome is one word for the whole training, and has no order.",
}
"""Stages and kinds without a fault, and the reason."""


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


def test_every_stage_and_kind_has_a_fault_or_a_reason_against_one():
    expected = {(stage, kind) for stage in STAGES for kind in KINDS}
    covered = {(case.stage, case.kind) for case in PLANTED}
    assert covered | set(IMPOSSIBLE) == expected and not covered & set(IMPOSSIBLE)
    assert len({case.name for case in PLANTED}) == len(PLANTED)


@pytest.mark.parametrize("case", PLANTED, ids=lambda case: f"{case.stage}: {case.name}")
def test_a_planted_fault_is_the_first_difference_and_at_its_own_stage(cache, case):
    divergence, unexplained_differences = cache.judged(case.spec, case.faults)
    stages = {"divergence": earliest(divergence), "unexplained": earliest(unexplained_differences)}
    assert {stages[side] for side in case.detected_by} == {case.stage} and set(stages.values()) <= {case.stage, ""}
    assert_consistent(cache, divergence, unexplained_differences)


def assert_consistent(cache, divergence, unexplained_differences):
    """Asserts that the results agree: nothing reports the faulty side as equal or excludes it as a cause, and the exit
    code is that of an unexplained difference."""
    sides, no_step = ("reference", "lightning"), {stage.name for stage in differing(divergence.stages)} == {"outcome"}
    explained = cache.explained(divergence)
    summary = Result(SCENARIO, cache.dataset, cache.folder, "shared", {}, {},
                     unexplained_differences=tuple(replace(result, variant="a", framework="lightning")
                                                   for result in unexplained_differences),
                     divergences={"a": replace(divergence, variant="a", sides=sides)},
                     explanations=tuple(replace(result, variant="a", sides=sides) for result in explained))
    if no_step and not unexplained_differences:
        return
    assert summary.unexplained and ("a", "lightning") in summary.unexplained_in
    line, = first_differences(summary)
    assert "the same" not in line.partition(" match in the first step")[2], "it is not reported as equal"
    assert unexplained(summary) and ("because of" not in line)
    cleared = concluded(Verdict(Attribution.UNIVERSAL, sides), ("a",), summary.unexplained_in)
    assert cleared.belongs_to == Attribution.UNEXPLAINED
    assert not concluded(Verdict("Keras", sides), ("a",), summary.unexplained_in).cleared


def clipped(model, grads):
    """Gradients clipped to a norm of 100; another fault may have multiplied the norm."""
    norm = model.kept.pop("times", 1) * np.sqrt(sum(float((g * g).sum()) for g in grads.values()))
    return {name: g * np.float32(min(1, 100 / norm)) for name, g in grads.items()}


def multiplied(model, grads):
    model.kept["times"] = 1e4
    return grads


NORM_OF_THE_SUM, CLIPPED = gradients(multiplied), gradients(clipped)
RATE, BIAS = (next(row.faults for row in PLANTED if row.name == name) for name in (
    "the rate is off by one percent", "a bias is not trained"))


@pytest.mark.parametrize("stage, pair, sufficient_sets, necessary_sets", [
    ("gradient", {"the norm is that of the sum": NORM_OF_THE_SUM, "the norm is clipped": CLIPPED},
     [{"the norm is that of the sum", "the norm is clipped"}],
     [{"the norm is that of the sum"}, {"the norm is clipped"}]),
    ("update", {"rate": RATE, "bias": BIAS}, [{"rate"}, {"bias"}], [{"rate", "bias"}])],
    ids=["only together", "either suffices"])
def test_the_minimal_sets_of_two_faults_are_found_despite_rounding(cache, stage, pair, sufficient_sets, necessary_sets):
    suspects = {**pair, "reversed summation": SUMMED_BACKWARDS}

    def shown(chosen):
        stages = {earliest(differences) for differences in cache.judged(
            SOFTMAX, tuple(fault for name in suspects if name in chosen for fault in suspects[name]))}
        assert stages in ({stage}, {""})
        return stages == {stage}
    assert [set(group) for group in sufficient(suspects, shown)] == sufficient_sets
    assert [set(group) for group in necessary(suspects, shown)] == necessary_sets
