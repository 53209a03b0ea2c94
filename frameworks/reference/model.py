"""A spec in NumPy: a `Realization` as `frameworks.protocol` describes it."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

import numpy as np

from frameworks.job import Job
from frameworks.parts.metrics import metric_names, values_of
from frameworks.parts.weights import changing, trained
from frameworks.protocol import Arrays, Json, Samples, Shape, TrainingSamples, Watch
from frameworks.reference.environment import environment, forget
from frameworks.reference.initializers import draw
from frameworks.reference.layers import FORWARD, IN_TRAINING, Kinds, backward, forward, moved, reported_penalty
from frameworks.reference.losses import ValueAndGradient, value_and_gradient
from frameworks.reference.optimizers import step
from frameworks.reference.schedules import Plateau, Stopping, on_plateau, rate
from frameworks.runtime.accuracy import accuracy
from frameworks.runtime.batching import batch_size
from frameworks.runtime.errors import Refused, Undefined
from frameworks.runtime.losses import (
    by_weights,
    class_weights_of,
    from_logits,
    in_accuracy,
    kept_activation,
    measured,
    of_epoch,
    of_samples,
    weighting,
)
from frameworks.runtime.samples import mark
from frameworks.runtime.watch import marks_images

__all__ = ["Model", "environment", "forget"]

PORTION = 8192
"""The number of samples in one forward pass of an evaluation."""


class Model:
    """A spec as a model in NumPy, with its weights and optimizer state, in the dtype of the job's settings.

    The methods are those of `frameworks.protocol.Model`.
    """

    default_batch = 32

    def __init__(self, spec: Json, layers: tuple[int, int], shape: Shape, job: Job) -> None:
        self.dtype = np.dtype(job["settings"]["dtype"])
        self.spec, self.steps = spec, job.get("steps_per_epoch", 1)
        self.layers = [(str(i), layer) for i, layer in enumerate(spec["layers"])][slice(*layers)]
        self.marked = marks_images(job, layers[0])
        self.last = self.layers[-1][1].get("function", "linear")
        kept = kept_activation(spec, False)
        self.kept_at = None if kept is None else (max(kept - layers[0], 0), spec["layers"][kept]["function"])
        self.set_weights(draw(self.layers, shape, np.random.default_rng(job["seed"])))
        self.orders = np.random.default_rng([job["seed"], 1])
        self.own_order = job["init"] == "native" and spec["training"]["shuffle"] is not False
        self.changing, self.trainable = changing(self.layers), trained(self.layers)
        self.optimizer_state: dict[str, Any] = {}
        self.portion: int | None = None

    def get_weights(self) -> dict[str, np.ndarray]:
        return dict(self.weights)

    def set_weights(self, weights: Arrays) -> None:
        self.weights = {name: np.asarray(value, self.dtype) for name, value in weights.items()}

    def get_optimizer_state(self) -> dict[str, Any]:
        return dict(self.optimizer_state)

    def set_optimizer_state(self, optimizer_state: Mapping[str, Any]) -> None:
        self.optimizer_state = {
            name: value if name in ("step", "rate", "last_rate", "micro") else np.asarray(value, self.dtype)
            for name, value in optimizer_state.items()}

    def forward(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        logits, outputs, _ = self._evaluated(x)
        return logits, outputs

    def outputs(self, x: np.ndarray) -> np.ndarray:
        return np.concatenate([self._values(x[i:i + PORTION])[-1] for i in range(0, len(x), PORTION)])

    def measure(self, x: np.ndarray, y: np.ndarray) -> tuple[float, ...]:
        with np.errstate(all="ignore"):
            logits, outputs, penalty = self._evaluated(x)
            metrics = values_of(self.spec, y.astype(self.dtype), outputs).values()
            loss = self.measured_loss(y, self._kept_logits(x) if self.kept_at else logits, outputs) + penalty
            weights = of_samples(measured(self.spec["loss"], False), y)
            return (loss, self._accuracy(y, logits, outputs, weights), *metrics)

    def layer_outputs(self, x: np.ndarray, training: bool) -> dict[str, np.ndarray]:
        with np.errstate(all="ignore"):
            values = self._values(x, IN_TRAINING if training else FORWARD)
        return dict(zip([name for name, _ in self.layers], values[1:]))

    def step(self, x: np.ndarray, y: np.ndarray, weights: np.ndarray | None = None) -> dict[str, np.ndarray]:
        y = y.astype(self.dtype)
        with np.errstate(all="ignore"):
            values = self._values(x, IN_TRAINING)
            outputs = values[-1]
            logits = outputs if self.last == "linear" else values[-2]
            loss, of_logits, of_outputs = self._loss(y, logits, outputs, weights=weights)
            if of_logits is None:
                gradient, depth = of_outputs, len(self.layers)
            else:
                gradient, depth = of_logits, len(self.layers) - (self.last != "linear")
            assert gradient is not None, "a loss has one of the two gradients"
            loss = loss + reported_penalty(self.layers, self.weights, values)
            gradients = backward(self.layers[:depth], self.weights, values, gradient)
            old = {name: self.weights[name] for name in gradients}
            new, self.optimizer_state = step(self.spec["optimizer"], old, gradients, self.optimizer_state, self.steps)
            new.update(moved(self.layers, self.weights, values))
            self.weights.update({name: value.astype(self.dtype, copy=False) for name, value in new.items()})
            metrics = {"accuracy": self._accuracy(y, logits, outputs, self._weights(y, weights)),
                       **values_of(self.spec, y, outputs)}
        return {**{f"gradient/{name}": value for name, value in gradients.items()}, "logits": logits,
                "outputs": outputs, "loss": np.array(loss),
                **{name: np.array(value) for name, value in metrics.items()}}

    def fit(self, train: TrainingSamples, test: Samples, order: np.ndarray | None, watch: Watch) -> None:
        x, y, *weights = train
        self.portion = size = batch_size(self.spec, len(x)) or self.default_batch
        rate, stopping = self.spec["optimizer"]["learning_rate"], Stopping(self.spec["training"]["early_stopping"])
        plateau, stopped = Plateau(rate) if on_plateau(rate) else None, False
        of_accuracy = self._weights(y, *weights) if in_accuracy(weighting(self.spec)) else None
        for epoch in range(watch.epochs):
            if not self.own_order:
                rows = np.arange(len(x)) if order is None else np.array(order[epoch])
            elif epoch == 0 or self.spec["training"]["shuffle"] != "once":
                rows = self.orders.permutation(len(x))
            steps, outputs, right, total = [], [], 0.0, 0.0
            first_rate = self._rate() if watch.printed_rate == "first_step" else None
            try:
                for index in range(watch.steps):
                    batch = rows[index * size:(index + 1) * size]
                    arrays = self.step(*(part[batch] for part in train))
                    steps.append((float(arrays["loss"]), mark(y[batch]), mark(x[batch]) if self.marked else np.nan))
                    share = len(batch) if of_accuracy is None else of_accuracy[batch].sum()
                    right, total = right + float(arrays["accuracy"]) * share, total + share
                    outputs += [arrays["outputs"]] if self.spec["metrics"] else []
                    watch.at_step(epoch, index + 1)
                sizes = [min(size, len(x) - i * size) for i in range(watch.steps)]
                loss = of_epoch(self.spec["training"]["epoch_loss"], [loss for loss, *_ in steps], sizes)
                reported = {"train/loss": loss, "train/accuracy": right / total}
                if watch.printed_rate != "none":
                    reported["train/learning_rate"] = self._rate() if first_rate is None else first_rate
                if outputs:
                    metrics = values_of(self.spec, y[rows].astype(self.dtype), np.concatenate(outputs))
                    reported.update({"train/" + name: value for name, value in metrics.items()})
                if self.spec["training"]["validate"]:
                    names = ["loss", "accuracy", *metric_names(self.spec)]
                    reported.update(zip(["test/" + name for name in names], self.measure(*test)))
            except (Undefined, Refused):
                watch.cut(np.reshape(steps, (-1, 3)))
                raise
            if plateau:
                self.optimizer_state["rate"] = np.array(plateau.after(reported[rate["monitor"]]))
            below, stopped = watch.epoch(reported, steps), stopping.after(reported, self.get_weights())
            if below or stopped:
                break
        self.weights.update(stopping.restored(stopped) or {})

    def _rate(self) -> float:
        """Return the learning rate of a schedule in the next step."""
        return float(rate(self.spec["optimizer"]["learning_rate"], self.optimizer_state, self.steps, self.dtype))

    def rates(self, values: Sequence[float]) -> list[float]:
        plateau = Plateau(self.spec["optimizer"]["learning_rate"])
        return [plateau.after(value) for value in values]

    def _values(self, x: np.ndarray, kinds: Kinds = FORWARD) -> list[np.ndarray]:
        return forward(self.layers, self.weights, np.asarray(x, self.dtype), kinds)

    def _evaluated(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray, float]:
        """Return (logits, outputs, what the regularizers add to the loss) in an evaluation."""
        parts, penalties, sizes = [], [], []
        for i in range(0, len(x), PORTION):
            values = self._values(x[i:i + PORTION])
            parts.append(values[-2:])
            penalties.append(reported_penalty(self.layers, self.weights, values))
            sizes.append(len(values[0]))
        outputs = np.concatenate([values[1] for values in parts])
        logits = outputs if self.last == "linear" else np.concatenate([values[0] for values in parts])
        return logits, outputs, float(np.average(penalties, weights=sizes))

    def _kept_logits(self, x: np.ndarray) -> np.ndarray:
        """Return the logits that a last Dropout keeps for the loss of an evaluation."""
        assert self.kept_at is not None
        return np.concatenate([self._values(x[i:i + PORTION])[self.kept_at[0]] for i in range(0, len(x), PORTION)])

    def measured_loss(self, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray) -> float:
        """Return the loss in an evaluation, without the penalties of regularizers.

        `logits` are those of the loss: with a last Dropout that keeps logits, those of the activation before it. With
        class weights, the samples are evaluated in batches of the training's batch size: if the loss of a batch is
        divided by the sum of its weights, the result depends on how the samples are grouped.
        """
        loss, last, n = measured(self.spec["loss"], False), self.last, len(y)
        if self.kept_at:
            loss, last = from_logits(loss), self.kept_at[1]
        size = n if class_weights_of(loss) == "none" else self.portion or n
        batches = [slice(i, min(i + size, n)) for i in range(0, n, size)]
        losses = [self._loss(y[batch], logits[batch], outputs[batch], loss, last=last)[0] for batch in batches]
        sizes = [len(y[batch]) for batch in batches]
        return float(losses[0] if len(batches) == 1 else np.average(losses, weights=sizes))

    def _loss(self, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray, loss: Json | None = None,
              weights: np.ndarray | None = None, last: str = "") -> ValueAndGradient:
        return value_and_gradient(loss or self.spec["loss"], y, logits, outputs, last or self.last, self.dtype, weights,
                                  by_weights(self.spec["training"]["sample_weight"]))

    def _weights(self, y: np.ndarray, weights: np.ndarray | None = None) -> np.ndarray | None:
        """Return the weights of training samples: those that are given, or those of their classes, if any."""
        of_classes: np.ndarray | None = of_samples(self.spec["loss"], y)
        return of_classes if weights is None else weights

    def _accuracy(self, y: np.ndarray, logits: np.ndarray, outputs: np.ndarray,
                  weights: np.ndarray | None) -> float:
        """Return the accuracy. It is weighted by the sample weights `weights` only if the spec says so."""
        rule = self.spec["accuracy"]["rule"] or ("argmax_outputs" if logits.shape[1] > 1 else "threshold")
        threshold, loss = self.spec["accuracy"]["threshold"], self.spec["loss"]
        if threshold is None:  # a logit of 0 is a probability of one half
            threshold = 0.0 if loss.get("of") == "sigmoid_of_logits" and self.last == "linear" else 0.5
        used = weights if in_accuracy(weighting(self.spec)) else None
        return accuracy(rule, y, logits, outputs, threshold, used)
