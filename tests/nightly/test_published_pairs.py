"""`check` on architectures of `keras.applications` against torchvision's of the same name, which were not written here.

What is found is what `tests/published/found.json` keeps: every item with the layers, and with how many changes of which
kind remove it. `python tests/nightly/test_published_pairs.py [NAME …]` measures again and writes the file.
"""
import json
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest
from rounding import skip_unless_installed

from compare.analysis.programs import check, runs
from compare.execution.program_arguments import read_keywords
from compare.reporting.programs import text
from compare.reporting.programs.facts import Verdict, facts

FOLDER = Path(__file__).parents[1] / "published"
RECORD = FOLDER / "found.json"
NAMES = ("mobilenet_v2", "resnet50", "vgg16", "efficientnet_b0")
LARGE = {"deep": 2.0, "wide": 4.0}
"""Networks of 200 layers and of 50 million parameters, and so many GiB that each process may need."""
KEPT = json.loads(RECORD.read_text()) if RECORD.exists() else {}
MINUTES = 5.0
"""Of a processor, for both programs and the comparison."""


def question(name):
    kind = "large" if name in LARGE else "published"
    return read_keywords({"keras": f"{kind}_keras.py:{name}", "lightning": f"{kind}_torch.py:{name}", "steps": 3,
                          "batch": 4, "limit": 30}, FOLDER)


def checked(name, folder):
    """What `check` finds, and what it costs."""
    pair = runs.started(question(name), folder)
    try:
        return facts(check.check(pair))
    finally:
        runs.close(pair)


def kept(result):
    """What is kept of a result: no wording, and no number that a machine decides."""
    return {"verdict": str(result.verdict),
            "items": [{"stage": str(item.stage), "left": item.left.layer if item.left else "",
                       "right": item.right.layer if item.right else "", "explained": bool(item.causes),
                       "by_design": item.by_design, "changes": dict(Counter(
                           " ".join(filter(None, (change["kind"], change.get("name"))))
                           for cause in item.causes for change in cause.changes))} for item in result.items],
            "settings": [f"{each.what}: {each.left} against {each.right}" for each in result.settings],
            "unpaired": [len(side) for side in result.unpaired]}


@pytest.mark.parametrize("name", NAMES)
def test_what_is_found_is_what_is_kept(name, tmp_path):
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    result = checked(name, tmp_path)
    assert kept(result) == KEPT[name]
    used = (result.cost.left, result.cost.right, result.cost.comparison)
    assert sum(each.processor for each in used) < MINUTES * 60, text.cost(result)


@pytest.mark.parametrize("name", LARGE)
def test_a_large_network_is_the_same_within_its_memory(name, tmp_path):
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    result = checked(name, tmp_path)
    assert result.verdict is Verdict.SAME and len(result.pairs) == {"deep": 402, "wide": 6}[name]
    used = (result.cost.left, result.cost.right, result.cost.comparison)
    assert all(each.peak_mb < LARGE[name] * 1024 for each in used), text.cost(result)
    assert sum(each.processor for each in used) < MINUTES * 60, text.cost(result)


if __name__ == "__main__":
    for each in sys.argv[1:] or NAMES:
        answer = checked(each, Path(tempfile.mkdtemp()))
        print(each, text.markdown(text.text(answer)), text.cost(answer), sep="\n", flush=True)
        KEPT[each] = kept(answer)
        RECORD.write_text(json.dumps(dict(sorted(KEPT.items())), indent=1) + "\n")
