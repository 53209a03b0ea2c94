"""One process per environment, kept warm: jobs come as JSON lines on stdin, events go as JSON lines to a descriptor.

Started by `compare.execution.workers` as `python -I worker.py REALIZATION EVENTS_DESCRIPTOR SETTINGS`, where SETTINGS
is JSON (threads, device, dtype). Python 3.6 and NumPy 1.16. Isolated mode keeps this folder off the path, where `import
keras` would find our own; the package `frameworks` is made here by hand, so that its `__init__` and the harness stay
out.

Events: hello (environment read back), alive (every few seconds), epoch, done (trace or arrays written), failed (a
fault of ours, with the traceback). The process ends when stdin closes: when its parent dies.
"""
import gc
import importlib
import json
import os
import queue
import sys
import threading
import time
import traceback
import types

HEARTBEAT = 2.0  # seconds


def main(realization, descriptor, settings):
    package = types.ModuleType("frameworks")
    package.__path__ = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    sys.modules["frameworks"] = package
    tell = teller(os.fdopen(int(descriptor), "w"))
    jobs = queue.Queue()
    threading.Thread(target=beat, args=(tell,), daemon=True).start()
    threading.Thread(target=read_jobs, args=(jobs,), daemon=True).start()
    settings = json.loads(settings)
    importlib.import_module("frameworks." + realization).prepare(settings)
    module = importlib.import_module("frameworks.%s.model" % realization)
    tell("hello", environment=module.environment(settings))
    while True:
        work(module, dict(jobs.get(), settings=settings), tell)


def teller(stream):
    """A function that writes one event as a line; safe to call from several threads."""
    lock = threading.Lock()

    def tell(event, **facts):
        with lock:
            stream.write(json.dumps(dict(facts, event=event)) + "\n")
            stream.flush()
    return tell


def work(module, job, tell):
    """Does one job and tells how it went; the worker lives on."""
    from frameworks.runtime import probing, trace, training
    try:
        if job["verb"] == "train":
            trained = training.train(module, job, lambda event, **facts: tell(event, id=job["id"], **facts))
            trace.write(trained, job["out"])
        else:
            verb = {"probe": probing.probe, "replay": training.replay}[job["verb"]]
            trace.write(trace.Trace({}, verb(module, job)), job["out"])
        tell("done", id=job["id"], out=job["out"])
    except Exception:
        tell("failed", id=job["id"], message=traceback.format_exc())
    if hasattr(module, "forget"):
        module.forget(job["settings"])
    gc.collect()  # a framework's models hold themselves in circles, and a warm worker makes many


def read_jobs(jobs):
    """Queues every line of stdin; leaves at once when the parent is gone."""
    for line in sys.stdin:
        jobs.put(json.loads(line))
    os._exit(0)


def beat(tell):
    """Says that the process lives, for as long as somebody listens."""
    while True:
        time.sleep(HEARTBEAT)
        try:
            tell("alive")
        except (OSError, ValueError):
            os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
