"""Layers that have the same name in two frameworks, but compute different functions."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import first_loss, largest_after, row_moved
from scenarios.spec import (
    GELU,
    SGD,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Data,
    Dense,
    Dropout,
    Flatten,
    HardSigmoid,
    LayerNormalization,
    LeakyReLU,
    LeakyReLUByName,
    MaxPooling2D,
    MeanSquaredError,
    Normal,
    Spec,
    Training,
    Zeros,
)
from scenarios.spec.fields import changed


def below_zero(function):
    """A spec with ten outputs of an activation function, with inputs near -3."""
    return changed(ending_in("relu", loss=MeanSquaredError()),
                   {"layers": (Flatten(), Dense(10, bias=Normal(-3.0, 0.0)), Activation(function))})


def image(*layers):
    """A spec with these layers, on images with a channel axis."""
    return Spec(Data(first=96, divisor=255.0, channel=True), layers, MeanSquaredError(), SGD(0.01),
                Training(1, 32, validate=False))


def mean_of(size):
    """Layers with ten outputs, each the mean of an image of `size` pixels."""
    return Flatten(), Dense(10, Normal(1 / size, 0.0), Zeros())


TO_ONES = Conv2D(1, 1, kernel=Zeros(), bias=Normal(1.0, 0.0))
"""Maps every image to an image of ones."""
CENTRE = 2 * (14 * 28 + 14)
"""The index of the central pixel of a flattened image with two channels, if the channels come last. If they come first,
it is the index of a pixel in the upper margin, which is black."""

OF_ONES = image(Flatten(), Dense(10, Zeros(), Normal(1.0, 0.0)), BatchNormalization(0.001), Dense(10))
"""All inputs of the normalization are 1, so the moving mean goes from 0 to 1."""

WIDE = Normal(0.0, 1.0)
"""Initializes a kernel so that the variance of its outputs is far above an epsilon of 0.001."""
TWICE = (BatchNormalization(0.001, 0.5), BatchNormalization(0.001, 0.5))
"""The second layer gets batches with a biased variance of almost 1, whatever the data are."""
BATCHES_OF_8 = {"training.batch_size": 8}
"""The unbiased variance of 8 values is 8 / 7 of the biased one."""

FAMILY = Family("layers", __doc__, (
    Row("leaky_relu_slope", "the layer LeakyReLU multiplies negative inputs by about 0.3", below_zero(LeakyReLU()),
        first_loss, low=0.6, belongs_to="Keras", stage="forward", fields=("layers.2.function.slope",)),
    Row("leaky_relu_slope_by_name", 'activation="leaky_relu" multiplies negative inputs by 0.2',
        below_zero(LeakyReLUByName()), first_loss, low=0.35,
        belongs_to="Keras", stage="forward", fields=("layers.2.function.slope",)),
    Row("gelu", "GELU is exact", below_zero(GELU()), first_loss, high=1.0),
    Row("hard_sigmoid", "the slope of hard_sigmoid is 1/6", below_zero(HardSigmoid()), first_loss, high=1.0),
    Row("same_padding_stride", 'with padding="same" and strides of 14, every window of 27 pixels contains padding',
        image(TO_ONES, Conv2D(1, 27, 14, "same", kernel=Normal(1 / 729, 0.0), bias=Zeros()), MaxPooling2D(),
              *mean_of(1)), first_loss, high=0.6,
        belongs_to="Keras", stage="forward", fields=("layers.1.padded",)),
    Row("avgpool_count_include_pad", "the means of an image of ones are one, also at the border",
        image(TO_ONES, AveragePooling2D(9, "same"), *mean_of(784)), first_loss, low=0.8,
        belongs_to="defaults differ", stage="forward", fields=("layers.1.counts_padding",)),
    Row("flatten_order", "Flatten puts the channels of a pixel next to each other",
        image(Conv2D(2, 1, bias=Zeros()), Flatten(), Dense(10)), row_moved("2.kernel", CENTRE), low=1e-9,
        belongs_to="defaults differ", stage="forward", fields=("layers.1.order",)),
    Row("layernorm_epsilon", "LayerNormalization leaves inputs of nearly equal size nearly equal",
        image(Flatten(), Dense(10, Normal(0.0, 0.002), Zeros()), LayerNormalization()), first_loss, high=0.75,
        belongs_to="defaults differ", stage="forward", fields=("layers.2.epsilon",)),
    Row("bn_momentum_convention", "the moving mean moves by less than a twentieth of the difference in a step",
        OF_ONES, row_moved("2.moving_mean", 0), high=0.05,
        belongs_to="defaults differ", stage="update", fields=("layers.2.momentum",)),
    Row("bn_moving_variance", "the moving variance uses Bessel's correction",
        changed(image(Flatten(), Dense(4, WIDE), *TWICE, Dense(10)), BATCHES_OF_8),
        largest_after("3.moving_variance"), low=1.03,  # 1, or (1 + 8 / 7) / 2
        belongs_to="Keras departs from the published definition", stage="update", fields=("layers.3.variance",)),
    Row("bn_epsilon", "BatchNormalization leaves inputs of nearly equal size nearly equal",
        image(Flatten(), Dense(10, Normal(0.0, 0.002), Zeros()), BatchNormalization()), first_loss, high=0.75,
        belongs_to="defaults differ", stage="forward", fields=("layers.2.epsilon",)),
    Row("sklearn_like_dropout_rng", "with the same masks, Dropout gives the same outputs",
        image(Flatten(), Dense(10), Dropout(0.3), Dense(10)), first_loss, high=10.0),
    Row("convolution", "convolutions and max pooling give the same outputs", image(
        Conv2D(4, 3, padding="same"), Activation("relu"), MaxPooling2D(), Conv2D(4, 3, 2), AveragePooling2D(),
        Flatten("channels_last"), Dense(10)), first_loss, high=10.0),
    Row("relu_at_zero", "relu gives the same results, also at 0", below_zero("relu"), first_loss, high=1.0),
))
