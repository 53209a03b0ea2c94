"""The state of an optimizer by the slot names of `frameworks.runtime.training`, for every kind that Keras has had."""
from frameworks.keras.api import SESSIONS, keras
from frameworks.runtime.accumulation import PART

KINDS = {"momentum": ("momentums", "_momentums"), "velocity": ("_velocities", "_accumulators", "_accumulated_grads"),
         "delta": ("_accumulated_delta_vars",)}
"""Attributes of the optimizers since tf.keras 2.11."""
OLD = {"SGD": {"momentum": "momentum"}, "Adam": {"momentum": "m", "velocity": "v"},
       "RMSprop": {"velocity": "rms", "momentum": "momentum"}, "Adagrad": {"velocity": "accumulator"},
       "Adadelta": {"velocity": "accum_grad", "delta": "accum_var"}, "Nadam": {"momentum": "m", "velocity": "v"}}
"""Slots of tf.keras 2.0 to 2.10; in a session's Keras, variables lie in this order behind the count of steps."""

PRODUCT = ("_u_product", "_m_cache", "m_schedule")
"""Nadam's product of its momenta so far: attributes since tf.keras 2.11, since tf.keras, and before."""


def variables(model, names):
    """The variables of a compiled model's optimizer; `names` are the trainable weights in Keras's order."""
    optimizer = model.optimizer
    if SESSIONS:
        return of_sessions(model, names)
    if hasattr(optimizer, "get_slot"):
        optimizer._create_all_weights(model.trainable_variables)
        found = {kind: [optimizer.get_slot(weight, state_name) for weight in model.trainable_variables]
                 for kind, state_name in OLD[type(optimizer).__name__].items()
                 if state_name in optimizer.get_slot_names()}
    else:
        optimizer.build(model.trainable_variables)
        found = {kind: next((getattr(optimizer, a) for a in attributes if getattr(optimizer, a, None)), [])
                 for kind, attributes in KINDS.items()}
    return named(optimizer, found, names)


def of_sessions(model, names):
    """Those of Keras to 2.3, which lists them without names once its training function is made."""
    model._make_train_function()
    optimizer, n = model.optimizer, len(names)
    weights = [weight for weight in optimizer.weights if weight is not optimizer.iterations]
    found = {kind: weights[i * n:(i + 1) * n] for i, kind in enumerate(OLD[type(optimizer).__name__])}
    return named(optimizer, found, names)


def named(optimizer, found, names):
    """By slot name; a momentum of 0 has none, also where an optimizer keeps zeros for it."""
    groups = getattr(optimizer, "gradient_accumulation_steps", None)
    optimizer_state = {"micro": optimizer._iterations} if groups else {"step": optimizer.iterations}
    if groups:
        found = dict(found, **{PART[:-1]: optimizer._accumulated_gradients})
    optimizer_state.update(("product", getattr(optimizer, name)) for name in PRODUCT if hasattr(optimizer, name))
    momentum = getattr(optimizer, "momentum", 1)
    if not (keras.backend.get_value(momentum) if SESSIONS and momentum != 1 else momentum):
        found = {kind: each for kind, each in found.items() if kind != "momentum"}
    for kind, each in found.items():
        optimizer_state.update({kind + "/" + name: variable for name, variable in zip(names, each)})
    return optimizer_state
