"""The answer of `upgrade` as text: a verdict of at most 15 words, the two environments, and sections."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from compare.analysis.programs.comparison import Stage
from compare.analysis.upgrade import Change, Kind
from compare.analysis.upgrade_scenarios import OWN_WEIGHTS
from compare.reporting.answer import OPEN, Section, Summary, begun, sentence
from compare.reporting.cause_text import listed
from compare.reporting.field_text import suspect_title
from compare.reporting.programs.differences_text import WHAT, shown
from compare.reporting.programs.text import counted
from compare.reporting.upgrade import Covered, End, Facts, Located, Verdict

MOST_NAMED = 6
"""The largest number of variants or packages that a sentence names; result.json has all."""
ENDS = ("evaluation", "metric")
"""The last stages of the comparison of a program."""
NOTES = {"keras": "keras-team/keras/releases/tag/v{}", "tensorflow": "tensorflow/tensorflow/releases/tag/v{}",
         "jax": "jax-ml/jax/releases/tag/jax-v{}", "torch": "pytorch/pytorch/releases/tag/v{}",
         "lightning": "Lightning-AI/pytorch-lightning/releases/tag/{}",
         "torchmetrics": "Lightning-AI/torchmetrics/releases/tag/v{}"}
"""Where the release notes of a package are, on github.com."""


def text(facts: Facts) -> Summary:
    """The answer in words."""
    sections = (Section("What changed", tuple(map(group_text, groups(facts.changes)))),
                Section("What was compared", tuple(covered_text(covered) for covered in facts.covered
                                                   if covered.stages or not covered.not_reached)),
                Section("Versions", tuple(versions(facts))),
                Section("Release notes", tuple(notes(facts))),
                Section(OPEN, tuple(what_is_open(facts))))
    return Summary(verdict(facts), detail(facts), tuple(section for section in sections if section.items))


def verdict(facts: Facts) -> str:
    """At most 15 words."""
    if facts.verdict is Verdict.NOT_COMPARED:
        return "Nothing was compared: it could not be run in both environments."
    if facts.verdict is Verdict.NOTHING:
        return "Nothing changed in what was compared."
    grouped = groups(facts.changes)
    what = noun(grouped[0]) if len(grouped) == 1 else f"{len(grouped)} things"
    if facts.verdict is Verdict.UNEXPLAINED:
        left = sum(not group[0].explained for group in grouped)
        which = "nothing known explains it" if len(grouped) == 1 else \
            f"{'one' if left == 1 else left} of them {'is' if left == 1 else 'are'} unexplained"
        return f"The upgrade changes {what}; {which}."
    locations = [located.location for located in facts.changes]
    made = sorted({f"{location.package} {location.after}" if location and location.package else ""
                   for location in locations})
    return f"{listed(made)} change{'s' * (len(made) == 1)} {what}." if all(made) and len(made) < 4 else \
        f"The upgrade changes {what}; the cause is below."


def noun(group: list[Located]) -> str:
    """What changed in a group, with its article."""
    if group[0].change.key.kind is Kind.INITIALIZATION and group[1:]:
        return f"the initial values of {len(group)} parameters"
    change = group[0].change
    return change.what or WHAT[Stage(change.key.name)]


def brief(framework: str, changes: Sequence[Change]) -> str:
    """What changed in one scenario, for the progress of a run."""
    grouped = groups([Located(framework, change) for change in changes])
    return "; ".join(f"{noun(group)}{of_variants(group)}" for group in grouped) or "nothing changed"


def detail(facts: Facts) -> str:
    """Which environments were compared."""
    return f"Old is {end_text(facts.old)}; new is {end_text(facts.new)}."


def end_text(end: End) -> str:
    """An environment in words."""
    packages = ", ".join(f"{name} {version}" for name, version in end.packages.items())
    return f"{end.title} ({packages}, Python {end.python})"


def groups(changes: Collection[Located]) -> list[list[Located]]:
    """The changes; those of the same part, with the same cause and release, together."""
    grouped: dict[object, list[Located]] = {}
    for located in changes:
        change, location = located.change, located.location
        place = location and (location.package, location.kept, location.before, location.after,
                              location.excluded)
        causes = tuple(field.path for cause in change.causes for field in cause.fields)
        kind = change.key.kind
        alone = change.key if kind is Kind.BEHAVIOUR else kind if kind is Kind.INITIALIZATION else change.key.name
        grouped.setdefault((located.framework, alone, causes, place), []).append(located)
    return list(grouped.values())


def group_text(group: list[Located]) -> str:
    """Changes that belong together: what, where, by how much, why, and since which release."""
    first, kind = group[0].change, group[0].change.key.kind
    if kind is Kind.INITIALIZATION:
        parts = "; ".join(f"{located.change.key.name}: {located.change.before} before, {located.change.after} after"
                          for located in group[:MOST_NAMED])
        more = f"; and {len(group) - MOST_NAMED} more" if group[MOST_NAMED:] else ""
        text = f"{begun(noun(group))}: {parts}{more}."
    elif kind is Kind.REPORTED:
        text = f"{begun(noun(group))}: {sentence(first.place)}"
    elif kind is Kind.FAILURE:
        text = f"{begun(noun(group))}: it {first.before} before, it {first.after} after. {sentence(first.place)}"
    else:
        values = f": {first.before} before, {first.after} after" if first.before else ""
        size = f" ({shown(first.size)} of the largest value)" if first.size and first.size != float("inf") else \
            " (in shape)" if first.size else ""
        at = f", at {first.place}" if first.place else ""
        of_first = ", in the first of them" if group[1:] else ""
        text = f"{begun(noun(group))}{of_variants(group)}{of_first}{values}{size}{at}."
    return f"{text}{cause_text(first)}{location_text(group[0])}"


def of_variants(group: list[Located]) -> str:
    """The scenarios and variants in which something changed; empty for a program."""
    subjects = [located.change.key.subject for located in group]
    behaviour = group[0].change.key.kind is Kind.BEHAVIOUR
    return f", in {subjects[0]}" if behaviour else f" of {named(subjects)}" if "/" in subjects[0] else ""


def cause_text(change: Change) -> str:
    """The settings that cause a change."""
    texts = []
    for cause in change.causes:
        fields = listed(f"the {suspect_title(field)}" for field in cause.fields)
        texts.append(f" Switching {fields} removes it{': ' if cause.explanation else ''}{cause.explanation}."
                     if fields else f" {sentence(cause.explanation)}")
    return "".join(texts)


def location_text(located: Located) -> str:
    """Which package makes a change, and since which release."""
    place = located.location
    if place is None:
        return ""
    if not place.package:
        names, many = listed(place.excluded, "and"), place.excluded[1:]
        return f" {names} {'do' if many else 'does'} not make it alone." if place.excluded else \
            " Which package makes it is not known: none can be replaced alone."
    count = len(place.between)
    left = f" Not measured: {listed(place.between)}." if 0 < count <= 3 else \
        f" Not measured: {count} releases between them." if count else ""
    return f" With the other packages of the {place.kept} environment, this is so from {place.package} {place.after} " \
        f"on, and not with {place.before}.{left}"


def covered_text(covered: Covered) -> str:
    """What was compared, in words."""
    detectable = "" if covered.smallest is None else f" A difference of {covered.smallest:.0e} " + (
        "of a step's loss" if covered.states else "of the largest value") + " would have been detected."
    if not covered.stages:
        return f"Nothing of {covered.subject}: it does not run in both environments."
    if covered.states:
        stages = ", ".join(f"{stage} ({count})" for stage, count in covered.stages)
        return f"{covered.framework}: {covered.subject}. Variants by stage: {stages}; both took the same step from " \
            f"{covered.states} recorded states. Behaviours: {covered.behaviours}.{detectable}"
    return " ".join([f"{covered.subject}, from the same weights on the same batches: {counted(covered.stages)}."
                     f"{detectable}", *covered.remarks])


def versions(facts: Facts) -> list[str]:
    """The packages that differ."""
    names = dict.fromkeys((*facts.old.packages, *facts.new.packages))
    changed = [f"{name} {facts.old.packages.get(name) or 'none'} → {facts.new.packages.get(name) or 'none'}"
               for name in names if facts.old.packages.get(name) != facts.new.packages.get(name)]
    more = [f"{name} {old} → {new}" for name, old, new in facts.remaining_packages if old and new]
    lines = [f"Packages that can make a change: {', '.join(changed)}."] if changed else []
    if facts.old.python != facts.new.python:
        lines.append(f"Python {facts.old.python} → {facts.new.python}; it was not swapped.")
    return lines + ([f"Others: {listed(more[:MOST_NAMED])}" + (
        f", and {len(more) - MOST_NAMED} more." if more[MOST_NAMED:] else ".")] if more else [])


def notes(facts: Facts) -> list[str]:
    """Where the releases that make the changes are described."""
    return list(dict.fromkeys(f"https://github.com/{NOTES[located.location.package].format(located.location.after)}"
                              for located in facts.changes if located.location and located.location.package in NOTES))


def what_is_open(facts: Facts) -> list[str]:
    """What is not explained, and what could not be measured."""
    lines = [f"{begun(noun(group))}{of_variants(group)}: no setting is known that causes it" + (
        ", and no package is known to make it alone." if group[0].location else "; bisect=true searches the release.")
        for group in groups(facts.changes) if not group[0].explained]
    lines += facts.not_measured
    for covered in facts.covered:
        if covered.stages and not covered.states and covered.stages[-1][0] not in ENDS:
            last = WHAT[Stage(covered.stages[-1][0])]
            lines.append(f"The stages of {covered.subject} after {last} were not compared, since they follow from it."
                         if facts.changes else
                         f"The training of {covered.subject} was not compared: it has no loss or no optimizer.")
    left_out = [each for covered in facts.covered for each in covered.not_compared]
    drawn, untrained = ([name for name, reason in left_out if (reason == OWN_WEIGHTS) is is_drawn]
                        for is_drawn in (True, False))
    if drawn:
        lines.append(f"Only the behaviours and numbers of these were compared, since {OWN_WEIGHTS}: {named(drawn)}.")
    if untrained:
        lines.append(f"Not compared, since not both environments train them: {named(untrained)}.")
    small = [name for covered in facts.covered for name in covered.within_rounding]
    if small:
        lines.append(f"The loss of a step is so small that rounding could hide any difference of it: {named(small)}.")
    lines += [f"{covered.framework}: the run was ended before {named(covered.not_reached)} could be compared; the same "
              "command with out= goes on." for covered in facts.covered if covered.not_reached]
    return lines


def named(names: Collection[str]) -> str:
    """The first names, and the number of the others."""
    unique = list(dict.fromkeys(names))
    return listed(unique) if len(unique) <= MOST_NAMED else \
        f"{', '.join(unique[:MOST_NAMED])} and {len(unique) - MOST_NAMED} more"
