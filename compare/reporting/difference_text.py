"""The text of the numbers in which two frameworks differ: the numbers, whether they are the same, and why not."""

from __future__ import annotations

from math import isfinite, isnan, nan

from compare.analysis.attribution import title
from compare.analysis.causes.questions import Suspect
from compare.analysis.quantities import Difference
from compare.analysis.result import Result
from compare.reporting.cause_text import listed
from compare.reporting.field_text import suspect_title
from frameworks.quirks.resolution import explanation_of
from frameworks.quirks.rule import DefaultRule
from scenarios.spec import Spec

MANY = 3
"""The largest number of further fields that are named."""


def number(difference: Difference, framework: str) -> str:
    """Returns a framework's number, formatted; a dash if it has none.

    Two numbers that differ get as many digits as show it.
    """
    value = difference.numbers.get(framework)
    if value is None or isnan(value):
        return "–" if value is None else "nan"
    left, right = (difference.numbers.get(side, nan) for side in difference.sides)
    return (_unit(difference, left, right) if difference.differs else difference.quantity.unit).format(value)


def _unit(difference: Difference, left: float, right: float) -> str:
    """The format of the quantity, with as many digits as tell two numbers apart."""
    unit = difference.quantity.unit
    formats = unit, *(f"{{:.{digits}g}}" for digits in range(5, 18))
    return next((each for each in formats if each.format(left) != each.format(right)), unit)


def same(difference: Difference) -> str:
    """Returns how far two numbers that do not differ are known to be the same."""
    if difference.quantity.counted:
        return "exactly"
    return "both are nan" if all(isnan(difference.numbers[side]) for side in difference.sides) else \
        f"to within {difference.rounding:.1g}"


def because(difference: Difference) -> str:
    """Returns the fields that make two numbers differ, or that they do not differ or why this is not decided."""
    if difference.differs is None:
        return f"not decided: {difference.reason}"
    if not difference.differs:
        return f"the same ({same(difference)})"
    if not difference.explained:
        return "unexplained"
    by_origin: dict[str, list[str]] = {}
    for field in difference.fields:
        origins = dict.fromkeys(rule.origin for rule in _departing(difference, field))
        fields = by_origin.setdefault(listed(origins) if origins else "their defaults differ", [])
        fields += [suspect_title(field)] * (suspect_title(field) not in fields)
    return " and ".join(f"{listed(fields)} ({origin})" for origin, fields in by_origin.items()) + _against(difference)


def _against(difference: Difference) -> str:
    """The further fields, which act against the cause or in the same direction."""
    shown, hidden = (difference.numbers.get(side, nan) for side in (difference.shown_by, _other(difference)))
    opposed = (difference.remaining - hidden) * (shown - hidden) < 0
    return f", {'opposed by' if opposed else 'and in part'} {listed(_others(difference))}" if difference.also else ""


def _others(difference: Difference) -> list[str]:
    """The further fields as text; of many, only how many they are, since not each of them has to have an effect."""
    names = list(dict.fromkeys(f"the {suspect_title(suspect)}" for suspect in difference.also))
    return names if len(names) <= MANY else [f"{len(names)} other settings"]


def _other(difference: Difference) -> str:
    """The side without the number of `shown_by`."""
    return next((side for side in difference.sides if side != difference.shown_by), "")


def _departing(difference: Difference, field: Suspect) -> list[DefaultRule]:
    """The rules of a field that depart from the reference; if none does, those of other fields of the same class."""
    classes = {rule.field.partition(".")[0] for rule in field.sources if rule}
    return [rule for rule in difference.departing if rule in field.sources] or \
        [rule for rule in difference.departing if rule.field.partition(".")[0] in classes]


def _remaining(difference: Difference) -> str:
    """That the number would still differ without the cause, and which fields differ too."""
    if not isfinite(difference.remaining):
        return ""
    others, hidden = _others(difference), difference.numbers[_other(difference)]
    return f"; without {'these' if difference.fields[1:] else 'this'}, {title(difference.shown_by)} would have " \
           f"{_unit(difference, difference.remaining, hidden).format(difference.remaining)}, since {listed(others)} " \
           f"differ{'s' * (len(difference.also) == 1)} too"


def largest(result: Result) -> Difference | None:
    """Returns the largest difference of the reported variants, losses before accuracies; None if none differs."""
    differing = [difference for difference in result.differences if difference.differs]
    return max(differing, key=lambda difference: ("loss" in difference.quantity.name, difference.size), default=None)


def sentence(result: Result, difference: Difference) -> str:
    """Returns a difference as a sentence with its numbers and its reason."""
    spec = result.scenario.variant(difference.variant).spec
    numbers = listed(f"{number(difference, side)} with {title(side)}" for side in difference.sides)
    known = [name for name in difference.numbers if name == "reference" and name not in difference.sides]
    reference = f" (the NumPy reference has {number(difference, known[0])})" if known else ""
    same = "from the same initialization and the same batches" if result.init == "shared" else \
        "each from its own initialization"
    return f"The {difference.quantity.title} of {difference.variant}{difference.after} is " \
           f"{numbers}{reference}, {same}: {reason(difference, spec)}{_besides(result, difference)}."


def _besides(result: Result, difference: Difference) -> str:
    """That something else is unexplained in this variant, where a difference has a reason."""
    if not difference.explained:
        return ""
    names = [title(side) for side in difference.sides if any(
        (other.variant, other.framework) == (difference.variant, side) for other in result.unexplained_differences)]
    pairs = any((difference.variant, side) in result.unexplained_in for side in difference.sides)
    return f"; besides, something in {listed(names)} is unexplained" if names else \
        "; besides, another difference between the two is unexplained" if pairs else ""


def reason(difference: Difference, spec: Spec) -> str:
    """Returns why two numbers differ, from the explanations of the default rules."""
    if not difference.explained:
        return "no known difference between the two explains it"
    explanations = [explanation_of(rule, spec) for rule in difference.departing if rule.explanation]
    for field in difference.fields:
        if not _departing(difference, field):
            explanations += [explanation_of(rule, spec) for rule in field.sources if rule and rule.explanation][:1] or \
                [f"their defaults differ in the {suspect_title(field)}"]
    return "; ".join(dict.fromkeys(explanations)) + _remaining(difference)
