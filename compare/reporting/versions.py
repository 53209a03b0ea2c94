"""What the commands `environments` and `when` print."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from rich.table import Table

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, told
from compare.analysis.causes.questions import Suspect
from compare.analysis.version_history import Boundary
from compare.execution.environments import ENVIRONMENTS
from compare.reporting.cause_text import listed
from frameworks import FRAMEWORKS
from frameworks.quirks.resolution import explanation_of
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec


def environments() -> Table:
    """Every old Keras: whether it is built, how large it is, and with what versions."""
    table = Table("framework", "Python", "built", "what it is")
    for name, one in ENVIRONMENTS.items():
        table.add_row(name, one.version, f"{one.size} MB" if one.installed else "no",
                      one.versions if one.installed and one.versions else one.title)
    return table


def timeline(scenario: Scenario, behaviour: Behaviour, answers: Mapping[str, Answer],
             environments: Mapping[str, Mapping[str, Any]]) -> Table:
    """What every Keras answers, oldest first."""
    table = Table("Keras", "versions", behaviour.title, title=scenario.title, title_justify="left")
    for name, answer in answers.items():
        shown = {True: "yes", False: "no", None: "cannot be asked"}[answer.holds]
        number = told(behaviour, answer.number) if answer.numbers and answer.number == answer.number else ""
        table.add_row(_name(name, environments), _versions(environments.get(name, {"versions": {}})),
                      ", ".join(filter(None, [shown, number])) + (f" ({answer.reason})" if answer.reason else ""))
    return table


def sentences(behaviour: Behaviour, spec: Spec, boundaries: Sequence[Boundary], answers: Mapping[str, Answer],
              environments: Mapping[str, Mapping[str, Any]], assuming: bool) -> list[str]:
    """One sentence a boundary, and what has no boundary."""
    if not boundaries:
        known = {answer.holds for answer in answers.values()} - {None}
        return [f"No boundary: {behaviour.title} in {'all' if known == {True} else 'none'} of them."]
    return [f"Between {_name(one.before, environments)} and {_name(one.after, environments)}"
            f"{', assuming one change' if assuming else ''}: {behaviour.title} in the "
            f"{'former' if answers[one.before].holds else 'latter'} only. {_because(one, spec, environments)}"
            for one in boundaries]


def _because(one: Boundary, spec: Spec, environments: Mapping[str, Mapping[str, Any]]) -> str:
    cause = one.cause
    changed = [f"{name} {environments[one.before]['versions'].get(name, 'none')} to {version}"
               for name, version in environments[one.after]["versions"].items()
               if name in ("keras", "tensorflow") and environments[one.before]["versions"].get(name) != version]
    packages = f" ({listed(changed)})" if changed else ""
    if cause is None or not one.known:
        return f"Unexplained: no known difference makes it{packages}."
    plain = " ".join(_plain(quirk, spec) for quirk in one.quirks)
    names = [quirk.path for quirk in one.quirks]
    following = [path for path in cause.paths if path not in names]
    follow = f", with what follows from it ({listed(following)})," if following else ""
    if len(names) > 1:
        return f"It takes {listed(names)} together{follow}{packages}: {plain}"
    return f"Switching {names[0]} alone{follow} makes it and takes it away{packages}: {plain}"


def _plain(quirk: Suspect, spec: Spec) -> str:
    """What the side with the departing value does, with its versions."""
    rows = [row for row in quirk.sources if row and row.explanation and row.packages] or \
        [row for row in quirk.sources if row and row.explanation]
    return "".join(f"{explanation_of(row, spec)} ({row.origin})." for row in rows[:1])


def _name(name: str, environments: Mapping[str, Mapping[str, Any]]) -> str:
    """A framework by its years: today's Keras has no version in its title."""
    if FRAMEWORKS[name].environment or name not in environments:
        return title(name)
    return f"Keras {'.'.join(environments[name]['versions']['keras'].split('.')[:2])}, today's"


def _versions(environment: Mapping[str, Any]) -> str:
    versions = environment["versions"]
    return ", ".join(f"{name} {versions[name]}" for name in ("keras", "tensorflow") if name in versions)
