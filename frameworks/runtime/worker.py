"""One process per environment, kept warm: it reads jobs as JSON lines from stdin and writes events as JSON lines.

`compare.execution.workers` starts it as `python -I worker.py REALIZATION EVENTS_DESCRIPTOR SETTINGS`, where SETTINGS is
`frameworks.job.Settings` as JSON; `frameworks.job` also describes a job. Python 3.6 and NumPy 1.16. Isolated mode (-I)
keeps this folder off the path, where `import trace` would find our module, and ignores PYTHONPATH. `main` creates the
package `frameworks` by hand, so that neither its `__init__` nor the rest of the project is imported.

Events: hello (environment, read back), alive (every `HEARTBEAT`), epoch, done (the trace is written), unwritten (a file
of the run cannot be read or written, such as on a full disk), failed (a bug in this package, with the traceback). The
process ends when stdin closes, as it does when the parent ends; when a line is not a job; when nobody reads its events;
and when its memory is full.
"""
import faulthandler
import gc
import importlib
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
import types

HEARTBEAT = 2.0
"""Seconds between two events that say that the process is alive."""


def main(realization, descriptor, settings):
    """Imports the realization, reports its environment and runs jobs until the process ends.

    `realization` is the name of a subpackage of `frameworks`, `descriptor` the number of the file to which events are
    written, and `settings` is JSON; all are text of the command line.
    """
    report_crashes()
    package = types.ModuleType("frameworks")
    package.__path__ = [os.path.dirname(os.path.dirname(os.path.abspath(__file__)))]
    sys.modules["frameworks"] = package
    # Ctrl-C reaches every process of a terminal. The parent decides what ends: some frameworks would end a training
    # early and report it as finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    send = event_writer(os.fdopen(int(descriptor), "w"))
    jobs = queue.Queue()
    threading.Thread(target=send_heartbeats, args=(send,), daemon=True).start()
    threading.Thread(target=read_jobs, args=(jobs,), daemon=True).start()
    settings = json.loads(settings)
    importlib.import_module("frameworks." + realization).prepare(settings)
    module = importlib.import_module("frameworks.%s.model" % realization)
    send("hello", environment=module.environment(settings))
    keep_imported()
    while True:
        work(module, dict(jobs.get(), settings=settings), send)


def keep_imported():
    """Exempts what is imported from garbage collection, from Python 3.7 on: searching the objects of a whole framework
    after every job takes longer than most jobs of PyTorch.
    """
    if hasattr(gc, "freeze"):
        gc.collect()
        gc.freeze()


def report_crashes():
    """Writes the stack into the log if the process crashes or gets SIGUSR1.

    It also makes Linux end this process, and not its parent, when memory runs out.
    """
    faulthandler.enable()
    if hasattr(signal, "SIGUSR1"):
        faulthandler.register(signal.SIGUSR1)
    try:
        with open("/proc/self/oom_score_adj", "w") as file:
            file.write("1000")
    except OSError:  # no Linux
        pass


def event_writer(stream):
    """Returns a thread-safe function that writes one event as a line."""
    lock = threading.Lock()

    def send(event, **facts):
        with lock:
            stream.write(json.dumps(dict(facts, event=event)) + "\n")
            stream.flush()
    return send


def recorded(module, job):
    """Returns the trace of a probe or a replay.

    A replay of a spec that this framework cannot express has only an outcome; a probe raises Unsupported.
    """
    from frameworks.runtime import errors, probing, trace, training
    if job["verb"] == "probe":
        return trace.Trace({}, probing.probe(module, job))
    try:
        return trace.Trace({}, training.replay(module, job))
    except errors.Unsupported as error:
        return trace.Trace({"outcome": {"kind": trace.Outcome.UNSUPPORTED, "step": 0, "message": str(error)}}, {})


def work(module, job, send):
    """Runs one job and reports its result; an exception does not end the worker, except for a full memory."""
    from frameworks.runtime import errors, trace, training, user_program
    try:
        if job["verb"] == "train":
            trained = training.train(module, job, lambda event, **facts: send(event, id=job["id"], **facts))
            trace.write(trained, job["out"])
        elif job["verb"] == "program":
            backend = importlib.import_module(module.__name__.rpartition(".")[0] + ".program")
            trace.write(trace.Trace(*user_program.result(backend, job)), job["out"])
        else:
            trace.write(recorded(module, job), job["out"])
        send("done", id=job["id"], out=job["out"])
    except trace.NotWritten as error:
        send("unwritten", id=job["id"], message=str(error))
    except Exception as error:
        if errors.is_out_of_memory(error):  # its state is unknown afterwards: the parent starts a new one
            sys.stderr.write("The memory is full: %s\n" % (str(error).strip().split("\n")[0] or "MemoryError"))
            sys.stderr.flush()
            os._exit(errors.OUT_OF_MEMORY)
        run = os.path.dirname(os.path.dirname(os.path.abspath(job["out"])))
        if isinstance(error, EnvironmentError) and os.path.abspath(str(error.filename)).startswith(run):
            message = "The file %s of this run cannot be read (%s)." % (error.filename, error.strerror)
            send("unwritten", id=job["id"], message=message)
        else:
            send("failed", id=job["id"], message=traceback.format_exc())
    module.forget(job["settings"])
    gc.collect()  # a framework's models are in reference cycles, and a warm worker creates many


def read_jobs(jobs):
    """Queues every line of stdin; ends the process at once when stdin closes, or when a line is not a job."""
    for line in sys.stdin:
        try:
            jobs.put(dict(json.loads(line)))
        except (ValueError, TypeError, RecursionError) as error:
            sys.stderr.write("A job cannot be read: %s: %s\n" % (type(error).__name__, error))
            sys.stderr.flush()
            os._exit(1)
    os._exit(0)


def send_heartbeats(send):
    """Reports that the process is alive, and ends it once nobody reads the events."""
    while True:
        time.sleep(HEARTBEAT)
        try:
            send("alive")
        except (OSError, ValueError):
            os._exit(1)


if __name__ == "__main__":
    main(*sys.argv[1:])
