"""The corpus of ports: every one is complete, its fixes fit its programs, and what was measured is as expected."""
import ast
import json
from pathlib import Path

import pytest

PORTS = Path(__file__).parents[1] / "ports"
MEASURED = json.loads((PORTS / "measured.json").read_text())
NAMES = sorted(path.parent.name for path in PORTS.glob("*/expected.json"))
STAGES = {"parameters", "forward", "evaluation", "loss", "gradient", "update", "metric"}


def expected(name):
    return json.loads((PORTS / name / "expected.json").read_text())


def test_every_folder_is_a_port_and_was_measured():
    folders = {path.parent.name for path in PORTS.glob("*/*_program.py")}
    assert folders == set(NAMES) == set(MEASURED)
    assert len({name.split("_")[0] for name in NAMES}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_programs_define_what_is_asked_for(name):
    for program in expected(name)["programs"]:
        file, target = program.split(":")
        defined = {node.name for node in ast.parse((PORTS / name / file).read_text()).body if hasattr(node, "name")}
        assert target in defined


@pytest.mark.parametrize("name", NAMES)
def test_verdict_and_stage(name):
    port = expected(name)
    assert port["verdict"] in ("same", "different", "by_design") and port["cause"]
    assert (port.get("stage") is None) == (port["verdict"] == "same")
    assert port.get("stage") is None or port["stage"] in STAGES
    assert all(item["stage"] in STAGES and item["cause"] for item in port["also"])
    assert bool(port["fields"]) == (port["verdict"] != "same" or "initialization" in port)


@pytest.mark.parametrize("name", NAMES)
def test_every_fix_is_text_that_stands_once(name):
    port = expected(name)
    fixed = bool(port["fix"]) or (PORTS / name / "torch_fixed.py").exists()
    assert fixed == (port["verdict"] == "different")
    for edit in port["fix"]:
        assert (PORTS / name / edit["file"]).read_text().count(edit["old"]) == 1
        assert edit["new"] != edit["old"]
    faults = {edit.get("of", 0) for edit in port["fix"]}
    assert not faults or faults == set(range(max(faults) + 1))
    assert len(faults) - 1 <= sum(item.get("verdict") != "by_design" for item in port["also"])


@pytest.mark.parametrize("name", NAMES)
def test_measured_as_expected(name):
    port, measured = expected(name), MEASURED[name]
    assert measured["ported"]["stage"] == port.get("stage")
    assert port.get("step") in (None, measured["ported"]["step"])
    if port.get("stage") == "forward" and not port["layer"]["torch"].endswith(")"):
        assert measured["ported"]["first_module"] == port["layer"]["torch"]
    left = measured["adjusted" if port.get("definitions") else "fixed"]
    alone = measured["unfixed" if port.get("definitions") else "ported"]
    same = port.get("float32_inside", {"same": 1e-9})["same"]
    assert left["largest"] <= same <= 1e-6 and left["stage"] is None
    assert (alone["largest"] > same) == (port["verdict"] == "different")
