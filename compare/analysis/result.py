"""The result of a run of one scenario, from which every output is rendered."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Mapping

from compare.analysis.attribution import Attribution, Verdict
from compare.analysis.behaviours import Answer, ClaimResult, Traces
from compare.analysis.causes.cause import Cause
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.quantities import Difference
from compare.analysis.replay import Coverage
from compare.analysis.unexplained import LossOffset, UnexplainedDifference
from compare.execution.data import Dataset
from frameworks.environment import Environments
from scenarios.scenario import Behaviour, Scenario


@dataclass(frozen=True)
class Cost:
    """What a run cost, in seconds of wall-clock time since it began."""

    imports: float
    """Until every framework was imported."""
    reported: float
    """Until the variants that the question reports were trained."""
    trained: float
    """Until all variants were trained."""
    causes: float = 0.0
    """The duration of the comparison of steps and of the cause analysis after that."""
    trainings: int = 0
    """The number of trainings of the cause analysis."""
    questions: int = 0
    """The number of questions of the cause analysis."""
    reused: int = 0
    """How many trainings and replays were taken from the store, instead of being run."""


@dataclass(frozen=True)
class Result:
    """A scenario's traces and everything that was computed from them."""

    scenario: Scenario
    dataset: Dataset
    folder: Path
    init: str
    environments: Environments
    """By framework name, as reported by the workers."""
    traces: Mapping[str, Traces]
    """By framework name, then variant and seed."""
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    """By behaviour name, then framework name."""
    old_rules: Mapping[str, Mapping[str, Mapping[str, Answer]]] = field(default_factory=dict)
    """By behaviour name, rule and framework name: the same behaviour with the accuracy of an old rule."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By behaviour name."""
    claims: tuple[ClaimResult, ...] = ()
    causes: tuple[Cause, ...] = ()
    divergences: Mapping[str, FirstDivergence] = field(default_factory=dict)
    """By reported variant: the first divergence of two frameworks."""
    explanations: tuple[Explanation, ...] = ()
    """The fields that explain the first divergences."""
    differences: tuple[Difference, ...] = ()
    """Comparisons of losses and accuracies of the reported variants, for every pair of frameworks."""
    loss_offsets: tuple[LossOffset, ...] = ()
    """The frameworks' loss offsets from the NumPy reference in the same steps, with the rounding tolerance."""
    unexplained_differences: tuple[UnexplainedDifference, ...] = ()
    """Differences that neither the default rules nor rounding explain."""
    not_known: tuple[UnexplainedDifference, ...] = ()
    """Differences in a version between two versions for which the rules were checked, where the rule of one of the two
    explains the difference."""
    coverage: tuple[Coverage, ...] = ()
    """How much of each framework's training and evaluation of a reported variant was compared with the reference."""
    cost: Cost | None = None
    command: str = ""
    """The command line or call that asked for the run; empty where there is none."""
    worker_errors: tuple[str, ...] = ()
    """Messages from crashed workers."""
    measure_errors: tuple[str, ...] = ()
    """Messages from failed measures of the scenario."""

    def behaviour(self, name: str) -> Behaviour:
        """Returns the behaviour of this name. Raises KeyError if there is none."""
        return {behaviour.name: behaviour for behaviour in self.scenario.behaviours}[name]

    @property
    def unexplained(self) -> bool:
        """Whether there is a difference that neither the default rules nor rounding explain, or a behaviour without a
        cause."""
        return bool(self.unexplained_in) or any(verdict.belongs_to == Attribution.UNEXPLAINED or verdict.unexplained
                                                for verdict in self.verdicts.values())

    @property
    def unexplained_in(self) -> frozenset[tuple[str, str]]:
        """(variant, framework) of every unexplained difference.

        The output must not claim that one of these equals another framework, nor clear it.
        """
        pairs = [(explanation.variant, explanation.sides) for explanation in self.explanations
                 if not explanation.explained]
        pairs += [(difference.variant, difference.sides) for difference in self.differences
                  if difference.differs and not difference.explained]
        return frozenset([*((difference.variant, difference.framework) for difference in self.unexplained_differences),
                          *((variant, side) for variant, sides in pairs for side in sides)])

    @property
    def mnist(self) -> bool:
        """Whether this is the complete MNIST, so that the numbers that the question reports can be compared."""
        return self.dataset.full
