"""The compiled Keras model of a spec, and a cache of such models in a warm worker.

Building the graphs of a small model takes three quarters of the time of its training. A cached graph can be used again
when only the samples, the number of epochs or a constant learning rate, which is a variable, have changed.
"""
import collections
import json

import numpy as np

from frameworks.keras import (
    accuracies,
    api,
    callbacks,
    configuration,
    custom_layers,
    gradients,
    layers,
    loss_functions,
    metrics,
    optimizer_state,
    optimizers,
    sample_weights,
)
from frameworks.keras.api import keras
from frameworks.keras.recorder import EagerRecorder, Recorder
from frameworks.parts import part_of
from frameworks.parts.regularizers import all_of
from frameworks.parts.weights import changing, is_random, is_trained, names_of, trained
from frameworks.runtime import watch
from frameworks.runtime.errors import Unsupported
from frameworks.runtime.losses import kept_activation, set_fields

KEPT = 16
"""The number of networks in the cache; the least recently used one is dropped first."""
_networks = collections.OrderedDict()


class Network(object):
    """A Keras model of some layers of a spec, and all that belongs to its graphs; compiled on demand.

    `keras` is the model, `both` one that returns (logits, outputs), and `images` and `logits` are layers that store
    their input, or None. `weighted` pairs the names of weights with the layer that has them, and `moving` lists the
    layers with weights that change without a gradient. After `compile`, `optimizer_state` holds the variables by name,
    and `fresh` their first values.
    """

    def __init__(self, spec, part, shape, job):
        self.spec, self.steps = spec, job.get("steps_per_epoch", 1)
        named = [(str(i), layer) for i, layer in enumerate(spec["layers"])][slice(*part)]
        self.last = named[-1][1].get("function", "linear")
        reads_logits = set_fields(spec["loss"]) or set_fields(spec["accuracy"])
        self.images = custom_layers.Kept(int(np.prod(shape))) if watch.marks_images(job, part[0]) else None
        self.logits = custom_layers.Kept() if reads_logits else None
        self.keras, with_weights, self.ends = stacked(named, shape, self.images, self.logits, job["init"] == "native")
        self.weighted = [([name + "." + part for part in names_of(spec["layers"][int(name)])], layer)
                         for name, layer in with_weights.items()]
        weight_names = [name for names, _ in self.weighted for name in names]
        self.changing, self.trainable = [name for name in changing(named) if name in weight_names], trained(named)
        self.moving = [layer for (name, _), (_, layer) in zip(with_weights.items(), self.weighted)
                       if part_of(spec["layers"][int(name)]).moving]
        before = self.keras.layers[-1].input if self.last != "linear" else self.keras.outputs[0]
        self.both = keras.Model(self.keras.inputs, [before, self.keras.outputs[0]])
        self.compiled = False

    def compile(self):
        """Creates the optimizer, loss, metrics and recorder, once. Raises Unsupported where Keras has no such field."""
        if self.compiled:
            return
        spec, labels = self.spec, self.spec["data"]["labels"]
        layers.require_reported(spec["layers"])
        width = self.keras.output_shape[-1]
        loss = loss_functions.loss_function(spec["loss"], self.last, self.logits, labels, width, _keeps_logits(spec))
        self.recorder = (EagerRecorder if keras.backend.backend() == "torch" else Recorder)(self.steps, self.images)
        api.set_rewriting(spec["accuracy"]["rule"] != "argmax_outputs")
        if api.KERAS_3:  # on jax, a model passes only its own variables from step to step
            self.keras.recorder = self.recorder
        accuracy = accuracies.metric(spec["accuracy"], self.logits, width, labels)
        record = self.recorder.writer(1 if labels == "index" else None,
                                      self._added if any(all_of(layer) for layer in spec["layers"]) else None)
        options = {configuration.metrics_argument(spec): [accuracy] + [_metric(metric, width)
                                                                               for metric in spec["metrics"]]}
        if chunked(spec, self.steps):
            options["steps_per_execution"] = watch.chunk(self.steps)
        self.keras.compile(optimizer=optimizers.optimizer(spec["optimizer"], self.steps),
                           loss=sample_weights.recorded(spec, loss, record), **options)
        if accuracy == "accuracy" and api.KERAS_3 and keras.backend.backend() == "tensorflow":
            _create_variables(self.keras, 1 if labels == "index" else width, width)
        self.optimizer_state = optimizer_state.variables(self.keras, self.trainable)
        if configuration.on_plateau(spec["optimizer"]["learning_rate"]):
            self.optimizer_state["rate"] = callbacks.rate_of(self.keras.optimizer)
        self.in_training = api.in_training(self.both)
        self.fresh = {name: api.value_of(variable) for name, variable in self.optimizer_state.items()}
        self.gradients = gradients.function(self.keras)
        self.initial = [(variable, api.value_of(variable)) for variable in
                        self.keras.variables + self.keras.optimizer.variables] if api.KERAS_3 else []
        self.compiled = True

    def of_layers(self, x, training):
        """Returns the outputs of the layers of the spec as a list of arrays, in training mode or as in an evaluation.

        The layers are called again, because a Sequential of Keras 3 has called every layer whenever another was added.
        The model has its last output twice, because tf.keras returns a single output without a list.
        """
        inputs = value = keras.layers.Input(self.keras.input_shape[1:])
        values = {}
        for layer in self.keras.layers[1:]:
            values[layer] = value = layer(value)
        model = keras.Model(inputs, [values[layer] for layer in self.ends.values()] + [value])
        return (api.in_training(model) if training else model.predict_on_batch)(x)[:-1]

    def _added(self):
        """Returns what regularizers add to the loss of a batch, a scalar tensor."""
        return sum(self.keras.losses)

    def renew(self, spec):
        """Resets every variable to its value after compilation, and sets the constant learning rate of `spec`.

        Everything else in `spec` on which the graphs depend must be as in the spec of the network (`graph_of`).
        """
        self.spec = spec
        if not self.compiled:
            return
        for variable, value in self.initial:
            api.set_value(variable, value)
        if is_number(spec["optimizer"]["learning_rate"]):
            self.keras.optimizer.learning_rate = spec["optimizer"]["learning_rate"]


def network(spec, part, shape, job):
    """Returns the network of a job: a cached one that is reset, or a new one.

    It is always new with init=native, since building it draws the initial weights; on torch, which has no graphs; and
    before Keras 3, where not all variables can be reset.
    """
    if not api.KERAS_3 or keras.backend.backend() == "torch" or job["init"] == "native":
        return Network(spec, part, shape, job)
    key = graph_of(spec, part, shape, job)
    result = _networks.pop(key, None)
    if result:
        result.renew(spec)
    _networks[key] = result = result or Network(spec, part, shape, job)
    while len(_networks) > KEPT:
        _networks.popitem(last=False)
    return result


def stacked(named, shape, images, logits, native):
    """Returns (functional model, its layers with weights by name, the last one of its layers for each name).

    `named` are pairs (name, layer of the spec in plain JSON) and `shape` is that of a sample. `images` is a layer that
    is put first, `logits` one that is put before the last activation, or at the end; None is left out. `native` says
    whether Dropout draws its own masks.

    A Sequential stacks the layers, as in a user's program. The model around them is functional, because a Sequential on
    jax loses the recorder.
    """
    model, weighted, ends = keras.Sequential(), {}, collections.OrderedDict()
    target = layers.Target(api.VERSION, api.KERAS_3, api.SESSIONS, native)
    model.add(keras.layers.InputLayer(shape))
    if images is not None:
        model.add(images)
    for name, layer in named:
        if logits is not None and name == named[-1][0] and layer["is"] == "Activation":
            model.add(logits)
        calls = layers.LAYERS[layer["is"]](layer, model.output_shape[1:] if model.layers else shape, target)
        keras_layers = [_made(call, layer) for call in calls]
        for keras_layer in keras_layers:
            model.add(keras_layer)
        ends[name] = keras_layers[-1]
        if names_of(layer) and not (native and is_random(layer)):
            keras_layers[-1].trainable = is_trained(layer)
            weighted[name] = keras_layers[-1]
    if logits is not None and named[-1][1]["is"] != "Activation":
        model.add(logits)
    return keras.Model(model.inputs, model.outputs), weighted, ends


def _made(call, layer):
    """Returns the Keras layer of a call that was made for `layer`.

    Raises Unsupported where this Keras has no such layer or activation.
    """
    name, kind = call.name.rpartition(".")[2], getattr(layer.get("function"), "get", {}.get)("is")
    if call.name.startswith("keras.") and not hasattr(keras.layers, name):
        raise Unsupported("This Keras has no %s." % name)
    if kind in layers.ACTIVATIONS:
        try:
            keras.activations.get(layers.ACTIVATIONS[kind])
        except ValueError as error:
            raise Unsupported("This Keras has no activation %s." % layers.ACTIVATIONS[kind]) from error
    return call.made({"keras": keras, "Corrected": custom_layers.Corrected, "Masked": custom_layers.Masked})


def _keeps_logits(spec):
    """Returns whether the loss of an evaluation uses the logits behind a last Dropout.

    Raises Unsupported where a spec says so, and Keras cannot trace outputs back to logits.
    """
    traces = api.KERAS_3 and keras.backend.backend() == "tensorflow"
    if not traces and kept_activation(spec, False) is not None:
        raise Unsupported("This Keras does not support a Dropout with keeps_logits=True: its loss takes the outputs.")
    return kept_activation(spec, traces) is not None


def _metric(metric, width):
    """Returns a metric of the spec. Raises Unsupported where this Keras has no such class, as before 2.3."""
    call = metrics.METRICS[metric["is"]](metric, width)
    if not hasattr(keras.metrics, call.name.rpartition(".")[2]):
        raise Unsupported("This Keras has no metric %s." % metric["is"])
    return call.made({"keras": keras})


def _create_variables(model, labels, width):
    """Creates the variables of a metric that was given by name.

    Keras would create them while it builds the graph of a step, and TensorFlow would then build that graph twice.
    `labels` is the number of values per label, `width` that of outputs.
    """
    model.compute_metrics(None, np.zeros((1, labels), np.float32), np.zeros((1, width), np.float32))
    model.reset_metrics()


def graph_of(spec, part, shape, job):
    """Returns what the graphs of a network depend on, as text."""
    steps, optimizer = job.get("steps_per_epoch", 1), dict(spec["optimizer"])
    if is_number(optimizer["learning_rate"]):
        optimizer["learning_rate"] = "a number"
    parts = [spec[name] for name in ("layers", "loss", "accuracy", "metrics")]
    weights = spec["training"]["sample_weight"]
    return json.dumps([optimizer, parts, spec["data"]["labels"], weights, part, shape,
                       watch.marks_images(job, part[0]), steps, chunked(spec, steps)], sort_keys=True)


def is_number(rate):
    """Returns whether the learning rate is a constant, which can change without a new graph: neither unset nor a
    schedule.
    """
    return rate is not None and not isinstance(rate, dict)


def chunked(spec, steps):
    """Returns whether many steps run in one call (`steps_per_execution`): its graph pays off in long trainings only."""
    return api.CHUNKS and keras.backend.backend() == "tensorflow" and \
        steps * spec["training"]["epochs"] > watch.SHORT
