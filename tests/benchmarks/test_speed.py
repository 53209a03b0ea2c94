"""The reported rows of lr_scaling, beside the plain scripts that a user would write: ratios, in one run, on MNIST.

`pytest -n 0 -m benchmark -s tests/benchmarks` prints them, and compares the ratios with those of
tests/records/speed.json; with `--snapshot-update` it writes the record. The scripts run side by side, as our workers
do, each with the number of threads with which it is faster.
"""

import os
from pathlib import Path

import pytest
from figures import Command, noted, run

from compare.execution import data
from frameworks.runtime.trace import read

HERE = Path(__file__).parent
ROWS = "ratio of the reported rows to the plain scripts side by side"
WHOLE = "ratio of the whole answer, with its causes, to the plain scripts side by side"
AIMS = {ROWS: 0.5, WHOLE: 0.6}
THREADS = ("OMP_NUM_THREADS", "TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS")
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800),
              pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="needs MNIST: set MNIST_DIR to its folder")]


def of_our_workers(folder):
    """From the traces of a run, by framework: seconds at work, and peak memory in MB; and the versions that ran."""
    busy, peak, versions = {}, {}, {}
    for path in folder.glob("traces/lr_*.npz"):
        facts = read(str(path)).facts
        name = facts["environment"]["framework"]
        busy[name] = busy.get(name, 0.0) + facts["seconds"]["all"]
        peak[name] = max(peak.get(name, 0), facts["peak_mb"])
        versions.update(facts["environment"]["versions"])
    return busy, peak, versions


def fastest_threads(script, folder):
    """The number of threads with which a script trains one epoch faster: one, or as many as there are cores."""
    return min((1, os.cpu_count()), key=lambda number: run(script, folder, 1, **threads(number)).seconds)


def threads(number):
    return dict.fromkeys(THREADS, str(number))


def test_reported_rows_beside_plain_scripts(tmp_path, updating):
    folder = data.load("mnist").folder
    scripts = {"Keras": HERE / "plain_keras.py", "Lightning": HERE / "plain_lightning.py"}
    number = {name: fastest_threads(script, folder) for name, script in scripts.items()}
    commands = {name: Command(script, folder, 10, **threads(number[name])) for name, script in scripts.items()}
    plain = {name: command.cost() for name, command in commands.items()}
    together = max(cost.seconds for cost in plain.values())
    ours = run("-m", "compare", "scenario=lr_scaling", "variants=lr_0_01,lr_0_03", "frameworks=keras,lightning",
               f"out={tmp_path}")
    rows = max(seconds for seconds, line in zip(ours.seconds_to, ours.lines) if line.split()[:1] == ["10"])
    busy, peak, versions = of_our_workers(tmp_path)
    slowest = max(busy, key=busy.get)
    noted("speed", AIMS, {
        **{f"plain {name}, s": cost.seconds for name, cost in plain.items()},
        **{f"plain {name}, threads": number[name] for name in scripts},
        "ours until the reported rows, s": rows, "ours in all, s": ours.seconds,
        ROWS: rows / together, WHOLE: ours.seconds / together,
        **{f"ours, {name} at work, s": seconds for name, seconds in busy.items()},
        "bound by": f"{slowest} at work for {busy[slowest] / rows:.0%} of the time to the rows",
        **{f"ours, peak MB of {name}": size for name, size in peak.items()},
        **{f"plain {name}, peak MB": cost.peak_mb for name, cost in plain.items()},
        "cores": os.cpu_count(), "versions": versions}, updating)
