"""The variables of an optimizer by the names of a recorded state, for the optimizers of all versions of Keras.

The names are `step` (or `micro` with `frameworks.runtime.accumulation`), those of `frameworks.parts.optimizers` with
the weight, as in `momentum/1.kernel`, and `product` of Nadam.
"""
from frameworks.keras.api import SESSIONS, keras
from frameworks.keras.configuration import OPTIMIZERS
from frameworks.runtime.accumulation import PART

PRODUCT = ("_u_product", "_m_cache", "m_schedule")
"""Attributes with Nadam's product of momenta so far: since tf.keras 2.11, in earlier tf.keras, in Keras up to 2.3."""


def variables(model, names):
    """Returns the variables of a compiled model's optimizer by name; `names` are its trainable weights in order."""
    optimizer = model.optimizer
    if SESSIONS:
        return of_sessions(model, names)
    if hasattr(optimizer, "get_slot"):
        optimizer._create_all_weights(model.trainable_variables)
        by_kind = {kind: [optimizer.get_slot(weight, state_name) for weight in model.trainable_variables]
                   for kind, state_name in configured(optimizer).old_state.items()
                   if state_name in optimizer.get_slot_names()}
    else:
        optimizer.build(model.trainable_variables)
        by_kind = {kind: getattr(optimizer, attribute, None) or []
                   for kind, attribute in configured(optimizer).state.items()}
    return named(optimizer, by_kind, names)


def of_sessions(model, names):
    """Returns the same for Keras up to 2.3, which lists variables without names once its training function is built."""
    model._make_train_function()
    optimizer, n = model.optimizer, len(names)
    weights = [weight for weight in optimizer.weights if weight is not optimizer.iterations]
    old_state = configured(optimizer).old_state
    by_kind = {kind: weights[i * n:(i + 1) * n] for i, kind in enumerate(old_state)}
    return named(optimizer, by_kind, names)


def configured(optimizer):
    """Returns the entry of `configuration.OPTIMIZERS` for the class of an optimizer, or for the Keras class that ours
    extends.
    """
    return next(OPTIMIZERS[base.__name__] for base in type(optimizer).__mro__ if base.__name__ in OPTIMIZERS)


def named(optimizer, by_kind, names):
    """Returns variables by the names of the recorded state.

    `by_kind` holds the variables of the weights `names` by the name of the state, such as `velocity`. A momentum of 0
    has no state, even where the optimizer stores zeros for it.
    """
    accumulates = getattr(optimizer, "gradient_accumulation_steps", None)
    optimizer_state = {"micro": optimizer._iterations} if accumulates else {"step": optimizer.iterations}
    if accumulates:
        by_kind = dict(by_kind, **{PART[:-1]: optimizer._accumulated_gradients})
    optimizer_state.update(("product", getattr(optimizer, name)) for name in PRODUCT if hasattr(optimizer, name))
    momentum = getattr(optimizer, "momentum", 1)
    if not (keras.backend.get_value(momentum) if SESSIONS and momentum != 1 else momentum):
        by_kind = {kind: group for kind, group in by_kind.items() if kind != "momentum"}
    for kind, group in by_kind.items():
        optimizer_state.update({kind + "/" + name: variable for name, variable in zip(names, group)})
    return optimizer_state
