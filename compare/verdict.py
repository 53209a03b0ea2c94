"""Belongs to: who is responsible for a behaviour, computed from who shows it and from what the two sides fill.

What this says is as much as a run without interventions can: the fields that can act are those that a showing and a
missing side fill differently, less those that the shared start and order override.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from compare.behaviours import Answer
from frameworks import FRAMEWORKS
from frameworks.quirks import GATES, Difference, Value, filled, known, quirks
from scenarios.scenario import Behaviour
from scenarios.spec import Spec

UNIVERSAL, ELSEWHERE, NOBODY = "universal", "not in these versions", "nobody here"
UNEXPLAINED, UNASKED, UNCOMPARED = "unexplained", "cannot be asked", "nobody to compare with"
OVERRIDDEN = ("data", "start")
"""Gates whose fields a shared start decides for everybody."""


@dataclass(frozen=True)
class Verdict:
    """Whose behaviour it is."""

    belongs_to: str
    """Layers, `universal`, `not in these versions`, `nobody here`, `unexplained`, `cannot be asked`, `nobody to …`."""
    showing: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    """Those that do not show it, also because they refuse or have no value."""
    unasked: tuple[str, ...] = ()
    suspects: tuple[Difference, ...] = ()
    """The fields that can act, the showing side's value first."""
    elsewhere: tuple[Value, ...] = ()
    """Where the table knows it, where nobody of this run shows it."""


def belongs(behaviour: Behaviour, spec: Spec, answers: Mapping[str, Answer],
            environments: Mapping[str, Mapping[str, Any]], start: str) -> Verdict:
    """The verdict on a behaviour whose first variant is `spec`, from the answers by framework."""
    by_answer = {holds: tuple(name for name, answer in answers.items() if answer.holds is holds)
             for holds in (True, False, None)}
    showing, missing, unasked = by_answer[True], by_answer[False], by_answer[None]
    if not showing and not missing:
        return Verdict(UNASKED, unasked=unasked)
    if not showing:
        rows = tuple(row for rule in behaviour.old_rules for row in known("Accuracy.rule", rule))
        return Verdict(ELSEWHERE if rows else NOBODY, (), missing, unasked, elsewhere=rows)
    refused = tuple(name for name in unasked if answers[name].reason.startswith(("refused", "undefined")))
    missing, unasked = missing + refused, tuple(name for name in unasked if name not in refused)
    if not missing:
        kinds = {environments[name]["framework"] for name in showing}
        return Verdict(UNIVERSAL if "reference" in kinds and kinds != {"reference"} else UNCOMPARED, showing, missing,
                       unasked)
    showing_sides, missing_sides = ([environments[name] for name in names] for names in (showing, missing))
    suspects = _suspects(spec, showing_sides, missing_sides, start)
    layers = {filled(spec, side)[suspect.path].layer for side in showing_sides for suspect in suspects}
    return Verdict(" or ".join(sorted(layers)) if layers else UNEXPLAINED, showing, missing, unasked, suspects)


def title(name: str) -> str:
    """A framework as the words call it."""
    return FRAMEWORKS[name].title


def _suspects(spec: Spec, showing: list[Mapping[str, Any]], missing: list[Mapping[str, Any]],
              start: str) -> tuple[Difference, ...]:
    """Fields in which every showing side departs from every missing side, earliest gate first; one gate only.

    A later gate stands on an earlier one: where fields of an earlier gate differ, those of later ones are not blamed.
    """
    sets = [{difference.path: difference for difference in quirks(spec, one, other)
             if start == "own" or difference.gate not in OVERRIDDEN} for one in showing for other in missing]
    common = [difference for path, difference in sets[0].items() if all(path in found for found in sets)]
    earliest = min((GATES.index(difference.gate) for difference in common), default=None)
    return tuple(difference for difference in common if GATES.index(difference.gate) == earliest)
