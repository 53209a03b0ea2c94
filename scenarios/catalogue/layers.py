"""Layers of one name that compute something else."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import first_loss
from scenarios.fields import changed
from scenarios.spec import (
    GELU,
    Activation,
    Dense,
    Flatten,
    HardSigmoid,
    LeakyReLU,
    LeakyReLUByName,
    MeanSquaredError,
    Normal,
)


def below_zero(function):
    """Ten outputs of an activation that gets numbers near -3."""
    return changed(ending_in("relu", loss=MeanSquaredError()),
                   {"layers": (Flatten(), Dense(10, bias=Normal(-3.0, 0.0)), Activation(function))})


FAMILY = Family("layers", __doc__, (
    Row("leaky_relu_slope", "the layer LeakyReLU lets a third of a number below 0 pass", below_zero(LeakyReLU()),
        first_loss, low=0.6, belongs_to="Keras", gate="forward", fields=("layers.2.function.slope",)),
    Row("leaky_relu_slope_by_name", "leaky_relu, by its name, lets a fifth of a number below 0 pass",
        below_zero(LeakyReLUByName()), first_loss, low=0.35,
        belongs_to="Keras", gate="forward", fields=("layers.2.function.slope",)),
    Row("gelu", "GELU is exact", below_zero(GELU()), first_loss, high=1.0),
    Row("hard_sigmoid", "a hard sigmoid has a slope of a sixth", below_zero(HardSigmoid()), first_loss, high=1.0),
    Row("relu_at_zero", "relu agrees, also where it is 0", below_zero("relu"), first_loss, high=1.0),
))
