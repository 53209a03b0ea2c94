"""What a run of one scenario found; every output is made from this one object."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

from compare.analysis.attribution import Attribution, Verdict
from compare.analysis.behaviours import Answer, Judged, Traces
from compare.analysis.causes.search import Cause
from compare.analysis.differences import Difference
from compare.analysis.explanation import Explanation
from compare.analysis.first_divergence import FirstDivergence, LossOffset, UnexplainedDifference
from compare.analysis.replay import Coverage
from compare.execution.data import Dataset
from scenarios.scenario import Behaviour, Scenario


@dataclass(frozen=True)
class Cost:
    """What a run took, in seconds of the clock since its start."""

    imports: float
    """Until every framework was imported."""
    reported: float
    """Until the variants that the question reports were trained."""
    trained: float
    """Until all variants were trained."""
    causes: float = 0.0
    """How long the comparison of steps and the search of causes took after that."""
    trainings: int = 0
    questions: int = 0
    """Of the search."""


@dataclass(frozen=True)
class Result:
    """A scenario's traces and all that was computed from them."""

    scenario: Scenario
    dataset: Dataset
    folder: Path
    init: str
    environments: Mapping[str, Mapping[str, Any]]
    """By framework name, as the workers read them back."""
    traces: Mapping[str, Traces]
    """By framework name, then variant and seed."""
    answers: Mapping[str, Mapping[str, Answer]] = field(default_factory=dict)
    """By behaviour name, then framework name."""
    old_rules: Mapping[str, Mapping[str, Mapping[str, Answer]]] = field(default_factory=dict)
    """By behaviour name, rule and framework name: the same behaviour with accuracy counted by an old rule."""
    verdicts: Mapping[str, Verdict] = field(default_factory=dict)
    """By behaviour name."""
    claims: tuple[Judged, ...] = ()
    causes: tuple[Cause, ...] = ()
    divergences: Mapping[str, FirstDivergence] = field(default_factory=dict)
    """By asked variant: where two frameworks first part."""
    explanations: tuple[Explanation, ...] = ()
    """The fields that explain where two frameworks first differ."""
    differences: tuple[Difference, ...] = ()
    """The losses and accuracies of the reported variants, pair by pair."""
    loss_offsets: tuple[LossOffset, ...] = ()
    """How far frameworks are from the NumPy reference in the same steps, with what rounding explains."""
    unexplained_differences: tuple[UnexplainedDifference, ...] = ()
    """What frameworks did that neither the table nor rounding explains."""
    not_known: tuple[UnexplainedDifference, ...] = ()
    """What frameworks did in versions between two in which the rules were checked, as one of these two does."""
    coverage: tuple[Coverage, ...] = ()
    """How much of each framework's training and evaluation of a reported variant was compared with the reference."""
    cost: Cost | None = None
    worker_errors: tuple[str, ...] = ()
    """What is told of workers that died."""
    measure_errors: tuple[str, ...] = ()
    """What is told of measures of the scenario that failed."""

    def behaviour(self, name: str) -> Behaviour:
        """The behaviour of this name."""
        return {behaviour.name: behaviour for behaviour in self.scenario.behaviours}[name]

    @property
    def unexplained(self) -> bool:
        """Whether anything differs that neither the table nor rounding explains, or a behaviour has no cause."""
        return bool(self.unexplained_in) or any(verdict.belongs_to == Attribution.UNEXPLAINED or verdict.unexplained
                                                for verdict in self.verdicts.values())

    @property
    def unexplained_in(self) -> frozenset[tuple[str, str]]:
        """(variant, framework) of everything that was compared and differs without an explanation.

        Nothing that is printed calls one of these the same as another, or clears it.
        """
        pairs = [(one.variant, one.sides) for one in self.explanations if not one.explained]
        pairs += [(one.variant, one.sides) for one in self.differences if one.differs and not one.explained]
        return frozenset([*((one.variant, one.framework) for one in self.unexplained_differences),
                          *((variant, side) for variant, sides in pairs for side in sides)])

    @property
    def mnist(self) -> bool:
        """Whether this is the whole of MNIST, so that reported numbers can be compared."""
        return self.dataset.full
