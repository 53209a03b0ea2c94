"""Open questions of a run, one sentence each: unexplained differences, frameworks not run, limits of the evidence."""

from __future__ import annotations

from typing import Sequence

from compare.analysis.attribution import Attribution, Verdict, neighbours, title
from compare.analysis.behaviours import in_unit
from compare.analysis.replay import LOSS
from compare.analysis.result import Result
from compare.analysis.stages import NAMES, pair_text
from compare.analysis.statistics import prediction_interval
from compare.analysis.unexplained import UnexplainedDifference
from compare.reporting.cause_text import limits, listed
from frameworks.parts.metrics import METRICS
from frameworks.quirks.concurrent import explanation
from frameworks.quirks.resolution import newer, versions_text
from frameworks.runtime.accuracy import TITLES
from scenarios.scenario import Behaviour

MOST = 2
"""Number of unexplained differences that the answer names; the report lists all of them."""
MANY = 3
"""The largest number of unanswered behaviours with the same reason that are named."""
TENSOR_TITLES = {LOSS: "loss", "loss_after": "loss after the step", "train/loss": "training loss",
                 "train/accuracy": "training accuracy", "test/loss": "test loss", "test/accuracy": "test accuracy",
                 "evaluated/test/loss": "test loss", "evaluated/logits": "logits in evaluation",
                 "evaluated/outputs": "outputs in evaluation", "evaluated/loss": "loss in evaluation",
                 "evaluated/accuracy": "accuracy in evaluation",
                 **{f"{prefix}{name}": text.format(name.replace("_", " ")) for name in METRICS.values()
                    for prefix, text in (("", "{}"), ("evaluated/", "{} in evaluation"), ("test/", "test {}"),
                                         ("evaluated/test/", "test {}"))}}
"""Titles of tensors that the name of their stage does not describe precisely enough."""


def open_questions(result: Result) -> list[str]:
    """Returns the open questions of all behaviours of the scenario."""
    parts: list[str] = []
    unanswered: dict[str, list[str]] = {}  # by reason, the titles of behaviours beside the first
    for behaviour in result.scenario.behaviours:
        verdict, first = result.verdicts[behaviour.name], behaviour is result.scenario.behaviours[0]
        if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS and not first:
            shown = f"python -m compare when scenario={result.scenario.name} behaviour={behaviour.name}"
            parts.append(f"{behaviour.quantity}: the question's number comes from another version. "
                         f"{known_of(verdict)} counted differently{with_old_rule(result, behaviour)}. `{shown}` shows "
                         "when it changed")
        elif verdict.belongs_to == Attribution.CANNOT_BE_ASKED and not first:
            unanswered.setdefault(reasons(result, behaviour), []).append(behaviour.title)
        elif verdict.unanswered and first and verdict.belongs_to not in (Attribution.CANNOT_BE_ASKED,
                                                                         Attribution.NOTHING_TO_COMPARE):
            parts.append(f"no answer from {listed(map(title, verdict.unanswered))} ({reasons(result, behaviour)})")
        elif verdict.belongs_to == Attribution.UNEXPLAINED and not first:
            names = listed(map(title, verdict.with_behaviour))
            parts.append(f"not explained: why {behaviour.title} with {names} only" if verdict.without else
                         f"{behaviour.title} with {names}, in which something else is unexplained")
        elif verdict.unexplained and not first:
            pairs = listed(dict.fromkeys(title(cause.question.without) for cause in verdict.unexplained))
            parts.append(f"not explained: why {behaviour.title} with {listed(map(title, verdict.with_behaviour))} and "
                         f"not with {pairs}")
        parts += _outside(result, behaviour) + _at_bound(result, behaviour)
    verdict = result.verdicts[result.scenario.behaviours[0].name]
    parts += limits(verdict) + _contrasts(result) + _not_run(result, verdict)
    parts += unexplained(result)[:MOST] + [_between_versions(difference) for difference in result.not_known[:MOST]]
    if verdict.suspects and result.init == "native":
        parts.append("each framework had its own initial weights and order; with init=shared, all have the same")
    for reason, titles in unanswered.items():
        parts += _unanswered(reason, titles)
    return parts


def _contrasts(result: Result) -> list[str]:
    """The variants that should be without the first behaviour, and are so in no framework."""
    first = result.scenario.behaviours[0].name
    names = dict.fromkeys(cause.question.contrast for cause in result.causes if cause.question.behaviour.name == first
                          and cause.question.contrast and not cause.searched_on)
    return [f"the scenario names {name} as a training without this behaviour, which no framework confirms, so the "
            "model was not compared with it" for name in names]


def _unanswered(reason: str, titles: Sequence[str]) -> list[str]:
    """Returns a sentence for each behaviour without an answer, or one for all of them if they are many."""
    if len(titles) > MANY:
        return [f"not answered: {len(titles)} further questions of this scenario ({reason})"]
    return [f"not answered: whether {behaviour_title} ({reason})" for behaviour_title in titles]


def unexplained_text(difference: UnexplainedDifference) -> str:
    """Returns what a framework did and what the NumPy reference gives with this framework's known defaults."""
    stage, layer = difference.stage, difference.stage.layer
    compared = layer.compared if layer else stage
    values = pair_text(compared.values)
    name = NAMES[stage.name]
    tensor_title = stage.subject if layer else TENSOR_TITLES.get(stage.tensor) or \
        name + f" ({stage.tensor})" * (stage.tensor != name)
    when = "step" if difference.first else "first seen at step"
    entry = "an entry of " if compared.index else ""
    return (f"in {difference.variant}, {when} {stage.step + 1}, {entry}the {tensor_title} of "
            f"{title(difference.framework)} is {values[0]}; by its known defaults it would be {values[1]}, and "
            f"rounding explains only {compared.noise:.2g} of that difference")


def _between_versions(difference: UnexplainedDifference) -> str:
    """The accuracy rules of the versions before and after one in which no rule was checked."""
    rules = listed(dict.fromkeys(str(rule.value) for rule in difference.candidates), "or")
    name = title(difference.framework)
    return (f"in {difference.variant}, the accuracy rule of {name} is not known for this version: "
            f"it is {rules}, and one of them explains the difference")


def unexplained(result: Result) -> list[str]:
    """Returns the unexplained differences of single frameworks; if none, of two frameworks; if none, of numbers."""
    sentences = [f"unexplained: {unexplained_text(difference)}"
                 f"{_at_random(result, difference.variant, difference.stage.name, difference.framework)}"
                 f"{_newer(result, difference.framework)}" for difference in result.unexplained_differences]
    sentences = sentences or [
        f"unexplained: in {divergence.variant}, {listed(map(title, divergence.sides))} differ in the "
        f"{divergence.stage.title} of step {divergence.stage.step + 1}"
        f"{_at_random(result, divergence.variant, divergence.stage.name, *divergence.sides)}"
        f"{_newer(result, *divergence.sides)}" for divergence in result.explanations if not divergence.explained]
    return sentences or [
        f"not explained: why the {difference.quantity.title} of {difference.variant} differs between "
        f"{listed(map(title, difference.sides))}{_newer(result, *difference.sides)}"
        for difference in result.differences if difference.differs and not difference.explained]


def _at_random(result: Result, variant: str, stage: str, *sides: str) -> str:
    """What one of the sides does in no fixed order in its updates, in parentheses; empty if nothing is known."""
    spec = result.scenario.variant(variant).spec
    known = [text for side in sides if (text := explanation(spec, result.environments.get(side, {})))]
    return f" (known, and not examined in this run: {known[0]})" if known and stage == "update" else ""


def _newer(result: Result, *sides: str) -> str:
    """The packages that are newer than the versions in which the rules were checked, in parentheses; else empty."""
    packages = {package: versions for side in sides
                for package, versions in newer(result.environments.get(side, {})).items()}
    texts = [f"{package} {checked}, and this is {installed}" for package, (installed, checked) in packages.items()]
    return f" (the rules were checked with {listed(texts)})" if texts else ""


def _not_run(result: Result, verdict: Verdict) -> list[str]:
    """Frameworks that were not run: one that was run with equal defaults, or else the setting that runs them."""
    if all(suspect.own_setting for suspect in verdict.suspects):
        return []
    specs = [result.scenario.variant(name).spec for name in result.scenario.behaviours[0].variants]
    equal = neighbours(specs, result.environments, result.init)
    parts = [f"{title(name)} was not run; for this model, all its defaults are those of {title(neighbour)}"
             for name, neighbour in equal.items() if neighbour]
    unknown = [name for name, neighbour in equal.items() if not neighbour]
    verb = "were" if unknown[1:] else "was"
    return parts + [f"{listed(map(title, unknown))} {verb} not run; `frameworks={','.join(unknown)}` runs "
                    f"{'them' if unknown[1:] else 'it'}"] * bool(unknown)


def _at_bound(result: Result, behaviour: Behaviour) -> list[str]:
    """Frameworks with a number that is exactly a bound, unless that is so for all of them, as of a number of steps."""
    shown = {name: answer for name, answer in result.answers[behaviour.name].items() if answer.holds}
    names = [title(name) for name, answer in shown.items() if answer.number in (behaviour.low, behaviour.high)]
    if not names or len(names) == len(shown):
        return []
    number = next(in_unit(behaviour, answer.number) for answer in shown.values()
                  if answer.number in (behaviour.low, behaviour.high))
    return [f"{behaviour.title}: with {listed(names)}, the number is exactly the bound ({number}), which counts as yes"]


def _outside(result: Result, behaviour: Behaviour) -> list[str]:
    """Reported numbers outside the prediction interval of a framework that shows the behaviour."""
    parts = []
    for name, answer in result.answers[behaviour.name].items():
        interval = prediction_interval(answer.numbers)
        reported = behaviour.reported
        if reported is not None and result.mnist and answer.holds and interval and \
                not interval[0] <= reported <= interval[1]:
            low, high = (in_unit(behaviour, bound) for bound in interval)
            parts.append(f"the reported {in_unit(behaviour, reported)} lies outside the prediction interval for one "
                         f"more seed with {title(name)}, {low} to {high}")
    return parts


def with_old_rule(result: Result, behaviour: Behaviour) -> str:
    """Returns the accuracy of today's weights under the rules of old versions, as text in parentheses.

    Includes only the rules and frameworks with which the behaviour appears again; may be empty.
    """
    reported = result.answers[behaviour.name]
    parts = [f" (by that rule, {TITLES[rule]}, the weights of {title(name)} give {in_unit(behaviour, answer.number)}; "
             f"today it reports {in_unit(behaviour, reported[name].number)})"
             for rule, answers in result.old_rules.get(behaviour.name, {}).items()
             for name, answer in answers.items() if answer.holds]
    return "".join(parts)


def known_of(verdict: Verdict) -> str:
    """Returns the versions that are known to show a behaviour that this run does not show."""
    return listed(versions_text(rule) for rule in verdict.elsewhere)


def reasons(result: Result, behaviour: Behaviour) -> str:
    """Returns why there is no answer; names the frameworks if their reasons differ."""
    by_reason: dict[str, list[str]] = {}
    unanswered = result.verdicts[behaviour.name].unanswered or result.answers[behaviour.name]
    for name, answer in result.answers[behaviour.name].items():
        if answer.holds is None and name in unanswered:
            by_reason.setdefault(answer.note, []).append(title(name))
    return "; ".join(reason if len(by_reason) == 1 else f"{listed(names)}: {reason}"
                     for reason, names in by_reason.items())
