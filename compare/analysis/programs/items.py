"""The differences of two programs, each with its cause if one is confirmed."""

from __future__ import annotations

from dataclasses import dataclass, field

from compare.analysis.programs.comparison import Comparison, Stage
from compare.analysis.programs.description import Operation, Place, Run
from compare.analysis.programs.runs import Change
from compare.analysis.programs.suspects.suspect import Suspect


@dataclass(frozen=True)
class Item:
    """One difference of the two programs, and its cause if one is confirmed."""

    stage: Stage
    size: float
    """The largest relative difference in float64."""
    where: tuple[str, ...]
    """The left parameters, outputs or steps that differ."""
    left: Operation | None
    right: Operation | None
    causes: tuple[Suspect, ...] = ()
    """Empty if the difference is unexplained. Together they make the stage match, and none of them can be left out."""
    after: float | None = None
    """The difference of the same stage after the changes; None if a later part of the stage still differs."""
    replaced: bool = False
    """Whether the right output was replaced by the left one to compare the rest."""
    tried: tuple[str, ...] = ()
    """Suspects with changes that did not make the stage match."""

    @property
    def by_design(self) -> bool:
        """Whether the frameworks differ here whatever the user writes."""
        return bool(self.causes) and all(cause.by_design for cause in self.causes)

    @property
    def place(self) -> Place:
        """The line to change, or where the difference was seen."""
        if self.causes:
            return self.causes[0].place
        return next((operation.place for operation in (self.right, self.left) if operation and operation.place.file),
                    Place())


@dataclass
class Peeled:
    """All differences in order, and the last comparison, with every confirmed change applied."""

    left: Run
    right: Run
    """Both programs with the changes that are applied."""
    ported: tuple[Run, Run]
    """Both programs unchanged."""
    items: list[Item] = field(default_factory=list)
    compared: list[Comparison] = field(default_factory=list)
    changes: dict[str, tuple[Change, ...]] = field(default_factory=lambda: {"left": (), "right": ()})
    noise: dict[Stage, float] = field(default_factory=dict)
    """By stage, the effect of nudged weights; measured if a difference was very small."""
    kept: tuple[str, ...] = ()
    """Left parameters that both programs keep constant, because their gradient is nothing but rounding."""

    @property
    def unfinished(self) -> list[str]:
        """The sides that were not trained to the end with the changes, but as far as the last difference needed; none
        once an output is replaced, since only the first batch is then the same."""
        if any(item.replaced for item in self.items):
            return []
        return [side for side, run in (("left", self.left), ("right", self.right))
                if run.until is not None or run.changes != self.changes[side]]

    @property
    def remarks(self) -> tuple[str, ...]:
        """What was done so that the programs can be compared."""
        return (f"The gradient of {', '.join(self.kept)} is nothing but rounding, and the optimizer moves it as far as "
                "any other parameter; in the comparison both programs keep it as it is.",) if self.kept else ()

    @property
    def complete(self) -> bool:
        """Whether everything agrees in the end, with the changes applied."""
        return bool(self.compared) and not self.compared[-1].differs and \
            not any(item.replaced or not item.causes for item in self.items)
