"""The cause of what an upgrade changes, and in which environment its rule holds; and what is said to be compared."""

from dataclasses import replace

import fixed_answer
import pytest

from compare.analysis.causes.questions import Suspect
from compare.analysis.noise import FACTOR
from compare.analysis.stages import StageResult
from compare.analysis.upgrade import Comparison
from compare.analysis.upgrade_scenarios import OWN_WEIGHTS, cause_of, causes_of_outcome
from compare.reporting.upgrade import Covered, End, Facts, Measured, Verdict, covered_of
from compare.reporting.upgrade_text import what_is_open
from frameworks.quirks.resolution import resolved
from scenarios.lr_scaling import SCENARIO

SPEC = SCENARIO.variants[0].spec


@pytest.fixture(scope="module")
def result():
    """A result of a run, made by hand."""
    return fixed_answer.result()


def rule_of_accuracy(version):
    """The rule of the accuracy in a Keras version on TensorFlow."""
    environment = {"framework": "keras", "backend": "tensorflow", "series": ("Keras", version)}
    return resolved(SPEC, environment)["accuracy.rule"]


@pytest.mark.parametrize("old_first, expected", [(True, "before"), (False, "after")])
def test_a_cause_says_in_which_environment_its_rule_holds(old_first, expected):
    rules = rule_of_accuracy("3.3"), rule_of_accuracy("3.15.1")
    suspect = Suspect("accuracy.rule", (rules[0].value, rules[1].value), "metric", rules)
    cause = cause_of([suspect], SPEC, old_first)
    assert cause.explanation.startswith(f"{expected}, TensorFlow rewrites the graph") and cause.fields == (suspect,)
    turned = Suspect("accuracy.rule", (rules[1].value, rules[0].value), "metric", rules[::-1])
    assert cause_of([turned], SPEC, not old_first).explanation == cause.explanation


def test_what_is_within_rounding_or_drawn_by_each_environment_is_not_called_compared_or_untrained():
    covered = Covered("keras", "losses", (("loss", 2),), 8, 2, 1e-6, (
        ("starts/kernel", OWN_WEIGHTS), ("loop/refused", "x")),
                      within_rounding=("losses/clamp",))
    end = End("old", "3.11", {})
    text = "\n".join(what_is_open(Facts(Verdict.NOTHING, end, end, (), (covered,), (), (), ())))
    assert "since each environment draws its own initial weights: starts/kernel." in text
    assert "since not both environments train them: loop/refused." in text
    assert "so small that rounding could hide any difference of it: losses/clamp." in text


def test_a_loss_within_rounding_is_not_the_smallest_difference(result):
    divergence = next(iter(result.divergences.values()))
    stage = StageResult("loss", False, "loss", values=(2.0, 2.0), size=0.0, noise=1e-8, step=0)
    tiny = replace(stage, values=(1e-17, 1e-17), noise=1e-5)
    many = replace(result, divergences={"large": replace(divergence, stages=[stage]),
                                        "tiny": replace(divergence, stages=[tiny])})
    covered = covered_of(Measured("keras", ("keras", "lightning"), Comparison((), results=(many,)), {}))
    assert covered.smallest == pytest.approx(FACTOR * 1e-8 / 2)
    assert covered.within_rounding == (f"{result.scenario.name}/tiny",)


@pytest.mark.parametrize("field_stage, explained", [("outcome", True), ("update", False)])
def test_the_setting_that_decides_how_a_training_ends_explains_its_outcome(result, field_stage, explained):
    cause, variant = next(cause for cause in result.causes if not cause.question.contrast), result.scenario.variants[0]
    question = replace(cause.question, behaviour=replace(cause.question.behaviour, variants=(variant.name,)),
                       suspects=tuple(replace(suspect, stage=field_stage) for suspect in cause.question.suspects))
    run = replace(result, causes=(replace(cause, question=question),))
    causes = causes_of_outcome(run, variant.name, question.with_behaviour)
    assert bool(causes) is explained
    assert not causes_of_outcome(replace(run, causes=()), variant.name, question.with_behaviour)
    of_both = replace(question, behaviour=replace(question.behaviour, variants=(variant.name, "another")))
    assert not causes_of_outcome(replace(run, causes=(replace(cause, question=of_both),)), variant.name, "keras")
