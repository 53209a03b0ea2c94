"""Full disks, removed folders and closed streams: each is a sentence and a documented exit code."""

import json
import os
import resource
import shutil
import subprocess
import sys
import zipfile

import pytest
from processes import command, compare, variables, wait_for
from short_runs import LONG, SHORT, SOON, trial

from compare import HOME
from compare.commands.streams import Lasting
from compare.execution import trials
from compare.execution.worker_pool import WorkerPool


def test_full_disk_while_a_trace_is_written_is_a_sentence(dataset, tmp_path):
    """In a worker that can write no more than 4 KB into a file."""
    first, *planned = trial("first"), trial("a"), trial("b")
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        def train(chosen):
            pool.work({chosen: trials.job(chosen, dataset, tmp_path)}, 60, lambda *of: None, traces.__setitem__)
        train(first)  # afterwards it imports nothing: a compiled file would be cut off too
        resource.prlimit(pool._workers["reference"][0].process.pid, resource.RLIMIT_FSIZE, (4096, 4096))
        for each in planned:  # one at a time: two together may get a second worker
            train(each)
    assert traces[first].outcome["kind"] == "finished"
    for each in planned:
        kind, message = traces[each].outcome["kind"], traces[each].outcome["message"]
        assert kind == "died" and "cannot be written (File too large)." in message
    assert not [path for path in tmp_path.glob("*.npz") if path.name.startswith(("a.", "b."))], "nothing half written"


@pytest.mark.contract
def test_full_disk_is_a_sentence_and_an_exit_code(small_disk, mine):
    place = small_disk(300)
    code, out, error = compare(mine, *LONG, f"out={place / 'run'}")
    assert code in (2, 4) and "Traceback" not in error + out, error
    assert "No space left on device" in error and "fault of this program" not in error
    for path in place.rglob("*.npz"):
        assert zipfile.is_zipfile(path), "each is whole"


@pytest.mark.contract
def test_folder_that_is_removed_in_the_middle_is_a_sentence(mine, tmp_path):
    with subprocess.Popen(command(*LONG, "out=run"), cwd=tmp_path, env=variables(tmp_path), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        wait_for(lambda: list(tmp_path.glob("run/traces/*.0.npz")), SOON)
        shutil.rmtree(tmp_path / "run", ignore_errors=True)
        out, error = program.communicate(timeout=SOON)
    assert program.returncode in (2, 4) and "Traceback" not in error + out, error
    assert "fault of this program" not in error and "No such file or directory" in error


@pytest.mark.contract
@pytest.mark.parametrize("stream", ["head", "closed", "full"])
def test_run_goes_on_if_nobody_reads_its_answer(tmp_path, stream):
    line = {"head": "| head -1", "closed": ">&-", "full": "> /dev/full"}[stream]
    script = f"set -o pipefail; {sys.executable} -m compare {' '.join(SHORT)} out=run {line}"
    child = subprocess.run(["bash", "-c", script], cwd=tmp_path, env=variables(tmp_path),
                           capture_output=True, text=True, timeout=300)
    assert child.returncode == 0 and "Traceback" not in child.stderr and "Exception ignored" not in child.stderr
    assert ("the answer could not be printed (No space left on device)" in child.stderr) == (stream == "full")
    assert json.loads((tmp_path / "run" / "result.json").read_text())["behaviours"]


@pytest.mark.parametrize("package, lost", [
    ("matplotlib", ["report.html", "what TensorBoard shows"]), ("tensorboard", ["what TensorBoard shows"]),
    ("jinja2", ["report.md", "report.html"])])
def test_missing_package_costs_only_the_outputs_that_need_it(tmp_path, package, lost):
    (tmp_path / f"{package}.py").write_text(f"raise ImportError('none here', name={package!r})\n", encoding="utf-8")
    code, out, error = compare(tmp_path, *SHORT, "out=run", PYTHONPATH=f"{tmp_path}{os.pathsep}{HOME}")
    assert code == 0 and "Traceback" not in error and "What is open" in out, error
    assert [line for line in error.splitlines() if "none here" in line] == [
        f"compare: {name} needs a package that cannot be imported (none here); install it, or keras-or-me again."
        for name in lost]
    assert {"report.md", "report.html"} - {*lost} == {
        path.name for path in (tmp_path / "run").iterdir() if path.suffix in (".html", ".md")}
    assert json.loads((tmp_path / "run" / "result.json").read_text())["behaviours"]


def test_stream_that_fails_is_left_out(capsys):
    reading, writing = os.pipe()
    os.close(reading)
    stream = Lasting(os.fdopen(writing, "w"))
    for _ in range(3):
        print("text" * 10_000, file=stream)
        stream.flush()
    assert not stream.problem


@pytest.mark.contract
def test_unwritable_step_summary_is_a_sentence(tmp_path):
    code, _, error = compare(tmp_path, *SHORT, "out=run", GITHUB_STEP_SUMMARY=str(tmp_path))
    assert code == 0 and "compare: the step summary could not be written: Is a directory." in error
