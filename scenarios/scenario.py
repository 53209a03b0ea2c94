"""The classes of a scenario file: a question with its variants, behaviours and claims, and the reported numbers."""

from __future__ import annotations

import keyword
from dataclasses import dataclass, field, fields, replace
from numbers import Real
from typing import Any, Callable, Literal, Mapping, Protocol, Sequence, get_args

from scenarios.spec import Rule, Spec
from scenarios.spec.checks import SpecError, nearest, refuse_unless

Role = Literal["reported", "answer", "control"]
Meaning = Literal["", "reason", "cure", "warning"]
LONGEST_NAME = 100
"""Bytes: traces and folders are named by scenarios and variants."""


class Curves(Protocol):
    """What a measure gets: the arrays of one trace by their names, which `frameworks.runtime.trace` describes."""

    def __getitem__(self, name: str) -> Sequence[float]: ...

    def __contains__(self, name: str) -> bool: ...


@dataclass(frozen=True)
class Variant:
    """One named spec of a scenario."""

    name: str
    """A Python identifier, as in `lr_0_01`, which no other variant of the scenario has."""
    title: str
    """A short description, as printed."""
    spec: Spec
    role: Role = "control"
    """The setting of the question, the setting of the given answer, or a control that helps to separate causes."""
    reported: Mapping[str, Sequence[float | None]] = field(default_factory=dict)
    """The numbers in the question by the names of a trace, from epoch 1 on; None for an epoch without a number."""

    def __post_init__(self) -> None:
        _refuse_other_kinds(self)
        for name, numbers in self.reported.items():
            above = [number for number in numbers if name.endswith("accuracy") and number is not None and number > 1]
            if above:
                raise SpecError(f"{self.name}.reported[{name!r}] has {above[0]:g}, and an accuracy is at most 1; write "
                                f"percent as a share ({above[0] / 100:g}).")


@dataclass(frozen=True)
class Behaviour:
    """A property of a training: it holds if a measured number lies in an interval."""

    name: str
    """A Python identifier, which no other behaviour of the scenario has."""
    title: str
    """What happens, in the user's words; it is printed after "whether" and after "because"."""
    variants: tuple[str, ...]
    """The variants that it is measured on, in the order of the arguments of `measure`."""
    measure: Callable[..., float]
    """A function from the `Curves` of these variants to a number; nan means that it cannot be measured."""
    low: float = -float("inf")
    high: float = float("inf")
    """It holds if low <= number <= high and the condition, if there is one, is met."""
    condition: Callable[..., bool] | None = None
    """A function of the same curves: if it returns False, the behaviour does not hold, whatever the number."""
    condition_title: str = ""
    """The condition as text, as in `the accuracy is above chance`."""
    margin: float = 0.0
    """A number within this distance of a bound is undecided."""
    epochs: int | None = None
    """The number of epochs after which it can be measured. If unset, the full training of each variant is needed, so a
    shortened run leaves it undecided."""
    reported: float | None = None
    """The number that the question reports; it is compared with ours on full MNIST only."""
    quantity: str = ""
    """What the number is, as in `mean loss of the first epoch`; required with `reported` and with `old_rules`."""
    unit: str = "{:.3g}"
    """The format of the number."""
    old_rules: tuple[str, ...] = ()
    """Accuracy rules of other versions. The measure is also evaluated with them, to show what an old Keras would have
    reported: the `accuracy_by_rule/…` of the evaluated weights replaces the reported accuracy."""
    role: Meaning = ""
    """What it means if the behaviour holds. `reason`: it explains the first behaviour. `cure`: a change of the user's
    model removes the first behaviour, so the model is part of the cause. `warning`: a change that does not help.
    Without a role, it is shown in the table only."""
    nan_title: str = "has no value"
    """The text that is printed if `measure` returns nan."""
    contrast_variants: tuple[str, ...] = ()
    """Variants without the behaviour. The fields in which each differs from the nearest of `variants` are suspects in
    the cause search, together with those in which the frameworks differ."""
    any_outcome: bool = False
    """Whether it is also measured on a training that the framework refused, or that ended before `epochs` without a
    finite loss."""

    def __post_init__(self) -> None:
        _refuse_other_kinds(self)
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
    """A given answer: a change of the reported variant cures the behaviour."""

    text: str
    """The answer in one sentence, as printed."""
    variant: str
    """The variant that the answer proposes."""
    reported_variant: str
    """The reported variant that it changes."""
    cures: Behaviour
    """The behaviour that the answer claims to cure; it is measured on both variants."""
    controls: tuple[str, ...] = ()
    """Variants that keep what the answer calls the cause, and change something else. If one of them is cured too, the
    answer cures the behaviour but does not name its cause."""

    def __post_init__(self) -> None:
        _refuse_other_kinds(self)


@dataclass(frozen=True)
class Scenario:
    """A question about a Keras model, with everything that is needed to answer it.

    Raises SpecError for a wrong name, a missing variant, or a behaviour that needs more epochs than a variant has.
    """

    name: str
    """A Python identifier; folders and traces have it in their names."""
    title: str
    """A short description, as printed."""
    question: str
    """The question in full, as printed."""
    variants: tuple[Variant, ...]
    behaviours: tuple[Behaviour, ...] = ()
    """The question is about the first one. Without any, a run compares the losses and accuracies of the frameworks."""
    claims: tuple[Claim, ...] = ()

    def __post_init__(self) -> None:
        _refuse_other_kinds(self)
        for kind, names in (("scenario", [self.name]), ("variant", [variant.name for variant in self.variants]),
                            ("behaviour", [behaviour.name for behaviour in self.behaviours])):
            if not names and kind != "behaviour":
                raise SpecError(f"The scenario {self.name} has no {kind}; give it at least one.")
            for name in names:
                if not name.isidentifier() or keyword.iskeyword(name) or names.count(name) > 1:
                    raise SpecError(f"The {kind} name {name!r} of {self.name} is no identifier of its own.")
                if len(name.encode()) > LONGEST_NAME:
                    raise SpecError(f"The {kind} name {name[:20]}… is too long; allowed: at most {LONGEST_NAME} bytes, "
                                    "since files are named so.")
        for behaviour in self.behaviours:
            self._refuse_unknown(behaviour.name, behaviour.variants + behaviour.contrast_variants)
            for name in behaviour.variants:
                epochs = self.variant(name).spec.training.epochs
                if (behaviour.epochs or 0) > epochs:
                    raise SpecError(f"{self.name}.{behaviour.name} needs {behaviour.epochs} epochs, "
                                    f"and {name} has {epochs}.")
        for claim in self.claims:
            self._refuse_unknown("a claim", (claim.variant, claim.reported_variant, *claim.controls))
        behaviours = tuple(self._with_epochs(behaviour) for behaviour in self.behaviours)
        object.__setattr__(self, "behaviours", behaviours)
        object.__setattr__(self, "claims", tuple(replace(claim, cures=self._with_epochs(replace(
            claim.cures, variants=(claim.reported_variant,)))) for claim in self.claims))

    def variant(self, name: str) -> Variant:
        """The variant with this name. Raises KeyError if there is none."""
        return {variant.name: variant for variant in self.variants}[name]

    def _with_epochs(self, behaviour: Behaviour) -> Behaviour:
        """The behaviour with its `epochs`; if unset, those of its variants, provided that all have the same."""
        lengths = {self.variant(name).spec.training.epochs for name in behaviour.variants}
        return replace(behaviour, epochs=lengths.pop()) if behaviour.epochs is None and len(lengths) == 1 else behaviour

    def _refuse_unknown(self, owner: str, names: Sequence[str]) -> None:
        """Raises SpecError if one of the names, which stand in `owner`, is no variant."""
        unknown = set(names) - {variant.name for variant in self.variants}
        if unknown:
            raise SpecError(f"{self.name}: {owner} names {min(unknown)!r}, which is no variant of it.")


def _is_format(value: Any) -> bool:
    try:
        return isinstance(value, str) and bool(value.format(1.5))
    except (ValueError, LookupError, AttributeError):
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool)


def _all(fits: Callable[[Any], bool]) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, tuple) and all(map(fits, value))


def _are_numbers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(name, str) and isinstance(numbers, Sequence) and all(number is None or _is_number(number)
                                                                        for number in numbers)
        for name, numbers in value.items())


KINDS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "str": (lambda value: isinstance(value, str), "a text"),
    "bool": (lambda value: isinstance(value, bool), "True or False"),
    "float": (_is_number, "a number"),
    "float | None": (lambda value: value is None or _is_number(value), "a number or None"),
    "int | None": (lambda value: value is None or type(value) is int and value > 0, "a whole number above 0 or None"),
    "tuple[str, ...]": (_all(lambda value: isinstance(value, str)), "a tuple of names"),
    "Mapping[str, Sequence[float | None]]": (_are_numbers, "a dict of lists of numbers, by the names of a trace"),
    "Role": (lambda value: value in get_args(Role), ", ".join(get_args(Role))),
    "Meaning": (lambda value: value in get_args(Meaning), ", ".join(map(repr, get_args(Meaning)))),
    "Callable[..., float]": (callable, "a function"),
    "Callable[..., bool] | None": (lambda value: value is None or callable(value), "a function or None"),
    "Spec": (lambda value: isinstance(value, Spec), "a Spec"),
    "Behaviour": (lambda value: isinstance(value, Behaviour), "a Behaviour"),
    "tuple[Variant, ...]": (_all(lambda value: isinstance(value, Variant)), "a tuple of Variants"),
    "tuple[Behaviour, ...]": (_all(lambda value: isinstance(value, Behaviour)), "a tuple of Behaviours"),
    "tuple[Claim, ...]": (_all(lambda value: isinstance(value, Claim)), "a tuple of Claims"),
}
"""Whether a value can be that of a field, and what can, by the field's annotation."""


def _refuse_other_kinds(owner: Variant | Behaviour | Claim | Scenario) -> None:
    """Raises SpecError if a field has a value of another kind than its annotation says."""
    for each in fields(owner):
        fits, allowed = ((_is_format, "a format of one number, as in '{:.3g}'") if each.name == "unit"
                         else KINDS[str(each.type)])
        refuse_unless(fits(getattr(owner, each.name)), owner, each.name, allowed)
