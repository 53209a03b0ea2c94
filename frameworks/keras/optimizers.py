"""Optimizers of a spec in Keras: an open field is an argument left out; slots by the names of `frameworks.trial`."""
import keras
from keras import ops

OWN_PLACE = {"RMSprop": "inside_root", "Adam": "before_correction"}  # keras/src/optimizers/rmsprop.py:143, adam.py:135


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
           ("Adam", None): keras.optimizers.Adam, ("RMSprop", "outside_root"): RMSpropOutsideRoot,
           ("Adam", "after_correction"): AdamAfterCorrection}


def optimizer(spec):
    """The Keras optimizer of plain JSON."""
    kind, place = spec["is"], spec.get("epsilon_place")
    own = OWN_PLACE.get(kind) == place
    chosen = {name: value for name, value in spec.items() if value is not None and name not in ("is", "epsilon_place")}
    return CLASSES[kind, None if own else place](**chosen)


def slot_variables(optimizer, names):
    """The optimizer's variables by slot name; `names` are the trainable weights in Keras's order."""
    kinds = {"momentum": ("momentums", "_momentums"), "velocity": ("_velocities",)}
    slots = {"step": optimizer.iterations}
    for slot, attributes in kinds.items():
        variables = next((getattr(optimizer, a) for a in attributes if getattr(optimizer, a, None)), [])
        slots.update({slot + "/" + name: variable for name, variable in zip(names, variables)})
    return slots
