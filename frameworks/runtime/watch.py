"""What a training records while `fit` runs: reported metrics, steps, and copies of weights at chosen steps and epochs.

Python 3.6 and NumPy 1.16.
"""

import numpy as np

from frameworks.runtime.trace import digest

SHORT = 1000
"""A training of at most so many steps ends sooner with one step per call than a graph of many steps can be built."""
ROOM = 64 * 1024 ** 2
"""The most bytes that the states within the epochs of one training may take; those at the ends come on top."""


class Watch(object):
    """Observes a training: keeps what it reports and copies of its weights, and changes nothing.

    `model` is set before the training begins. `reported` holds the reported metrics of each epoch, and `taken` the
    steps of each, as in `epoch`. `states` are copies of weights and optimizer state by the number of steps before them,
    and `ends` those after epochs, by the number of epochs. `restored` is the epoch from which weights were restored, or
    None.
    """

    def __init__(self, job, steps, on_event):
        training = job["spec"]["training"]
        self.model, self.steps, self.on_event = None, steps, on_event
        self.epochs, self.stop_below = training["epochs"], float(training["stop_below"])
        self.scheduled = scheduled_epochs(self.epochs)
        self.early = early_steps(steps) if steps > 1 and job.get("record", {}).get("steps") else ()
        self.printed_rate = training["printed_rate"]
        self.reported, self.taken, self.states, self.ends = [], [], {}, {}
        self.can_restore, self.digests, self.restored = training["early_stopping"] != "none", [], None

    def at_step(self, epoch, step):
        """Called after `step` steps of an epoch, counted from 0, where the framework can be observed there."""
        if step in self.early and (epoch == 0 or epoch in self.scheduled and self._has_room(step)):
            self.states[epoch * self.steps + step] = self._copy()

    def epoch(self, reported, steps):
        """Called after an epoch with the reported metrics and, for each step, its loss and the checksums of its batch.

        `steps` has shape (steps, 3): loss, labels, images. Returns True to stop the training.
        """
        self.reported.append(dict(reported))
        self.taken.append(np.array(steps))
        epoch = len(self.reported)
        if self.can_restore:
            self.digests.append(self._digest())
        stop = reported["train/loss"] < self.stop_below
        if stop or epoch in self.scheduled:
            self.ends[epoch] = self.states[epoch * self.steps] = self._copy()
        self.on_event("epoch", epoch=epoch, epochs=self.epochs, **{k.replace("/", "_"): v for k, v in reported.items()})
        return bool(stop)

    def cut(self, steps):
        """Called where an exception ends an epoch, with its steps so far, as in `epoch`."""
        self.taken.append(np.array(steps))

    def starts(self, epoch):
        """Called before an epoch, counted from 0, after its learning rate is set: its state is copied again."""
        if epoch * self.steps in self.states and epoch:
            self.states[epoch * self.steps] = self._copy()

    def ended(self):
        """Called after the training, which something else may have ended before its last scheduled epoch, and which may
        have restored the weights of an earlier epoch."""
        last, left = len(self.reported), self._digest() if self.digests else ""
        if self.digests and left != self.digests[-1] and left in self.digests:
            self.restored, self.ends[last] = self.digests.index(left) + 1, self._copy()
        elif last and last not in self.ends:
            self.ends[last] = self.states[last * self.steps] = self._copy()

    def taken_steps(self):
        """Returns losses, checksums of labels and checksums of images of all steps, each of shape (steps,)."""
        return np.concatenate([np.zeros((0, 3))] + self.taken).T

    def _has_room(self, step):
        """Returns whether the states after this step of scheduled epochs are kept.

        Those after the first of the `early_steps` are, and those after the others if all of them fit into `ROOM`.
        """
        if step == chunk(self.steps):
            return True
        state = self.states[chunk(self.steps)]
        size = sum(value.nbytes for values in state.values() for value in values.values())
        return size * len(self.early) * len(self.scheduled) <= ROOM

    def _digest(self):
        weights = self.model.get_weights()
        return digest({name: weights[name] for name in self.model.changing})

    def _copy(self):
        weights = self.model.get_weights()
        return {"weight": {name: weights[name].copy() for name in self.model.changing},
                "optimizer_state": {name: np.array(value) for name, value in self.model.get_optimizer_state().items()}}


def scheduled_epochs(epochs):
    """Returns the epochs after which weights are kept: the first ten, every `epochs // 50`th, and the last."""
    stride = max(1, epochs // 50)
    return {epoch for epoch in range(1, epochs + 1) if epoch <= 10 or epoch % stride == 0 or epoch == epochs}


def early_steps(steps):
    """Returns after how many steps within an epoch of `steps` steps weights are kept: multiples of `chunk(steps)`."""
    return set(range(chunk(steps), steps, chunk(steps)))


def chunk(steps):
    """Returns the number of steps between observations within an epoch, an eighth of it, which run in one call."""
    return max(1, -(-steps // 8))


def marks_images(job, first):
    """Returns whether a model computes checksums of its images, as it does where single steps are recorded too.

    `first` is the index of its first layer in the spec. After a constant prefix that was computed once, a model does
    not get the images.
    """
    return first == 0 and job.get("record", {}).get("steps", 0) > 0
