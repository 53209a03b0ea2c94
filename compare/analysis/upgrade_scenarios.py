"""What changes in scenarios, and in the families of the catalogue, if their environment is replaced by another one."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from pathlib import Path

from compare.analysis import comparison, differences, step_comparison
from compare.analysis.attribution import leading
from compare.analysis.behaviours import Answer, in_unit
from compare.analysis.causes.cause import REFERENCE_NAME, SEARCH_FRAMEWORK
from compare.analysis.causes.questions import Suspect
from compare.analysis.first_divergence import OF_A_STEP
from compare.analysis.quantities import Difference
from compare.analysis.result import Result
from compare.analysis.stages import StageResult, differing, pair_text
from compare.analysis.training_cache import TrainingCache
from compare.analysis.upgrade import Cause, Change, Comparison, Key, Kind, Say
from compare.execution import worker_pool
from compare.execution.data import Dataset
from compare.execution.output_folder import TRACES
from compare.execution.settings import Settings
from compare.execution.store import Notice
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import WorkerDied
from frameworks.quirks.resolution import explanation_of
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec

OWN_WEIGHTS = "each environment draws its own initial weights"
"""Why no step is compared where the initialization is that of each environment."""


@dataclass(frozen=True)
class OfScenarios:
    """Scenarios, including families of the catalogue."""

    scenarios: tuple[tuple[Scenario, str], ...]
    """Each with its kind of initialization: shared or native."""
    dataset: Dataset
    settings: Settings
    folder: Path
    notice: Notice

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the scenarios."""
        return tuple(scenario.name for scenario, _ in self.scenarios)

    def changes(self, old: str, new: str, say: Say) -> Iterator[Comparison]:
        """Runs every scenario in both environments, and searches the causes of what changed.

        The NumPy reference is not one of the frameworks: which of the two environments departs from it is not asked.
        """
        with self.pool((old, new)) as pool:
            for scenario, init in self.scenarios:
                say(scenario.name)
                settings = replace(self.settings, frameworks=[old, new], init=init)
                result = comparison.answered(pool, scenario, comparison.plan(scenario, settings), self.dataset,
                                             settings, self.folder / new / scenario.name)
                yield Comparison(tuple(changes_of(result, old, new)), results=(result,),
                                 worker_errors=result.worker_errors)

    def recognized(self, old: str, between: str, requested: Collection[Key]) -> frozenset[Key]:
        """Trains the variants of the changes in both environments, and compares behaviours and steps."""
        keys: set[Key] = set()
        with self.pool((old, between)) as pool:
            for scenario, init in self.scenarios:
                of_scenario = [key for key in requested if key.subject.split("/")[0] == scenario.name]
                if of_scenario:
                    keys |= self._recognized(scenario, init, (old, between), of_scenario, pool)
        return frozenset(keys)

    def close(self) -> None:
        """Nothing is left to end: each comparison has workers of its own."""

    def _recognized(self, scenario: Scenario, init: str, sides: tuple[str, str], requested: Collection[Key],
                    pool: WorkerPool) -> set[Key]:
        """The changes of one scenario. Raises WorkerDied."""
        chosen = with_variants(scenario, requested)
        names = [variant.name for variant in chosen.variants]
        settings = replace(self.settings, frameworks=[*sides], init=init, variants=names)
        folder = self.folder / "between" / sides[1] / scenario.name
        pool.ensure_workers(SEARCH_FRAMEWORK, 1)
        traces, _ = comparison.train(pool, chosen, comparison.plan(chosen, settings), self.dataset, folder / TRACES,
                                     settings.limit)
        result = comparison.result(chosen, self.dataset, folder, settings, traces, pool.environments)
        first = step_comparison.first_divergences(result, traces, names, sides, OF_A_STEP, pool, settings.limit * 60)
        result = replace(result, divergences=first)
        if any(key.kind is Kind.NUMBER for key in requested):
            pool.ensure_workers(REFERENCE_NAME, 1)
            cache = TrainingCache(pool, self.dataset, folder / "search", settings.seeds, settings.limit * 60)
            result = replace(result, differences=tuple(differences.measured(chosen, result.traces, result.environments,
                                                                            init, cache)))
        if pool.worker_errors:
            raise WorkerDied(pool.worker_errors[0])
        return {change.key for change in changes_of(result, *sides)}

    def pool(self, frameworks: Collection[str]) -> AbstractContextManager[WorkerPool]:
        """Workers of some frameworks, with what the store has of them."""
        return worker_pool.opened(self.settings, frameworks, self.folder, self.notice)


def with_variants(scenario: Scenario, requested: Collection[Key]) -> Scenario:
    """A scenario with only the variants that the changes concern, and the behaviours of these."""
    behaviours = tuple(behaviour for behaviour in scenario.behaviours
                       if Key(Kind.BEHAVIOUR, scenario.name, behaviour.name) in requested)
    names = {key.subject.partition("/")[2] for key in requested} | {
        name for behaviour in behaviours for name in behaviour.variants}
    variants = tuple(variant for variant in scenario.variants if variant.name in names)
    return replace(scenario, variants=variants, claims=(), behaviours=tuple(
        replace(behaviour, contrast_variants=()) for behaviour in behaviours))


def changes_of(result: Result, old: str, new: str) -> Iterator[Change]:
    """What changed between two environments of a run: behaviours, stages of a step, and numbers of whole trainings."""
    for behaviour in result.scenario.behaviours:
        before, after = (result.answers[behaviour.name][side] for side in (old, new))
        if before.holds is not None and after.holds is not None and before.holds is not after.holds:
            causes = [cause for cause in result.causes if cause.question.behaviour.name == behaviour.name and
                      cause.known and cause.shown and not cause.question.contrast and
                      {cause.question.with_behaviour, cause.question.without} == {old, new}]
            spec = result.scenario.variant(behaviour.variants[0]).spec
            yield Change(Key(Kind.BEHAVIOUR, result.scenario.name, behaviour.name), f"whether {behaviour.title}", "",
                         answer_text(behaviour, before), answer_text(behaviour, after), None,
                         tuple(cause_of(leading(cause, spec, result.environments), spec,
                                        cause.question.with_behaviour == old) for cause in causes))
    for name, divergence in result.divergences.items():
        if {old, new} != set(divergence.sides):
            continue
        for stage in differing(divergence.stages):
            ends = stage.name == "outcome"
            yield Change(Key(Kind.STAGE, f"{result.scenario.name}/{name}", stage.name), f"the {stage.title}",
                         "" if ends else f"step {stage.step + 1}", *values_of(stage), size_of(stage),
                         causes_of_outcome(result, name, old) if ends else
                         causes_of(result, name, stage, divergence.sides[0] == old))
    changed = {name for name, divergence in result.divergences.items() if differing(divergence.stages)}
    for difference in result.differences:
        if {old, new} == set(difference.sides) and difference.differs and difference.variant not in changed:
            spec = result.scenario.variant(difference.variant).spec
            yield Change(Key(Kind.NUMBER, f"{result.scenario.name}/{difference.variant}", difference.quantity.name),
                         f"the {difference.quantity.title}", difference.after.removeprefix(" after "),
                         *numbers_of(difference, old, new), difference.size,
                         (cause_of(difference.fields, spec, difference.shown_by == old),)
                         if difference.explained else ())


def answer_text(behaviour: Behaviour, answer: Answer) -> str:
    """Whether a behaviour holds, and its number if it has one."""
    number = f", {in_unit(behaviour, answer.number)}" if answer.number == answer.number else ""
    return f"{'yes' if answer.holds else 'no'}{number}"


def values_of(stage: StageResult) -> tuple[str, str]:
    """The values at the largest difference of a stage."""
    before, after = pair_text(stage.values)
    return before, after


def size_of(stage: StageResult) -> float | None:
    """The difference relative to the larger of the two values."""
    values = [abs(value) for value in stage.values if isinstance(value, float) and value == value]
    return stage.size / max(values) if values and max(values) > 0 else None


def numbers_of(difference: Difference, old: str, new: str) -> tuple[str, str]:
    """The numbers of both environments."""
    before, after = (difference.quantity.unit.format(difference.numbers[side]) for side in (old, new))
    return before, after


def causes_of(result: Result, variant: str, stage: StageResult, old_first: bool) -> tuple[Cause, ...]:
    """The settings that explain a stage, switched in the frameworks themselves."""
    spec = result.scenario.variant(variant).spec
    return tuple(cause_of(explanation.fields, spec, old_first) for explanation in result.explanations
                 if (explanation.variant, explanation.stage.name) == (variant, stage.name) and explanation.explained)


def causes_of_outcome(result: Result, variant: str, old: str) -> tuple[Cause, ...]:
    """The settings that decide how a training of a variant ends, switched for a behaviour of this variant."""
    spec = result.scenario.variant(variant).spec
    causes = [(cause.question, leading(cause, spec, result.environments)) for cause in result.causes
              if cause.known and cause.shown and not cause.question.contrast and
              cause.question.behaviour.variants == (variant,)]
    return tuple(cause_of(fields, spec, question.with_behaviour == old) for question, fields in causes
                 if fields and all(field.stage == "outcome" for field in fields))


def cause_of(fields: Collection[Suspect], spec: Spec, old_first: bool) -> Cause:
    """Fields as a cause, with what the rule of the departing value says, and which environment has it; `old_first`:
    their first values are those of the old environment."""
    ends = ("before", "after") if old_first else ("after", "before")
    rules = [(end, rule) for field in fields for end, rule in zip(ends, field.sources) if rule and rule.explanation]
    return Cause(next((f"{end}, {explanation_of(rule, spec)} ({rule.origin})" for end, rule in rules), ""),
                 tuple(fields))


def not_compared(results: Collection[Result], old: str, new: str) -> Mapping[str, str]:
    """The variants of which no step could be compared in both environments, with the reason."""
    reasons = {}
    for result in results:
        for variant in result.scenario.variants:
            if variant.role == "reported" and variant.name not in result.divergences:
                ended = {side: trace.outcome for side in (old, new)
                         for (name, _), trace in result.traces.get(side, {}).items() if name == variant.name}
                reasons[f"{result.scenario.name}/{variant.name}"] = next(
                    (f"{side}: {outcome['message']}" for side, outcome in ended.items() if outcome.get("message")),
                    OWN_WEIGHTS if result.init == "native" else "")
    return reasons
