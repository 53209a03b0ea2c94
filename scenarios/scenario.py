"""What a scenario file holds: a question, its variants, its behaviours, the given answer as a claim, asked numbers."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field, replace
from typing import Callable, Literal, Mapping, Protocol, Sequence, get_args

from scenarios.spec import Rule, Spec
from scenarios.spec.checks import SpecError, nearest


class Curves(Protocol):
    """What a behaviour may look at: the arrays of one trace, by the names of `frameworks.runtime.trace`."""

    def __getitem__(self, name: str) -> Sequence[float]: ...

    def __contains__(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Variant:
    """One named spec of a scenario."""

    name: str
    """An identifier, as in `lr_0_01`."""
    title: str
    """A free title."""
    spec: Spec
    role: Literal["reported", "answer", "control"] = "control"
    """Whether it was asked about, is the given answer's, or is there to tell causes apart."""
    reported: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    """The question's own numbers by the names of a trace, from epoch 1 on; None where none was shown."""


@dataclass(frozen=True)
class Behaviour:
    """Something that a training does or does not do, as a number and the interval in which it holds."""

    name: str
    title: str
    """What happens, in the asker's words; it stands after "whether" and after "because"."""
    variants: tuple[str, ...]
    """The variants that decide it, in the order in which `measure` gets them."""
    measure: Callable[..., float]
    """From the curves of these variants to a number; nan says that it cannot be asked."""
    low: float = -float("inf")
    high: float = float("inf")
    """It holds where low <= number <= high and the condition, if there is one, is met."""
    condition: Callable[..., bool] | None = None
    """From the same curves: something without which the behaviour does not hold, whatever the number."""
    condition_title: str = ""
    """The condition in words, as in `the accuracy is above chance`."""
    margin: float = 0.0
    """Within this distance of a bound the number decides nothing."""
    epochs: int | None = None
    """The shortest prefix of a training that decides it; the whole training of each variant where it is left out, so
    that a run that is shortened does not decide it."""
    reported: float | None = None
    """The number that the question's own output gives; it stands beside ours on full MNIST only."""
    quantity: str = ""
    """What the number is, as in `mean loss of the first epoch`; needed beside an asked number."""
    unit: str = "{:.3g}"
    """How the number is written."""
    old_rules: tuple[str, ...] = ()
    """Accuracy rules of other versions, under which the same measure is asked of today's weights, to show what an old
    Keras reported: the frozen weights' `accuracy_by_rule/…` in the place of the reported accuracy."""
    role: Literal["", "reason", "cure", "warning"] = ""
    """What its title tells where it holds: a `reason` of the first behaviour; a `cure` of it by a change of one's own
    model, so that the model has a part in it; or a `warning` of what is no cure. Others stand in the table only."""
    nan_title: str = "has no value"
    """What it means that `measure` gives nan."""
    contrast_variants: tuple[str, ...] = ()
    """Variants without the behaviour: which of the fields that tell each from the nearest of `variants` make it, is
    searched; where frameworks differ too, together with theirs."""
    any_outcome: bool = False
    """Whether it is also asked of a training that was refused or had no value before `epochs` were trained."""

    def __post_init__(self) -> None:
        named = f"The behaviour {self.name}"
        if not self.variants:
            raise SpecError(f"{named} names no variant; name at least one that decides it.")
        if (self.reported is not None or self.old_rules) and not self.quantity:
            raise SpecError(f"{named} needs a quantity, which says in words what its number is.")
        if self.condition is not None and not self.condition_title:
            raise SpecError(f"{named} needs a condition_title, which says its condition in words.")
        unknown = set(self.old_rules) - set(get_args(Rule))
        if unknown:
            raise SpecError(f"{named} names the old rule {min(unknown)!r}; {nearest(min(unknown), get_args(Rule))}.")


@dataclass(frozen=True)
class Claim:
    """A given answer: changing the asked variant into another one cures the behaviour."""

    text: str
    variant: str
    """The variant that the answer proposes."""
    reported_variant: str
    """The asked variant that it changes."""
    cures: Behaviour
    """The behaviour of one variant that the answer is about, measured on both."""
    others: tuple[str, ...] = ()
    """Variants that leave out what the answer calls the cause and change something else instead: where one of these
    is cured too, the answer cures but does not name the cause."""


@dataclass(frozen=True)
class Scenario:
    """A question about a Keras model, with all that is needed to answer it."""

    name: str
    title: str
    question: str
    variants: tuple[Variant, ...]
    behaviours: tuple[Behaviour, ...] = ()
    """The first one is what the question is about; without any, a run asks whether losses and accuracies differ."""
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        for kind, names in (("scenario", [self.name]), ("variant", [variant.name for variant in self.variants]),
                            ("behaviour", [behaviour.name for behaviour in self.behaviours])):
            if not names and kind != "behaviour":
                raise SpecError(f"The scenario {self.name} has no {kind}; give it at least one.")
            for name in names:
                if not name.isidentifier() or keyword.iskeyword(name) or names.count(name) > 1:
                    raise SpecError(f"The {kind} name {name!r} of {self.name} is no identifier of its own.")
        for behaviour in self.behaviours:
            self._refuse_unknown(behaviour.name, behaviour.variants + behaviour.contrast_variants)
            for name in behaviour.variants:
                epochs = self.variant(name).spec.training.epochs
                if (behaviour.epochs or 0) > epochs:
                    raise SpecError(f"{self.name}.{behaviour.name} needs {behaviour.epochs} epochs, "
                                    f"and {name} has {epochs}.")
        for claim in self.claims:
            self._refuse_unknown("a claim", (claim.variant, claim.reported_variant, *claim.others))
        whole = tuple(self._of_whole_trainings(behaviour) for behaviour in self.behaviours)
        object.__setattr__(self, "behaviours", whole)
        object.__setattr__(self, "claims", tuple(replace(claim, cures=self._of_whole_trainings(replace(
            claim.cures, variants=(claim.reported_variant,)))) for claim in self.claims))

    def variant(self, name: str) -> Variant:
        """The variant of this name. Raises KeyError."""
        return {variant.name: variant for variant in self.variants}[name]

    def _of_whole_trainings(self, behaviour: Behaviour) -> Behaviour:
        """The behaviour; where it names no epochs, and its variants have one length, with that."""
        lengths = {self.variant(name).spec.training.epochs for name in behaviour.variants}
        return replace(behaviour, epochs=lengths.pop()) if behaviour.epochs is None and len(lengths) == 1 else behaviour

    def _refuse_unknown(self, owner: str, names: Sequence[str]) -> None:
        unknown = set(names) - {variant.name for variant in self.variants}
        if unknown:
            raise SpecError(f"{self.name}: {owner} names {min(unknown)!r}, which is no variant of it.")
