"""A user's own program in a worker: its file is run as code, and what it raises becomes a sentence. Python 3.6.

A job of the verb `program` builds the program, gives it weights, runs it and reports what it did. Fields of the job
(`frameworks.job.ProgramJob`):

    program   {"file", "name", "arguments"}: a function of a file that is called with the arguments, or an object
    dtype     float32 or float64, in which the program is built
    data      an npz with input/0, input/1, …, target/0, … in Keras's layout; null: the program is only described
    inputs, targets   null, "channels_first", "channels_after_time" (of videos), or a function of the user: how its
                      inputs and targets are converted
    names     {"input", "target"}: the names of several inputs or targets, as in a dict of Keras's model or of the data
    weights   an npz of parameters by name, in Keras's layout; null: the program keeps its own
    load      null, or a function of the user that copies Keras's weights, which are listed/0, listed/1, … in `data`
    trained   null, or a file of trained weights that the model gets before `load` and `weights`
    changes   what is changed in memory before it runs, a list of {"kind", …}; each backend documents its kinds
    replaced  an npz with an array for every operation with a replaced output; null: none
    whole     whether large parameters are returned whole, with `listed`; else, as gradients are, as their `outline`
    steps, batch, seed   the training
    until     the step after which the training may end, since later steps are not compared; 0: no training

The arrays of its trace, all in Keras's layout:

    parameter/<name>           before training; `layer.role`, as in `conv2d.kernel`
    listed/<i>                 the same in the order of Keras's `model.get_weights()`, if the job has `whole`
    constant/<class>.<name>    an array of numbers that is an attribute of a user's own layer, in Keras
    given/<i>                  input i of the first batch, as the program gets it
    mask/<i>                   of all samples, Keras's mask of output i, if it has one
    forward/<operation>        of the first batch, in evaluation mode
    beside/<operation>/<i>     further outputs of the same, such as the states of an LSTM
    training/<operation>       the same in training mode, without dropout
    predicted/<i>              output i of the model in evaluation mode
    metric/<name>              of the first batch of the training, as the program reports it
    measured/<name>            the same of an evaluation of all samples before training
    first_loss                 the loss of the first batch in training mode
    loss                       (steps,) the loss of each step's batch
    gradient/<name>            of the first batch's loss
    weight/<step>/<name>       after steps 1, 2, 3 and the last one
    evaluated/<i>              output i after training, of the first batch, in evaluation mode

Its facts are `frameworks.program_facts.ProgramFacts`.
"""
import contextlib
import functools
import importlib.util
import inspect
import os
import re
import sys
import time
import traceback

from frameworks.runtime.training import peak_mb

WORKER = os.getpid()
"""The process of the worker, from which a process that the user's code has forked differs."""
LONGEST = 1000
"""The most characters of a message."""


class ProgramError(Exception):
    """The user's program failed, or cannot be compared.

    `when` names the phase, as in `phase`; `message` is one sentence; `place` is (file, line), or ("", 0).
    """

    def __init__(self, when, message, place=("", 0)):
        super(ProgramError, self).__init__(message)
        self.when, self.message, self.place = when, message, place


def result(backend, job):
    """Runs a job of the verb `program`; returns (facts, arrays).

    `backend` is the package `frameworks.keras.program` or `frameworks.lightning.program`: a module with a context
    manager `dtype(name)` and a function `run(job, facts, arrays)`. A ProgramError becomes the outcome.
    """
    folder = folder_of(job)
    loaded = set(sys.modules)
    sys.path.insert(0, folder)
    facts, arrays = {}, {}
    try:
        with backend.dtype(job["dtype"]), kept_alive():
            backend.run(job, facts, arrays)
        facts["outcome"] = {"kind": "finished"}
    except ProgramError as error:
        file, line = error.place
        facts["outcome"] = {"kind": "failed", "when": error.when, "message": error.message, "file": file, "line": line}
    finally:
        facts.update(processor=time.process_time(), peak_mb=peak_mb())
        sys.path.remove(folder)
        for name in set(sys.modules) - loaded:  # the program's own modules are loaded again by the next job
            if inside(getattr(sys.modules[name], "__file__", None), folder):
                del sys.modules[name]
    return facts, arrays


class EndedByUser(SystemExit):
    """The user's code has called `os._exit`."""


@contextlib.contextmanager
def kept_alive():
    """Keeps the user's code in the block from ending or blocking the worker: `os._exit` raises, stdin is empty.

    Afterwards, the standard streams and their descriptors are restored: a file that is opened after one of them was
    closed would get its number. A process that the user's code has forked can end itself, and otherwise ends with the
    `phase`, because two workers would answer.
    """
    ended, streams = os._exit, (sys.stdin, sys.stdout, sys.stderr)
    descriptors = [os.dup(number) for number in range(3)]

    def exit_of_the_user(code):
        if os.getpid() != WORKER:
            ended(code)
        raise EndedByUser(code)
    with open(os.devnull) as nothing:
        os._exit, sys.stdin = exit_of_the_user, nothing
        try:
            yield
        finally:
            os._exit = ended
            sys.stdin, sys.stdout, sys.stderr = streams
            for number, kept in enumerate(descriptors):
                os.dup2(kept, number)
                os.close(kept)


@contextlib.contextmanager
def phase(when, folder):
    """Converts an exception that the user's code raises in the block to a ProgramError with the line of the user's
    file.
    """
    try:
        yield
    except (ProgramError, KeyboardInterrupt):
        raise
    except BaseException as error:  # a user's own class need not be an Exception
        raise ProgramError(when, sentence_of(error), place_of(error, folder)) from error
    finally:
        if os.getpid() != WORKER:
            os._exit(0)


def sentence_of(error):
    """Returns what the user's code raised as text: the class of the exception and the first line of its message.

    Lines with which Keras introduces an exception of a layer are passed over.
    """
    try:
        text = str(error)
    except Exception as inner:  # of a class of the user
        text = "its message cannot be read, %s" % type(inner).__name__
    lines = [line.strip() for line in re.sub("\x1b.*?m", "", text).split("\n") if line.strip()] or ["no message"]
    while lines[1:] and (lines[0].startswith("Exception encountered when calling") or
                         lines[0].endswith("Error encountered:")):
        lines.pop(0)
    message = lines[0] if not isinstance(error, SyntaxError) else error.msg
    if isinstance(error, SystemExit):
        function = "os._exit" if isinstance(error, EndedByUser) else "sys.exit"
        return "it calls %s(%s)" % (function, "" if error.code is None else message)
    return "%s: %s" % (type(error).__name__, message if len(message) <= LONGEST else message[:LONGEST] + " …")


def place_of(error, folder):
    """Returns (file, line) in the user's folder at which an exception was raised; ("", 0) if there is none."""
    if isinstance(error, SyntaxError) and inside(error.filename, folder):
        return error.filename, error.lineno or 0
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if inside(frame[0], folder)]
    return (lines[-1][0], lines[-1][1]) if lines else ("", 0)


@functools.lru_cache(maxsize=None)  # it is called for every frame of every operation
def inside(file, folder):
    """Returns whether a file is in a folder or below it; `file` can be None."""
    return bool(file) and os.path.abspath(file).startswith(folder + os.sep)


def folder_of(job):
    """Returns the folder of the user's program."""
    return os.path.dirname(os.path.abspath(job["program"]["file"]))


def loaded(file):
    """Returns the module that a file defines, loaded again on every call.

    No bytecode is written: Python would use it for another version of the file with the same size, written within the
    same second.
    """
    name = "program_" + os.path.splitext(os.path.basename(file))[0]
    spec = importlib.util.spec_from_file_location(name, file)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        spec.loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
        del sys.modules[name]
    return module


def named(program, folder):
    """Returns the object that a program names in its file: a function, a class or a model. Raises ProgramError."""
    with phase("import", folder):
        module = loaded(program["file"])
    if not hasattr(module, program["name"]):
        public = sorted(name for name, value in vars(module).items() if callable(value) and not name.startswith("_")
                        and getattr(value, "__module__", None) == module.__name__)
        raise ProgramError("import", "%s has no %r; it has %s." % (
            os.path.basename(program["file"]), program["name"], ", ".join(public) or "no function or class"))
    return getattr(module, program["name"])


def called(function, program, folder):
    """Returns what the user's function returns for the arguments of the program. Raises ProgramError."""
    place = place_of_definition(function, folder)
    if not callable(function):
        raise ProgramError("build", "%s is of the type %s, and not a function or class." % (
            program["name"], type(function).__name__))
    try:
        signature = inspect.signature(function)
        signature.bind(**program["arguments"])
    except ValueError:  # a function that does not say what it takes
        pass
    except TypeError as error:
        needed = [name for name, parameter in signature.parameters.items()
                  if parameter.default is parameter.empty and name not in program["arguments"]
                  and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)]
        message = "%s takes other arguments: %s" % (program["name"], error) if not needed else \
            "%s needs %s: write %s:%s(%s)" % (
                program["name"], " and ".join(needed), os.path.basename(program["file"]), program["name"],
                ", ".join(name + "=…" for name in needed))
        raise ProgramError("build", message, place) from error
    with phase("build", folder):
        return function(**program["arguments"])


def place_of_definition(function, folder):
    """Returns (file, line) of the definition of a function or class; ("", 0) if that is not in `folder`."""
    try:
        file, line = inspect.getsourcefile(function), inspect.getsourcelines(function)[1]
    except (TypeError, OSError):
        return "", 0
    return (file, line) if inside(file, folder) else ("", 0)
