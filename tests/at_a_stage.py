"""A program for tests: runs a command of ours, and does something to its processes in the middle of a stage.

    python at_a_stage.py STAGE ACTION ARGUMENT …

A stage has begun when this process opens a file with a text in its path. ACTION is the name of a signal, once or
twice, that the process sends itself; "kill", with which its workers are killed; "kill every", with which they are for
every job of the stage; "memory", with which this process can have no more memory; "full", "read only" and "remove",
which happen to the folder of `out=` or to its disk; or "stop", with which the process group is stopped for three times
the allowed silence of a worker.
"""

import contextlib
import json
import os
import resource
import shutil
import signal
import subprocess
import sys
import threading
import time
import zipfile
from pathlib import Path

from processes import members_of, processes_below, variables, wait_for

from compare import HOME

SOON = 500
"""Seconds; on a machine that does much else, a run that needs two takes minutes."""

STAGES = {"starting": "mnist_files", "reading the scenario": "mine.py", "reading the images": "train_images.npy",
          "importing": "reference.log", "training": "/traces/fast.reference.0.npz", "comparing steps": "/replays/",
          "searching causes": "/search/", "writing the answer": "/result.json.", "writing the report": "/report.html.",
          "writing the last file": "/images/"}
"""Of a run of a scenario; for other commands STAGE is the text itself."""
SILENCE = 6.0
STOP = """
import os, signal, sys, time
os.killpg(int(sys.argv[1]), signal.SIGSTOP)
time.sleep(float(sys.argv[2]))
os.killpg(int(sys.argv[1]), signal.SIGCONT)
"""


def run(folder, stage, action, *arguments, before=()):
    """Runs a command in a folder, to which something happens at a stage; returns its exit code, stdout and stderr.

    Nothing is left running, no file of its `out=` is half written, and nothing that it says is a traceback.
    """
    command = [*before, sys.executable, __file__, stage, action, *arguments]
    with subprocess.Popen(command, cwd=folder, env=with_tests(folder), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, start_new_session=True) as program:
        out, error = program.communicate(timeout=SOON)
    wait_for(lambda: not members_of(program.pid), SOON)
    for path in (Path(folder) / out_of(arguments)).rglob("*"):
        assert path.suffix != ".npz" or "partial" in path.name or zipfile.is_zipfile(path), path
        assert path.suffix != ".json" or json.loads(path.read_text(encoding="utf-8")), path
    assert "Traceback" not in out + error and "fault of this program" not in error, error
    return program.returncode, out, error


def with_tests(folder):
    """The variables of a process that finds the modules of tests too."""
    import matplotlib
    return variables(Path(folder), PYTHONPATH=os.pathsep.join([str(HOME), str(HOME / "tests")]),
                     MPLCONFIGDIR=matplotlib.get_configdir())


def out_of(arguments):
    """The folder of `out=`."""
    return next(argument[4:] for argument in arguments if argument.startswith("out="))


def send(names):
    """Sends signals to this process, one after the other has begun to be handled."""
    for name in names:
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(0.02)


def fill(folder):
    """Writes a file until the disk of a folder has no space left."""
    with contextlib.suppress(OSError), open(Path(folder).parent / "filler", "wb", buffering=0) as file:
        size = 1 << 20
        while size:
            try:
                file.write(bytes(size))
            except OSError:
                size //= 2


def make_read_only(folder):
    """Lets nothing more be written into a folder."""
    for place, _, _ in os.walk(folder, topdown=False):
        os.chmod(place, 0o555)


def remove(folder):
    """Removes a folder."""
    shutil.rmtree(folder, ignore_errors=True)


ON_DISK = {"full": fill, "read only": make_read_only, "remove": remove}


def kill_in(stage):
    """Kills a worker as soon as it has a job of a stage."""
    from compare.execution.workers import Worker
    run = Worker.run

    def killed(self, job, *arguments):
        if text_of(stage) in job["out"]:
            os.kill(self.process.pid, signal.SIGKILL)
        return run(self, job, *arguments)
    Worker.run = killed


def text_of(stage):
    """The part of a path with which a stage begins."""
    return STAGES.get(stage, stage)


def main(stage, action, *arguments):
    """Runs a command."""
    done, text = threading.Event(), text_of(stage)

    def on_event(event, values):
        if event != "open" or done.is_set() or text not in str(values[0]):
            return
        done.set()
        if action == "kill":
            for pid, line in processes_below(os.getpid()).items():
                if "runtime/worker.py" in line:
                    os.kill(pid, signal.SIGKILL)
        elif action == "memory":
            used = int(open("/proc/self/statm", encoding="ascii").read().split()[0]) * resource.getpagesize()  # noqa: SIM115
            resource.setrlimit(resource.RLIMIT_AS, (used, used))
        elif action in ON_DISK:
            ON_DISK[action](out_of(arguments))
        elif action == "stop":
            subprocess.Popen([sys.executable, "-c", STOP, str(os.getpgrp()), str(3 * SILENCE)], start_new_session=True)
        else:
            threading.Thread(target=send, args=(action.split(),), daemon=True).start()
    if action == "stop":
        from compare.execution import workers
        workers.SILENCE = SILENCE
    if action == "kill every":
        kill_in(stage)
    else:
        sys.addaudithook(on_event)
    sys.argv[1:] = arguments
    from compare.__main__ import command_line
    command_line()


if __name__ == "__main__":
    main(*sys.argv[1:])
