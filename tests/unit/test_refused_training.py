"""The answer of a run without behaviours in which one framework refuses what the others train."""

from pathlib import Path
from types import SimpleNamespace

import pytest
from faulty import SOFTMAX

from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.result import Result
from compare.reporting.answer import summary
from frameworks.runtime.trace import Outcome
from scenarios.scenario import Scenario, Variant

NUMBERS = {"keras": 1.5, "reference": 1.5}


def answer_of(kinds, differs=None):
    scenario = Scenario("mine", "Mine", "Why?", (Variant("a", "A", SOFTMAX, "reported"),))
    traces = {name: {("a", 0): SimpleNamespace(outcome={"kind": kind, "message": "ValueError: no momentum"})}
              for name, kind in kinds.items()}
    difference = Difference("a", QUANTITIES[0], ("keras", "lightning"), 1, NUMBERS, 1e-6, differs,
                            "PyTorch Lightning has no number")
    return summary(Result(scenario, SimpleNamespace(full=False), Path(), "shared", {}, traces,
                          differences=(difference,)))


def test_refused_training_is_the_answer():
    answer = answer_of({"keras": Outcome.FINISHED, "lightning": Outcome.REFUSED, "reference": Outcome.NAN})
    assert answer.verdict == "PyTorch Lightning refuses a training."
    assert answer.detail.startswith(
        "PyTorch Lightning refuses a (“ValueError: no momentum”), which Keras on TensorFlow and the NumPy reference "
        "train; the training loss of a after epoch 1 is not decided")


@pytest.mark.parametrize("kinds", [{"keras": Outcome.REFUSED, "lightning": Outcome.REFUSED},
                                   {"keras": Outcome.UNSUPPORTED, "lightning": Outcome.WORKER_DIED}])
def test_training_that_no_framework_completes_is_no_difference(kinds):
    assert answer_of(kinds).verdict == "No number could be compared."
