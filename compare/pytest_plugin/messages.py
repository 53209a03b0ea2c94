"""Why an assertion failed, as a person would explain it: what differs, where first, by how much, and what makes it."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, told
from compare.analysis.causes.questions import STARTS, Suspect
from compare.analysis.causes.search import Cause
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.pytest_plugin.golden import Differing
from compare.reporting.answer import WHY, summary
from compare.reporting.cause_text import fields_text, limits, listed, value_text
from compare.reporting.cells import cell, first_difference, seen_where
from compare.reporting.open_questions import unexplained_text
from frameworks.quirks.resolution import STAGES, explanation_of, quirks
from scenarios.scenario import Behaviour

UPDATE = "pytest --compare-update"
MOST_SUSPECTS = 6


def problems(result: Result) -> list[str]:
    """What is told of any failure of a run: workers that died, and what is left unexplained."""
    found = [*result.worker_errors]
    found += [f"Unexplained: {unexplained_text(one)}, and nothing that is known explains it."
              for one in result.unexplained_differences]
    for name, verdict in result.verdicts.items():
        for cause in verdict.unexplained:
            sides = f"{title(cause.question.with_behaviour)} and not with {title(cause.question.without)}"
            found.append(f"Unexplained: why {result.behaviour(name).title} with {sides}.")
    return found


def holding(result: Result, name: str, wrong: Collection[str], holds: bool) -> str:
    """Frameworks that do not do what was asserted of a behaviour, what the others do, and why."""
    behaviour, answers = result.behaviour(name), result.answers[name]
    lines = []
    for framework in wrong:
        does = {True: "shows it", False: "does not show it", None: "cannot be asked"}[answers[framework].holds]
        asserted = f"{name} ({behaviour.title}) is asserted {'' if holds else 'not '}to hold with {title(framework)}"
        lines.append(f"{asserted}, which {does}: {_answered(result, name, answers[framework])}.")
    others = [f"{title(one)} {cell(result, name, answer)}" for one, answer in answers.items() if one not in wrong]
    lines += [f"The others: {'; '.join(others)}."] if others else []
    return "\n".join([*lines, *_explained(result, behaviour)])


def diverged(result: Result, divergence: FirstDivergence, up_to: str, stages: Collection[str]) -> str:
    """Two frameworks that are not the same up to a gate: where they part, and the fields that could make it."""
    one, other = map(title, divergence.sides)
    differing = [stage for stage in divergence.stages if stage.differs and stage.name in stages]
    if not differing:
        unknown = [NAMES[stage.name] for stage in divergence.stages if stage.differs is None and stage.name in stages]
        return (f"{divergence.variant}: {one} and {other} cannot be said to be the same up to the {NAMES[up_to]}: "
                f"{listed(unknown)} could not be compared.\n{_where(result, divergence)}")
    return "\n".join([f"{divergence.variant}: {one} and {other} are not the same up to the {NAMES[up_to]}.",
                      _where(result, divergence),
                      *_by_the_table(result, divergence.variant, divergence.sides, differing[0].name)])


def not_stepped(result: Result, variant: str, one: str, other: str) -> str:
    """Two frameworks of which one has no step that could be compared."""
    ended = [f"{title(name)}: {trace.outcome['kind']}, {trace.outcome['message'].splitlines()[0]}"
             if trace.outcome["message"] else f"{title(name)}: {trace.outcome['kind']}"
             for name in (one, other) if (trace := result.traces[name].get((variant, 0))) is not None]
    return f"{variant}: {title(one)} and {title(other)} have no steps that could be compared ({'; '.join(ended)})."


def causing(result: Result, name: str, wanted: Collection[str], wrong: Sequence[Cause]) -> str:
    """Causes that are other sets of fields than was asserted."""
    behaviour, asked = result.behaviour(name), listed(sorted(wanted))
    if not wrong:
        sides = [f"{title(one)} {cell(result, name, answer)}" for one, answer in result.answers[name].items()]
        return (f"{asked} cannot be said to make {name} ({behaviour.title}): no cause was searched, since no framework "
                f"that was asked for shows it beside another that does not: {'; '.join(sides)}.")
    lines = []
    for cause in wrong:
        between = f"{title(cause.question.with_behaviour)} and not {title(cause.question.without)}" + \
            (f" with {cause.question.contrast}" if cause.question.contrast else "")
        if not cause.found:
            lines.append(f"{between} shows {name}, and no cause was found, not {asked} either.")
        elif cause.shown is False:
            lines.append(f"{between} shows {name} by {listed(cause.paths)} in the NumPy reference, but a real "
                         f"framework does not follow, so that {asked} cannot be said to make it.")
        else:
            lines.append(f"{between} shows {name} by {listed(cause.paths)}, and not by {asked}: "
                         f"to add {_sets(cause.sufficient)} makes it, to take away {_sets(cause.necessary)} ends it.")
    suspects = {suspect.path: suspect for cause in wrong for suspect in cause.question.suspects}
    return "\n".join([*lines, *_suspects(suspects.values()), *_explained(result, behaviour)])


def against_golden(result: Result, differing: Differing) -> str:
    """What differs from a golden verdict, old and new side by side, and why it is so now."""
    lines = [f"{result.scenario.name}: this is not what {_place(differing)} says of {differing.series}."
             if differing.recorded else f"{not_recorded(differing)}\nBeside {differing.beside}, the nearest:"]
    changed = {row[0].partition(",")[0] for row in differing.rows}
    explained = [line for behaviour in result.scenario.behaviours if behaviour.name in changed
                 for line in _explained(result, behaviour)]
    explained = explained or [_divergence_text(result, one) for one in result.divergences.values()]
    return "\n".join([*lines, *side_by_side(differing.rows), "What was found now:", *dict.fromkeys(explained),
                      f"If it is to be so: {UPDATE}, and look the change through."])


def not_recorded(differing: Differing) -> str:
    """A file that says nothing of these versions, and how it comes to do so."""
    if not differing.beside:
        return (f"There is no golden verdict yet of {differing.series}: {UPDATE} writes it into {_place(differing)}; "
                "look it through and keep it with your tests.")
    same = "" if differing.rows else f" Nothing has changed beside {differing.beside}, the nearest."
    return (f"{_place(differing)} says nothing of {differing.series}.{same} {UPDATE} adds it, and leaves what is there "
            "of other versions.")


def updating(differing: Differing) -> list[str]:
    """What an update has changed in a file, in lines."""
    if differing.recorded:
        return [f"{_place(differing)}: {differing.series}", *side_by_side(differing.rows)]
    beside = f", beside {differing.beside}:" if differing.rows else \
        f", where nothing differs from {differing.beside}" if differing.beside else ""
    return [f"{_place(differing)}: new, {differing.series}{beside}", *side_by_side(differing.rows)]


def _place(differing: Differing) -> str:
    """A file as one would open it from here."""
    return os.path.relpath(differing.place)


def side_by_side(rows: Iterable[tuple[str, str, str]]) -> list[str]:
    """Old and new in columns."""
    table = [("", "golden", "now"), *rows]
    wide = [max(len(row[column]) for row in table) for column in range(2)]
    return [f"  {what:<{wide[0]}}  {old:<{wide[1]}}  {new}" for what, old, new in table] if len(table) > 1 else []


def _explained(result: Result, behaviour: Behaviour) -> list[str]:
    """Whose a behaviour is and why, where two frameworks first differ in its variants, and what stays open of it."""
    others = tuple(one for one in result.scenario.behaviours if one.name != behaviour.name)
    about = replace(result, scenario=replace(result.scenario, behaviours=(behaviour, *others)))
    verdict = result.verdicts[behaviour.name]
    lines = [f"Belongs to: {seen_where(result, behaviour.name)}."]
    lines += [f"Why: {item}" for item in summary(about).items(WHY)]
    lines += [_divergence_text(result, result.divergences[name]) for name in behaviour.variants
              if name in result.divergences]
    if not verdict.causes:
        suspects = {one.path: one for cause in result.causes if cause.question.behaviour.name == behaviour.name
                    for one in cause.question.suspects}
        lines += _suspects(suspects.values())
    return lines + [f"Open: {one}." for one in limits(verdict)]


def _divergence_text(result: Result, divergence: FirstDivergence) -> str:
    return f"{divergence.variant}: {_where(result, divergence)}"


def _where(result: Result, divergence: FirstDivergence) -> str:
    """Where two frameworks first differ; the run has explained it only where it is the run's own comparison."""
    explained = result.explanations if result.divergences.get(divergence.variant) == divergence else ()
    return first_difference(divergence, explained, result.unexplained_in)


def _answered(result: Result, name: str, answer: Answer) -> str:
    """A framework's number beside the interval in which the behaviour holds."""
    behaviour = result.behaviour(name)
    bounds = [f"{word} {told(behaviour, bound)}" for word, bound in (("from", behaviour.low), ("to", behaviour.high))
              if abs(bound) != float("inf")]
    return cell(result, name, answer) + (f" (it holds {' '.join(bounds)})" if bounds else "")


def _sets(chosen: Iterable[Collection[str]]) -> str:
    return listed((listed(sorted(one)) for one in chosen), "or")


def _suspects(suspects: Iterable[Suspect]) -> list[str]:
    """The fields in which two sides differ; those that cannot act only where no other one can."""
    known = list(suspects)
    shown = [one for one in known if not one.inactive] or known
    return [f"Suspect, from the {NAMES[one.stage]} on: " + (fields_text(one) if one.own_setting else
            f"{one.path} is {value_text(one.values[0])} on one side and {value_text(one.values[1])} on the other") +
            (f" (it cannot act: {one.inactive})" if one.inactive else "") + "." for one in shown[:MOST_SUSPECTS]]


def _by_the_table(result: Result, variant: str, sides: tuple[str, str], stage: str) -> list[str]:
    """The fields that the table says two frameworks resolve differently, and that act at a gate or before it."""
    spec = result.scenario.variant(variant).spec
    found = quirks(spec, *(result.environments[name] for name in sides))
    acting = [one for one in found if STAGES.index(one.stage) <= STAGES.index(stage) and
              not (result.init == "shared" and one.sources[0] and one.sources[0].field in STARTS)]
    lines = []
    for one in acting[:MOST_SUSPECTS]:
        plain = [explanation_of(row, spec) for row in one.sources if row and row.explanation]
        values = " and ".join(f"{value_text(value)} with {title(name)}" for value, name in zip(one.values, sides))
        lines.append(f"Suspect, from the {NAMES[one.stage]} on: {one.path} is {values}" +
                     (f": {'; '.join(plain)}" if plain else "") + ".")
    return lines or ["Nothing that the table knows of the two differs up to there."]


