"""The first two sentences of an answer: the verdict, and the facts behind it."""

from __future__ import annotations

from compare.analysis.attribution import Attribution, Verdict, title
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.reporting import difference_text
from compare.reporting.cause_text import listed
from compare.reporting.open_questions import known_of, reasons, unexplained_text
from compare.reporting.related_text import further
from frameworks import FRAMEWORKS
from frameworks.quirks.rule import PUBLISHED
from frameworks.runtime.trace import Outcome
from scenarios.scenario import Behaviour

TRAINED = (Outcome.FINISHED, Outcome.STOPPED, Outcome.NAN)
SOMETHING_ELSE = "The cause is something that this scenario does not contain: your data, your versions, or code " \
                 "around the model."


def of_numbers(result: Result) -> str:
    """Returns the verdict if the answer is the largest difference between the frameworks' numbers."""
    difference = difference_text.largest(result)
    assert difference is not None
    return f"{listed(map(title, difference.sides))} differ in the {difference.quantity.title}."


def of_no_difference(result: Result) -> str:
    """Returns the verdict of a run without behaviours if no number differs."""
    decided = {difference.differs is not None for difference in result.differences}
    refusing = _refusals(result)
    if refusing and decided != {True}:
        return f"{listed(map(title, refusing))} refuse{'s' * (len(refusing) == 1)} a training."
    if True not in decided:
        return "No number could be compared."
    sentence = "No difference was found in the losses and accuracies" if decided == {True} else \
        "No difference was found in the numbers that could be compared"
    return f"{sentence}, but a step is unexplained." if result.unexplained else f"{sentence}."


def no_difference(result: Result) -> str:
    """Returns the detail if no number differs: what is the same between which frameworks, and what is not decided."""
    if not result.differences:
        return "Nothing was compared: no two frameworks have numbers of the same variant."
    same: dict[tuple[str, ...], list[str]] = {}
    undecided: dict[str, list[str]] = {}
    for difference in result.differences:
        number = f"{difference.quantity.title} of {difference.variant}{difference.after}"
        if difference.differs is None:
            undecided.setdefault(difference.reason, []).append(number)
        else:
            same.setdefault(difference.sides, []).append(f"{number} ({difference_text.same(difference)})")
    parts = list(_refusals(result).values())
    parts += [f"{listed(map(title, sides))} have the same {listed(numbers)}" for sides, numbers in same.items()]
    parts += [f"the {listed(dict.fromkeys(numbers))} {'is' if len(set(numbers)) == 1 else 'are'} not decided: {reason}"
              for reason, numbers in undecided.items()]
    return "; ".join(parts) + "."


def _refusals(result: Result) -> dict[str, str]:
    """For each framework that refuses a reported variant: the variant, the error, and the frameworks that train it."""
    refusals: dict[str, str] = {}
    for variant in (variant.name for variant in result.scenario.variants if variant.role == "reported"):
        outcomes = {name: traces[variant, 0].outcome for name, traces in result.traces.items()
                    if (variant, 0) in traces}
        trained = [title(name) for name, outcome in outcomes.items() if outcome["kind"] in TRAINED]
        for name, outcome in outcomes.items():
            if outcome["kind"] == Outcome.REFUSED and trained:
                refusals.setdefault(name, f"{title(name)} refuses {variant} (“{outcome['message']}”), which "
                                    f"{listed(trained)} train{'s' * (len(trained) == 1)}")
    return refusals


def line(result: Result, verdict: Verdict) -> str:
    """Returns the verdict: what the behaviour belongs to, in at most fifteen words."""
    own_setting = any(suspect.own_setting for suspect in verdict.suspects) or bool(further(result, verdict, "cure"))
    model = ", and partly your own model" if own_setting else ", not your model" if verdict.cleared else ""
    if verdict.departing:
        return f"{verdict.departing} from the {PUBLISHED}" + (
            ", and your own model has a part in it." if own_setting else ".")
    lines: dict[str, str] = {
        Attribution.YOUR_MODEL: "This is your own model.",
        Attribution.DEFAULTS_DIFFER: "Neither side is wrong: their defaults differ." if verdict.cleared else
                    "Their defaults differ, and something else is unexplained.",
        Attribution.UNIVERSAL: f"This is {_cleared_frameworks(verdict)}: the reason is in the model.",
        Attribution.NOT_IN_THESE_VERSIONS: "This is how other versions of Keras count the accuracy.",
        Attribution.NOT_SHOWN: "We could not reproduce it.",
        Attribution.NOT_REPRODUCED: "We could not reproduce it.",
        Attribution.UNEXPLAINED: "The frameworks differ, and we do not know why." if verdict.without else
                    "All frameworks show it, but something else in them is unexplained.",
        Attribution.CHANCE: "This can be chance: each framework drew its own initial weights.",
        Attribution.NOTHING_TO_COMPARE: "This run cannot tell which framework is responsible.",
        Attribution.CANNOT_BE_ASKED: "This run answers the question only in part." if verdict.without else
                    "This run cannot answer the question.",
    }
    return lines.get(verdict.belongs_to, f"This is {verdict.belongs_to}{model}.")


def detail(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    """Returns which frameworks show the behaviour, which do not, and which initialization they trained from.

    A framework without a number, as one that refuses the training, is named beside those that do not show it.
    """
    with_behaviour, without = listed(map(title, verdict.with_behaviour)), _without(result, behaviour, verdict)
    same = "from the same initial weights and on the same batches" if result.init == "shared" else \
        "each from its own initial weights"
    what = behaviour.title
    details: dict[str, str] = {
        Attribution.UNIVERSAL: f"{what} with {with_behaviour} alike, {same}",
        Attribution.NOT_IN_THESE_VERSIONS: f"{what} by the accuracy rule of {known_of(verdict)}, but not {without}",
        Attribution.NOT_SHOWN: f"{what}: we did not see this {without}. {SOMETHING_ELSE}",
        Attribution.NOT_REPRODUCED: f"{what}: we saw this with {with_behaviour}, but not {without}, which the "
                                    f"question is about. {SOMETHING_ELSE}",
        Attribution.UNEXPLAINED: f"{what} with {with_behaviour}{f', but not {without}' if verdict.without else ''}"
                                 f", {same}{_at_stage(result, verdict)}",
        Attribution.CHANCE: f"{what} with {with_behaviour}, but not {without}; `init=shared` gives all the same "
                            "initial weights and batches, and `seeds=5` shows how much the numbers vary",
        Attribution.NOTHING_TO_COMPARE: f"{what} with {with_behaviour}; " +
                    (f"of the others there is no answer ({reasons(result, behaviour)})" if verdict.unanswered else
                     "no other framework was run"),
        Attribution.CANNOT_BE_ASKED: f"whether {what}: " + (
                    f"we did not see this {without}; from {listed(map(title, verdict.unanswered))} there is no answer "
                    if verdict.without else "no answer ") + f"({reasons(result, behaviour)})",
    }
    return details.get(verdict.belongs_to, f"{what} with {with_behaviour}, but not {without}, {same}")


def _without(result: Result, behaviour: Behaviour, verdict: Verdict) -> str:
    """The frameworks that do not show a behaviour, as in `with A or B (refused)`."""
    answers = result.answers[behaviour.name]
    names = [title(name) if answers[name].holds is False else f"{title(name)} ({answers[name].note})"
             for name in verdict.without]
    return f"with {listed(names, 'or')}"


def _cleared_frameworks(verdict: Verdict) -> str:
    """The frameworks that do not cause a behaviour that the NumPy reference shows too; only those that were run."""
    kinds = {FRAMEWORKS[name].realization for name in verdict.with_behaviour}
    both = {"keras", "lightning"} <= kinds
    return "neither Keras nor PyTorch" if both else "not Keras" if "keras" in kinds else "not PyTorch"


def _at_stage(result: Result, verdict: Verdict) -> str:
    """The first unexplained difference of these frameworks, as in `; unexplained from the loss on: …`."""
    differing = [difference for difference in result.unexplained_differences
                 if difference.framework in verdict.with_behaviour + verdict.without]
    return "".join(f"; unexplained from the {NAMES[first.stage.name]} on: {unexplained_text(first)}"
                   for first in differing[:1])
