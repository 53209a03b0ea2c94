"""The differences as SARIF 2.1.0, which code review tools show beside the line to change."""

from __future__ import annotations

from compare.analysis.programs.stages import Stage
from compare.reporting.programs import text
from compare.reporting.programs.facts import Facts


def sarif(found: Facts) -> dict[str, object]:
    """A SARIF log with one result per difference that has a line."""
    results: list[dict[str, object]] = []
    for item in found.items:
        if item.place.file:
            level = "note" if item.by_design else "error" if item.causes else "warning"
            results.append(result(str(item.stage), level, text.difference(found, item), item.place.file,
                                  item.place.line))
    results += [result("settings", "error", f"{one.what}: {one.left} against {one.right}; write {one.code}",
                       one.place.file, one.place.line) for one in found.settings if one.place.file]
    rules = [{"id": name, "shortDescription": {"text": f"The programs differ in {text.WHAT[Stage(name)]}."}}
             for name in dict.fromkeys(str(item.stage) for item in found.items)]
    driver = {"name": "keras-or-me", "informationUri": "https://pypi.org/project/keras-or-me/", "rules": rules}
    return {"$schema": "https://json.schemastore.org/sarif-2.1.0.json", "version": "2.1.0",
            "runs": [{"tool": {"driver": driver}, "results": results}]}


def result(rule: str, level: str, message: str, file: str, line: int) -> dict[str, object]:
    """One SARIF result."""
    location = {"artifactLocation": {"uri": file}, "region": {"startLine": max(line, 1)}}
    return {"ruleId": rule, "level": level, "message": {"text": message},
            "locations": [{"physicalLocation": location}]}
