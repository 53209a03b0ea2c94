"""A spec as a compiled Keras model: the `Model` and the `Realization` of `frameworks.protocol`."""

import contextlib

import numpy as np

from frameworks.keras import api, batches, callbacks, configuration, networks, optimizers
from frameworks.keras.environment import environment, forget
from frameworks.keras.recorder import Listener
from frameworks.parts.metrics import metric_names
from frameworks.runtime import batching, momentum
from frameworks.runtime.losses import measured, of_samples
from frameworks.runtime.probing import EVALUATED
from frameworks.runtime.samples import orders

__all__ = ["Model", "environment", "forget"]

METRICS = {"loss": "train/loss", "accuracy": "train/accuracy", "val_loss": "test/loss", "val_accuracy": "test/accuracy",
           "acc": "train/accuracy", "val_acc": "test/accuracy"}
"""The names of reported metrics in a trace, by those in the logs of `fit`; `acc` and `val_acc` up to Keras 2.2."""


class Model(object):
    """A compiled functional model, with weights and optimizer state by the names of the spec.

    It has the layers spec["layers"][part[0]:part[1]].
    """

    default_batch = 32  # keras/src/trainers/trainer.py:593 (3.15.1): "If unspecified, `batch_size` will default to 32"

    def __init__(self, spec, part, shape, job):
        api.set_seed(job["seed"])
        self.spec, self.own_order = spec, job["init"] == "native"
        self.network = networks.network(spec, part, shape, job)
        self.keras, self.both = self.network.keras, self.network.both
        self.changing, self.trainable = self.network.changing, self.network.trainable
        self.samples, self.portion, self.last_rate = batches.Samples(), None, None
        self.plateau = configuration.on_plateau(spec["optimizer"]["learning_rate"])

    def get_weights(self):
        if getattr(self.keras, "_jax_state", None):  # within an epoch on jax, the layers have old weights
            self.keras.jax_state_sync()
        return {name: array for names, layer in self.network.weighted
                for name, array in zip(names, layer.get_weights())}

    def set_weights(self, values):
        for names, layer in self.network.weighted:
            layer.set_weights([values[name] for name in names])

    def get_optimizer_state(self):
        state = {name: api.value_of(variable) for name, variable in self._optimizer_state().items()}
        if self.plateau:
            state["last_rate"] = state["rate"] if self.last_rate is None else self.last_rate
        return self._in_units(state, 1)

    def set_optimizer_state(self, optimizer_state):
        variables = self._optimizer_state()
        self.last_rate = optimizer_state.get("last_rate")
        for name, value in self._in_units(dict(self.network.fresh, **optimizer_state), -1).items():
            if name in variables:
                api.set_value(variables[name], value)

    def keeps_rate(self):
        """Stores the learning rate of the current epoch or step, before a callback on a plateau changes it."""
        if self.plateau:
            self.last_rate = api.value_of(self._optimizer_state()["rate"])

    def _in_units(self, optimizer_state, power):
        """Returns a state with momenta in the unit of recorded states, from that of the optimizer; `power` -1: back."""
        if not momentum.keeps_no_rate(self.spec["optimizer"]):
            return optimizer_state
        initial = self.spec["optimizer"]["learning_rate"]["initial"]
        rate = optimizer_state.get("last_rate", optimizer_state.get("rate"))
        if not self.plateau:
            rate = optimizers.rate_at(self.keras.optimizer, max(int(optimizer_state["step"]) - 1, 0))
        unit = momentum.unit(rate, initial) ** power
        return {name: value * np.float32(unit) if name.startswith("momentum/") else value
                for name, value in optimizer_state.items()}

    def forward(self, x):
        if len(x) <= EVALUATED:  # no dataset, which takes far longer to create than this to run
            return tuple(np.asarray(value) for value in self.both.predict_on_batch(x))
        logits, outputs = self.samples.in_portions(self.both.predict, x)
        return logits, outputs

    def outputs(self, x):
        return self.keras.predict(x, batch_size=self.samples.PORTION, verbose=0)

    def measure(self, x, y):
        self.network.compile()
        self.network.recorder.begin(training=False)
        weights = of_samples(measured(self.spec["loss"], False), y)
        if weights is not None:
            return tuple(self.keras.evaluate(x, y, self.portion or len(x), sample_weight=weights, verbose=0))
        if api.KERAS_3 and len(x) <= EVALUATED:  # one batch, with the function that `evaluate` calls
            self.keras.reset_metrics()
            return tuple(self.keras.test_on_batch(x, y))
        return tuple(self.samples.in_portions(self.keras.evaluate, x, y))

    def layer_outputs(self, x, training):
        with self._unmoved():
            return dict(zip(self.network.ends, self.network.of_layers(x, training)))

    def step(self, x, y, weights=None):
        self.network.compile()
        self.network.recorder.begin(training=False)
        with self._unmoved():
            arrays = {"gradient/" + name: g for name, g in zip(self.trainable, self.network.gradients(
                x, y, of_samples(self.spec["loss"], y) if weights is None else weights))}
        with self._unmoved():
            arrays["logits"], arrays["outputs"] = self.network.in_training(x)
        if hasattr(self.keras, "reset_metrics"):
            self.keras.reset_metrics()
        weighed = configuration.class_weight(self.spec["loss"]) if weights is None else {"sample_weight": weights}
        measured_values = self.keras.train_on_batch(x, y, **weighed)
        self.keeps_rate()
        arrays.update(zip(["loss", "accuracy"] + metric_names(self.spec), map(np.array, measured_values)))
        return arrays

    @contextlib.contextmanager
    def _unmoved(self):
        """Restores afterwards the weights that a pass in training mode changes, such as moving means."""
        before = [layer.get_weights() for layer in self.network.moving]
        yield
        for layer, values in zip(self.network.moving, before):
            layer.set_weights(values)

    def fit(self, train, test, order, watch):
        self.network.compile()
        names = dict(METRICS, **{prefix + name: part + name for name in metric_names(self.spec)
                                 for prefix, part in (("", "train/"), ("val_", "test/"))})
        listener = Listener(watch, self.network.recorder, names)
        with_listener = callbacks.made(self.spec, listener)
        weights = of_samples(measured(self.spec["loss"], False), test[1])
        validation_data = test if weights is None else test + (weights,)
        arguments = {"verbose": 0, "validation_data": validation_data if self.spec["training"]["validate"] else None}
        arguments.update(configuration.class_weight(self.spec["loss"]))
        try:
            self._fit(train, test, order, watch, arguments, with_listener)
        except Exception:
            listener.cut()
            raise

    def _fit(self, train, test, order, watch, arguments, callbacks_of_fit):
        size = batching.batch_size(self.spec, len(train[0]))
        self.samples, self.portion = batches.Samples(train, test, size), size or self.default_batch
        if not self.own_order:
            self.samples.fit(self.keras, order, size or self.default_batch, watch, arguments, callbacks_of_fit)
            return
        shuffle = self.spec["training"]["shuffle"]
        if shuffle not in (None, False, batches.OWN_SHUFFLE):
            order = orders(len(train[0]), watch.epochs, shuffle)
            self.samples.fit(self.keras, order, size or self.default_batch, watch, arguments, callbacks_of_fit)
            return
        chosen = {"batch_size": size, "shuffle": shuffle if shuffle is None else bool(shuffle)}
        chosen.update(zip(["sample_weight"], train[2:]))
        arguments.update({name: value for name, value in chosen.items() if value is not None})
        self.keras.fit(train[0], train[1], epochs=watch.epochs, callbacks=callbacks_of_fit, **arguments)

    def rates(self, values):
        rate, callback = self._optimizer_state()["rate"], callbacks.plateau(self.spec)
        callback.set_model(self.keras)
        api.set_value(rate, self.network.fresh["rate"])
        callback.on_train_begin()
        rates = []
        for epoch, value in enumerate(values):
            callback.on_epoch_end(epoch, {callback.monitor: value})
            rates.append(float(api.value_of(rate)))
        return rates

    def _optimizer_state(self):
        self.network.compile()
        return self.network.optimizer_state
