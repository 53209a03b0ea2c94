"""Optimizers that have the same name in two frameworks, but different update rules."""

from scenarios.catalogue import Family, Row
from scenarios.catalogue.losses import ending_in
from scenarios.catalogue.measures import bias_moved, fall, moved, moved_in, row_moved
from scenarios.spec import (
    SGD,
    Accumulation,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    CategoricalCrossentropy,
    Clip,
    Nadam,
    RMSprop,
    WeightDecay,
)
from scenarios.spec.fields import changed

BASE = ending_in("softmax", loss=CategoricalCrossentropy("softmax_of_logits"))
"""A training with a loss in which all frameworks agree."""


def with_optimizer(optimizer, divisor=255.0):
    """`BASE` with an optimizer."""
    return changed(BASE, {"optimizer": optimizer, "data.divisor": divisor})


TINY_PIXELS = 255e6
"""A divisor that scales pixels to at most 1e-6, so that an epsilon of 1e-7 is not small against the gradients."""

FIRST_PIXEL_MOVED = row_moved("1.kernel", 0)
"""The largest change of the weights of the first pixel; it is always black, so their gradient is 0."""

FAMILY = Family("optimizers", __doc__, (
    Row("sgd_default_lr", "SGD's first step reduces the loss by more than a hundredth", with_optimizer(SGD()), fall,
        low=0.01, belongs_to="defaults differ", stage="update", fields=("optimizer.learning_rate",)),
    Row("rmsprop_defaults", "RMSprop's first step moves no weight by more than 0.02", with_optimizer(RMSprop()), moved,
        high=0.02, belongs_to="PyTorch departs from the published definition", stage="update",
        fields=("optimizer.learning_rate",)),
    Row("rmsprop_eps_inside_sqrt", "RMSprop hardly moves weights with tiny gradients",
        with_optimizer(RMSprop(0.001, rho=0.9, momentum=0.0, epsilon=1e-7), TINY_PIXELS), moved, high=1e-4,
        belongs_to="defaults differ", stage="update", fields=("optimizer.epsilon_place",)),
    Row("adam_epsilon_hat", "Adam hardly moves weights with tiny gradients",
        with_optimizer(Adam(epsilon=1e-7), TINY_PIXELS), moved, high=2e-4,
        belongs_to="Keras", stage="update", fields=("optimizer.epsilon_place",)),
    Row("adam_epsilon_value", "Adam moves weights half as far if their gradients are as small as its epsilon",
        with_optimizer(Adam(epsilon_place="after_correction"), TINY_PIXELS), moved, high=8e-4,
        belongs_to="Keras", stage="update", fields=("optimizer.epsilon",)),
    Row("adagrad_initial_accumulator", "Adagrad's first step is shorter than its learning rate",
        with_optimizer(Adagrad(0.01)),
        moved, high=0.009, belongs_to="Keras", stage="update", fields=("optimizer.initial_accumulator_value",)),
    Row("adadelta_defaults", "Adadelta hardly moves the weights", with_optimizer(Adadelta()), moved, high=1e-4,
        belongs_to="Keras", stage="update", fields=("optimizer.learning_rate",)),
    Row("nadam_momentum_decay", "Nadam's first step is longer than 1.06 times its learning rate",
        with_optimizer(Nadam(0.001)),
        moved, low=1.06e-3, belongs_to="Keras", stage="update", fields=("optimizer.momentum_decay",)),
    Row("weight_decay_decoupled_everywhere", "Adam with weight decay hardly moves weights without a gradient",
        with_optimizer(Adam(0.001, weight_decay=WeightDecay(0.1))), FIRST_PIXEL_MOVED, high=1e-4,
        belongs_to="PyTorch departs from the published definition", stage="update",
        fields=("optimizer.weight_decay.decoupled",)),
    Row("adamw_default_decay", "AdamW shrinks weights by less than 0.006 times its learning rate",
        with_optimizer(AdamW(0.001)),
        FIRST_PIXEL_MOVED, high=5e-7, belongs_to="defaults differ", stage="update",
        fields=("optimizer.weight_decay.factor",)),
    Row("clipnorm_per_variable", "the gradient of a bias is clipped by its own norm",
        with_optimizer(SGD(1.0, clip=Clip(0.001))),
        bias_moved, low=3e-4, belongs_to="Keras", stage="update", fields=("optimizer.clip.of",)),
    Row("accumulation_at_an_epochs_end",
        "with gradients of two steps accumulated, the last of three steps does not move the weights",
        with_optimizer(SGD(0.1, accumulation=Accumulation(2))), moved_in(2), high=0.0,
        belongs_to="defaults differ", stage="update", fields=("optimizer.accumulation.unfinished",)),
    Row("sgd_momentum", "SGD with momentum reduces the loss as the reference does",
        with_optimizer(SGD(0.01, 0.9)), fall, low=0.0),
    Row("sgd_nesterov", "SGD with Nesterov momentum reduces the loss as the reference does",
        with_optimizer(SGD(0.01, 0.9, nesterov=True)), fall, low=0.0),
    Row("adam_aligned", "Adam with the same epsilon reduces the loss as the reference does",
        with_optimizer(Adam(epsilon=1e-8, epsilon_place="after_correction")), fall, low=0.0),
))
