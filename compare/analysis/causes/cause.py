"""A cause of a behaviour: sufficient and necessary sets of fields, and how the real frameworks confirmed them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Mapping

from compare.analysis.behaviours import Answer
from compare.analysis.causes.minimal_sets import Chosen
from compare.analysis.causes.questions import Question, is_without

SEARCH_FRAMEWORK, REFERENCE_NAME = "reference-float32", "reference"

Kind = Literal["sufficient", "necessary", "negative_control"]


@dataclass(frozen=True)
class Confirmation:
    """One intervention on a real framework, or a negative control: the same operation where it must change nothing."""

    framework: str
    kind: Kind
    changed: Chosen
    """The suspects that were changed; none in a negative control, which only resolves the unset fields."""
    expected: bool
    """Whether the behaviour is expected."""
    answer: Answer
    reason: str = ""
    """Why it is not applicable, or an empty string."""

    @property
    def holds(self) -> bool | None:
        """Whether the framework confirmed the search; None where that could not be evaluated."""
        if self.reason:
            return None
        shown = False if is_without(self.answer) else self.answer.holds
        return None if shown is None else shown is self.expected


@dataclass(frozen=True)
class Cause:
    """The result of a search for the causes of a behaviour."""

    question: Question
    searched_on: str = ""
    """The framework that was searched, on which both ends were as expected; an empty string where there is none."""
    sufficient: tuple[Chosen, ...] = ()
    """Minimal sets of suspects: their values add the behaviour to the side without it."""
    necessary: tuple[Chosen, ...] = ()
    """Minimal sets of suspects: changing them removes the behaviour from the side with it."""
    answers: Mapping[Chosen, Answer] = field(default_factory=dict)
    """By the suspects that have the value of the side with the behaviour."""
    untestable: tuple[str, ...] = ()
    """The suspects with no visible effect on anything that was recorded when they are changed."""
    shares: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    """Each suspect's share of the difference between both ends, for every seed; empty where there is no difference or
    the training is chaotic."""
    chaotic: bool = False
    """Whether rounding alone moves the losses too far to compute shares."""
    confirmed: tuple[Confirmation, ...] = ()

    @property
    def known(self) -> bool:
        """Whether there are both sufficient and necessary sets."""
        return bool(self.sufficient and self.necessary)

    @property
    def paths(self) -> tuple[str, ...]:
        """The fields of all sets, earliest stage first."""
        chosen = frozenset().union(*self.sufficient, *self.necessary)
        return tuple(path for path in self.question.active if path in chosen)

    @property
    def shown(self) -> bool | None:
        """Whether all confirmations hold that could be evaluated, negative controls included; None if none could."""
        known = [confirmation.holds for confirmation in self.confirmed if confirmation.holds is not None]
        return all(known) if known else None
