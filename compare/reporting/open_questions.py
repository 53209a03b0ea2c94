"""What a run leaves open, a sentence each: unexplained differences, what was not run, limits of the proofs."""

from __future__ import annotations

from compare.analysis.attribution import Attribution, Verdict, neighbours, title
from compare.analysis.behaviours import told
from compare.analysis.first_divergence import UnexplainedDifference
from compare.analysis.replay import LOSS
from compare.analysis.result import Result
from compare.analysis.stages import NAMES, pair_text
from compare.analysis.statistics import prediction_interval
from compare.reporting.cause_text import limits, listed
from frameworks.quirks.resolution import newer, versions_text
from frameworks.runtime.accuracy import TITLES
from scenarios.scenario import Behaviour

MOST = 2
"""Unexplained differences that are named; the report has all of them."""
TENSOR_TITLES = {LOSS: "loss", "loss_after": "loss after the step", "train/loss": "training loss",
                 "train/accuracy": "training accuracy", "test/loss": "test loss", "test/accuracy": "test accuracy",
                 "evaluated/test/loss": "test loss", "evaluated/logits": "logits in evaluation",
                 "evaluated/outputs": "outputs in evaluation", "evaluated/loss": "loss in evaluation",
                 "evaluated/accuracy": "accuracy in evaluation"}
"""Of tensors whose stage alone does not say what they are."""


def open_questions(result: Result) -> list[str]:
    """All of it, of every behaviour of the scenario."""
    parts: list[str] = []
    for behaviour in result.scenario.behaviours:
        verdict, first = result.verdicts[behaviour.name], behaviour is result.scenario.behaviours[0]
        if verdict.belongs_to == Attribution.NOT_IN_THESE_VERSIONS and not first:
            shown = f"python -m compare when scenario={result.scenario.name} behaviour={behaviour.name}"
            counted = f"{known_of(verdict)} counted{with_old_rule(result, behaviour)}"
            parts.append(f"your {behaviour.quantity} is how {counted}; `{shown}` shows it")
        elif verdict.belongs_to == Attribution.CANNOT_BE_ASKED and not first:
            parts.append(f"not answered: whether {behaviour.title} ({reasons(result, behaviour)})")
        elif verdict.unasked and first and verdict.belongs_to not in (Attribution.CANNOT_BE_ASKED,
                                                                      Attribution.NOTHING_TO_COMPARE):
            parts.append(f"no answer from {listed(map(title, verdict.unasked))} ({reasons(result, behaviour)})")
        elif verdict.belongs_to == Attribution.UNEXPLAINED and not first:
            parts.append(f"not explained: why {behaviour.title} with {listed(map(title, verdict.with_behaviour))} only")
        elif verdict.unexplained and not first:
            others = listed(dict.fromkeys(title(cause.question.without) for cause in verdict.unexplained))
            parts.append(f"not explained: why {behaviour.title} with {listed(map(title, verdict.with_behaviour))} and "
                         f"not with {others}")
        parts += _outside(result, behaviour)
    verdict = result.verdicts[result.scenario.behaviours[0].name]
    parts += limits(verdict) + _not_run(result, verdict)
    parts += unexplained(result)[:MOST] + [_between_versions(one) for one in result.not_known[:MOST]]
    if verdict.suspects and result.init == "native":
        parts.append("each framework had its own initial weights and order; init=shared gives all the same")
    return parts


def unexplained_text(difference: UnexplainedDifference) -> str:
    """What a framework did, beside what its known defaults give."""
    stage = difference.stage
    values = pair_text(stage.values)
    what = TENSOR_TITLES.get(stage.tensor, NAMES[stage.name])
    seen = "step" if difference.first else "first seen at step"
    return (f"in {difference.variant}, {seen} {stage.step + 1}: {title(difference.framework)} has {what} {values[0]} "
            f"({stage.tensor}) where its known defaults give {values[1]} (rounding explains {stage.noise:.2g})")


def _between_versions(one: UnexplainedDifference) -> str:
    """What holds before and after a version in which no rule was checked."""
    values = listed(dict.fromkeys(str(row.value) for row in one.candidates), "or")
    return (f"in {one.variant}, how {title(one.framework)} counts the accuracy is not known for this version "
            f"({values}); one of the two explains it")


def unexplained(result: Result) -> list[str]:
    """What differs without an explanation: of single sides, or else of two sides, or else of numbers."""
    found = [f"{unexplained_text(one)}, and nothing that is known explains it{_newer(result, one.framework)}"
             for one in result.unexplained_differences]
    found = found or [f"in {one.variant}, {listed(map(title, one.sides))} differ in the {NAMES[one.stage.name]} of "
                      f"step {one.stage.step + 1}, and nothing that is known explains it{_newer(result, *one.sides)}"
                      for one in result.explanations if not one.explained]
    return found or [f"not explained: why the {one.quantity.title} of {one.variant} differs between "
                     f"{listed(map(title, one.sides))}{_newer(result, *one.sides)}" for one in result.differences
                     if one.differs and not one.explained]


def _newer(result: Result, *sides: str) -> str:
    """What of these frameworks is newer than the versions in which the rules were checked, in parentheses."""
    found = {package: versions for side in sides
             for package, versions in newer(result.environments.get(side, {})).items()}
    told = [f"{package} {known}, and this is {own}" for package, (own, known) in found.items()]
    return f" (the rules were checked with {listed(told)})" if told else ""


def _not_run(result: Result, verdict: Verdict) -> list[str]:
    """Frameworks that were not run: which one resolves every setting alike, or else what asks them."""
    if all(suspect.own_setting for suspect in verdict.suspects):
        return []
    specs = [result.scenario.variant(name).spec for name in result.scenario.behaviours[0].variants]
    found = neighbours(specs, result.environments, result.init)
    parts = [f"{title(name)} was not run; it resolves every setting as {title(other)} does"
             for name, other in found.items() if other]
    unknown = [name for name, other in found.items() if not other]
    were = "were" if unknown[1:] else "was"
    return parts + [f"{listed(map(title, unknown))} {were} not run; `frameworks={','.join(unknown)}` runs "
                    f"{'them' if unknown[1:] else 'it'}"] * bool(unknown)


def _outside(result: Result, behaviour: Behaviour) -> list[str]:
    """Where the asked number lies outside what one more start would give, for frameworks that show the behaviour."""
    parts = []
    for name, answer in result.answers[behaviour.name].items():
        interval = prediction_interval(answer.numbers)
        asked = behaviour.reported
        if asked is not None and result.mnist and answer.holds and interval and not interval[0] <= asked <= interval[1]:
            parts.append(f"your {told(behaviour, asked)} lies outside the {told(behaviour, interval[0])} to "
                         f"{told(behaviour, interval[1])} that one more start would give with {title(name)}")
    return parts


def with_old_rule(result: Result, behaviour: Behaviour) -> str:
    """What today's weights give when counted as the old versions counted, where this brings the behaviour back."""
    reported = result.answers[behaviour.name]
    parts = [f" (by {TITLES[rule]}: today's weights of {title(name)} give {told(behaviour, answer.number)} so, and "
             f"{told(behaviour, reported[name].number)} as reported now)"
             for rule, answers in result.old_rules.get(behaviour.name, {}).items()
             for name, answer in answers.items() if answer.holds]
    return "".join(parts)


def known_of(verdict: Verdict) -> str:
    return listed(versions_text(row) for row in verdict.elsewhere)


def reasons(result: Result, behaviour: Behaviour) -> str:
    """Why there is no answer; the frameworks are named where their reasons differ."""
    by_reason: dict[str, list[str]] = {}
    for name, answer in result.answers[behaviour.name].items():
        if answer.holds is None:
            by_reason.setdefault(answer.reason, []).append(title(name))
    return "; ".join(reason if len(by_reason) == 1 else f"{listed(names)}: {reason}"
                     for reason, names in by_reason.items())
