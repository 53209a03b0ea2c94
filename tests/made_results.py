"""Results of a small scenario, made from given answers instead of trainings, for tests of the answer's text."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from proven import proven, raised

from compare.analysis.attribution import belongs
from compare.analysis.behaviours import Answer
from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.result import Result
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.execution.data import Dataset
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import (
    SGD,
    Activation,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Data,
    Dense,
    MeanSquaredError,
    Spec,
    Training,
)
from scenarios.spec.fields import changed, to_json

NAN = float("nan")
ENVIRONMENTS = {name: {"framework": name, "backend": backend, "versions": {name: "1.0"}} for name, backend in (
    ("keras", "tensorflow"), ("lightning", "torch"), ("reference", "numpy"))}
SIGMOID = Spec(Data(flatten=True), (Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
               Training(1, 32))
ONE_OUTPUT = Spec(Data((0, 1), flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.1), Training(1))
RESOLVED = changed(SIGMOID, {"loss": MeanSquaredError(), "optimizer": SGD(0.1, 0.0, False)})
REFUSED, SHORT = Reason(ReasonKind.REFUSED), Reason(ReasonKind.TOO_SHORT, 3)

OLD_RULES = {"it_rains": {"round": {"keras": Answer(True, 0.125, (0.125,)), "lightning": Answer(False, 7.0, (7.0,))}}}


def make_answer(behaviour, holds, reason):
    """An answer with the reported number where it holds, one outside the bounds where not, none for None."""
    inside = behaviour.reported if behaviour.reported is not None else max(behaviour.low, min(behaviour.high, 0.5))
    number = inside if holds else behaviour.high + 1 if behaviour.high < 1e9 else behaviour.low - 1
    return Answer(None, NAN, (), reason) if holds is None else Answer(holds, number, (number,))


def make_result(scenario, holds, reason=SHORT, init="shared", numbers=None, **facts):
    """A result where `holds` gives by framework whether it shows every behaviour; None for no answer."""
    answers = {behaviour.name: {name: make_answer(behaviour, shown, reason) for name, shown in holds.items()}
               for behaviour in scenario.behaviours}
    for name, values in (numbers or {}).items():
        first = answers[scenario.behaviours[0].name]
        first[name] = replace(first[name], number=float(np.median(values)), numbers=tuple(values))
    causes = [proven(question, answers={True: Answer(True, 0.5, (0.5,)), False: Answer(False, 2.0, (2.0,))})
              for question in raised(scenario, answers, ENVIRONMENTS, init)]
    verdicts = {behaviour.name: belongs(behaviour, scenario.variant(behaviour.variants[0]).spec,
                                        answers[behaviour.name], ENVIRONMENTS,
                                        [cause for cause in causes if cause.question.behaviour is behaviour],
                                        facts.get("old_rules", {}).get(behaviour.name, {}))
                for behaviour in scenario.behaviours}
    return Result(scenario, Dataset("mnist", Path("."), "", "", ""), Path("."), init,
                  {name: ENVIRONMENTS[name] for name in holds}, facts.pop("traces", {name: {} for name in holds}),
                  answers, facts.pop("old_rules", {}), verdicts, causes=tuple(causes), **facts)


def make_scenario(spec=SIGMOID, **facts):
    behaviour = Behaviour("it_rains", "it rains", ("a",), lambda trace: float(trace["reported/train/loss"][-1]),
                          high=1.0, **facts)
    variants = (Variant("a", "as reported", spec), Variant("b", "under a roof", changed(spec, {"training.epochs": 3})),
                Variant("c", "at home", changed(spec, {"training.epochs": 2, "training.batch_size": 3})))
    return Scenario("rain", "Rain", "Does it rain?", variants, (behaviour,))


def by_framework(keras, lightning, reference):
    return {"keras": keras, "lightning": lightning, "reference": reference}


KERAS, LIGHTNING, BOTH = "Keras on TensorFlow", "PyTorch Lightning", "PyTorch Lightning or the NumPy reference"


def make_trace(loss, spec):
    arrays = {"reported/train/loss": np.array([loss])}
    return Trace({"spec": to_json(spec), "outcome": {"kind": "finished", "step": 1, "message": ""}}, arrays)


def number_of(quantity, differs, sides=("keras", "lightning"), reason="", rounding=2e-6):
    return Difference("a", quantity, sides, 2, dict.fromkeys(ENVIRONMENTS, 0.5), rounding, differs, reason)


LOSS, TEST_LOSS, ACCURACY = QUANTITIES
STEP_UNEXPLAINED = {"unexplained_differences": (UnexplainedDifference("a", "keras", StageResult(
    "gradient", True, "gradient/0.kernel", (), (0.5, 0.25), 0.25, 1e-6)),)}
