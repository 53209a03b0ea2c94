"""How long until the asked rows of lr_scaling, beside the plain scripts that a user would write: ratios, in one run.

`pytest -n 0 -m benchmark -s tests/benchmarks` prints them, and compares the ratio with that of
tests/records/speed.json; with `--snapshot-update` it writes the record. Seconds are not compared: machines differ.
"""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from compare.execution import data
from frameworks.runtime.trace import read

HERE = Path(__file__).parent
RECORD, RATIO = HERE.parent / "records" / "speed.json", "ratio until the asked rows"
MOST = 2.0
"""How many times the recorded ratio counts as slower: two plain scripts of minutes vary by a tenth."""
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(1800),
              pytest.mark.skipif(not os.environ.get("MNIST_DIR"), reason="needs MNIST: set MNIST_DIR to its folder")]


def timed(*command):
    """Runs a command of this interpreter; (seconds, peak memory of its largest process in MB, output, code)."""
    began = time.monotonic()
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    output = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    return time.monotonic() - began, usage.ru_maxrss // 1024, output, os.waitstatus_to_exitcode(status)


def timed_to_rows(*command):
    """Seconds until the last row of the asked tables was printed, and in all; the exit code."""
    began, last = time.monotonic(), 0.0
    process = subprocess.Popen([sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    for line in process.stdout:
        if line.startswith("│ 10 "):
            last = time.monotonic() - began
    return last, time.monotonic() - began, process.wait()


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


def test_the_asked_rows_beside_plain_scripts(tmp_path, updating):
    folder = str(data.load("mnist").folder)
    keras = timed(str(HERE / "plain_keras.py"), folder)
    lightning = timed(str(HERE / "plain_lightning.py"), folder)
    rows, whole, code = timed_to_rows("-m", "compare", "scenario=lr_scaling", "variants=lr_0_01,lr_0_03",
                                      "frameworks=keras,lightning", f"out={tmp_path}")
    assert (keras[3], lightning[3], code) == (0, 0, 0)
    assert rows > 0
    busy, peak, versions = of_our_workers(tmp_path)
    slowest = max(busy, key=busy.get)
    numbers = {"plain Keras, s": keras[0], "plain Lightning, s": lightning[0], "ours until the asked rows, s": rows,
               "ours in all, s": whole, RATIO: rows / (keras[0] + lightning[0]),
               **{f"ours, {name} at work, s": seconds for name, seconds in busy.items()},
               "bound by": f"{slowest} at work for {busy[slowest] / rows:.0%} of the time to the rows",
               **{f"ours, peak MB of {name}": size for name, size in peak.items()},
               "plain Keras, peak MB": keras[1], "plain Lightning, peak MB": lightning[1],
               "cores": os.cpu_count(), "versions": versions}
    text = json.dumps({name: round(value, 2) if isinstance(value, float) else value for name, value in numbers.items()},
                      indent=2)
    print(text)
    if updating:
        RECORD.write_text(text + "\n", encoding="utf-8")
    assert numbers[RATIO] < MOST * json.loads(RECORD.read_text(encoding="utf-8"))[RATIO]
