"""For each field of a spec, a small spec on which it has an effect, and two values of it."""

from math import inf

import examples
from small_specs import NAMED

SHOWN_BY = {
    "CategoricalCrossentropy.of": ("sigmoid", "outputs", "softmax_of_logits"),
    "CategoricalCrossentropy.row_division": ("sigmoid", True, False),
    "CategoricalCrossentropy.clip": ("saturated", 0.0, 0.1),
    "CategoricalCrossentropy.logits_form": ("saturated", True, False),
    "BinaryCrossentropy.of": ("binary_sigmoid", "sigmoid_of_outputs", "outputs"),
    "BinaryCrossentropy.domain": ("binary_linear", "refuse", "clip"),
    "BinaryCrossentropy.clip": ("binary_saturated", 0.0, 0.1),
    "BinaryCrossentropy.log_floor": ("binary_saturated", -inf, -100.0),
    "BinaryCrossentropy.logits_form": ("binary_saturated", True, False),
    "BinaryCrossentropy.log_offset": ("binary_saturated", 0.0, 1e-3),
    "ClassWeights.divisor": ("weighted", "samples", "weights"), "ClassWeights.in_test": ("weighted", True, False),
    "ClassWeights.in_accuracy": ("weighted", False, True),
    "SampleWeights.divisor": ("weighed", "samples", "weights"), "SampleWeights.in_accuracy": ("weighed", False, True),
    "Huber.delta": ("named", 1.0, 0.5), "Huber.divided": ("rectified", False, True),
    "KLDivergence.of": ("divergence", "outputs", "powers_of_outputs"), "KLDivergence.clip": ("divergence", 0.1, 0.0),
    "KLDivergence.mean_of": ("divergence", "samples", "elements"), "Hinge.signs": ("hinge", True, False),
    "CategoricalHinge.from_zero": ("margin", True, False),
    "L1.reported": ("regularized", True, False), "L2.reported": ("regularized", True, False),
    "BinaryAccuracy.threshold": ("measured", 0.5, 0.15),
    "BinaryAccuracy.sigmoid": ("measured_outside", "never", "outside"),
    "CategoricalAccuracy.average": ("measured", "micro", "macro"), "AUC.thresholds": ("ranked", 200, "all"),
    "Precision.predicted": ("measured", "above_half", "largest"),
    "Recall.predicted": ("measured", "above_half", "largest"), "F1Score.absent": ("measured_few", "zero", "left_out"),
    "Poisson.of": ("counts", "outputs", "powers_of_outputs"), "Poisson.log_offset": ("counts", 0.1, 0.0),
    "LeakyReLU.slope": ("rectified", 0.3, 0.01), "LeakyReLUByName.slope": ("named", 0.2, 0.01),
    "GELU.approximate": ("gelu", False, True), "HardSigmoid.slope": ("hard", 0.2, 1 / 6),
    "Dropout.keeps_logits": ("dropped", True, False),
    "Conv2D.padded": ("conv", "as_needed", "symmetric"), "Flatten.order": ("conv", "channels_last", "channels_first"),
    "AveragePooling2D.counts_padding": ("pooled", False, True), "LayerNormalization.epsilon": ("normed", 1e-3, 1e-5),
    "BatchNormalization.epsilon": ("averaged", 1e-3, 1e-5), "BatchNormalization.momentum": ("averaged", 0.99, 0.9),
    "BatchNormalization.variance": ("averaged", "biased", "unbiased"),
    "SGD.learning_rate": ("sgd", 0.01, 0.001), "SGD.momentum": ("sgd", 0.0, 0.5),
    "RMSprop.learning_rate": ("rmsprop", 0.01, 0.001), "RMSprop.rho": ("rmsprop", 0.5, 0.99),
    "RMSprop.momentum": ("rmsprop", 0.0, 0.5), "RMSprop.epsilon": ("rmsprop", 1e-7, 1e-8),
    "RMSprop.epsilon_place": ("rmsprop", "inside_root", "outside_root"),
    "Adam.learning_rate": ("adam", 0.001, 0.002), "Adam.beta_1": ("adam", 0.9, 0.8),
    "Adam.beta_2": ("adam", 0.999, 0.99), "Adam.epsilon": ("adam", 1e-7, 1e-8),
    "Adam.epsilon_place": ("adam", "before_correction", "after_correction"),
    "Adagrad.learning_rate": ("adagrad", 0.01, 0.001), "Adagrad.initial_accumulator_value": ("adagrad", 0.0, 0.1),
    "Adagrad.epsilon": ("adagrad_from_0", 1e-3, 1e-2),
    "Adagrad.epsilon_place": ("adagrad_from_0", "inside_root", "outside_root"),
    "Adadelta.learning_rate": ("adadelta", 1.0, 0.001), "Adadelta.rho": ("adadelta_at_1", 0.95, 0.9),
    "Adadelta.epsilon": ("adadelta_at_1", 1e-6, 1e-7),
    "AdamW.learning_rate": ("adamw", 0.001, 0.002), "AdamW.beta_1": ("adamw", 0.9, 0.8),
    "AdamW.beta_2": ("adamw", 0.999, 0.99), "AdamW.epsilon": ("adamw", 1e-7, 1e-8),
    "AdamW.epsilon_place": ("adamw", "before_correction", "after_correction"),
    "Nadam.learning_rate": ("nadam", 0.001, 0.002), "Nadam.beta_1": ("nadam", 0.9, 0.8),
    "Nadam.beta_2": ("nadam", 0.999, 0.99), "Nadam.epsilon": ("nadam", 1e-7, 1e-8),
    "Nadam.momentum_decay": ("nadam", 1.0, 0.004),
    "WeightDecay.factor": ("adamw", 1.0, 0.004), "WeightDecay.decoupled": ("decayed", True, False),
    "Accumulation.unfinished": ("accumulated", "waits", "steps"),
    "Clip.of": ("clipped", "variable", "all"), "Clip.offset": ("clipped", 0.5, 0.0),
    "ExponentialDecay.per": ("decaying", "step", "epoch"), "ExponentialDecay.in_momentum": ("decaying", True, False),
    "InverseTimeDecay.per": ("inverse", "step", "epoch"), "InverseTimeDecay.in_momentum": ("inverse", True, False),
    "CosineDecay.per": ("cosine", "step", "epoch"), "CosineDecay.in_momentum": ("cosine", True, False),
    "CosineDecay.after": ("cosine", "stays", "rises"),
    "ReduceOnPlateau.bad_epochs": ("plateau", "patience", "one_more"),
    "ReduceOnPlateau.threshold_of": ("plateau", "difference", "ratio"),
    "ReduceOnPlateau.in_momentum": ("plateau", True, False), "EarlyStopping.patience": ("patient", 0, 3),
    "EarlyStopping.not_finite": ("no_number", "counts", "stops"),
    "EarlyStopping.restore_best_weights": ("rising", False, True),
    "EarlyStopping.restored": ("rising_restored", "at_end", "when_stopped"),
    "EarlyStopping.first_nan": ("no_number", "bad", "best"),
    "Accuracy.rule": ("binary_far", "threshold", "round"), "Accuracy.threshold": ("binary_logits", 0.5, 0.3),
    "Training.epoch_loss": ("logged", "mean_of_samples", "last_step"),
    "Training.printed_rate": ("printed", "next_step", "first_step"),
    "Training.batch_size": ("loop", 32, 1), "Training.shuffle": ("loop", True, "once"),
}
SHOWN_BY.update((field, shown) for field, shown in examples.SHOWN_BY.items() if shown[0] not in NAMED)
"""A spec on which the field has an effect, and two values of it, one of them wrong. Not here: kernels and biases, which
`test_initialization_contract` checks, and `SGD.nesterov`, which has no effect without momentum."""
INSTEAD = {("keras", "CategoricalCrossentropy.row_division"): "linear", ("lightning", "Accuracy.rule"): "binary_logits"}
"""Other specs for frameworks in which the field has no effect on the usual one."""
ROUNDED_AWAY = {("lightning", "CategoricalCrossentropy.row_division"): "rows of a softmax already sum to 1",
                ("lightning", "CategoricalCrossentropy.logits_form"): "a softmax of squashed outputs is never near 0",
                ("keras-jax", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-torch", "CategoricalCrossentropy.logits_form"): "the clip hides it",
                ("keras-jax", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("keras-torch", "BinaryCrossentropy.log_floor"): "the clip lies above it",
                ("lightning", "Poisson.log_offset"): "e to the power of an output needs no offset",
                ("lightning", "EarlyStopping.first_nan"): "a NaN has already ended the training"}
"""Fields without an effect on any spec, given how the framework resolves the other fields, and why."""
UNSUPPORTED = {("lightning", "Hinge"): "unsupported", ("lightning", "CategoricalHinge"): "unsupported"}
"""PyTorch has no such loss: unset or resolved, it is unsupported."""
INIT_OF = {"Training.shuffle": "native"}  # a shared initialization includes the order
