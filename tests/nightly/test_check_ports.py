"""`check` on the ports of the corpus: what it finds is what `tests/ports/checked.json` keeps, which has those measured.

`PYTHONPATH=.:tests python tests/nightly/test_check_ports.py [PORT …]` measures again and writes the file; all take
about an hour.
"""
import json
import sys
import tempfile
from pathlib import Path

import pytest
from fix_text import code_outside, not_code, not_python
from rounding import skip_unless_installed

from compare.analysis.programs import check, runs
from compare.analysis.programs.suspects.suspect import with_paths
from compare.execution.program_arguments import read_keywords
from compare.execution.programs import Setup
from compare.reporting.programs.facts import Verdict, facts

PORTS = Path(__file__).parents[1] / "ports"
CHECKED = PORTS / "checked.json"
NAMES = sorted(path.parent.name for path in PORTS.glob("*/expected.json"))
KEPT = json.loads(CHECKED.read_text()) if CHECKED.exists() else {}


def expected(name):
    return json.loads((PORTS / name / "expected.json").read_text())


def question(folder, port, steps=8):
    """The question of a port, as a user would ask it."""
    keras, torch = port["programs"]
    given = {"keras": keras, "lightning": torch, "steps": steps}
    if (folder / "data.py").exists():
        given["data"] = "data.py:data"
    if port.get("weights"):
        given["weights"] = f"{torch.split(':')[0]}:load"
    if port.get("images_as_they_are"):
        given["inputs"] = "as_they_are"
    return read_keywords(given, folder)


def checked(pair, folder, port):
    """What `check` finds: the verdict, and of every difference the stage and whether it is explained."""
    requested = question(folder, port)
    result = facts(check.check(runs.Pair(requested, pair.folder, pair.workers, Setup(), Setup())))
    items = [{"stage": str(item.stage), "left": item.left and item.left.layer or "", "explained": bool(item.causes),
              "by_design": item.by_design} for item in result.items]
    causes = [cause for item in result.items for cause in item.causes]
    assert not [mixed for cause in causes for mixed in (*not_code(cause.code), *not_python(with_paths(cause.cause)),
                                                        *code_outside(cause.cause))]
    failures = [f"{side}: {failure.when}" for side, failure in result.failures]
    return {"verdict": str(result.verdict), "items": items, "settings": len(result.settings), "failures": failures}


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    skip_unless_installed("keras")
    skip_unless_installed("lightning")
    started = runs.started(question(PORTS / NAMES[0], expected(NAMES[0])), tmp_path_factory.mktemp("check"))
    yield started
    runs.close(started)


@pytest.mark.parametrize("name", KEPT)
def test_what_is_found_is_what_is_kept(pair, name):
    assert checked(pair, PORTS / name, expected(name)) == KEPT[name]


@pytest.mark.parametrize("name", KEPT)
def test_a_right_port_is_never_called_different_and_a_wrong_one_never_the_same(name):
    verdict, right = Verdict(KEPT[name]["verdict"]), expected(name)["verdict"]
    if right == "by_design" and verdict is Verdict.DIFFERENT:  # by more than the margin, and nobody's line is wrong
        assert KEPT[name]["items"] and all(item["by_design"] for item in KEPT[name]["items"])
    else:
        assert (verdict in (Verdict.SAME, Verdict.SAME_BY_DESIGN)) == (right != "different")


def measure(names):
    """Checks ports and writes what is found."""
    rows = dict(KEPT)
    pair = runs.started(question(PORTS / NAMES[0], expected(NAMES[0])), Path(tempfile.mkdtemp()))
    for name in names:
        rows[name] = checked(pair, PORTS / name, expected(name))
        print(name, expected(name)["verdict"], rows[name], flush=True)
        CHECKED.write_text(json.dumps(dict(sorted(rows.items())), indent=1) + "\n")
    runs.close(pair)


if __name__ == "__main__":
    measure(sys.argv[1:] or NAMES)
