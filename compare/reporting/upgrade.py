"""The answer of `upgrade`: `facts` (numbers and enums) first, then text from them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import Enum

from compare.analysis.noise import FACTOR
from compare.analysis.releases import Location, Mixtures, Side
from compare.analysis.result import Result
from compare.analysis.upgrade import Change, Found, Key, Kind
from compare.analysis.upgrade_scenarios import size_of, unasked
from compare.execution.locks import PACKAGES, Installed
from compare.reporting.answer import OPEN, Section, Summary
from compare.reporting.cause_text import listed
from compare.reporting.field_text import suspect_title
from compare.reporting.programs import facts as of_programs
from compare.reporting.programs import text as program_text
from compare.reporting.programs.differences_text import shown

MOST_NAMED = 6
"""So many variants or packages are named in a sentence; result.json has all."""


class Verdict(str, Enum):
    """What an upgrade does."""

    NOTHING = "nothing changed"
    EXPLAINED = "explained"
    """Of every change it is known which setting causes it, or which release of which package makes it."""
    UNEXPLAINED = "unexplained"
    NOT_COMPARED = "not compared"
    """Nothing could be compared: the program runs in neither environment, or a worker ended."""

    __str__ = str.__str__


@dataclass(frozen=True)
class Located:
    """A change, and where it comes from."""

    framework: str
    """The kind of framework in which it is: keras, keras-jax, keras-torch or lightning."""
    change: Change
    location: Location | None = None
    """None: it was not looked for."""

    @property
    def explained(self) -> bool:
        """Whether a setting causes it, or one package makes it."""
        return bool(self.change.causes or self.location and self.location.package)


@dataclass(frozen=True)
class Covered:
    """What was compared in one kind of framework."""

    framework: str
    subject: str
    stages: tuple[tuple[str, int], ...]
    """Each stage with the number of its parts (of a program) or of variants (of scenarios) that were compared."""
    states: int = 0
    """Of scenarios: the recorded states from which both took the same step."""
    behaviours: int = 0
    smallest: float | None = None
    """The smallest relative difference that would have been seen in all of them; of scenarios, in the loss."""
    unasked: tuple[tuple[str, str], ...] = ()
    """Variants that could not be compared, with the reason."""


@dataclass(frozen=True)
class End:
    """One of the two environments."""

    title: str
    python: str
    packages: Mapping[str, str]
    """The versions of `PACKAGES`."""


@dataclass(frozen=True)
class Facts:
    """The answer of `upgrade`."""

    verdict: Verdict
    old: End
    new: End
    changes: tuple[Located, ...]
    covered: tuple[Covered, ...]
    others: tuple[tuple[str, str, str], ...]
    """The other packages that differ: name, old version, new version; empty for one that is not there."""
    refused: tuple[str, ...]
    """Combinations of versions that could not be asked, and why."""
    worker_errors: tuple[str, ...]


@dataclass(frozen=True)
class Measured:
    """What was found in one kind of framework."""

    framework: str
    names: tuple[str, str]
    """The names of the two environments as frameworks."""
    found: Found
    locations: Mapping[Key, Location]
    mixtures: Mixtures | None = None


def facts(old: Installed, new: Installed, measured: Collection[Measured]) -> Facts:
    """The facts of an upgrade."""
    changes = tuple(Located(one.framework, change, one.locations.get(change.key))
                    for one in measured for change in one.found.changes)
    covered = tuple(covered_of(one) for one in measured)
    names = {name for package in PACKAGES.values() for name in package}
    others = tuple((name, old.packages.get(name, ""), new.packages.get(name, ""))
                   for name in sorted({*old.packages, *new.packages} - names)
                   if old.packages.get(name) != new.packages.get(name))
    refused = dict.fromkeys(sentence for one in measured if one.mixtures for sentence in one.mixtures.refused.values())
    errors = dict.fromkeys(message for one in measured for message in one.found.worker_errors)
    return Facts(verdict_of(changes, covered), end_of(old), end_of(new), changes, covered, others, tuple(refused),
                 tuple(errors))


def end_of(installed: Installed) -> End:
    """An environment with the versions of the packages that can make a change."""
    return End(installed.title, installed.version, {package: installed.version_of(package) for package in PACKAGES
                                                    if installed.name_of(package)})


def verdict_of(changes: Collection[Located], covered: Collection[Covered]) -> Verdict:
    """The one conclusion."""
    if changes:
        return Verdict.EXPLAINED if all(one.explained for one in changes) else Verdict.UNEXPLAINED
    return Verdict.NOTHING if any(one.stages for one in covered) else Verdict.NOT_COMPARED


def covered_of(measured: Measured) -> Covered:
    """What was compared, of a program or of scenarios."""
    checked = measured.found.checked
    if checked is not None:
        found = of_programs.facts(checked)
        return Covered(measured.framework, checked.question.left.title,
                       tuple((one.stage, one.parts) for one in found.compared), smallest=found.tolerance)
    results = measured.found.results
    stages: dict[str, int] = {}
    for stage in (stage for result in results for divergence in result.divergences.values()
                  for stage in divergence.stages if stage.differs is not None):
        stages[stage.name] = stages.get(stage.name, 0) + 1
    asked = sum(all(result.answers[behaviour.name][side].holds is not None for side in measured.names)
                for result in results for behaviour in result.scenario.behaviours)
    return Covered(measured.framework, listed(result.scenario.name for result in results), tuple(stages.items()),
                   sum(divergence.states for result in results for divergence in result.divergences.values()), asked,
                   smallest_loss(results), tuple(unasked(results, *measured.names).items()))


def smallest_loss(results: Collection[Result]) -> float | None:
    """The relative difference of a step's loss that would have been seen in every variant whose loss is the same."""
    seen = [FACTOR * stage.noise / abs(stage.values[0]) for result in results
            for divergence in result.divergences.values() for stage in divergence.stages
            if stage.name == "loss" and stage.differs is False and isinstance(stage.values[0], float)
            and stage.values[0] and size_of(stage) is not None]
    return max(seen, default=None)


def record(found: Facts, command: str) -> dict[str, object]:
    """The facts as JSON: result.json of an upgrade, schema `upgrade 1`."""
    changes = [{"framework": one.framework, "kind": str(one.change.key.kind), "subject": one.change.key.subject,
                "name": one.change.key.name, "place": one.change.place, "before": one.change.before,
                "after": one.change.after, "size": one.change.size if one.change.size != float("inf") else None,
                "causes": [{"settings": [field.path for field in cause.fields], "explanation": cause.explanation}
                           for cause in one.change.causes],
                "location": None if one.location is None else asdict(one.location), "explained": one.explained}
               for one in found.changes]
    return {"schema": "upgrade 1", "command": command, "verdict": str(found.verdict), "old": asdict(found.old),
            "new": asdict(found.new), "changes": changes, "covered": [asdict(one) for one in found.covered],
            "others": [list(one) for one in found.others], "refused": list(found.refused),
            "worker_errors": list(found.worker_errors), "text": text(found).record}


def text(found: Facts) -> Summary:
    """The answer in words."""
    sections = (Section("What changed", tuple(map(group_text, groups(found.changes)))),
                Section("What was compared", tuple(map(covered_text, found.covered))),
                Section("Versions", tuple(versions(found))),
                Section(OPEN, tuple(what_is_open(found))))
    return Summary(verdict(found), detail(found), tuple(section for section in sections if section.items))


def verdict(found: Facts) -> str:
    """At most 15 words."""
    if found.verdict is Verdict.NOT_COMPARED:
        return "Nothing was compared: it could not be run in both environments."
    if found.verdict is Verdict.NOTHING:
        return "Nothing changed in what was compared."
    count = len(groups(found.changes))
    what = f"One thing changed: {found.changes[0].change.what}" if count == 1 else f"{count} things changed"
    if found.verdict is Verdict.UNEXPLAINED:
        left = sum(not group[0].explained for group in groups(found.changes))
        which = "nothing known explains it" if count == 1 else "one is unexplained" if left == 1 else \
            f"{left} are unexplained"
        return f"{what}; {which}."
    made = sorted({f"{one.location.package} {one.location.after}" for one in found.changes
                   if one.location and one.location.package})
    by = f"{listed(made)} made {'it' if count == 1 else 'them'}" if made and len(made) < 4 and all(
        one.location and one.location.package for one in found.changes) else \
        f"the cause{'s are' if count > 1 else ' is'} below"
    return f"{what}; {by}."


def detail(found: Facts) -> str:
    """Which environments were compared."""
    return f"Old: {end_text(found.old)}. New: {end_text(found.new)}."


def end_text(end: End) -> str:
    """An environment in words."""
    packages = ", ".join(f"{name} {version}" for name, version in end.packages.items())
    return f"{end.title}, with {packages} and Python {end.python}"


def groups(changes: Collection[Located]) -> list[list[Located]]:
    """The changes; those of the same part, with the same cause and release, together."""
    found: dict[object, list[Located]] = {}
    for one in changes:
        place = one.location and (one.location.package, one.location.kept, one.location.before, one.location.after)
        causes = tuple(field.path for cause in one.change.causes for field in cause.fields)
        alone = one.change.key if one.change.key.kind is Kind.BEHAVIOUR else one.change.key.name
        found.setdefault((one.framework, alone, causes, place), []).append(one)
    return list(found.values())


def group_text(group: list[Located]) -> str:
    """Changes that belong together: what, where, by how much, why, and since which release."""
    first = group[0].change
    what = f"{first.what[0].upper()}{first.what[1:]}"
    values = f": {first.before} before, {first.after} after" if first.before else ""
    size = f" ({shown(first.size)} of the largest value)" if first.size and first.size != float("inf") \
        else " (in shape)" if first.size else ""
    at = f", at {first.place}" if first.place and first.key.kind is not Kind.FAILURE else ""
    said = f" {sentence(first.place)}" if first.place and first.key.kind is Kind.FAILURE else ""
    subjects = [one.change.key.subject for one in group]
    where = f" In {named(subjects)}." if "/" in subjects[0] or first.key.kind is Kind.BEHAVIOUR else ""
    example = "; in the first of them" if group[1:] and values else ""
    return f"{what}{example}{values}{size}{at}.{said}{where}{cause_text(first)}{location_text(group[0])}"


def cause_text(change: Change) -> str:
    """The settings that cause a change."""
    texts = []
    for cause in change.causes:
        fields = listed(f"the {suspect_title(field)}" for field in cause.fields)
        texts.append(f" Switching {fields} removes it{': ' if cause.explanation else ''}{cause.explanation}."
                     if fields else f" {sentence(cause.explanation)}")
    return "".join(texts)


def location_text(one: Located) -> str:
    """Which package makes a change, and since which release."""
    place = one.location
    if place is None:
        return ""
    if not place.package:
        return " No package makes it alone, as far as they can be swapped."
    beside = "" if place.kept is Side.OLD else ", beside the new packages"
    count = len(place.between)
    left = f" ({listed(place.between)} {'was' if count == 1 else 'were'} not asked)" if 0 < count <= 3 else \
        f" ({count} releases between them were not asked)" if count else ""
    return f" {place.package} {place.after} has it, {place.before} has it not{left}{beside}."


def covered_text(covered: Covered) -> str:
    """What was compared, in words."""
    seen = "" if covered.smallest is None else f" A difference of {covered.smallest:.0e} " + (
        "of a step's loss" if covered.states else "of the largest value") + " would have been seen."
    if not covered.stages:
        return f"{covered.framework}: nothing of {covered.subject}."
    if covered.states:
        stages = ", ".join(f"{stage} ({count})" for stage, count in covered.stages)
        return f"{covered.framework}: {covered.subject}; variants by stage: {stages}; the same step from " \
            f"{covered.states} recorded states, and {covered.behaviours} behaviours.{seen}"
    parts = ", ".join(program_text.COUNTED[stage].format(count, s="s" * (count != 1))
                      for stage, count in covered.stages)
    return f"{covered.subject}, from the same weights on the same batches: {parts}.{seen}"


def versions(found: Facts) -> list[str]:
    """The packages that differ."""
    names = dict.fromkeys((*found.old.packages, *found.new.packages))
    changed = [f"{name} {found.old.packages.get(name) or 'none'} → {found.new.packages.get(name) or 'none'}"
               for name in names if found.old.packages.get(name) != found.new.packages.get(name)]
    others = [f"{name} {old or 'none'} → {new or 'none'}" for name, old, new in found.others if old and new]
    lines = [f"Packages that can make a change: {', '.join(changed)}."] if changed else []
    if found.old.python != found.new.python:
        lines.append(f"Python {found.old.python} → {found.new.python}; it was not swapped.")
    return lines + ([f"Others: {listed(others[:MOST_NAMED])}" + (
        f", and {len(others) - MOST_NAMED} more." if others[MOST_NAMED:] else ".")] if others else [])


def what_is_open(found: Facts) -> list[str]:
    """What is not explained, and what could not be asked."""
    lines = [f"{one.change.what[0].upper()}{one.change.what[1:]} in {one.change.key.subject}: no setting and no "
             "package alone explains it." for group in groups(found.changes) for one in group[:1] if not one.explained]
    lines += [sentence(refused) for refused in found.refused]
    left_out = [name for covered in found.covered for name, _ in covered.unasked]
    if left_out:
        lines.append(f"Not compared, since not both environments train them: {named(left_out)}.")
    return lines


def named(names: Collection[str]) -> str:
    """The first names, and how many more there are."""
    unique = list(dict.fromkeys(names))
    return listed(unique) if len(unique) <= MOST_NAMED else \
        f"{', '.join(unique[:MOST_NAMED])} and {len(unique) - MOST_NAMED} more"


def sentence(text: str) -> str:
    """A text as a sentence."""
    return text[:1].upper() + text[1:].rstrip(".") + "."
