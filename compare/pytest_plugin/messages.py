"""Messages of failed assertions: what differs, where it differs first, by how much, and the cause."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, in_unit
from compare.analysis.causes.cause import Cause
from compare.analysis.causes.questions import INITIALIZED, Suspect
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.result import Result
from compare.analysis.stages import NAMES
from compare.pytest_plugin.golden import Differing, Row, flat
from compare.pytest_plugin.golden_entry import BEHAVIOURS, PINS_NOTHING, Entry
from compare.reporting.answer import WHY, sentence, summary
from compare.reporting.cause_text import fields_text, limits, listed
from compare.reporting.cells import attribution_text, cell, first_difference
from compare.reporting.field_text import suspect_title
from compare.reporting.keras_code import value_text
from compare.reporting.open_questions import unexplained_text
from frameworks.quirks.resolution import explanation_of, quirks
from frameworks.quirks.rule import STAGES
from scenarios.scenario import Behaviour

UPDATE = "pytest --compare-update"
MOST_SUSPECTS = 6


def problems(result: Result) -> list[str]:
    """The lines that every failure of a run reports: worker errors and unexplained differences."""
    lines = [*result.worker_errors]
    lines += [f"Unexplained: {unexplained_text(difference)}."
              for difference in result.unexplained_differences]
    for name, verdict in result.verdicts.items():
        for cause in verdict.unexplained:
            sides = f"{title(cause.question.with_behaviour)} and not with {title(cause.question.without)}"
            lines.append(f"Unexplained: why {result.behaviour(name).title} with {sides}.")
    return lines


def holding(result: Result, name: str, wrong: Collection[str], holds: bool) -> str:
    """The message for frameworks that contradict an assertion on a behaviour, with the other answers and the reasons.

    `wrong` are these frameworks; `holds` is the asserted answer.
    """
    behaviour, answers = result.behaviour(name), result.answers[name]
    lines = []
    for framework in wrong:
        does = {True: "it does", False: "it does not", None: "there is no answer"}[answers[framework].holds]
        lines.append(f"{name} ({behaviour.title}) should {'' if holds else 'not '}hold with {title(framework)}, but "
                     f"{does}: {_answer_text(result, name, answers[framework])}.")
    cells = [f"{title(framework)} {cell(result, name, answer)}" for framework, answer in answers.items()
             if framework not in wrong]
    lines += [f"The other frameworks: {'; '.join(cells)}."] if cells else []
    return "\n".join([*lines, *_explanation(result, behaviour)])


def diverged(result: Result, divergence: FirstDivergence, up_to: str, stages: Collection[str]) -> str:
    """The message for two frameworks that do not match up to a stage: the first divergence and suspected fields.

    `stages` are `up_to` and the stages that it depends on.
    """
    left, right = map(title, divergence.sides)
    differing = [stage for stage in divergence.stages if stage.differs and stage.name in stages]
    if not differing:
        unknown = [NAMES[stage.name] for stage in divergence.stages if stage.differs is None and stage.name in stages]
        return (f"{divergence.variant}: it is not known whether {left} and {right} are the same up to the "
                f"{NAMES[up_to]}: {listed(unknown)} could not be compared.\n{_first_difference(result, divergence)}")
    return "\n".join([f"{divergence.variant}: {left} and {right} are not the same up to the {NAMES[up_to]}.",
                      _first_difference(result, divergence),
                      *_suspects_by_rules(result, divergence.variant, divergence.sides, differing[0].name)])


def not_stepped(result: Result, variant: str, left: str, right: str) -> str:
    """The message for two frameworks that have no recorded steps in common."""
    outcomes = [f"{title(name)}: {trace.outcome['kind']}, {trace.outcome['message'].splitlines()[0]}"
                if trace.outcome["message"] else f"{title(name)}: {trace.outcome['kind']}"
                for name in (left, right) if (trace := result.traces[name].get((variant, 0))) is not None]
    return f"{variant}: {title(left)} and {title(right)} have no steps that could be compared ({'; '.join(outcomes)})."


def causing(result: Result, name: str, expected: Collection[str], wrong: Sequence[Cause]) -> str:
    """The message for causes that are not the asserted set of fields; `wrong` is empty if no cause was searched."""
    behaviour, fields = result.behaviour(name), listed(sorted(expected))
    if not wrong:
        sides = [f"{title(framework)} {cell(result, name, answer)}"
                 for framework, answer in result.answers[name].items()]
        return (f"It is not known whether {fields} causes {name} ({behaviour.title}): a cause is searched only if one "
                f"framework of the run shows it and another does not. {'; '.join(sides)}.")
    lines = []
    for cause in wrong:
        pair = f"{name} with {title(cause.question.with_behaviour)}, not with {title(cause.question.without)}" + \
            (f" in {cause.question.contrast}" if cause.question.contrast else "")
        if not cause.known:
            lines.append(f"{pair}: no cause was found, so {fields} is not shown to cause it.")
        elif cause.shown is False:
            lines.append(f"{pair}: in the NumPy reference the cause is {listed(cause.paths)}, but a real framework "
                         f"contradicts it, so {fields} is not shown to cause it.")
        else:
            lines.append(f"{pair}: the cause is {listed(cause.paths)}, not {fields} (sufficient: "
                         f"{_sets(cause.sufficient)}; necessary: {_sets(cause.necessary)}).")
    suspects = {suspect.path: suspect for cause in wrong for suspect in cause.question.suspects}
    return "\n".join([*lines, *_suspects(suspects.values()), *_explanation(result, behaviour)])


def changed_from_golden(result: Result, differing: Differing) -> str:
    """The message for differences from a golden verdict: old and new values side by side, and the explanations."""
    changed = {row.path[0] for row in differing.rows}
    explanations = [line for behaviour in result.scenario.behaviours if behaviour.name in changed
                    for line in _explanation(result, behaviour)]
    explanations = explanations or [_divergence_text(result, divergence) for divergence in result.divergences.values()]
    return "\n".join([*what_changed(result.scenario.name, differing), "The result of this run:",
                      *dict.fromkeys(explanations), intended()])


def what_changed(name: str, differing: Differing) -> list[str]:
    """The differences from a golden verdict: in the model, and old and new values side by side."""
    lines = [f"{name}: the model itself changed: {'; '.join(differing.model)}."] if differing.model else []
    if differing.rows and differing.recorded:
        lines.append(f"{name}: the result differs from {_place(differing)} ({differing.series}).")
    elif differing.rows:
        lines.append(f"{not_recorded(differing)}\nCompared with the nearest entry, {differing.beside}:")
    else:
        lines.append(f"The result is that of {_place(differing)} ({differing.beside}), within rounding.")
    lines += side_by_side(differing.rows)
    recorded, now = differing.versions
    return lines + ([f"It was written with {recorded}; these are {now}."] if now else [])


def intended() -> str:
    """What to do about a change that is intended."""
    return f"If this change is intended, run {UPDATE} and review the file."


def not_recorded(differing: Differing) -> str:
    """The message for a file without a block for these versions, with the command that adds it."""
    if not differing.beside:
        return (f"There is no golden verdict yet for {differing.series}: {UPDATE} writes it into {_place(differing)}; "
                "review it and commit it with your tests.")
    unchanged = "" if differing.rows else f" The result equals that of the nearest entry, {differing.beside}."
    return (f"{_place(differing)} has no entry for {differing.series}.{unchanged} {UPDATE} adds one and keeps those of "
            "other versions.")


def not_updated(differing: Differing) -> str:
    """The warning for a golden verdict that holds, but should be written again."""
    if not differing.recorded:
        return f"New versions, under which nothing changed: {not_recorded(differing)}"
    return f"{_place(differing)} holds, but {differing.remark}; {UPDATE} writes it again."


def updating(differing: Differing, entry: Entry) -> list[str]:
    """The changes that an update has made in a file, as lines of text; `written` is the new block."""
    lines = [f"the model itself changed: {change}" for change in differing.model] + side_by_side(differing.rows)
    chaotic = [", ".join(path[path[0] == BEHAVIOURS:]) for path, text in flat(entry).items() if PINS_NOTHING in text]
    if chaotic:
        lines.append("Rounding alone could change these numbers by as much as they are, so that no digit of them is "
                     f"pinned, only their size: {'; '.join(chaotic)}.")
    if differing.recorded:
        return [f"{_place(differing)}: {differing.series}", *lines]
    comparison = f", compared with {differing.beside}:" if differing.changed else \
        f", equal to {differing.beside}" if differing.beside else ""
    return [f"{_place(differing)}: new, {differing.series}{comparison}", *lines]


def _place(differing: Differing) -> str:
    """The path of a golden file, relative to the working directory."""
    return os.path.relpath(differing.place)


def side_by_side(rows: Iterable[Row]) -> list[str]:
    """The rows as aligned lines with a header; empty if there are none."""
    table = [("", "golden", "now"), *((", ".join(row.path), row.old, row.new) for row in rows)]
    widths = [max(len(row[column]) for row in table) for column in range(2)]
    return [f"  {name:<{widths[0]}}  {old:<{widths[1]}}  {new}" for name, old, new in table] if len(table) > 1 else []


def _explanation(result: Result, behaviour: Behaviour) -> list[str]:
    """The attribution of a behaviour and its reasons, the first divergences of its variants, and open questions."""
    further = tuple(each for each in result.scenario.behaviours if each.name != behaviour.name)
    reordered = replace(result, scenario=replace(result.scenario, behaviours=(behaviour, *further)))
    verdict = result.verdicts[behaviour.name]
    lines = [f"Belongs to: {attribution_text(result, behaviour.name)}."]
    lines += [f"Why: {item}" for item in summary(reordered).items(WHY)]
    lines += [_divergence_text(result, result.divergences[name]) for name in behaviour.variants
              if name in result.divergences]
    if not verdict.causes:
        suspects = {suspect.path: suspect for cause in result.causes
                    if cause.question.behaviour.name == behaviour.name for suspect in cause.question.suspects}
        lines += _suspects(suspects.values())
    return lines + [f"Open: {limit}." for limit in limits(verdict)]


def _divergence_text(result: Result, divergence: FirstDivergence) -> str:
    return f"{divergence.variant}: {_first_difference(result, divergence)}"


def _first_difference(result: Result, divergence: FirstDivergence) -> str:
    """The first difference of two frameworks. The run has explanations only for divergences that it measured itself."""
    explanations = result.explanations if result.divergences.get(divergence.variant) == divergence else ()
    return first_difference(divergence, explanations, result.unexplained_in)


def _answer_text(result: Result, name: str, answer: Answer) -> str:
    """The answer of a framework, followed by the interval in which the behaviour holds."""
    behaviour = result.behaviour(name)
    bounds = [f"{word} {in_unit(behaviour, bound)}" for word, bound in (("from", behaviour.low), ("to", behaviour.high))
              if abs(bound) != float("inf")]
    return cell(result, name, answer) + (f" (it holds {' '.join(bounds)})" if bounds else "")


def _sets(sets: Iterable[Collection[str]]) -> str:
    return listed((listed(sorted(fields)) for fields in sets), "or")


def _suspects(suspects: Iterable[Suspect]) -> list[str]:
    """The fields in which two sides differ. Inactive fields are included only if there are no active ones."""
    differing = list(suspects)
    shown = [suspect for suspect in differing if not suspect.inactive] or differing
    return [f"Possible cause, from the {NAMES[suspect.stage]} on: " +
            (fields_text(suspect) if suspect.own_setting else
             f"{suspect_title(suspect)} ({suspect.path}) is {value_text(suspect.values[0])} on one side and "
             f"{value_text(suspect.values[1])} on the other") +
            (f" (without effect: {suspect.inactive})" if suspect.inactive else "") + "."
            for suspect in shown[:MOST_SUSPECTS]]


def _suspects_by_rules(result: Result, variant: str, sides: tuple[str, str], stage: str) -> list[str]:
    """The fields that two frameworks resolve differently by the default rules and that act at `stage` or before it."""
    spec = result.scenario.variant(variant).spec
    known = quirks(spec, *(result.environments[name] for name in sides))
    acting = [quirk for quirk in known if STAGES.index(quirk.stage) <= STAGES.index(stage) and
              not (result.init == "shared" and quirk.sources[0] and quirk.sources[0].field in INITIALIZED)]
    lines = []
    for quirk in acting[:MOST_SUSPECTS]:
        explanations = [explanation_of(rule, spec) for rule in quirk.sources if rule and rule.explanation]
        values = " and ".join(f"{value_text(value)} with {title(name)}" for value, name in zip(quirk.values, sides))
        lines.append(" ".join(map(sentence, [
            f"possible cause, from the {NAMES[quirk.stage]} on: {suspect_title(quirk)} ({quirk.path}) is {values}",
            *explanations])))
    return lines or ["No known default of the two differs up to there."]
