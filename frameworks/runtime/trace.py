"""The result of a training: arrays by name and facts, in one npz file.

Python 3.6 and NumPy 1.16, because old versions of Keras write it too. `probe` and `replay` write a trace with only a
part of these arrays. The arrays of a training:

    step/loss                      (steps,)   the loss of every step's batch, before its update
    batch_checksum/labels, …       (steps,)   a checksum (`samples.mark`) of what the loss and the model got in every
                                              step: labels and images; NaN for images where it is not computed
                                              (`watch.marks_images`)
    reported/train/loss, …         (epochs,)  what the framework itself reports; also accuracy, the metrics of the
                                              spec (`frameworks.parts.metrics`), test/…, and train/learning_rate
                                              where it is printed (`Training.printed_rate`)
    epoch                          (k,)       the epochs, counted from 1, after which the weights were evaluated
    restored                       ()         the epoch from which early stopping has restored the weights, if it has:
                                              the last evaluation is then that of the restored ones
    evaluated/train/loss, …        (k,)       the framework's loss, accuracy and metrics over the same samples, weights
                                              fixed
    accuracy_by_rule/train/<rule>  (k,)       the accuracy of these weights by every rule that applies; also test/…
    correct/test                   (n,)       whether the last weights predict each test sample correctly
    predicted/test                 (n,)       the class that they predict: that of the largest output, or, with one
                                              output, whether it is above 0.5
    last/logits, last/outputs      (n, …)     the logits and outputs of each test sample
    probe/<step>/<array>                      the arrays of `probing` at the first steps and at recorded states, among
                                              them evaluated/…: an evaluation of the state, except for states that are
                                              chained after the first step
    state/<step>/weight/<name>                the weights that training changes, before that step: where there is a
    state/<step>/optimizer_state/…            probe, and where `fit` was recorded; and the optimizer state

A weight is named by the index of its layer in the spec: `1.kernel`, `1.bias`. Weights, gradients and outputs are
float32 (in the reference, its own dtype), step/… and reported/… float64, correct/test bool and predicted/test uint8.
Steps count from 0. A refused training also has the steps before the refusal, even those of an unfinished epoch.

`frameworks.facts` describes the facts.
"""
import hashlib
import json
import os
from enum import Enum

import numpy as np

from frameworks.runtime import npz

SCHEMA = 1
"""The version of this format; `read` accepts no other."""


class Outcome(str, Enum):
    """How a training ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    """It ended before its last epoch, as the spec says."""
    REFUSED = "refused"
    """The framework refused it."""
    UNSUPPORTED = "unsupported"
    """The realization cannot express the spec with this framework."""
    UNDEFINED = "undefined"
    """The loss has no mathematical value; only the NumPy reference reports this."""
    NAN = "nan"
    """The loss became NaN or infinite."""
    WORKER_DIED = "died"
    """The worker process ended."""

    __str__, __hash__ = str.__str__, str.__hash__  # as of the plain strings in a trace that was read from a file


class Trace(object):
    """Arrays and facts of one trial. Arrays that are read by name are read-only, because they are evidence."""

    def __init__(self, facts, arrays):
        self.facts = facts
        self.arrays = arrays

    def __getitem__(self, name):
        view = np.asarray(self.arrays[name]).view()
        view.setflags(write=False)
        return view

    def __contains__(self, name):
        return name in self.arrays

    @property
    def outcome(self):
        """{"kind": an `Outcome`, "step": …, "message": …}.

        `step` counts from 0. For nan, it is the first step with a NaN or infinite loss. For refused, unsupported and
        undefined, it is the first step without a loss, which equals the number of steps that have one (all of an
        epoch's where the validation is refused). For finished and stopped, it is the number of completed steps; for
        died, 0. `Outcome` says what each kind means.
        """
        return self.facts["outcome"]

    def below(self, prefix):
        """Returns the arrays with names that begin with `prefix` and a slash, by the rest of their names."""
        start = prefix + "/"
        return {name[len(start):]: value for name, value in self.arrays.items() if name.startswith(start)}

    def at_probed_steps(self, group, kind):
        """Returns the arrays GROUP/STEP/KIND/NAME of all probed steps, by step and name, as `below` does of one."""
        by_step = {step: {} for step in self.probed_steps()}
        for path, value in self.arrays.items():
            parts = path.split("/", 3)
            if len(parts) == 4 and parts[0] == group and parts[2] == kind and int(parts[1]) in by_step:
                by_step[int(parts[1])][parts[3]] = value
        return by_step

    def probed_steps(self):
        """Returns the steps, counted from 0, that have a probe."""
        return self._steps_of("probe/")

    def kept_steps(self):
        """Returns the steps, counted from 0, before which the state is recorded, with or without a probe."""
        return self._steps_of("state/")

    def _steps_of(self, prefix):
        return sorted({int(name.split("/")[1]) for name in self.arrays if name.startswith(prefix)})


class NotWritten(EnvironmentError):
    """A trace cannot be written, as on a full disk; the message is one sentence."""


def write(trace, path):
    """Writes a trace atomically: a reader sees the whole file or none. Raises NotWritten."""
    facts = json.dumps(dict(trace.facts, schema=SCHEMA), sort_keys=True)
    partial = path + ".partial.npz"
    try:
        np.savez(partial, facts=np.array(facts), **trace.arrays)
        os.replace(partial, path)
    except Exception as error:
        cause = npz.os_error(error)
        if os.path.exists(partial):
            os.remove(partial)
        if cause is None:
            raise
        raise NotWritten("The trace %s cannot be written (%s)." % (path, cause.strerror or cause)) from error


def read(path):
    """Returns the trace in a file that `write` has written.

    Raises ValueError where the file is damaged or has another schema, and OSError where it cannot be read.
    """
    try:
        arrays = npz.read(path)
        facts = json.loads(str(arrays.pop("facts")))
        schema = facts["schema"]
    except Exception as error:
        if not npz.is_damage(error):
            raise
        raise ValueError("%s is no whole trace (%s: %s)." % (path, type(error).__name__, error)) from error
    if schema != SCHEMA:
        raise ValueError("%s has trace schema %r; this version reads %r." % (path, schema, SCHEMA))
    return Trace(facts, arrays)


def digest(arrays):
    """Returns a hash of named arrays, by names, shapes, dtypes and bytes: 16 hexadecimal digits of a SHA-256."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(("%s %s %s;" % (name, array.shape, array.dtype)).encode())
        total.update(array.tobytes())
    return total.hexdigest()[:16]
