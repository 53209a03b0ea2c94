"""Faults, for real: each is a sentence and a documented exit code, finished work is kept, and no file is half written.

The runs are of the reference alone.
"""

import contextlib
import gzip
import http.client
import io
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from processes import children_of, command, compare, is_running, members_of, variables, wait_for

from compare import HOME
from compare.__main__ import main
from compare.analysis import behaviours
from compare.analysis.programs import samples
from compare.commands import watchdog
from compare.commands.streams import Lasting
from compare.execution import mnist_files, npz_files, output_folder, room, trials, workers
from compare.execution.errors import UsageError
from compare.execution.programs import Program, Question
from compare.execution.worker_pool import WorkerPool
from compare.execution.workers import Worker
from compare.reporting import outputs
from compare.reporting.tensorboard import loopback
from frameworks.runtime import trace
from frameworks.runtime.trace import Trace
from scenarios import load, user_code
from scenarios.scenario import Behaviour, Claim
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training
from scenarios.spec.checks import SpecError

SPEC = Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-3), Training(2, 32))
SHORT = ("scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample", "frameworks=reference")
SOON = 120
MINE = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SCENARIO = Scenario("mine", "Mine", "Is it?", tuple(
    Variant(f"v{n}", "A", Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-9 * (n + 1)),
                               Training(200, 32)), "reported") for n in range(6)), ())
"""
LONG = ("scenario=mine.py", "data=sample", "frameworks=reference")
"""A run of some seconds, whose scenario `mine` writes."""
LONG_NAME = "x" * 300


def trial(name, epochs=2):
    spec = Spec(SPEC.data, SPEC.layers, SPEC.loss, SPEC.optimizer, Training(epochs, 32))
    return trials.Trial("test", name, "reference", 0, "native", spec, whole=True)


@pytest.fixture
def mine(tmp_path):
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    return tmp_path


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """(a folder in which a run with a store was done twice, what both printed)."""
    place = tmp_path_factory.mktemp("finished")
    return place, [compare(place, *SHORT, f"out=run-{n}", KERAS_OR_ME_STORE=str(place / "store")) for n in (1, 2)]


@pytest.mark.contract
def test_same_command_shows_the_same_facts_without_training(finished):
    place, ((first, out, _), (second, again, error)) = finished
    assert first == second == 0 and again.startswith("This command was run before, on ") and not error.count("trained:")
    records = [json.loads((place / run / "result.json").read_text()) for run in ("run-1", "run-2")]
    assert records[0] == records[1]
    answer = out[out.index(records[0]["summary"]["verdict"]):out.index("\nrun folder: ")]
    assert answer in again and again.endswith("\nrun folder: run-2\npython -m compare browse out=run-2\n")
    files = [{str(path.relative_to(place / run)): path.read_bytes() for path in (place / run).rglob("*")
              if path.is_file() and path.name not in ("run.json",) and path.suffix in (".md", ".html", ".json")}
             for run in ("run-1", "run-2")]
    assert files[0] == files[1] and len(files[0]) == 3
    traces = [sorted(path.name for path in (place / run / "traces").glob("*.*.*.npz")) for run in ("run-1", "run-2")]
    assert traces[0] == traces[1] == ["none_3.reference.0.npz"]
    assert list((place / "run-2" / "tensorboard").rglob("events.out*"))


@pytest.mark.contract
def test_trained_anew_on_request_and_after_a_change_of_the_command(finished):
    place, _ = finished
    store = {"KERAS_OR_ME_STORE": str(place / "store")}
    code, out, _ = compare(place, *SHORT, "reuse=false", "out=anew", **store)
    assert code == 0 and "was run before" not in out and not (place / "anew" / "store").exists()
    code, out, _ = compare(place, *SHORT, "seeds=2", "out=seeds", **store)
    assert code == 0 and "was run before" not in out and "are taken from the store" in out, "one seed is known"


@pytest.mark.contract
def test_finished_run_is_not_overwritten(finished):
    place, _ = finished
    code, out, error = compare(place, *SHORT, "out=run-1")
    assert (code, out) == (2, "") and "holds a run already (python -m compare show prints its answer again)" in error


@pytest.mark.contract
def test_interrupted_run_goes_on(mine, tmp_path):
    place = {"KERAS_OR_ME_STORE": str(tmp_path / "store")}
    with subprocess.Popen(command(*LONG, "out=run"), cwd=tmp_path, env=variables(tmp_path, **place), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        wait_for(lambda: list(tmp_path.glob("store/trials/*/*.json")), SOON)
        program.kill()
        program.communicate()
    kept = len(list(tmp_path.glob("store/trials/*/*.json")))
    code, out, error = compare(tmp_path, *LONG, "seeds=2", "out=run", **place)
    assert (code, out) == (2, "") and "holds an interrupted run of another command, python -m compare " in error
    code, out, error = compare(tmp_path, *LONG, "out=run", **place)
    assert code == 0 and "compare: the run that was interrupted here goes on; what it has trained is not" in error
    assert int(out.split(" of its trainings and replays")[0].rsplit(" ", 1)[1]) >= kept > 0


def test_one_folder_belongs_to_one_run_at_a_time(tmp_path):
    with output_folder.claimed(str(tmp_path / "run"), "a"), \
            pytest.raises(UsageError, match="where another run is writing now; allowed: another folder"):
        output_folder.claimed(str(tmp_path / "run"), "a")
    with pytest.raises(UsageError, match="holds a run already"):
        output_folder.claimed(str(tmp_path / "run"), "a")


def test_runs_in_one_second_have_folders_of_their_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(time, "strftime", lambda text: "now")
    folders = [output_folder.claimed(None, "a").path for _ in range(3)]
    assert [path.name for path in folders] == ["now", "now-2", "now-3"]


@pytest.mark.contract
def test_runs_that_begin_at_once_have_folders_of_their_own_and_one_folder_has_one_run(tmp_path):
    """Three of the same command without a folder, in one second; of three with one folder, two are refused."""
    arguments = [SHORT] * 3 + [(*SHORT, "out=run")] * 3
    programs = [subprocess.Popen(command(*each), cwd=tmp_path, env=variables(tmp_path), text=True,
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE) for each in arguments]
    printed = [program.communicate(timeout=300) for program in programs]
    assert [program.returncode for program in programs[:3]] == [0, 0, 0]
    folders = {out[out.index("run folder: "):].split("\n")[0] for out, _ in printed[:3]}
    records = [json.loads(path.read_text()) for path in tmp_path.glob("runs/*/result.json")]
    assert len(folders) == len(records) == 3 and records[0]["summary"] == records[1]["summary"]
    assert sorted(program.returncode for program in programs[3:]) == [0, 2, 2]
    for program, (out, error) in zip(programs[3:], printed[3:]):
        assert program.returncode == 0 or not out and "compare: out is 'run', " in error
    assert json.loads((tmp_path / "run/result.json").read_text())["summary"] == records[2]["summary"]


def test_resumed_run_removes_only_what_a_run_writes(tmp_path):
    with pytest.raises(KeyError), output_folder.claimed(str(tmp_path), "a", ["one"]):
        for name in ("traces", "one/traces", "other/traces", "mine"):
            (tmp_path / name).mkdir(parents=True)
        raise KeyError
    with output_folder.claimed(str(tmp_path), "a", ["one"]) as folder:
        assert folder.resumed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "one", "other", "run.json"]


def test_file_is_written_whole_or_not_at_all(tmp_path, monkeypatch):
    path = tmp_path / "result.json"
    output_folder.write_text(path, "first")
    monkeypatch.setattr(os, "fsync", lambda descriptor: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(OSError, match="No space left"):
        output_folder.write_text(path, "second")
    assert path.read_text() == "first" and [each.name for each in tmp_path.iterdir()] == ["result.json"]


def test_full_disk_while_a_trace_is_written_is_a_sentence(dataset, tmp_path):
    """In a worker that can write no more than 4 KB into a file."""
    first, *planned = trial("first"), trial("a"), trial("b")
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        def train(chosen):
            pool.work({chosen: trials.job(chosen, dataset, tmp_path)}, 60, lambda *of: None, traces.__setitem__)
        train(first)  # afterwards it imports nothing, whose compiled file would be cut off too
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


@pytest.mark.contract
@pytest.mark.parametrize("send, code, text", [
    ([signal.SIGTERM], 143, "compare: interrupted; trainings that were finished are kept"),
    ([signal.SIGINT, signal.SIGINT], 130, "compare: "),
    ([signal.SIGKILL], -9, "")], ids=["SIGTERM", "SIGINT twice", "SIGKILL"])
def test_signal_ends_every_process(mine, tmp_path, send, code, text):
    with subprocess.Popen(command(*LONG, "out=run"), cwd=tmp_path, env=variables(tmp_path), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        wait_for(lambda: list(tmp_path.glob("run/traces/*.0.npz")), SOON)
        children = wait_for(lambda: children_of(program.pid), SOON)
        for number in send:
            program.send_signal(number)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode == code and "Traceback" not in error and text in error
    wait_for(lambda: not any(map(is_running, children)), SOON)
    for path in tmp_path.glob("run/traces/*.0.npz"):
        assert trace.read(str(path)).outcome["kind"] in ("finished", "nan"), "finished ones are whole"


def status_of(port, host):
    """The status with which a server answers a request to a host of this name."""
    with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=SOON)) as connection:
        connection.request("GET", "/", headers={"Host": host})
        return connection.getresponse().status


@pytest.mark.contract
@pytest.mark.parametrize("victim, code", [("data server", 4), ("browse", -9)])
def test_killed_server_of_tensorboard_leaves_nothing_behind(finished, victim, code):
    pytest.importorskip("tensorboard_data_server")
    place, _ = finished
    with subprocess.Popen(command("browse", "out=run-1"), cwd=place, env=variables(place), text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as program:
        assert "in TensorBoard" in program.stdout.readline()
        port = int(re.search(r"http://127\.0\.0\.1:(\d+)/", program.stdout.readline())[1])
        assert [status_of(port, host) for host in ("localhost", "evil.example")] == [200, 403]
        children = children_of(program.pid)
        os.kill(children[0] if victim == "data server" else program.pid, signal.SIGKILL)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode == code and "Traceback" not in error
    assert ("compare: TensorBoard's data server has ended, so that no curves can be shown" in error) == (code == 4)
    wait_for(lambda: not any(map(is_running, children)), SOON)


def test_interruption_of_a_worker_alone_is_ignored(dataset, tmp_path):
    """Ctrl-C reaches every process of a terminal; a framework would end a training early and call it finished."""
    with Worker("reference", tmp_path) as worker:
        job = trials.job(trial("a", 20), dataset, tmp_path)
        worker.run(job, lambda event: worker.process.send_signal(signal.SIGINT))
        assert len(trace.read(job["out"])["reported/train/loss"]) == 20


@pytest.mark.contract
def test_absence_of_this_process_is_not_the_silence_of_a_worker(dataset, tmp_path):
    """Everything is stopped for three times the allowed silence, and goes on."""
    code = """
import sys, numpy as np
from pathlib import Path
from compare.execution import workers, trials, data
from compare.execution.workers import Worker
sys.path.insert(0, sys.argv[2])
from test_faults import trial
workers.SILENCE = 4.0
place = Path(sys.argv[1])
images = data.Dataset("custom", Path(sys.argv[3]), "x", "", "")
with Worker("reference", place) as worker:
    worker.environment
    print("ready", flush=True)
    worker.run(trials.job(trial("a", 3000), images, place))
print("done", flush=True)
"""
    path = os.pathsep.join([str(HOME), str(HOME / "tests")])
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), os.path.dirname(__file__), str(dataset.folder)],
                          cwd=HOME, env=variables(tmp_path, PYTHONPATH=path), stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as program:
        assert program.stdout.readline() == "ready\n", program.stderr.read()
        everything = [program.pid, *children_of(program.pid)]
        for number, pause in ((signal.SIGSTOP, 12), (signal.SIGCONT, 0)):
            for pid in everything:
                os.kill(pid, number)
            time.sleep(pause)
        out, error = program.communicate(timeout=300)
    assert out == "done\n", error


def test_garbage_on_the_event_pipe_is_left_out(tmp_path):
    worker = object.__new__(Worker)
    worker._events = workers.queue.Queue()
    reading, writing = os.pipe()
    thread = threading.Thread(target=worker._read_events, args=(reading,))
    thread.start()
    garbage = [b"text", b"\xff\xfe\x00", b"[1, 2]", b"3", b"null", b'{"event": 5}', b'{"other": "done"}',
               b"[" * 60_000]
    os.write(writing, b"\n".join(garbage[:-1]) + b'\n{"event": "alive"}\n')
    os.write(writing, garbage[-1] + b"\n")
    os.write(writing, b'{"event": "done"')
    os.close(writing)
    thread.join(30)
    assert [worker._events.get(timeout=1) for _ in range(2)] == [{"event": "alive"}, None]


@pytest.mark.parametrize("line", ["text", "[1, 2]", "3", '{"verb": "train"', "[" * 60_000, "\xff\x00"],
                         ids=lambda line: line[:9])
def test_garbage_in_place_of_a_job_ends_the_worker_with_a_sentence(tmp_path, line):
    with Worker("reference", tmp_path) as worker:
        assert worker.environment
        worker.process.stdin.write(line + "\n")
        with pytest.raises(workers.WorkerDied, match="ended .exit code 1.") as error:
            worker.run({"verb": "train"})
    assert "A job cannot be read: " in str(error.value) and "Traceback" not in str(error.value)


SCENARIOS = {
    "while True: pass": "TimeoutError: it did not end within 1 s",
    "raise SystemExit(0)": "SystemExit: 0",
    "import sys; sys.exit('bye')": "SystemExit: bye",
    "import os; os.fork() or os._exit(0); print('text'); x = 1": "defines no SCENARIO",
    "raise ValueError('mine')": "line 1, cannot be read: ValueError: mine.",
    "import os; os._exit(3)": "SystemExit: os._exit(3)",
    "class Mine(BaseException): pass\nraise Mine('mine')": "cannot be read: Mine: mine.",
    "class Mine(Exception):\n    def __str__(self): return 1 / 0\nraise Mine":
        "its message cannot be read, ZeroDivisionError.",
}


@pytest.mark.parametrize("text", SCENARIOS, ids=lambda text: text[:20])
def test_scenario_file_that_loops_exits_forks_or_raises_is_a_sentence(tmp_path, monkeypatch, text):
    monkeypatch.setattr("scenarios.SECONDS", 1.0)
    path = tmp_path / "mine.py"
    path.write_text(text + "\n")
    with pytest.raises(SpecError) as error:
        load(str(path))
    assert SCENARIOS[text] in str(error.value) and "\n" not in str(error.value)


@pytest.mark.parametrize("arguments, text", [
    ((f"scenario={LONG_NAME}.py",), "There is no scenario file"),
    ((*SHORT, f"out={LONG_NAME}"), "where nothing can be written (File name too long); allowed: a folder"),
    ((SHORT[0], "frameworks=reference", f"data.dir={LONG_NAME}"), "data.dir names no usable data"),
    ((f"{LONG_NAME}=1",), "There is no key"),
    (("check", f"keras={LONG_NAME}.py:build", "lightning=port.py:Net"), "which does not exist."),
    (("upgrade", f"old={LONG_NAME}.txt", "new=keras"), "there is no such file"),
    (("show", f"out={LONG_NAME}"), "there is no finished run"),
    (("environments", "add", "mine", f"python={LONG_NAME}"), LONG_NAME)], ids=lambda value: str(value)[:12])
def test_file_name_of_300_characters_is_a_sentence(tmp_path, arguments, text):
    code, _, error = compare(tmp_path, *arguments)
    assert code == 2 and text in error and error.splitlines()[-1].startswith("compare: ")
    assert "Traceback" not in error and "fault of this program" not in error


def test_name_of_300_characters_in_a_scenario_is_a_sentence(tmp_path):
    (tmp_path / "mine.py").write_text(MINE.replace('f"v{n}"', 'f"v{n}" + "x" * 300'))
    with pytest.raises(SpecError, match="is too long; allowed: at most 100 bytes, since files are named so"):
        load(str(tmp_path / "mine.py"))


HANGS = {"keeps the lock": "import ctypes; ctypes.PyDLL(None).sleep(600)",
         "gives the lock up": "import ctypes; ctypes.CDLL(None).sleep(600)",
         "computes": "10 ** 10 ** 9",
         "catches all": """
while True:
    try:
        while True: pass
    except BaseException: pass
"""}


@pytest.mark.contract
@pytest.mark.parametrize("how", HANGS)
def test_code_that_nothing_inside_can_stop_ends_with_ctrl_c(tmp_path, how):
    text = "open('begun', 'w').close()\n" + HANGS[how]
    (tmp_path / "mine.py").write_text(text + "\n")
    with subprocess.Popen(command(*LONG), cwd=tmp_path, env=variables(tmp_path), text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, start_new_session=True) as program:
        wait_for(lambda: (tmp_path / "begun").exists(), SOON)
        began = time.monotonic()
        os.killpg(program.pid, signal.SIGINT)
        _, error = program.communicate(timeout=SOON)
    assert program.returncode in (-9, 130) and time.monotonic() - began < 30
    assert error.startswith("compare: killed: code of the scenario has ended neither") or program.returncode == 130
    wait_for(lambda: not members_of(program.pid), SOON)


@pytest.mark.parametrize("messages, killed", [
    ([b"0.2;"], True), ([b"0.2;", b"ended;"], False), ([b"60;", b"\x02"], True), ([b"\x02", b"60;"], False),
    ([b"60;", b"\x02", b"ended;", b"60;"], False), ([b"60;", b"\x1c"], False)], ids=str)
def test_process_is_killed_if_code_of_a_user_does_not_end_in_time(tmp_path, messages, killed):
    script = Path(watchdog.__file__).read_text().replace("GRACE = 5.0", "GRACE = 0.5")
    (tmp_path / "watchdog.py").write_text(script.replace("LOOK = 0.5", "LOOK = 0.1"))
    with subprocess.Popen(["sleep", "60"]) as victim, subprocess.Popen(
            [sys.executable, "-I", "-S", str(tmp_path / "watchdog.py"), str(victim.pid)], stdin=subprocess.PIPE,
            stderr=subprocess.PIPE) as watching:
        for message in messages:
            watching.stdin.write(message)
            watching.stdin.flush()
            time.sleep(0.2)
        time.sleep(1.5)
        assert (victim.poll() == -9) == killed
        victim.kill()
        _, error = watching.communicate(timeout=SOON)
    assert watching.returncode == 0 and error == (watchdog.MESSAGE if killed else b"")


def loops(curves):
    while True:
        pass


def leaves(curves):
    raise SystemExit(3)


def ends(curves):
    os._exit(3)


class NotAnException(BaseException):
    """No Exception."""


def raises(curves):
    raise NotAnException("mine")


DONE = Trace({"spec": trials.to_json(SPEC), "outcome": {"kind": "finished", "step": 4, "message": ""}},
             {"reported/train/loss": np.zeros(2), "step/loss": np.zeros(4)})


def forks(curves):
    os.fork()
    return 1.0


def prints(curves):
    print("text")
    return 1.0


@pytest.mark.parametrize("function", [forks, prints])
@pytest.mark.parametrize("field", ["measure", "condition"])
def test_function_of_a_behaviour_may_print_and_fork(function, field):
    facts = {"measure": prints, "condition": prints, "condition_title": "it is", field: function}
    behaviour = Behaviour("it_is", "it is so", ("a",), low=0.0, epochs=1, **facts)
    assert behaviours.answer_of(behaviour, {("a", 0): DONE}).number == 1.0


@pytest.mark.parametrize("function, text", [(loops, "TimeoutError: "), (leaves, "SystemExit: 3"),
                                            (ends, "SystemExit: os._exit(3)"), (raises, "NotAnException: mine")])
@pytest.mark.parametrize("field", ["measure", "condition"])
def test_function_of_a_behaviour_that_loops_exits_or_raises_is_a_sentence(monkeypatch, function, text, field):
    monkeypatch.setattr(behaviours, "SECONDS", 0.5)
    facts = {"measure": prints, "condition": prints, "condition_title": "it is", field: function}
    behaviour = Behaviour("it_is", "it is so", ("a",), low=0.0, epochs=1, **facts)
    answer = behaviours.answer_of(behaviour, {("a", 0): DONE})
    assert answer.holds is None and text in answer.measure_error
    claim = Claim("Do so.", "a", "a", behaviour)
    assert any(text in error for error in behaviours.claim_result(claim, "reference", {("a", 0): DONE}).measure_errors)


def test_process_that_a_measure_forks_does_not_go_on_with_the_run(tmp_path):
    with pytest.raises(KeyError), user_code.limited(60, "late"):
        child = os.fork()
        raise KeyError
    assert child, "this process is the parent"
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("change, text", [
    ({"measure": None}, "Behaviour.measure is None; allowed: a function."), ({"low": "a"}, "a number"),
    ({"unit": "{:d}"}, "allowed: a format of one number"), ({"unit": "{x}"}, "a format of one number"),
    ({"epochs": 0}, "a whole number above 0 or None"), ({"title": 3}, "a text"),
    ({"variants": ["a"]}, "a tuple of names"), ({"role": "cause"}, "allowed: '', 'reason', 'cure', 'warning'")],
    ids=str)
def test_field_of_a_behaviour_of_another_kind_is_a_sentence(change, text):
    with pytest.raises(SpecError) as error:
        Behaviour(**{"name": "it_is", "title": "it is", "variants": ("a",), "measure": leaves, **change})
    assert text in str(error.value)


DATA = {
    "while True: pass": "took longer than 0.05 minutes, which is limit=.",
    "raise ValueError('mine')": "failed: ValueError: mine",
    "import os; os._exit(3)": "failed: exit code 3",
    "import sys; sys.exit(0)": "ended its process, and returned no arrays.",
    "return [1]": "failed: ValueError: not enough values to unpack",
    "return [object()], [1]": "returns what is no array of numbers",
    "print('x'); import os, numpy; os.fork(); return numpy.ones(3), numpy.zeros(3)": "",
    "input(); return [1.0], [2.0]": "failed: EOFError",
}


@pytest.mark.parametrize("body", DATA, ids=lambda body: body[:20])
def test_function_of_data_that_loops_exits_forks_or_raises_is_a_sentence(tmp_path, body):
    file = tmp_path / "data.py"
    file.write_text(f"def data():\n    {body}\n", encoding="utf-8")
    program = Program("keras", {"file": str(file), "name": "data", "arguments": {}})
    question = Question(program, program, data=program.function, limit=0.05)
    if not DATA[body]:
        (x,), (y,) = samples.made_by_the_user(question)
        assert len(x) == len(y) == 3
        return
    with pytest.raises(UsageError) as error:
        samples.made_by_the_user(question)
    assert str(error.value).startswith("data of data.py ") and DATA[body] in str(error.value)
    assert "\n" not in str(error.value)


def test_full_memory_of_a_worker_is_a_sentence(dataset, tmp_path):
    """Its address space cannot grow: every attempt ends, and no framework is said to have refused anything."""
    first, huge = trial("first"), trial("huge")
    huge = replace(huge, spec=Spec(SPEC.data, (Flatten(), Dense(200_000), Dense(10)), SPEC.loss, SPEC.optimizer,
                                   SPEC.training))
    traces = {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        start = pool._start
        pool._start = lambda framework: limited_worker(start(framework))  # the second attempt too
        limited_worker(pool._workers["reference"][0])
        pool.work({huge: trials.job(huge, dataset, tmp_path), first: trials.job(first, dataset, tmp_path)}, 300,
                  lambda *of: None, traces.__setitem__)
    assert traces[huge].outcome["kind"] == "died" and traces[first].outcome["kind"] == "finished"
    message = traces[huge].outcome["message"]
    assert message.startswith("The reference worker ended (its memory is full). The end of its log, ")
    assert "Traceback" not in message and "The memory is full: Unable to allocate" in message


@pytest.fixture
def control_group():
    """A function: the folder of a new control group that may take so many MB. Skips the test where none can be made."""
    made = []

    def limited(megabytes):
        for root, limit in (("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")):
            group = Path(root, f"keras-or-me-{os.getpid()}-{len(made)}")
            try:
                group.mkdir()
                made.append(group)
                (group / limit).write_text(str(megabytes * 2 ** 20))
                return group
            except OSError:
                continue
        pytest.skip("no control group can be made here")
    yield limited
    for group in made:
        wait_for(lambda group=group: not (group / "cgroup.procs").read_text(), SOON)
        group.rmdir()


def within(group, *arguments):
    """A command line that is run in a control group."""
    return ["bash", "-c", 'echo $$ > "$0/cgroup.procs" && exec "$@"', str(group), *arguments]


def test_room_is_what_a_control_group_leaves(control_group):
    code = "from compare.execution import room; print(room.free_megabytes())"
    free = subprocess.run(within(control_group(300), sys.executable, "-c", code), cwd=HOME, capture_output=True,
                          text=True, check=True).stdout
    assert 0 < int(free) < 300


@pytest.mark.contract
def test_worker_that_exceeds_the_limit_of_a_control_group_is_a_sentence(control_group, mine, tmp_path):
    """The system ends the worker, not the run; its other trainings are kept."""
    huge = MINE.replace("(Flatten(), Dense(10))", "(Flatten(), *[Dense(60_000)] * (n == 0), Dense(10))") \
        .replace("Training(200, 32)", "Training(2, 32)").replace("range(6)", "range(2)")
    (tmp_path / "mine.py").write_text(huge)
    child = subprocess.run(within(control_group(700), *command(*LONG, "out=run")), cwd=tmp_path,
                           env=variables(tmp_path), capture_output=True, text=True, timeout=SOON)
    assert child.returncode == 4 and "worker ended (signal 9)" in child.stderr, child.stderr
    assert "Traceback" not in child.stderr and "fault of this program" not in child.stderr
    assert trace.read(str(tmp_path / "run/traces/v1.reference.0.npz")).outcome["kind"] == "finished"
    assert json.loads((tmp_path / "run/result.json").read_text())["problems"]


def limited_worker(worker):
    resource.prlimit(worker.process.pid, resource.RLIMIT_AS, (10 ** 9, 10 ** 9))
    return worker


def test_output_that_runs_out_of_memory_is_no_fault_of_ours():
    def fails():
        raise MemoryError
    assert outputs.write_all({"report.md": fails}) == ["report.md could not be made: the memory is full."]


@pytest.mark.parametrize("error, code, text", [
    (MemoryError(), 2, "compare: the run ends here: the memory is full; trainings that were finished are kept in the "
                       "run's folder.\n"),
    (ZeroDivisionError("ours"), 70, "compare: A fault of this program, please report it:\nTraceback ")], ids=str)
def test_what_no_command_expects_has_an_exit_code(monkeypatch, capsys, error, code, text):
    def fails(arguments):
        raise error
    monkeypatch.setattr("compare.commands.show.main", fails)
    assert main(["show"]) == code and capsys.readouterr().err.startswith(text)


def test_time_limit_is_lifted_afterwards():
    with user_code.limited(0.2, "late"):
        pass
    time.sleep(0.4)
    with pytest.raises(TimeoutError, match="late"), user_code.limited(0.2, "late"):
        time.sleep(5)


@pytest.mark.parametrize("host, allowed", [
    ("localhost:6006", True), ("127.0.0.1", True), ("[::1]:6006", True), ("LOCALHOST", True), ("evil.example", False),
    ("127.0.0.1.evil.example:6006", False), ("localhost.evil.example", False), ("", False), ("[::1].evil", False)])
def test_only_requests_to_this_machine_are_answered(host, allowed):
    answered = []
    application = loopback.only(lambda environ, start: [b"curves"])
    body = b"".join(application({"HTTP_HOST": host}, lambda status, headers: answered.append(status)))
    assert (body == b"curves") == allowed and answered == ([] if allowed else ["403 Forbidden"])


@pytest.mark.parametrize("processors, free, threads, capacity", [
    (2, 8_000, 1, (2, 5)), (64, 512_000, 1, (64, 341)), (64, 20_000, 8, (8, 13)), (2, None, 1, (2, 4)),
    (1, 100, 4, (1, 0))])
def test_room_for_workers_is_that_of_processors_and_memory(monkeypatch, processors, free, threads, capacity):
    monkeypatch.setattr(room, "processors", lambda: processors)
    monkeypatch.setattr(room, "free_megabytes", lambda: free)
    assert room.capacity(threads) == capacity


def test_several_workers_of_one_framework_share_its_jobs(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(room, "capacity", lambda threads: (2, 1))
    planned, traces = [trial(f"trial-{number}") for number in range(4)], {}
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pool.work({each: trials.job(each, dataset, tmp_path) for each in planned}, 60, lambda *of: None,
                  traces.__setitem__)
        assert len(pool._workers["reference"]) == 2
    first, *rest = (each["step/loss"] for each in traces.values())
    assert len(rest) == 3 and all(np.array_equal(first, each) for each in rest)


def test_worker_that_has_grown_too_large_is_replaced(dataset, tmp_path, monkeypatch):
    with WorkerPool(["reference"], tmp_path, "cpu", 1) as pool:
        pids = []
        for growth in (0, room.GROWTH + 1, room.GROWTH):
            monkeypatch.setattr(Worker, "growth", property(lambda worker, growth=growth: growth))
            planned = trial(f"after-{growth}")
            pool.work({planned: trials.job(planned, dataset, tmp_path)}, 60, lambda *of: None, lambda *of: None)
            pids.append(pool._workers["reference"][0].process.pid)
    assert pids[0] != pids[1] == pids[2]


def test_growth_is_that_of_the_process(tmp_path):
    assert room.megabytes_of(os.getpid()) > 20 and room.megabytes_of(2 ** 22 + 1) == 0
    with Worker("reference", tmp_path) as worker:
        assert worker.growth == 0 and worker.environment and 0 <= worker.growth < 100


def header(magic, *sizes):
    return magic.to_bytes(4, "big") + b"".join(size.to_bytes(4, "big") for size in sizes)


def bomb(folder):
    """Gzip files that say that they hold 4 GB, and one that holds 3 GB more than it says."""
    for name in mnist_files.IDX:
        images = "images" in name
        content = header(0x803 if images else 0x801, *(5_000_000, 28, 28) if images else (5_000_000,))
        with gzip.open(folder / f"{name}.gz", "wb") as file:
            file.write(content + bytes(1000))


def absurd(folder):
    """An npz file whose arrays say that they are much larger than they are."""
    with zipfile.ZipFile(folder / "mnist.npz", "w") as archive:
        for name in mnist_files.NPZ:
            content = io.BytesIO()
            np.lib.format.write_array_header_1_0(content, {"descr": "|u1", "fortran_order": False,
                                                           "shape": (10 ** 12, 28, 28)})
            archive.writestr(f"{name}.npy", content.getvalue() + bytes(100))


@pytest.mark.parametrize("make, text", [(bomb, "says that it holds 3,920,000,000 bytes"), (absurd, "has 100 bytes")])
def test_absurd_sizes_are_refused_before_anything_is_made(tmp_path, make, text):
    make(tmp_path)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(mnist_files.DataError, match=text):
        mnist_files.read(tmp_path)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000, "in KB"


def test_gzip_file_that_holds_more_than_it_says_is_not_unpacked_into_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(npz_files, "MOST", 10_000_000)
    for name in mnist_files.IDX:
        with gzip.open(tmp_path / f"{name}.gz", "wb", compresslevel=1) as file:
            file.write(header(0x803, 1, 28, 28) if "images" in name else header(0x801, 1))
            file.write(bytes(30_000_000))
    with pytest.raises(mnist_files.DataError, match="bytes instead of 16 of header and 784"):
        mnist_files.read(tmp_path)
