"""Worker processes: every failure is reported, other jobs continue, and no process is left behind.

A stand-in is a framework for tests: the reference with additional behaviour.
"""

import json
import os
import shutil
import signal
import subprocess
import sys

import pytest
from processes import children_of, is_running, wait_for

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
from frameworks.reference.environment import environment, forget
from frameworks.reference.model import Model as Reference


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
    return lambda planned: trials.job(planned, dataset, tmp_path)


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A function: replaces `reference` by a stand-in that runs this code before it trains, or when it is prepared."""
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


def test_killed_worker_is_reported_and_other_trials_continue(job, tmp_path):
    planned = [trial("endless", ENDLESS), trial("next", SHORT), trial("one", SHORT, "reference-float32"),
               trial("other", SHORT, "reference-float32")]
    killed, traces = [], {}
    with WorkerPool(["reference", "reference-float32"], tmp_path, "cpu", 1) as pool:
        def kill(each, event):
            if each.variant == "endless" and event["event"] == "epoch" and event["epoch"] == 1:
                killed.append(pool._workers["reference"][0].process.pid)
                os.kill(killed[-1], signal.SIGKILL)
        pool.work({each: job(each) for each in planned}, 60, kill,
                  lambda each, result: traces.update({each.variant: result}))
        assert pool._workers["reference"][0].process.pid not in killed
    assert len(set(killed)) == 2, "it was repeated once, in a new worker"
    assert pool.worker_errors == [traces["endless"].outcome["message"]]
    outcomes = {name: result.outcome["kind"] for name, result in traces.items()}
    assert outcomes == {"endless": "died", "next": "finished", "one": "finished", "other": "finished"}
    message = traces["endless"].outcome["message"]
    assert message.startswith("The reference worker ended (signal 9). The end of its log, ")
    assert str(tmp_path / "reference.log") in message
    assert "step/loss" in traces["next"] and not traces["endless"].arrays


def test_job_of_a_killed_worker_is_repeated_by_a_new_one(job, tmp_path):
    planned, killed, traces = trial("twice", spec(50)), [], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        def kill(each, event):
            if not killed and event["event"] == "epoch":
                killed.append(pool._workers["reference"][0].process.pid)
                os.kill(killed[0], signal.SIGKILL)
        pool.work({planned: job(planned)}, 60, kill, lambda each, result: traces.update({each.variant: result}))
    assert killed and traces["twice"].outcome["kind"] == "finished"
    assert len(traces["twice"]["reported/train/loss"]) == 50


def test_job_over_its_time_limit_is_not_repeated(job, tmp_path):
    planned, begun, traces = trial("endless", ENDLESS), [], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        assert pool._workers["reference"][0].environment
        pool.work({planned: job(planned)}, 1.0, lambda each, event: begun.append(event.get("epoch") == 1),
                  lambda each, result: traces.update({each.variant: result}))
    assert sum(begun) == 1 and "took longer than 1 s" in traces["endless"].outcome["message"]


def test_exit_code_and_end_of_the_log_are_reported(stand_in, job, tmp_path):
    stand_in("print('first words'); [print(i) for i in range(20)]; print('last words'); os._exit(7)")
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied) as error:
        worker.run(job(trial("a", SHORT)))
    assert "ended (exit code 7)" in str(error.value) and str(error.value).endswith("\n  last words")
    assert "first words" not in str(error.value)


def test_worker_that_cannot_start_is_reported(stand_in, job, tmp_path):
    stand_in(prepare="import nothing_such")
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied, match="exit code 1") as error:
        worker.run(job(trial("a", SHORT)))
    assert str(error.value).endswith("ModuleNotFoundError: No module named 'nothing_such'")


@pytest.mark.parametrize("changes", [{"fit": "os._exit(7)"}, {"prepare": "import nothing_such"}], ids=str)
def test_worker_error_exits_with_code_4_and_keeps_other_results(stand_in, tmp_path, monkeypatch, capsys, changes):
    stand_in(**changes)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    code = main(["scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample",
                 f"out={tmp_path / 'run'}", "frameworks=reference,reference-float32"])
    out, error = capsys.readouterr()
    assert code == 4
    assert "compare: The reference worker ended (exit code " in error and "the NumPy reference in float32" in out
    assert trace.read(str(tmp_path / "run/traces/none_3.reference-float32.0.npz")).outcome["kind"] == "nan"
    assert (tmp_path / "run" / "report.md").is_file()


def test_training_over_its_time_limit_is_ended(job, tmp_path):
    with Worker("reference", tmp_path) as worker, pytest.raises(WorkerDied, match="took longer than 1 s and was ended"):
        assert worker.environment
        worker.run(job(trial("a", ENDLESS)), limit=1.0)
    assert not is_running(worker.process.pid)


def test_worker_without_heartbeats_is_ended(stand_in, job, tmp_path, monkeypatch):
    stand_in("os.kill(os.getpid(), signal.SIGSTOP)")
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "SILENCE", 4.0)  # two heartbeats
        with pytest.raises(WorkerDied, match="gave no sign of life for 4 s and was ended"):
            worker.run(job(trial("a", SHORT)))


@pytest.mark.parametrize("library, how", [("PyDLL", "gave no sign of life for 4 s"), ("CDLL", "took longer than 6 s")])
def test_worker_that_hangs_in_native_code_is_ended(stand_in, job, tmp_path, monkeypatch, library, how):
    """PyDLL keeps the interpreter's lock, so that nothing else runs in the process either."""
    stand_in(f"import ctypes; ctypes.{library}(None).sleep(600)")
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "SILENCE", 4.0)
        with pytest.raises(WorkerDied, match=how) as error:
            worker.run(job(trial("a", SHORT)), limit=6.0)
    assert "in fit" in str(error.value), "its log has the stack"


def test_long_step_does_not_stop_the_heartbeats(stand_in, job, tmp_path, monkeypatch):
    stand_in("time.sleep(8)")
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        monkeypatch.setattr(workers, "SILENCE", 6.0)
        worker.run(job(trial("a", SHORT)))


def test_internal_error_is_reported_and_the_worker_continues(job, tmp_path):
    with Worker("reference", tmp_path) as worker:
        with pytest.raises(JobFailed, match="FileNotFoundError"):
            worker.run({**job(trial("a", SHORT)), "data": {"folder": "gone", "sha256": ""}})
        worker.run(job(trial("b", SHORT)))
    assert trace.read(job(trial("b", SHORT))["out"]).outcome["kind"] == "finished"


def test_internal_error_in_a_training_requests_a_report_and_the_next_continues(stand_in, job, tmp_path):
    stand_in("if self.spec['training']['epochs'] > 1: raise ValueError('ours')")
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pid = pool._workers["reference"][0].process.pid
        planned = [trial("a", spec(2)), trial("b", spec(1))]
        pool.work({each: job(each) for each in planned}, 60, lambda each, event: None,
                  lambda each, result: traces.update({each.variant: result.outcome}))
        assert pool._workers["reference"][0].process.pid == pid
    assert [outcome["kind"] for outcome in traces.values()] == ["died", "finished"]
    assert traces["a"]["message"].startswith("A fault of this program, please report it:\nTraceback")
    assert traces["a"]["message"].strip().endswith("ValueError: ours")


def test_output_on_stdout_and_stderr_does_not_disturb_events(stand_in, job, tmp_path):
    noise = "print('{\"event\": \"done\"}', flush=True); os.write(1, b'raw'); os.write(2, b'error')"
    stand_in(noise + "; subprocess.run(['echo', 'of a child'])", prepare=noise.split(";")[0])
    events = []
    with Worker("reference", tmp_path) as worker:
        worker.run(job(trial("a", spec(2))), lambda event: events.append(event["event"]))
    assert [event for event in events if event != "alive"] == ["epoch", "epoch", "done"]
    log = (tmp_path / "reference.log").read_text()
    assert log.count('{"event": "done"}') == 2 and all(text in log for text in ("raw", "error", "of a child"))


def test_idle_worker_exits_when_closed(tmp_path):
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


def test_training_worker_ends_with_its_parent(job, tmp_path):
    command = [sys.executable, "-c", PARENT, str(tmp_path), json.dumps(job(trial("a", ENDLESS)))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        worker = int(parent.stdout.readline())
        assert is_running(worker)
        parent.kill()
    wait_for(lambda: not is_running(worker), SOON)


def ignoring():
    """What `&` in a shell script does to the program that it starts."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@pytest.mark.parametrize("shell", [None, ignoring], ids=["terminal", "script"])
@pytest.mark.parametrize("send", [os.killpg, os.kill], ids=["Ctrl-C", "kill -INT"])
def test_interruption_ends_all_processes_and_keeps_finished_trainings(tmp_path, send, shell):
    command = [sys.executable, "-m", "compare", "scenario=missing_activations", "variants=all", "data=sample",
               "out=run", "frameworks=reference,reference-float32", "epochs=2"]  # the longest training is the first
    with subprocess.Popen(command, cwd=tmp_path, env={**os.environ, "XDG_CACHE_HOME": str(tmp_path)}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
                          preexec_fn=shell) as program:
        wait_for(lambda: list(tmp_path.glob("run/traces/*.0.npz")), SOON)
        children = children_of(program.pid)
        send(program.pid, signal.SIGINT)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode == 130 and len(children) >= 2
    assert error.splitlines()[-1] == "compare: interrupted; trainings that were finished are kept in the run's folder."
    assert "Traceback" not in error
    wait_for(lambda: not any(map(is_running, children)), SOON)
    finished = [trace.read(str(path)) for path in tmp_path.glob("run/traces/*.0.npz")]
    assert {each.outcome["kind"] for each in finished} <= {"finished", "nan"}
