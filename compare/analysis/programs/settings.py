"""Differences of settings that one batch without dropout cannot show: rates of dropout."""

from __future__ import annotations

from dataclasses import dataclass

from compare.analysis.programs.description import Place, Run


@dataclass(frozen=True)
class SettingsItem:
    """One setting with another value on each side; it is read, not measured."""

    what: str
    left: str
    right: str
    code: str
    place: Place


def differences(left: Run, right: Run) -> tuple[SettingsItem, ...]:
    """The dropouts of both sides in the order of use."""
    ours, theirs = dropouts(left), dropouts(right)
    items = []
    for i in range(max(len(ours), len(theirs))):
        expected = ours[i] if i < len(ours) else (0.0, Place())
        actual = theirs[i] if i < len(theirs) else (0.0, Place())
        if abs(expected[0] - actual[0]) > 1e-12:
            items.append(SettingsItem(f"dropout {i + 1}", f"{expected[0]:g}", f"{actual[0]:g}",
                                      f"dropout with p={expected[0]:g}", actual[1] if actual[1].file else expected[1]))
    for operation in right.operations:
        if operation.kind == "dropout" and (operation.arguments or {}).get(
                "training", (operation.arguments or {}).get("2")) is True:
            items.append(SettingsItem("dropout in evaluation mode", "off", "on",
                                      "F.dropout(x, p, training=self.training)", operation.place))
    return tuple(items)


def dropouts(run: Run) -> list[tuple[float, Place]]:
    """The rate and line of every dropout."""
    if not run.is_torch:
        return [(float(layer.settings[name]), layer.place) for layer in run.layers.values()
                for name in ("rate", "dropout", "recurrent_dropout") if layer.settings.get(name) and
                (name != "rate" or "Dropout" in layer.kind)]
    rates = []
    for operation in run.training_operations or run.operations:
        if "dropout" in operation.kind:
            arguments = operation.arguments or {}
            rate = arguments.get("p", arguments.get("1"))
            layer = run.layers.get(operation.layer)
            rates.append((float(layer.settings["rate"] if layer and "rate" in layer.settings else
                                0.5 if rate is None else rate), layer.place if layer else operation.place))
    # That of a recurrent layer stands between its layers: with one layer it does nothing.
    rates += [(float(layer.settings["dropout"]), layer.place) for layer in run.layers.values()
              if layer.settings.get("dropout") and layer.settings.get("layers", 2) > 1]
    return [each for each in rates if each[0]]
