"""A user's own program in a worker: its file is run as code, and what it raises becomes a sentence. Python 3.6.

A job of the verb `program` builds the program, gives it weights, runs it and reports what it did. Fields of the job:

    program   {"file", "name", "arguments"}: a function of a file that is called with the arguments, or an object
    dtype     float32 or float64: what the program is built in
    data      an npz with input/0, input/1, …, target/0, … in Keras's layout; null: the program is only described
    inputs, targets   null, "channels_first", or a function of the user: how its inputs and targets are converted
    weights   an npz of parameters by name, in Keras's layout; null: its own
    load      null, or a function of the user that copies Keras's weights, which are listed/0, listed/1, … in `data`
    trained   null, or a file of trained weights that the model gets before `load` and `weights`
    changes   what is changed in memory before it runs, a list of {"kind", …}; each backend documents its kinds
    replaced  an npz with an array for every operation whose output is replaced; null: none
    steps, batch, seed   the training

The arrays of its trace, all in Keras's layout:

    parameter/<name>           before training; `layer.role`, as in `conv2d.kernel`
    given/<i>                  input i of the first batch, where the framework is Keras
    forward/<operation>        of the first batch, in evaluation mode
    training/<operation>       the same in training mode, without dropout
    predicted/<i>              output i of the model in evaluation mode
    metric/<name>              of the first batch, as the program reports it
    loss                       (steps,) the loss of each step's batch
    gradient/<name>            of the first batch's loss
    weight/<step>/<name>       after steps 1, 2, 3 and the last one
    evaluated/<i>              output i after training, of the first batch, in evaluation mode

Facts: layers, parameters, operations, loss, optimizer, signature, versions, warnings and outcome. `outcome` is
{"kind": "finished"} or {"kind": "failed", "when", "message", "file", "line"}: what the user's code raised.
"""
import contextlib
import importlib.util
import os
import sys
import traceback

import numpy as np

WATCHED_STEPS = (1, 2, 3)
"""Steps, counted from 1, after which all weights are kept, beside the last step."""


class ProgramError(Exception):
    """The user's program failed or is not what a program has to be; `when` says in which phase."""

    def __init__(self, when, message, place=("", 0)):
        super(ProgramError, self).__init__(message)
        self.when, self.message, self.place = when, message, place


def result(backend, job):
    """Runs a job of the verb `program`; returns (facts, arrays). `backend` is a module with `describe` and `run`."""
    folder = os.path.dirname(os.path.abspath(job["program"]["file"]))
    loaded = set(sys.modules)
    sys.path.insert(0, folder)
    facts, arrays = {}, {}
    try:
        with backend.dtype(job["dtype"]):
            backend.run(job, facts, arrays)
        facts["outcome"] = {"kind": "finished"}
    except ProgramError as error:
        file, line = error.place
        facts["outcome"] = {"kind": "failed", "when": error.when, "message": error.message, "file": file, "line": line}
    finally:
        sys.path.remove(folder)
        for name in set(sys.modules) - loaded:  # the program's own modules are loaded again by the next job
            if inside(getattr(sys.modules[name], "__file__", None), folder):
                del sys.modules[name]
    return facts, arrays


@contextlib.contextmanager
def phase(when, folder):
    """Turns what the user's code raises in this phase into a ProgramError with the line of the user's file."""
    try:
        yield
    except ProgramError:
        raise
    except (Exception, SystemExit) as error:
        lines = [frame for frame in traceback.extract_tb(error.__traceback__) if inside(frame[0], folder)]
        place = (lines[-1][0], lines[-1][1]) if lines else ("", 0)
        said = str(error).strip().split("\n")[0] or "no message"
        if isinstance(error, SystemExit):
            said = "it calls sys.exit(%s)" % said
        raise ProgramError(when, "%s: %s" % (type(error).__name__, said), place) from error


def inside(file, folder):
    """Returns whether a file is in a folder."""
    return bool(file) and os.path.abspath(file).startswith(folder + os.sep)


def folder_of(job):
    """Returns the folder of the user's program."""
    return os.path.dirname(os.path.abspath(job["program"]["file"]))


def loaded(file):
    """Returns the module that a file defines, loaded anew."""
    name = "program_" + os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    finally:
        del sys.modules[name]
    return module


def named(program, folder):
    """Returns what a program names in its file: a function, a class or an object."""
    with phase("import", folder):
        module = loaded(program["file"])
    if not hasattr(module, program["name"]):
        public = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_")
                        and getattr(value, "__module__", None) == module.__name__)
        raise ProgramError("import", "%s has no %r; it has %s." % (
            os.path.basename(program["file"]), program["name"], ", ".join(public) or "no function or class"))
    return getattr(module, program["name"])


def place_of_call(folder):
    """Returns (file, line) of the innermost frame of the user's own folder; ("", 0) where there is none."""
    frame = sys._getframe(1)
    while frame is not None:
        if inside(frame.f_code.co_filename, folder):
            return os.path.basename(frame.f_code.co_filename), frame.f_lineno
        frame = frame.f_back
    return "", 0


@contextlib.contextmanager
def watched_constructors(folder, *classes):
    """Keeps, while a program is built, which line of the user makes each object of these classes: `made_at`.

    `__new__` is replaced, since subclasses override `__init__`.
    """
    def watching(original):
        def new(cls, *args, **kwargs):
            made = original(cls) if original is object.__new__ else original(cls, *args, **kwargs)
            if "_keras_or_me" not in vars(made):
                vars(made)["_keras_or_me"] = place_of_call(folder)
            return made
        return new
    own = [vars(cls).get("__new__") for cls in classes]
    for cls in classes:
        cls.__new__ = staticmethod(watching(cls.__new__))
    try:
        yield
    finally:
        for cls, original in zip(classes, own):
            # A class whose `__new__` was replaced once does not accept object.__new__ again.
            cls.__new__ = staticmethod(without_arguments) if original is None else original


def without_arguments(cls, *args, **kwargs):
    """Makes an object as `object.__new__` does for a class that has only an `__init__`."""
    return object.__new__(cls)


def made_at(made):
    """Returns the (file, line) that `watched_constructors` kept of an object; ("", 0) if there is none."""
    return getattr(made, "_keras_or_me", ("", 0))


def as_json(value):
    """Returns a setting as JSON: numbers, text, lists; anything else as its name."""
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, (list, tuple)):
        return [as_json(item) for item in value]
    if isinstance(value, np.generic):
        return value.item()
    return getattr(value, "__name__", type(value).__name__)


def read_arrays(path, prefix):
    """Returns the arrays of an npz whose names begin with `prefix` and a slash, by the rest of their names."""
    if not path:
        return {}
    with np.load(path, allow_pickle=False) as file:
        return {name[len(prefix) + 1:]: file[name] for name in file.files if name.startswith(prefix + "/")}


def numbered(arrays):
    """Returns arrays by their number: those of {"0": …, "1": …} in order."""
    return [arrays[str(i)] for i in range(len(arrays))]


def in_dtype(array, dtype):
    """Returns an array with floating point numbers in `dtype`; integers are int64, as labels and indices are."""
    return array.astype(dtype if array.dtype.kind == "f" else "int64" if array.dtype.kind in "iub" else array.dtype)


def batches(arrays, steps, batch):
    """Returns each array with exactly steps * batch samples, repeated from the first on where there are fewer."""
    return [np.resize(array, (steps * batch,) + array.shape[1:]) if len(array) < steps * batch
            else array[:steps * batch] for array in arrays]


def kept_steps(steps):
    """Returns the steps, counted from 1, after which weights are kept."""
    return sorted({step for step in WATCHED_STEPS + (steps,) if 1 <= step <= steps})
