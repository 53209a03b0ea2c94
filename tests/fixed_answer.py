"""The result of one run, written down instead of trained: what the snapshots of all outputs are rendered from.

It has everything that an output can show: a behaviour of one framework with its cause, one of old versions, a cure, a
warning, a behaviour without an answer, a judged answer, differing numbers, a first divergence, an unexplained
difference, three seeds, coverage and cost. Nothing in it is random, and no file is read.
"""

from dataclasses import replace
from math import log, nan
from pathlib import Path

import numpy as np
from proven import proven, raised

from compare.analysis.attribution import belongs, concluded
from compare.analysis.behaviours import Answer, ClaimResult
from compare.analysis.explanation import Explanation, Switch
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.quantities import QUANTITIES, Difference
from compare.analysis.reasons import Reason, ReasonKind
from compare.analysis.replay import Coverage
from compare.analysis.result import Cost, Result
from compare.analysis.stages import StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.execution.data import Dataset
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Claim, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training
from scenarios.spec.fields import changed, to_json

SEEDS = (0, 1, 2)
BASE = Spec(Data(), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.01),
            Training(2, 32))
VERSIONS = {"keras": {"keras": "3.15.1", "tensorflow": "2.21.0"}, "lightning": {"torch": "2.15.0",
            "pytorch-lightning": "2.6.6", "torchmetrics": "1.9.0"}, "reference": {"numpy": "2.4.6"}}
ENVIRONMENTS = {name: {"framework": name, "backend": backend, "device": "cpu", "dtype": "float32",
                       "execution": execution, "threads": 2, "versions": VERSIONS[name]}
                for name, backend, execution in (("keras", "tensorflow", "graph"), ("lightning", "torch", "eager"),
                                                 ("reference", "numpy", "eager"))}
LOSSES = {"keras": {"rate_0_01": (312.0, 260.0), "rate_0_03": (940.0, 781.0)},
          "lightning": {"rate_0_01": (1.62, 1.58), "rate_0_03": (1.64, 1.6)},
          "reference": {"rate_0_01": (1.61, 1.57), "rate_0_03": (1.63, 1.59)}}
"""The training loss of seed 0 by epoch; every further seed adds one percent."""
ACCURACY = {"keras": 0.8625, "lightning": 0.8375, "reference": 0.8425}


def first_loss(trace):
    return float(trace["reported/train/loss"][0])


def slope(slow, fast):
    return log(first_loss(fast) / first_loss(slow)) / log(3)


SCENARIO = Scenario(
    name="loss_and_rate", title="Does the loss follow the learning rate?",
    question="Two trainings differ only in the learning rate, and one loss is three times the other. Is it Keras?",
    variants=(Variant("rate_0_01", "as reported, rate 0.01", BASE, "reported",
                      {"reported/train/loss": (315.5, 263.1), "reported/train/accuracy": (0.8432, 0.8674)}),
              Variant("rate_0_03", "as reported, rate 0.03", changed(BASE, {"optimizer.learning_rate": 0.03}),
                      "reported"),
              Variant("scaled", "pixels / 255", changed(BASE, {"data.divisor": 255.0})),
              Variant("softmax", "softmax output", changed(BASE, {"layers.2": Activation("softmax")}), "answer")),
    behaviours=(
        Behaviour("loss_follows_rate", "the loss is proportional to the learning rate", ("rate_0_01", "rate_0_03"),
                  slope, low=0.9, high=1.1, margin=0.02, epochs=1, reported=0.99, unit="{:.2f}",
                  quantity="growth of the loss with the rate"),
        Behaviour("accuracy_high", "the reported accuracy is above .85", ("rate_0_01",), lambda trace: float(
                  trace["reported/train/accuracy"][0]), low=0.85, margin=0.001, epochs=1, reported=0.8674,
                  quantity="accuracy of the first epoch", old_rules=("argmax_logits",)),
        Behaviour("scaling_cures", "pixels / 255 keep the loss below 3", ("scaled",), first_loss, high=3.0, epochs=1,
                  role="cure"),
        Behaviour("softmax_does_not_help", "a softmax output alone leaves the loss large", ("softmax",), first_loss,
                  low=16.0, epochs=1, role="warning"),
        Behaviour("loss_settles", "the loss settles after ten epochs", ("rate_0_01",), first_loss, high=1.0,
                  epochs=None)))
HOLDS = {"loss_follows_rate": (True, False, False), "accuracy_high": (False, False, False),
         "scaling_cures": (True, True, True), "softmax_does_not_help": (True, True, True),
         "loss_settles": (None, None, None)}
NUMBERS = {"loss_follows_rate": (1.0, 0.011, 0.011), "accuracy_high": (0.71, 0.79, 0.8), "scaling_cures": (0.6,) * 3,
           "softmax_does_not_help": (210.0, 205.0, 207.0), "loss_settles": (nan,) * 3}

OLD_RULES = {"accuracy_high": {"argmax_logits": {"keras": Answer(True, 0.87, (0.87,)),
                                                 "lightning": Answer(False, 0.79, (0.79,)),
                                                 "reference": Answer(False, 0.8, (0.8,))}}}


def trace(framework, variant, seed):
    """Two epochs of two steps, and which of eight test images are predicted correctly."""
    spec = SCENARIO.variant(variant).spec
    losses = np.array(LOSSES[framework][variant]) * (1 + seed / 100)
    accuracies = ACCURACY[framework] + np.array([0.0, 0.01]) + seed / 1000
    facts = {"spec": to_json(spec), "outcome": {"kind": "finished", "step": 4, "message": ""}, "seed": seed,
             "environment": ENVIRONMENTS[framework], "steps_per_epoch": 2, "samples": 64, "seconds": {"all": 1.5}}
    correct = np.arange(8) != (1 if framework == "keras" else 5)
    return Trace(facts, {"reported/train/loss": losses, "reported/train/accuracy": accuracies,
                         "reported/test/loss": losses * 0.75, "reported/test/accuracy": accuracies + 0.02,
                         "step/loss": np.repeat(losses, 2), "correct/test": correct,
                         "accuracy_by_rule/test/argmax_outputs": accuracies, "epoch": np.array([1, 2])})


def answer(behaviour, index):
    holds, number = HOLDS[behaviour][index], NUMBERS[behaviour][index]
    if holds is None:
        return Answer(None, nan, (), Reason(ReasonKind.TOO_SHORT, 10))
    return Answer(holds, number, tuple(number * factor for factor in (0.99, 1.0, 1.01)))


def stages():
    """The stages of the first step: the loss differs, and what depends on it is not compared."""
    same = [StageResult(name, False, tensor, noise=noise) for name, tensor, noise in (
        ("data", "", 0.0), ("initialization", "", 0.0), ("forward", "outputs", 2.5e-7))]
    loss = StageResult("loss", True, "loss", values=(168.5, 2.25), size=166.25, noise=2.5e-6, control=166.25)
    return [*same, loss, StageResult("gradient", None), StageResult("update", None),
            StageResult("metric", False, "accuracy"), StageResult("evaluation", None)]


def difference(cause, rules):
    """The training losses of Keras and Lightning, made different by the fields of the cause."""
    numbers = {name: LOSSES[name]["rate_0_01"][1] for name in LOSSES}
    fields = tuple(cause.question.suspect(path) for path in cause.paths)
    return Difference("rate_0_01", QUANTITIES[0], ("keras", "lightning"), 2, numbers, 0.03, True, shown_by="keras",
                      causes=(cause,), fields=fields, departing=rules)


def result():
    """The complete result."""
    names = list(ENVIRONMENTS)
    answers = {name: {framework: answer(name, index) for index, framework in enumerate(names)} for name in HOLDS}
    number = {True: Answer(True, 0.98, (0.98,)), False: Answer(False, 0.02, (0.02,))}
    causes = tuple(replace(proven(question, answers=number),
                           shares={path: (1.04, 0.98, 1.01) for path in question.active[:1]})
                   for question in raised(SCENARIO, answers, ENVIRONMENTS))
    first = causes[0]
    rules = tuple(rule for path in first.paths if (rule := first.question.suspect(path).sources[0]))
    unexplained = UnexplainedDifference("rate_0_03", "lightning", StageResult(
        "metric", True, "train/accuracy", values=(0.85, 0.84), size=0.01, noise=1e-4, step=1))
    verdicts = {behaviour.name: concluded(belongs(
        behaviour, SCENARIO.variant(behaviour.variants[0]).spec, answers[behaviour.name], ENVIRONMENTS,
        [cause for cause in causes if cause.question.behaviour is behaviour], OLD_RULES.get(behaviour.name, {})),
        behaviour.variants, {("rate_0_03", "lightning")}) for behaviour in SCENARIO.behaviours}
    fields = tuple(first.question.suspect(path) for path in first.paths)
    explanation = Explanation("rate_0_01", ("keras", "lightning"), stages()[3], fields, first.sufficient,
                              first.necessary, fields,
                              (Switch("lightning", first.sufficient[0], 168.5, 168.5, True),
                               Switch("keras", first.necessary[0], 2.25, 2.25, True)))
    claim = Claim("Use a softmax output.", "softmax", "rate_0_01", SCENARIO.behaviours[0])
    equal = Difference("rate_0_03", QUANTITIES[2], ("keras", "lightning"), 2, dict.fromkeys(names, 0.875), 0.002, False)
    return Result(
        SCENARIO, Dataset("mnist", Path("."), "0123456789abcdef" * 4, "", ""), Path("no-such-run"), "shared",
        ENVIRONMENTS, {name: {(variant, seed): trace(name, variant, seed) for variant in LOSSES[name] for seed in SEEDS}
                       for name in names}, answers, OLD_RULES, verdicts,
        tuple(ClaimResult(claim, name, words, ("scaled",) * (words != "does not cure it")) for name, words in (
            ("keras", "cures it but is not its cause"), ("lightning", "does not cure it"))), causes,
        {"rate_0_01": FirstDivergence("rate_0_01", ("keras", "lightning"), stages(), 3),
         "rate_0_03": FirstDivergence("rate_0_03", ("keras", "lightning"), stages()[:3], 3)},
        (explanation,), (difference(first, rules), equal), (), (unexplained,), (),
        (Coverage("rate_0_01", "keras", 4, 4, 1e-5, "", 3, 128, 10_000),
         Coverage("rate_0_01", "lightning", 3, 4, 1e-5, "rounding moves them by more than 1 %", 3, 128, 10_000)),
        Cost(12.4, 20.1, 31.7, 14.2, 24, 3), "python -m compare scenario=loss_and_rate seeds=3",
        ("The keras-jax worker ended (signal 9). The end of its log, keras-jax.log, is: Killed",))
