"""The differences as SARIF 2.1.0, which code review tools show beside the line to change."""

from __future__ import annotations

from compare.analysis.programs.comparison import Stage
from compare.analysis.programs.suspects.suspect import as_markdown
from compare.reporting.programs import differences_text
from compare.reporting.programs.facts import Facts


def sarif(facts: Facts) -> dict[str, object]:
    """A SARIF log with one result per difference that has a line."""
    results: list[dict[str, object]] = []
    for item in facts.items:
        if item.place.file:
            level = "note" if item.by_design else "error" if item.causes else "warning"
            change = differences_text.changes_text(item.causes)
            results.append(result(str(item.stage), level, differences_text.difference(facts, item) +
                                  f" What to write: {change}." * bool(change), item.place.file, item.place.line))
    results += [result("settings", "error",
                       f"{item.what}: {item.left} against {item.right}; write {as_markdown(item.code)}",
                       item.place.file, item.place.line) for item in facts.settings if item.place.file]
    rules = [{"id": name, "shortDescription": {"text": f"The programs differ in {differences_text.WHAT[Stage(name)]}."}}
             for name in dict.fromkeys(str(item.stage) for item in facts.items)]
    driver = {"name": "keras-or-me", "informationUri": "https://pypi.org/project/keras-or-me/", "rules": rules}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "results": results}]}


def result(rule: str, level: str, message: str, file: str, line: int) -> dict[str, object]:
    """One SARIF result."""
    location = {"artifactLocation": {"uri": file}, "region": {"startLine": max(line, 1)}}
    return {"ruleId": rule, "level": level, "message": {"text": message},
            "locations": [{"physicalLocation": location}]}
