"""Belongs to: who is responsible for a behaviour, computed from who shows it and from what the two sides fill.

What this says is as much as a run without interventions can: the fields that can act are those that a showing and a
missing side fill differently, less those that the shared start and order override.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Mapping

from compare.behaviours import WITHOUT_A_VALUE, Answer
from frameworks import FRAMEWORKS
from frameworks.quirks import GATES, Difference, Value, filled, known, quirks
from scenarios.fields import changed
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
    departing: str = ""
    """Where the textbook shows it: whose doing it is that others do not, as in `PyTorch departs`."""
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
    refused = tuple(name for name in unasked if answers[name].reason.startswith(WITHOUT_A_VALUE))
    missing, unasked = missing + refused, tuple(name for name in unasked if name not in refused)
    if not missing:
        kinds = {environments[name]["framework"] for name in showing}
        return Verdict(UNIVERSAL if "reference" in kinds and kinds != {"reference"} else UNCOMPARED, showing, missing,
                       unasked)
    showing_sides, missing_sides = ([environments[name] for name in names] for names in (showing, missing))
    suspects = _suspects(spec, showing_sides, missing_sides, start)
    layers, others = (tuple(sorted({filled(spec, side)[suspect.path].layer for side in sides for suspect in suspects}))
                      for sides in (showing_sides, missing_sides))
    if "textbook" in layers:
        verb = "departs" if len(others) == 1 else "depart"
        departing = f"{' and '.join(others)} {verb}"
        return Verdict(f"textbook; {departing}", showing, missing, unasked, suspects, departing)
    return Verdict(" or ".join(layers) if layers else UNEXPLAINED, showing, missing, unasked, suspects)


def title(name: str) -> str:
    """A framework as the words call it."""
    return FRAMEWORKS[name].title


def _suspects(spec: Spec, showing: list[Mapping[str, Any]], missing: list[Mapping[str, Any]],
              start: str) -> tuple[Difference, ...]:
    """Fields in which every showing side departs from every missing side, of the earliest gate.

    A later gate stands on an earlier one: where fields of an earlier gate differ, those of later ones are not blamed.
    A shared start decides the fields of `OVERRIDDEN` for all; with own starts, any of those may be the reason as well.
    """
    sets = [{difference.path: difference for difference in quirks(spec, one, other)}
            for one in showing for other in missing]
    common = [difference for path, difference in sets[0].items() if all(path in found for found in sets)]
    follow = [_consequences(spec, one, other, common) for one in showing for other in missing]
    common = [difference for difference in common if not all(difference.path in paths for paths in follow)]
    own = tuple(difference for difference in common if difference.gate in OVERRIDDEN and start == "own")
    others = [difference for difference in common if difference.gate not in OVERRIDDEN]
    earliest = min((GATES.index(difference.gate) for difference in others), default=None)
    return own + tuple(difference for difference in others if GATES.index(difference.gate) == earliest)


def _consequences(spec: Spec, one: Mapping[str, Any], other: Mapping[str, Any],
                  suspects: list[Difference]) -> set[str]:
    """The paths that differ no more as soon as another suspect is closed as the other side closes it.

    Keras on TensorFlow takes a loss of the logits, and so neither divides rows nor clips: the first is the reason.
    """
    paths = {difference.path for difference in suspects}
    gone: set[str] = set()
    for difference in suspects:
        closed = changed(spec, {difference.path: difference.values[1]})
        gone |= paths - {rest.path for rest in quirks(closed, one, other)} - {difference.path}
    return gone
