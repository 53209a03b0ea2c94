"""Signals, stopped processes and code that does not end: no process is left, and finished work is kept."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from processes import children_of, command, is_running, members_of, variables, wait_for
from short_runs import LONG, SOON, trial

from compare import HOME
from compare.commands import watchdog
from compare.execution import trials
from compare.execution.workers import Worker
from frameworks.runtime import trace


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
from short_runs import trial
workers.SILENCE = 4.0
place = Path(sys.argv[1])
images = data.Dataset("custom", Path(sys.argv[2]), "x", "", "")
with Worker("reference", place) as worker:
    worker.environment
    print("ready", flush=True)
    worker.run(trials.job(trial("a", 3000), images, place))
print("done", flush=True)
"""
    path = os.pathsep.join([str(HOME), str(HOME / "tests")])
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path), str(dataset.folder)],
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
