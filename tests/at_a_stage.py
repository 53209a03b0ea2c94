"""A program for tests: runs a command of ours, and does something to its processes in the middle of a stage.

    python at_a_stage.py STAGE ACTION ARGUMENT …

A stage has begun when this process opens a file whose path contains a text. ACTION is the name of a signal, once or
twice, that the process sends itself; "kill", with which its workers are killed; "kill every", with which they are for
every job of the stage; or "memory", with which this process can have no more memory.
"""

import os
import resource
import signal
import sys
import threading
import time

from processes import processes_below

STAGES = {"starting": "mnist_files", "reading the scenario": "mine.py", "reading the images": "train_images.npy",
          "importing": "reference.log", "training": "/traces/fast.reference.0.npz", "comparing steps": "/replays/",
          "searching causes": "/search/", "writing the answer": "/result.json.", "writing the report": "/report.html.",
          "writing the last file": "/images/"}


def send(names):
    """Sends signals to this process, one after the other has begun to be handled."""
    for name in names:
        os.kill(os.getpid(), getattr(signal, name))
        time.sleep(0.02)


def kill_in(stage):
    """Kills a worker as soon as it has a job of a stage."""
    from compare.execution.workers import Worker
    run = Worker.run

    def killed(self, job, *arguments):
        if STAGES[stage] in job["out"]:
            os.kill(self.process.pid, signal.SIGKILL)
        return run(self, job, *arguments)
    Worker.run = killed


def main(stage, action, *arguments):
    """Runs a command."""
    done = threading.Event()

    def on_event(event, values):
        if event != "open" or not isinstance(values[0], str) or STAGES[stage] not in values[0] or done.is_set():
            return
        done.set()
        if action == "kill":
            for pid, line in processes_below(os.getpid()).items():
                if "runtime/worker.py" in line:
                    os.kill(pid, signal.SIGKILL)
        elif action == "memory":
            used = int(open("/proc/self/statm", encoding="ascii").read().split()[0]) * resource.getpagesize()  # noqa: SIM115
            resource.setrlimit(resource.RLIMIT_AS, (used, used))
        else:
            threading.Thread(target=send, args=(action.split(),), daemon=True).start()
    if action == "kill every":
        kill_in(stage)
    else:
        sys.addaudithook(on_event)
    sys.argv[1:] = arguments
    from compare.__main__ import command_line
    command_line()


if __name__ == "__main__":
    main(*sys.argv[1:])
