"""What upgrades between released versions change in small programs, and with which release; kept in `tests/records`.

The environments are built with uv in the cache, about 30 of 0.3 to 1.5 GB, of which most is shared. Each case takes one
to five minutes. `pytest -m nightly -n 0 tests/nightly/test_upgrades.py --snapshot-update` measures them
again.
"""

import json
from pathlib import Path

import numpy as np
import pytest

from compare.commands.exit_codes import ExitCode
from compare.commands.upgrade import main
from scenarios import catalogue

PROGRAMS, RECORDS = (Path(__file__).parents[1] / name for name in ("upgrades", "records"))
TENSORFLOW = ("keras==3.12.0 tensorflow-cpu==2.20.0", "keras==3.15.1 tensorflow-cpu==2.21.0")
TORCH = ("keras==3.14.1 torch==2.13.0", "keras==3.15.1 torch==2.13.0")
METRICS = ("torch==2.13.0 torchmetrics==1.7.4 pytorch-lightning==2.5.5",
           "torch==2.13.0 torchmetrics==1.9.0 pytorch-lightning==2.6.6")
LIGHTNING = ("torch==2.13.0 torchmetrics==1.9.0 pytorch-lightning==2.3.3 setuptools<81", METRICS[1])
PYTORCH = ("torch==2.5.1 torchmetrics==1.9.0 pytorch-lightning==2.6.6 numpy==2.4.6", METRICS[1])
MASKED = ("keras==3.7.0 tensorflow-cpu==2.18.1", "keras==3.12.0 tensorflow-cpu==2.20.0")
SATURATED = ("keras==3.3.3 tensorflow-cpu==2.16.2", "keras==3.12.0 tensorflow-cpu==2.20.0")
KERAS_3 = ("tensorflow-cpu==2.15.1", TENSORFLOW[1])
WHOLE = (SATURATED[0], TENSORFLOW[1])
CASES = {"activity": ("keras", "activity.py:build", TENSORFLOW),
         "attention": ("keras", "attention.py:build", TENSORFLOW),
         "depthwise": ("keras", "depthwise.py:build", TENSORFLOW), "masked": ("keras", "masked.py:build", MASKED),
         "transposed": ("keras-torch", "transposed.py:build", TORCH),
         "pooling": ("keras-torch", "pooling.py:build", TORCH),
         "dice": ("lightning", "dice.py:Net", METRICS), "lightning": ("lightning", "dice.py:Net", LIGHTNING),
         "pytorch": ("lightning", "dice.py:Net", PYTORCH),
         "saturated": ("scenario", "saturated.py", SATURATED),
         "tf-keras": ("scenario", "tf_keras_2,saturated.py", KERAS_3),
         "catalogue": ("scenario", ",".join(catalogue.names()), WHOLE)}
"""By record: the key of the command with files of `tests/upgrades` or families of the catalogue, and the two
environments."""
LOCATION = ("package", "kept", "before", "after", "between")
NOT_BISECTED = ("catalogue",)
CODES = {"nothing changed": ExitCode.OK, "explained": ExitCode.DIFFERENT, "unexplained": ExitCode.UNEXPLAINED}


def data(program, folder):
    """The arguments with the data of a case that needs its own: labels of pixels, and masked time steps."""
    name = program.split(".")[0]
    if ".py:" not in program:  # scenarios
        return ["data=sample"]
    random = np.random.default_rng(0)
    x = random.normal(size=(64, 6, 4) if name == "masked" else (64, 12)).astype("float32")
    if name == "masked":
        x[:, 4:] = x[::3, 2:] = 0.5
    y = {"dice": random.integers(0, 3, size=(64, 4)), "masked": random.normal(size=(64, 3)).astype("float32")}
    if name not in y:
        return []
    np.savez(folder / "data.npz", x=x, y=y[name])
    return [f"data={folder / 'data.npz'}"]


def given(program):
    """A file of `tests/upgrades` with its path; a family of the catalogue by its name."""
    return str(PROGRAMS / program) if ".py" in program else program


def kept(record):
    """What a record keeps of result.json: what changed, because of which settings of a scenario, and which release of
    which package makes it."""
    old, new = ({package: version.split("+")[0] for package, version in record[end]["packages"].items()}
                for end in ("old", "new"))
    return {"verdict": record["verdict"], "old": old, "new": new,
            "compared": [stage for covered in record["covered"] for stage, _ in covered["stages"]],
            "changes": [{"kind": change["kind"], "name": change["name"],
                         "settings": [path for cause in change["causes"] for path in cause["settings"]],
                         **{name: change["location"][name] for name in LOCATION if change["location"]}}
                        for change in record["changes"]]}


@pytest.mark.parametrize("name", CASES)
def test_an_upgrade_changes_what_its_record_says(name, tmp_path, updating):
    kind, program, environments = CASES[name]
    for end, pins in zip(("old", "new"), environments):
        (tmp_path / f"{end}.txt").write_text("# python 3.11\n" + pins.replace(" ", "\n") + "\n")
    code = main([f"old={tmp_path / 'old.txt'}", f"new={tmp_path / 'new.txt'}", f"out={tmp_path / 'run'}",
                 f"{kind}={','.join(map(given, program.split(',')))}", *data(program, tmp_path),
                 *["bisect=false"] * (name in NOT_BISECTED)])
    result = kept(json.loads((tmp_path / "run" / "result.json").read_text()))
    assert code == CODES[result["verdict"]]
    file = RECORDS / f"upgrade-{name}.json"
    if updating:
        file.write_text(json.dumps(result, indent=1) + "\n")
    assert result == json.loads(file.read_text())
