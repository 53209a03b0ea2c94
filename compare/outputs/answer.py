"""The answer as Markdown for TensorBoard's text; the whole is in `report`."""

from __future__ import annotations

from compare.evidence import mcnemar_told, paired_told
from compare.outputs.console import cell, seen_where
from compare.outputs.numbers import first_differences
from compare.proofs import parted
from compare.result import Result
from compare.verdict import title
from compare.words import sentences

HEADS = ("Your numbers beside ours", "Why", "In your code", "What stays open")


def markdown(result: Result) -> str:
    """Question, answer first, then the table and where two sides first differ."""
    lines = [f"# {result.scenario.title}", "", result.scenario.question, ""]
    if result.dataset.notice:
        lines += [f"*{result.dataset.notice}*", ""]
    lines += [line for sentence in sentences(result) for line in section(sentence)]
    lines += ["", f"| behaviour | asked | {' | '.join(map(title, result.traces))} | belongs to |",
              "|" + "---|" * (len(result.traces) + 3)]
    for behaviour in result.scenario.behaviours:
        asked = "" if behaviour.asked is None else behaviour.unit.format(behaviour.asked)
        cells = [cell(result, behaviour.name, answer) for answer in result.answers[behaviour.name].values()]
        lines.append(f"| {' | '.join([behaviour.title, asked, *cells, seen_where(result, behaviour.name)])} |")
    lines.append("")
    lines += first_differences(result)
    for line in paired_told(result) + mcnemar_told(result):
        lines += ["", line]
    versions = {title(name): " ".join(f"{package} {version}" for package, version in environment["versions"].items())
                for name, environment in result.environments.items()}
    lines += ["", *[f"- {name}: {told}" for name, told in versions.items()]]
    return "\n".join(lines) + "\n"


def section(sentence: str) -> list[str]:
    """The short answer as it stands; of another sentence, a heading and its parts one under the other."""
    head, _, rest = sentence.partition(": ")
    if head not in HEADS:
        return [f"**{sentence}**", ""]
    return [f"## {head}", "", *[f"- {part}" for part in parted(rest.rstrip("."), "; ")], ""]
