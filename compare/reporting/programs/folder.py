"""Writes the outputs of a check into its folder: record, report, SARIF and TensorBoard's curves.

What an output needs is imported by its function, so that a package that is missing costs that output alone.
"""

from __future__ import annotations

import json
import time
from pathlib import Path

from compare.execution.files import write_text
from compare.execution.output_folder import TENSORBOARD
from compare.reporting.outputs import write_all
from compare.reporting.past_runs import RESULT
from compare.reporting.programs import text
from compare.reporting.programs.facts import Facts, record

NAMES = {"ported": "as_they_are", "changed": "with_the_changes"}


def write(facts: Facts, folder: Path, command: str) -> list[str]:
    """Writes all outputs; returns one sentence per output that could not be written."""
    return write_all(OUTPUTS, facts, folder, command)


def write_record(facts: Facts, folder: Path, command: str) -> None:
    """Writes result.json."""
    content = {**record(facts, command), "text": text.text(facts).record}
    write_text(folder / RESULT, json.dumps(content, indent=1, ensure_ascii=False) + "\n")


def write_markdown(facts: Facts, folder: Path, command: str) -> None:
    """Writes report.md."""
    write_text(folder / "report.md", text.markdown(text.text(facts)))


def write_sarif(facts: Facts, folder: Path, command: str) -> None:
    """Writes result.sarif."""
    from compare.reporting.programs import sarif
    write_text(folder / "result.sarif", json.dumps(sarif.sarif(facts), indent=1) + "\n")


def write_page(facts: Facts, folder: Path, command: str) -> None:
    """Writes report.html, which needs no network."""
    from markupsafe import Markup

    from compare.reporting.programs import picture
    from compare.reporting.report import style, templates
    drawn = {"picture": Markup(picture.svg(facts)), "few": picture.FEW, "colours": picture.COLOURS,
             "meaning": picture.MEANING,
             "overview": Markup(picture.svg(facts, whole=False)) if picture.is_large(facts) else ""}
    write_text(folder / "report.html", templates(autoescape=True).get_template("check.html.j2").render(
        facts=facts, answer=text.text(facts), cost=text.cost(facts), command=command, style=style(),
        date=time.strftime("%Y-%m-%d %H:%M"), **drawn))


def write_tensorboard(facts: Facts, folder: Path, command: str) -> None:
    """Writes the losses of both programs, as they are and with the changes, and the answer as text."""
    from compare.reporting.tensorboard import events, run_names
    place = folder / TENSORBOARD / run_names.VIEWS[0]
    for name, sides in facts.losses.items():
        for side, values in zip(("left", "right"), sides):
            events.write(place / f"{side}_{NAMES[name]}", events.curve("loss", values))
    events.write(place / "answer", events.text("answer", text.markdown(text.text(facts))))


def write_map(facts: Facts, folder: Path, command: str) -> None:
    """Writes map.yaml, the pairs of parameters for the user to change, where some have no partner or another one could
    be theirs."""
    import yaml
    if any(facts.unpaired) or facts.unsure:
        lines = ["# The pairs of parameters, as LEFT: RIGHT; shapes and names are those of Keras.",
                 "# Change it and give it as map=map.yaml; nothing behind the colon means that there is no partner.",
                 *(f"# without a partner on the {side}: {name}"
                   for side, names in zip(("left", "right"), facts.unpaired) for name in names),
                 *(f"# unsure, since others have the same shapes: {left} with {right}" for left, right in facts.unsure)]
        pairs = yaml.safe_dump(dict(facts.pairs), sort_keys=False, allow_unicode=True, width=1000)
        write_text(folder / "map.yaml", "\n".join(lines) + "\n" + pairs)


OUTPUTS = {RESULT: write_record, "report.md": write_markdown, "report.html": write_page, "result.sarif": write_sarif,
           "map.yaml": write_map, "what TensorBoard shows": write_tensorboard}
"""Output functions by name. To add an output, write a function above and add it here."""
