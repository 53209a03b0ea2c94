"""The answer as Markdown for TensorBoard's text dashboard; the complete answer is in the report."""

from __future__ import annotations

from compare.analysis.attribution import title
from compare.analysis.result import Result
from compare.reporting.answer import sentence, summary
from compare.reporting.cells import attribution_text, cell, first_differences
from compare.reporting.statistics_text import mcnemar_text, paired_text


def markdown(result: Result) -> str:
    """The question, the answer, the table of behaviours, the first differences, the statistics and the versions."""
    lines = [f"# {result.scenario.title}", "", result.scenario.question, ""]
    if result.dataset.notice:
        lines += [f"*{result.dataset.notice}*", ""]
    overview = summary(result)
    lines += [f"**{overview.verdict}** {overview.detail}", ""]
    if overview.numbers:
        names = " | ".join(map(title, result.traces))
        lines += ["## The reported numbers beside ours", "", f"| | reported | {names} |",
                  "|" + "---|" * (len(result.traces) + 2)]
        lines += [f"| {' | '.join([row.quantity, row.reported, *(row.ours.get(name, '') for name in result.traces)])} |"
                  for row in overview.numbers] + [""]
    for section in overview.sections:
        lines += [f"## {section.title}", "", *[f"- {item}" for item in section.items], ""]
    lines += ["", f"| behaviour | reported | {' | '.join(map(title, result.traces))} | belongs to |",
              "|" + "---|" * (len(result.traces) + 3)]
    for behaviour in result.scenario.behaviours:
        reported = "" if behaviour.reported is None else behaviour.unit.format(behaviour.reported)
        cells = [cell(result, behaviour.name, answer) for answer in result.answers[behaviour.name].values()]
        lines.append(f"| {' | '.join([behaviour.title, reported, *cells, attribution_text(result, behaviour.name)])} |")
    lines.append("")
    for line in first_differences(result) + paired_text(result) + mcnemar_text(result):
        lines += ["", sentence(line)]
    versions = {title(name): " ".join(f"{package} {version}" for package, version in environment["versions"].items())
                for name, environment in result.environments.items()}
    lines += ["", *[f"- {name}: {packages}" for name, packages in versions.items()]]
    return "\n".join(lines) + "\n"
