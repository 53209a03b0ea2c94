"""The output of `python -m compare environments` and `python -m compare when`."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping, Sequence

from rich.table import Table

from compare.analysis.attribution import title
from compare.analysis.behaviours import Answer, in_unit
from compare.analysis.causes.questions import Suspect
from compare.analysis.version_history import Boundary
from compare.execution import built
from compare.execution.cache import environments_folder
from compare.execution.disk import files, size_text
from compare.execution.environments import OLD_KERAS
from compare.execution.registered import REGISTERED
from compare.reporting.cause_text import listed
from compare.reporting.console import plain_table
from compare.reporting.field_text import suspect_title
from frameworks import FRAMEWORKS
from frameworks.environment import Environment, Environments
from frameworks.quirks.resolution import explanation_of
from scenarios.scenario import Behaviour, Scenario
from scenarios.spec import Spec


def environments() -> tuple[Table, str]:
    """Returns the table of environments, with what each takes on disk, and a sentence on all of them."""
    table, sizes = plain_table("framework", "Python", "on disk", "what it is"), {}

    def on_disk(folders: Iterable[Path]) -> str:
        sizes_of = files(folders)
        sizes.update(sizes_of.sizes)
        return size_text(sizes_of.size)

    for name, old in OLD_KERAS.items():
        table.add_row(name, old.version, on_disk([old.folder]) if old.installed else "not built",
                      old.versions if old.installed and old.versions else old.title)
    for name, registered in REGISTERED.items():
        table.add_row(name, registered.version, "registered" if registered.installed else "gone",
                      f"{registered.title}: {registered.versions}")
    if locks := built.of_locks():
        table.add_row(built.LOCKS, "", on_disk(locks), f"{len(locks)} environments that `upgrade` has built")
    if not sizes:
        return table, "Nothing is built."
    return table, f"On disk, {size_text(sum(sizes.values()))} in {environments_folder()}; a file that several " \
        "share counts once. `environments remove NAME` removes what was built."


def timeline(scenario: Scenario, behaviour: Behaviour, answers: Mapping[str, Answer],
             environments: Environments) -> Table:
    """Returns the table of answers of all Keras versions, oldest first."""
    table = plain_table("Keras", "versions", behaviour.title, title=scenario.title)
    for name, answer in answers.items():
        shown = {True: "yes", False: "no", None: "no answer"}[answer.holds]
        number = in_unit(behaviour, answer.number) if answer.numbers and answer.number == answer.number else ""
        table.add_row(_name(name, environments), _versions(environments.get(name, {"versions": {}})),
                      ", ".join(filter(None, [shown, number])) + (f" ({answer.note})" if answer.note else ""))
    return table


def sentences(behaviour: Behaviour, spec: Spec, boundaries: Sequence[Boundary], answers: Mapping[str, Answer],
              environments: Environments, bisected: bool) -> list[str]:
    """Returns one sentence per boundary between versions, or one sentence if there is no boundary.

    `bisected` says whether the boundaries were found by bisection, which assumes that the behaviour changed only once.
    """
    if not boundaries:
        return [_no_boundary(behaviour, answers, environments, bisected)]
    return [f"Between {_name(boundary.before, environments)} and {_name(boundary.after, environments)}"
            f"{', assuming one change' if bisected else ''}: {behaviour.title} in the "
            f"{'former' if answers[boundary.before].holds else 'latter'} only. "
            f"{_because(boundary, spec, environments)}" for boundary in boundaries]


def _no_boundary(behaviour: Behaviour, answers: Mapping[str, Answer], environments: Environments,
                 bisected: bool) -> str:
    """The sentence for versions that all show a behaviour or all do not, as far as they have an answer."""
    known = [name for name, answer in answers.items() if answer.holds is not None]
    if not known:
        return f"No answer: whether {behaviour.title} could not be measured in any of them."
    if not known[1:]:
        return f"No boundary can be found: only {_name(known[0], environments)} has an answer."
    unknown = [_name(name, environments) for name in answers if name not in known]
    left = f"; no answer from {listed(unknown)}" if unknown else ""
    holds = answers[known[0]].holds
    if bisected:
        first, last = (_name(name, environments) for name in (known[0], known[-1]))
        return f"No boundary between {first} and {last}, assuming at most one change: {behaviour.title} in " \
               f"{'both' if holds else 'neither'}{left}."
    of = f"the {len(known)} that have an answer" if unknown else "them"
    return f"No boundary: {behaviour.title} in {'all' if holds else 'none'} of {of}{left}."


def _because(boundary: Boundary, spec: Spec, environments: Environments) -> str:
    cause = boundary.cause
    before, after = (environments[name]["versions"] for name in (boundary.before, boundary.after))
    changed = [f"{name} {before.get(name, 'none')} to {version}" for name, version in after.items()
               if name in ("keras", "tensorflow") and before.get(name) != version]
    packages = f" ({listed(changed)})" if changed else ""
    if cause is None or not boundary.known:
        return f"Unexplained: no known difference causes it{packages}."
    explanations = " ".join(filter(None, (_explanation(quirk, spec) for quirk in boundary.quirks)))
    paths = [quirk.path for quirk in boundary.quirks]
    names = [f"the {suspect_title(quirk)}" for quirk in boundary.quirks]
    following = [suspect_title(cause.question.suspect(path)) for path in cause.paths if path not in paths]
    follow = f" (and with it the {listed(following)})" if following else ""
    together = " together" if len(names) > 1 else " alone"
    return f"Switching {listed(names)}{together}{follow} adds it and removes it{packages}" + \
        (f": {explanations}" if explanations else ".")


def _explanation(quirk: Suspect, spec: Spec) -> str:
    """What the side with the departing value does, and the origin of that value; rules with versions come first."""
    rules = [rule for rule in quirk.sources if rule and rule.explanation and rule.packages] or \
        [rule for rule in quirk.sources if rule and rule.explanation]
    return "".join(f"{explanation_of(rule, spec)} ({rule.origin})." for rule in rules[:1])


def _name(name: str, environments: Environments) -> str:
    """A framework's title; the current Keras has no version in its title, and is named with major and minor version."""
    if FRAMEWORKS[name].environment or name not in environments:
        return title(name)
    return f"Keras {'.'.join(environments[name]['versions']['keras'].split('.')[:2])}, today's"


def _versions(environment: Environment) -> str:
    versions = environment["versions"]
    return ", ".join(f"{name} {versions[name]}" for name in ("keras", "tensorflow") if name in versions)
