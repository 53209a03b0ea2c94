"""Optimizers of a spec in Keras: an open field is an argument left out."""
from frameworks.keras.api import KERAS_3, VERSION, keras, ops
from frameworks.refusals import Refused

ROOTED = hasattr(keras.optimizers.RMSprop, "update_step")  # since tf.keras 2.11, with the optimizers that it brought
OWN_PLACE = {"RMSprop": "inside_root", "Adam": "before_correction"}  # keras/src/optimizers/rmsprop.py:143, adam.py:135
if not ROOTED:
    OWN_PLACE["RMSprop"] = "outside_root"  # keras/optimizers.py:270 (2.2.4)


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


CLASSES = {("SGD", None): keras.optimizers.SGD, ("RMSprop", None): keras.optimizers.RMSprop,
           ("Adam", None): keras.optimizers.Adam}
if KERAS_3:
    CLASSES.update({("RMSprop", "outside_root"): RMSpropOutsideRoot, ("Adam", "after_correction"): AdamAfterCorrection})


def optimizer(spec):
    """The Keras optimizer of plain JSON; its rate goes by place, since `lr` became `learning_rate` in 2.3."""
    kind, place = spec["is"], spec.get("epsilon_place")
    own = OWN_PLACE.get(kind) == place
    if (kind, None if own else place) not in CLASSES:
        raise Refused("Keras %s cannot be told optimizer.epsilon_place=%s." % (VERSION, place))
    chosen = {name: value for name, value in spec.items() if value is not None and name not in ("is", "epsilon_place")}
    rate = [chosen.pop("learning_rate")] if "learning_rate" in chosen else []
    if chosen.get("momentum") == 0 and kind == "RMSprop" and not hasattr(keras.optimizers.RMSprop(), "momentum"):
        del chosen["momentum"]  # to 2.3, which has none
    try:
        return CLASSES[kind, None if own else place](*rate, **chosen)
    except TypeError as error:
        raise Refused("Keras %s cannot be told a field of %s: %s" % (VERSION, kind, error)) from None
