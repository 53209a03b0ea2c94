"""Worker processes: however one ends, it is told, the others go on, and nobody is left behind.

A stand-in is a realization of a test: the reference, which does something odd besides.
"""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from compare import HOME
from compare.__main__ import main
from compare.execution import trials, workers
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import JobFailed, Worker, WorkerDied
from frameworks import FRAMEWORKS, Framework
from frameworks.runtime import trace
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SOON = 60  # seconds after which a process counts as left behind, on a busy machine too
STAND_IN = """
import os, signal, subprocess, sys, time
from frameworks.reference.model import Model as Reference, environment


class Model(Reference):
    def fit(self, train, test, order, watch):
        {0}
        Reference.fit(self, train, test, order, watch)
"""


def spec(epochs):
    return Spec(Data(), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-9), Training(epochs, 32))


SHORT, ENDLESS = spec(1), spec(1_000_000)


def trial(name, length, framework="reference"):
    return trials.Trial("test", name, framework, 0, "native", length, whole=True)


@pytest.fixture
def job(dataset, tmp_path):
    """A function: the job of a trial."""
    return lambda one: trials.job(one, dataset, tmp_path)


@pytest.fixture
def odd(tmp_path, monkeypatch):
    """A function: from now on `reference` is a stand-in that runs these lines before it trains, or is ready."""
    def replaced(fit="pass", prepare="pass"):
        package = tmp_path / "worker" / "frameworks"
        for name in ("reference", "odd"):
            shutil.copytree(HOME / "frameworks" / "reference", package / name)
        shutil.copytree(HOME / "frameworks" / "runtime", package / "runtime")
        (package / "odd" / "__init__.py").write_text(f"import os, sys\ndef prepare(settings):\n    {prepare}\n")
        (package / "odd" / "model.py").write_text(STAND_IN.format(fit))
        monkeypatch.setattr(workers, "SCRIPT", package / "runtime" / "worker.py")
        monkeypatch.setitem(FRAMEWORKS, "reference", Framework("odd", "the odd one"))
    return replaced


def runs(pid):
    """Whether a process is there and no zombie."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def until(condition):
    """Waits for something; fails where it does not come."""
    end = time.monotonic() + SOON
    while not (found := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)
    return found


def test_a_killed_worker_is_told_and_the_others_and_the_next_trials_go_on(job, tmp_path):
    planned = [trial("endless", ENDLESS), trial("next", SHORT), trial("one", SHORT, "reference-float32"),
               trial("other", SHORT, "reference-float32")]
    killed, traces = [], {}
    with WorkerPool(["reference", "reference-float32"], tmp_path, "cpu", 1) as pool:
        def kill(one, event):
            if one.variant == "endless" and event["event"] == "epoch" and event["epoch"] == 1:
                killed.append(pool._workers["reference"][0].process.pid)
                os.kill(killed[-1], signal.SIGKILL)
        pool.work({one: job(one) for one in planned}, 60, kill, lambda one, found: traces.update({one.variant: found}))
        assert pool._workers["reference"][0].process.pid not in killed
    assert len(set(killed)) == 2, "it was tried once more, in a new worker"
    outcomes = {name: found.outcome["kind"] for name, found in traces.items()}
    assert outcomes == {"endless": "died", "next": "finished", "one": "finished", "other": "finished"}
    message = traces["endless"].outcome["message"]
    assert message.startswith("The reference worker ended (signal 9). The end of its log, ")
    assert str(tmp_path / "reference.log") in message
    assert "step/loss" in traces["next"] and not traces["endless"].arrays


def test_a_job_whose_worker_ended_once_is_done_by_a_new_one(job, tmp_path):
    one, killed, traces = trial("twice", spec(50)), [], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        def kill(one, event):
            if not killed and event["event"] == "epoch":
                killed.append(pool._workers["reference"][0].process.pid)
                os.kill(killed[0], signal.SIGKILL)
        pool.work({one: job(one)}, 60, kill, lambda one, found: traces.update({one.variant: found}))
    assert killed and traces["twice"].outcome["kind"] == "finished"
    assert len(traces["twice"]["reported/train/loss"]) == 50


def test_a_job_that_took_too_long_is_not_tried_again(job, tmp_path):
    one, begun, traces = trial("endless", ENDLESS), [], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        assert pool._workers["reference"][0].environment
        pool.work({one: job(one)}, 1.0, lambda one, event: begun.append(event.get("epoch") == 1),
                  lambda one, found: traces.update({one.variant: found}))
    assert sum(begun) == 1 and "took longer than 1 s" in traces["endless"].outcome["message"]


def test_the_exit_code_and_the_end_of_the_log_are_told(odd, job, tmp_path):
    odd("print('first words'); [print(i) for i in range(20)]; print('last words'); os._exit(7)")
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied) as death:
        worker.run(job(trial("a", SHORT)))
    assert "ended (exit code 7)" in str(death.value) and str(death.value).endswith("\n  last words")
    assert "first words" not in str(death.value)


def test_a_worker_that_cannot_start_is_told(odd, job, tmp_path):
    odd(prepare="import nothing_such")
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied, match="exit code 1") as death:
        worker.run(job(trial("a", SHORT)))
    assert str(death.value).endswith("ModuleNotFoundError: No module named 'nothing_such'")


@pytest.mark.parametrize("changes", [{"fit": "os._exit(7)"}, {"prepare": "import nothing_such"}], ids=str)
def test_the_program_ends_with_code_4_and_the_others_results(odd, tmp_path, monkeypatch, capsys, changes):
    odd(**changes)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = main(["scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample",
                 f"out={tmp_path / 'run'}", "frameworks=reference,reference-float32"])
    out, error = capsys.readouterr()
    assert code == 4
    assert "compare: The reference worker ended (exit code " in error and "the NumPy reference in float32" in out
    assert trace.read(str(tmp_path / "run/traces/none_3.reference-float32.0.npz")).outcome["kind"] == "nan"
    assert (tmp_path / "run" / "report.md").is_file()


def test_a_training_that_takes_too_long_is_ended(job, tmp_path):
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied, match="took longer than 1 s and was ended"):
        assert worker.environment
        worker.run(job(trial("a", ENDLESS)), limit=1.0)
    assert not runs(worker.process.pid)


def test_a_worker_that_falls_silent_is_ended(odd, job, tmp_path, monkeypatch):
    odd("os.kill(os.getpid(), signal.SIGSTOP)")
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "SILENCE", 4.0)  # two heartbeats
        with pytest.raises(WorkerDied, match="gave no sign of life for 4 s and was ended"):
            worker.run(job(trial("a", SHORT)))


def test_a_long_step_is_no_silence(odd, job, tmp_path, monkeypatch):
    odd("time.sleep(8)")
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "SILENCE", 6.0)
        worker.run(job(trial("a", SHORT)))


def test_our_own_fault_is_told_as_such_and_the_worker_lives_on(job, tmp_path):
    with Worker("reference", tmp_path) as worker:
        with pytest.raises(JobFailed, match="FileNotFoundError"):
            worker.run({**job(trial("a", SHORT)), "data": {"folder": "gone", "sha256": ""}})
        worker.run(job(trial("b", SHORT)))
    assert trace.read(job(trial("b", SHORT))["out"]).outcome["kind"] == "finished"


def test_a_training_that_fails_by_our_fault_asks_for_a_report_and_the_next_goes_on(odd, job, tmp_path):
    odd("if self.spec['training']['epochs'] > 1: raise ValueError('ours')")
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pid = pool._workers["reference"][0].process.pid
        planned = [trial("a", spec(2)), trial("b", spec(1))]
        pool.work({one: job(one) for one in planned}, 60, lambda one, event: None,
                   lambda one, found: traces.update({one.variant: found.outcome}))
        assert pool._workers["reference"][0].process.pid == pid
    assert [outcome["kind"] for outcome in traces.values()] == ["died", "finished"]
    assert traces["a"]["message"].startswith("A fault of this program, please report it:\nTraceback")
    assert traces["a"]["message"].strip().endswith("ValueError: ours")


def test_chatter_on_stdout_and_stderr_disturbs_no_event(odd, job, tmp_path):
    chatter = "print('{\"event\": \"done\"}', flush=True); os.write(1, b'raw'); os.write(2, b'error')"
    odd(chatter + "; subprocess.run(['echo', 'of a child'])", prepare=chatter.split(";")[0])
    events = []
    with Worker("reference", tmp_path) as worker:
        worker.run(job(trial("a", spec(2))), lambda event: events.append(event["event"]))
    assert [event for event in events if event != "alive"] == ["epoch", "epoch", "done"]
    log = (tmp_path / "reference.log").read_text()
    assert log.count('{"event": "done"}') == 2 and all(said in log for said in ("raw", "error", "of a child"))


def test_an_idle_worker_ends_by_itself_when_it_is_closed(tmp_path):
    with Worker("reference", tmp_path) as worker:
        assert worker.environment["framework"] == "reference"
    assert worker.process.returncode == 0


PARENT = """
import json, pathlib, sys
from compare.execution.workers import Worker
worker = Worker("reference", pathlib.Path(sys.argv[1]))
worker.environment
def tell(event):
    if event["event"] == "epoch":
        print(worker.process.pid, flush=True)
worker.run(json.loads(sys.argv[2]), tell)
"""


def test_a_parent_that_dies_takes_its_training_worker_along(job, tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path), json.dumps(job(trial("a", ENDLESS)))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert runs(worker)
        parent.kill()
    until(lambda: not runs(worker))


def ignoring():
    """What a script's `&` does to a program that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("shell", [None, ignoring], ids=["terminal", "script"])
@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["Ctrl-C", "kill -INT"])
def test_an_interruption_ends_everything_and_keeps_what_was_finished(tmp_path, send, shell):
    command = [sys.executable, "-m", "compare", "scenario=missing_activations", "variants=all", "data=sample",
               "out=run", "frameworks=reference,reference-float32"]
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                          preexec_fn=shell) as program:
        until(lambda: list(tmp_path.glob("run/traces/*.0.npz")))
        listed = subprocess.run(["ps", "-o", "pid=", "--ppid", str(program.pid)], capture_output=True, text=True)
        children = [int(pid) for pid in listed.stdout.split()]
        send(program.pid, signal.SIGINT)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode == 130 and len(children) == 2
    assert error.splitlines()[-1] == "compare: interrupted; trainings that were finished are kept in the run's folder."
    assert "Traceback" not in error
    until(lambda: not any(map(runs, children)))
    finished = [trace.read(str(path)) for path in tmp_path.glob("run/traces/*.0.npz")]
    assert {one.outcome["kind"] for one in finished} <= {"finished", "nan"}
