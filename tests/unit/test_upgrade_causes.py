"""The cause of what an upgrade changes: the setting, and in which environment the rule that explains it holds."""

import pytest

from compare.analysis.causes.questions import Suspect
from compare.analysis.upgrade_scenarios import cause_of
from frameworks.quirks.resolution import resolved
from scenarios.lr_scaling import SCENARIO

SPEC = SCENARIO.variants[0].spec


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
