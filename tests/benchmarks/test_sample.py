"""What the harness adds, on the sample of MNIST: ratios, in one run, compared with tests/records/sample.json.

All are of processor time, with that of the workers, but for the first table: that one needs an idle machine.
"""

from pathlib import Path

import pytest
from figures import noted, run

from compare.execution import data
from scenarios import catalogue

PLAIN = Path(__file__).parent / "plain_keras.py"
TABLE = "ratio of the first table to a plain Keras script"
HARNESS = "share of the harness in the processor time of a run"
SECOND = "ratio of a second run, from the store, to the first, in processor time"
CATALOGUE = "ratio of a row of the catalogue to a plain Keras script, in processor time"
AIMS = {TABLE: 1.0, HARNESS: 0.03, SECOND: 0.05, CATALOGUE: 0.5}
COMMAND = ("scenario=lr_scaling", "data=sample")
IN_PARENT = """
import atexit, resource, runpy, sys, time
import hydra, scipy.special
from compare.analysis import replay
import compare.analysis.comparison, compare.commands.run, compare.execution.worker_pool, compare.reporting.console
import compare.reporting.run_folder, compare.reporting.tensorboard.live
replays, of_replay = [], replay._replayed
def timed(*arguments):
    began = time.thread_time()
    try:
        return of_replay(*arguments)
    finally:
        replays.append(time.thread_time() - began)
def used():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
replay._replayed, imported = timed, used()
atexit.register(lambda: print("seconds", used() - imported - sum(replays), sum(replays)))
sys.argv = ["compare", *sys.argv[1:]]
runpy.run_module("compare", run_name="__main__")
"""
"""Runs `python -m compare` and prints the processor seconds of this process without its imports: of all but the
reference's replays of trainings, which run in it, and of these."""
pytestmark = [pytest.mark.benchmark, pytest.mark.timeout(3600)]


@pytest.fixture(scope="module")
def plain():
    """The cost of a plain Keras script that trains the two reported variants on the sample."""
    return run(PLAIN, data.load("sample").folder, 10)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """The costs of an answer and, from the store, of the same one again."""
    place = tmp_path_factory.mktemp("runs")
    return [run("-c", IN_PARENT, *COMMAND, f"out={place / name}", KERAS_OR_ME_STORE=str(place / "store"))
            for name in ("first", "second")]


def test_first_table_beside_a_plain_script(plain, runs, updating):
    table = next(seconds for seconds, line in zip(runs[0].seconds_to, runs[0].lines) if line.split()[:1] == ["10"])
    noted("sample", AIMS, {"plain Keras, s": plain.seconds, "first table, s": table, TABLE: table / plain.seconds,
                           "first run, s": runs[0].seconds, "second run, s": runs[1].seconds}, updating)


def test_share_of_the_harness(runs, updating):
    first, second = runs
    harness, replays = map(float, first.lines[-1].split()[1:])
    noted("sample", AIMS, {
        "first run, processor s": first.processor_seconds, "second run, processor s": second.processor_seconds,
        SECOND: second.processor_seconds / first.processor_seconds,
        "harness, processor s": harness,
        "replays in the harness's process, processor s": replays, HARNESS: harness / first.processor_seconds}, updating)


def test_a_row_of_the_catalogue(plain, tmp_path, updating):
    whole = run("-m", "compare", "catalogue", f"out={tmp_path}")
    each = whole.processor_seconds / sum(len(catalogue.load(name).rows) for name in catalogue.names())
    noted("sample", AIMS, {
        "catalogue, processor s": whole.processor_seconds, "a row of the catalogue, processor s": each,
        "plain Keras, processor s": plain.processor_seconds, CATALOGUE: each / plain.processor_seconds}, updating)
