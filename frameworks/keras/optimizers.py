"""Optimizers of a spec in Keras. An unset field is an argument left out."""
import inspect

import numpy as np

from frameworks.keras import configuration
from frameworks.keras.api import KERAS_3, SESSIONS, VERSION, keras, ops
from frameworks.runtime.accumulation import size_of
from frameworks.runtime.errors import Unsupported

ROOTED = hasattr(keras.optimizers.RMSprop, "update_step")
"""Whether this Keras has the optimizers since tf.keras 2.11: RMSprop and Adagrad add epsilon under the root there."""


class RMSpropOutsideRoot(keras.optimizers.RMSprop):
    """RMSprop with sqrt(v) + epsilon, where Keras 3 has sqrt(v + epsilon)."""

    def update_step(self, gradient, variable, learning_rate):
        i = self._get_variable_index(variable)
        velocity = self._velocities[i]
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign(velocity, self.rho * velocity + (1 - self.rho) * ops.square(gradient))
        update = rate * gradient / (ops.sqrt(velocity) + self.epsilon)
        if self.momentum > 0:
            self.assign(self._momentums[i], self.momentum * self._momentums[i] + update)
            update = self._momentums[i]
        self.assign_sub(variable, update)


class AdagradOutsideRoot(keras.optimizers.Adagrad):
    """Adagrad with sqrt(v) + epsilon, where Keras 3 has sqrt(v + epsilon)."""

    def update_step(self, gradient, variable, learning_rate):
        velocity = self._accumulators[self._get_variable_index(variable)]
        rate = ops.cast(learning_rate, variable.dtype)
        self.assign_add(velocity, ops.square(gradient))
        self.assign_sub(variable, rate * gradient / (ops.sqrt(velocity) + self.epsilon))


class AdamAfterCorrection(keras.optimizers.Adam):
    """Adam with sqrt(v-hat) + epsilon, where Keras has the paper's epsilon-hat."""

    def update_step(self, gradient, variable, learning_rate):
        i = self._get_variable_index(variable)
        m, v = self._momentums[i], self._velocities[i]
        rate, t = ops.cast(learning_rate, variable.dtype), ops.cast(self.iterations + 1, variable.dtype)
        self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
        self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
        corrected = ops.sqrt(v) / ops.sqrt(1 - ops.power(ops.cast(self.beta_2, variable.dtype), t))
        first = 1 - ops.power(ops.cast(self.beta_1, variable.dtype), t)
        self.assign_sub(variable, rate / first * m / (corrected + self.epsilon))


class SGDRateOutside(keras.optimizers.SGD):
    """SGD that applies the current learning rate to the momentum, where Keras's momentum includes it."""

    def update_step(self, gradient, variable, learning_rate):
        momentum, rate = self.momentums[self._get_variable_index(variable)], ops.cast(learning_rate, variable.dtype)
        self.assign(momentum, self.momentum * momentum - gradient)
        moved = self.momentum * momentum - gradient if self.nesterov else momentum
        self.assign_add(variable, rate * moved)


class L2(object):
    """Weight decay added to the gradient, where Keras shrinks the weights apart from the step."""

    factor = 0.0

    def _backend_update_step(self, grads, trainable_variables, learning_rate):
        grads = [g + self.factor * w for g, w in zip(grads, trainable_variables)]
        super(L2, self)._backend_update_step(grads, trainable_variables, learning_rate)


class ClippedWithOffset(object):
    """Gradients multiplied by norm / (their norm + offset) if that is below 1; Keras has no offset."""

    norm, offset, of_all = 1.0, 0.0, False

    def _clip_gradients(self, grads):
        squares = [ops.sum(ops.square(g)) for g in grads]
        if self.of_all:
            squares = [ops.sum(ops.stack(squares))] * len(grads)
        return [g * ops.minimum(1.0, self.norm / (ops.sqrt(square) + self.offset)) for g, square in zip(grads, squares)]


SCHEDULE = keras.optimizers.schedules.LearningRateSchedule if hasattr(keras.optimizers, "schedules") else object
"""Keras's class of schedules; Keras up to 2.3 has none."""


class CosineThatRises(SCHEDULE):
    """initial · ½ (1 + cos(π n / steps)), where Keras's CosineDecay stays at 0 after its end."""

    def __init__(self, initial_learning_rate, decay_steps):
        self.initial, self.steps = initial_learning_rate, decay_steps

    def __call__(self, step):
        return self.initial * (1 + ops.cos(np.pi * ops.cast(step, "float32") / self.steps)) / 2


class PerEpoch(SCHEDULE):
    """A schedule that counts whole epochs, where Keras's count steps."""

    def __init__(self, schedule, steps):
        self.schedule, self.steps = schedule, steps

    def __call__(self, step):
        return self.schedule(ops.floor(ops.cast(step, "float32") / self.steps))


OUR_CLASSES = {"RMSpropOutsideRoot": RMSpropOutsideRoot, "AdagradOutsideRoot": AdagradOutsideRoot,
               "AdamAfterCorrection": AdamAfterCorrection, "SGDRateOutside": SGDRateOutside,
               "CosineThatRises": CosineThatRises, "L2": L2, "ClippedWithOffset": ClippedWithOffset}
"""By the names that `configuration` returns."""


def optimizer(spec, steps):
    """Returns the Keras optimizer of plain JSON.

    `steps` is the number of steps per epoch, by which a schedule of epochs divides. The learning rate is passed by
    position, since its argument `lr` became `learning_rate` in Keras 2.3. Raises Unsupported where this Keras cannot
    express a field.
    """
    kind = spec["is"]
    if size_of(spec) > 1 and not (KERAS_3 and isinstance(getattr(keras.optimizers.Optimizer, "iterations", None),
                                                         property)):
        raise Unsupported("Keras %s does not support an accumulation: it has none, or counts its steps as "
                          "updates." % VERSION)
    if not hasattr(keras.optimizers, kind):
        raise Unsupported("Keras %s does not support %s: it has none." % (VERSION, kind))
    call = configuration.call(spec, "all" if SESSIONS else "variable", ROOTED)
    base, additions = configuration.class_of(spec, ROOTED), configuration.additions(spec)
    if "." not in base:
        _require_subclasses("learning_rate.in_momentum=False" if configuration.momentums_class(spec) else
                            "optimizer.epsilon_place=%s" % spec["epsilon_place"])
    if additions:
        _require_subclasses(" and ".join("%s(%s)" % each for each in additions.items()))
    optimizer_class = OUR_CLASSES[base] if base in OUR_CLASSES else getattr(keras.optimizers, kind)
    settings = {name: value for fields in additions.values() for name, value in fields.items()}
    bases = tuple(OUR_CLASSES[name] for name in additions) + (optimizer_class,)
    names = dict(OUR_CLASSES, keras=keras, Configured=type("Configured", bases, settings))
    for name in ("momentum", "initial_accumulator_value"):  # Keras up to 2.3 has neither
        if call.kwargs.get(name) == 0 and name not in inspect.signature(optimizer_class.__init__).parameters:
            del call.kwargs[name]
    if "learning_rate" in call.kwargs:
        call.args = (call.kwargs.pop("learning_rate"),)
    rate = spec["learning_rate"]
    if isinstance(rate, dict) and not configuration.on_plateau(rate):
        names["rate"] = schedule(rate, steps)
    try:
        return call.made(names)
    except TypeError as error:
        raise Unsupported("Keras %s does not support a field of %s: %s" % (VERSION, kind, error)) from None


def rate_at(optimizer, step):
    """Returns the learning rate of a step, counted from 0, of a Keras 3 optimizer with a schedule."""
    return float(optimizer._learning_rate(ops.convert_to_tensor(step)))


def schedule(spec, steps):
    """Returns the Keras schedule of plain JSON; an epoch has `steps` steps.

    Raises Unsupported where this Keras cannot express a field.
    """
    name, arguments, of_epochs = configuration.schedule(spec)
    if not hasattr(getattr(keras.optimizers, "schedules", None), spec["is"]):
        raise Unsupported("Keras %s does not support %s: it has none." % (VERSION, spec["is"]))
    if name in OUR_CLASSES or of_epochs:
        _require_subclasses("learning_rate.%s" % ("per=epoch" if of_epochs else "after=rises"))
    schedule = OUR_CLASSES[name] if name in OUR_CLASSES else getattr(keras.optimizers.schedules, name)
    result = schedule(**arguments)
    return PerEpoch(result, steps) if of_epochs else result


def _require_subclasses(setting):
    if not KERAS_3:
        raise Unsupported("Keras %s does not support %s." % (VERSION, setting))
