"""What a user of Keras writes in a scenario, as a string, a function, an object or in Keras's order of arguments, is
refused with what to write, and what is to be written is allowed."""

import re

import pytest

from scenarios import spec as vocabulary
from scenarios.spec import metrics
from scenarios.spec.checks import SpecError
from scenarios.spec.values import ACTIVATIONS, METRICS


def categorical_crossentropy(y_true, y_pred):
    """Stands for `keras.losses.categorical_crossentropy`."""


def relu(x):
    """Stands for `keras.activations.relu`."""


class CategoricalCrossentropy:
    """Stands for `keras.losses.CategoricalCrossentropy`."""


class Precision:
    """Stands for `keras.metrics.Precision`."""


class L1L2:
    """Stands for `keras.regularizers.L1L2`, which `l1_l2` makes."""


def spec_with(**fields):
    given = {"data": vocabulary.Data(), "layers": (vocabulary.Flatten(), vocabulary.Dense(10)),
             "loss": vocabulary.Huber(), "optimizer": vocabulary.SGD(), "training": vocabulary.Training(1), **fields}
    return vocabulary.Spec(**given)


NAMES = {**vars(vocabulary), "metrics": metrics, "spec_with": spec_with, "L1L2": L1L2, "relu": relu,
         "categorical_crossentropy": categorical_crossentropy, "Theirs": CategoricalCrossentropy,
         "TheirPrecision": Precision}
NO_AMSGRAD = "Adam has no amsgrad=, which a spec cannot express; leave it out, or compare your own two programs with " \
             "`python -m compare check`."
ONE_OF = "write `L1(0.01)` or `L2(0.01)`, of which a layer has one."
NO_L1L2 = f"which is Keras's; {ONE_OF}"
ALWAYS = "leave it out: the loss and the accuracy are always measured, in training and on the test set"
FURTHER = "`metrics=(metrics.Precision(),)` measures another one."


@pytest.mark.parametrize("code, sentence", [
    ("Adam(amsgrad=True)", NO_AMSGRAD), ("Adam(0.1, 0.9, 0.999, 1e-7, True)", NO_AMSGRAD),
    ("Activation('Softmax')", "Activation.function is 'Softmax'; write `\"softmax\"`."),
    ("Activation('gelu')", "Activation.function is 'gelu'; write `GELU()`."),
    ("Activation(relu)", "Activation.function is the function relu; write `\"relu\"`."),
    ("Dense(10, 'ReLU')", 'Dense.kernel is \'ReLU\'; write `Activation("relu")` as the next layer.'),
    ("Dense(10, 'gelu')", "Dense.kernel is 'gelu'; write `Activation(GELU())` as the next layer."),
    ("Dense(10, 'linear')", "Dense.kernel is 'linear'; leave it out: a layer without an Activation after it is "
                            "linear."),
    ("spec_with(layers=(Flatten(), Dense(10), 'softmax'))", "Spec.layers has 'softmax'; write "
                                                            "`Activation(\"softmax\")`."),
    ("spec_with(metrics=('val_accuracy',))", f"Spec.metrics has 'val_accuracy'; {ALWAYS}; {FURTHER}"),
    ("spec_with(metrics=['acc'])", f"Spec.metrics has 'acc'; {ALWAYS}; {FURTHER}"),
    ("spec_with(metrics='val_loss')", f"Spec.metrics has 'val_loss'; {ALWAYS}; {FURTHER}"),
    ("spec_with(metrics=('val_mae',))", "Spec.metrics has 'val_mae'; write `metrics.MeanAbsoluteError()`, which is "
                                        "also measured on the test set."),
    ("spec_with(metrics=(TheirPrecision(),))", "Spec.metrics has an object of the class Precision; write "
                                               "`metrics.Precision()`."),
    ("EarlyStopping('val_accuracy')", "EarlyStopping.monitor is 'val_accuracy'; only a loss can be monitored; write "
                                      "`\"test/loss\"`."),
    ("ReduceOnPlateau(0.1, monitor='accuracy')", "ReduceOnPlateau.monitor is 'accuracy'; only a loss can be monitored; "
                                                 "write `\"train/loss\"`."),
    ("ExponentialDecay(0.1, 1000, 0.96)", "ExponentialDecay(0.1, 1000, 0.96) has the order of Keras's arguments; write "
                                          "`ExponentialDecay(0.1, 0.96, 1000)`."),
    ("ExponentialDecay(0.1, 1000, 0.96, True, per='step')",
     "ExponentialDecay(0.1, 1000, 0.96, True, per='step') has the order of Keras's arguments; write "
     "`ExponentialDecay(0.1, 0.96, 1000, True, 'step')`."),
    ("InverseTimeDecay(0.1, 1000, 0.5)", "InverseTimeDecay(0.1, 1000, 0.5) has the order of Keras's arguments; write "
                                         "`InverseTimeDecay(0.1, 0.5, 1000)`."),
    ("CosineDecay(0.1, 1000, 0.01)", "CosineDecay has no alpha=, which a spec cannot express; leave it out, or compare "
                                     "your own two programs with `python -m compare check`."),
    ("Dense(10, kernel_regularizer='l1_l2')", f"Dense.kernel_regularizer is 'l1_l2'; {ONE_OF}"),
    ("Dense(10, kernel_regularizer=L1L2())", "Dense.kernel_regularizer is an object of the class L1L2; " + ONE_OF),
    ("spec_with(loss=categorical_crossentropy)", "Spec.loss is the function categorical_crossentropy; write "
                                                 "`CategoricalCrossentropy()`."),
    ("spec_with(loss=Theirs)", "Spec.loss is the class CategoricalCrossentropy; write `CategoricalCrossentropy()`."),
    ("spec_with(loss=Theirs())", "Spec.loss is an object of the class CategoricalCrossentropy; write "
                                 "`CategoricalCrossentropy()`."),
    ("spec_with(loss='CategoricalCrossentropy')", "Spec.loss is 'CategoricalCrossentropy'; write "
                                                  "`CategoricalCrossentropy()`."),
    ("from scenarios.spec import categorical_crossentropy",
     "A spec has no categorical_crossentropy, which is Keras's; write `CategoricalCrossentropy()`."),
    ("from scenarios.spec import l1_l2", f"A spec has no l1_l2, {NO_L1L2}"),
    ("from scenarios.spec import L1L2", f"A spec has no L1L2, {NO_L1L2}"),
    ("from scenarios.spec import softmax", 'A spec has no softmax, which is Keras\'s; write `Activation("softmax")`.')])
def test_what_a_user_of_keras_writes_is_refused_with_what_to_write(code, sentence):
    with pytest.raises(SpecError) as error:
        exec(code, dict(NAMES))
    assert str(error.value) == sentence


def test_what_is_to_be_written_for_an_activation_or_a_metric_is_allowed():
    for ours in ACTIVATIONS.values():
        assert eval(f"Activation({ours})", dict(NAMES))
    for ours in METRICS.values():
        assert type(eval(ours, dict(NAMES))).__name__ in metrics.__all__


def test_a_function_of_the_users_own_is_named_and_not_shown_with_its_address():
    def my_loss(y_true, y_pred):
        """A loss that no spec has."""
    with pytest.raises(SpecError, match=r"^Spec\.loss is the function my_loss; allowed: Categorical.*\.$"):
        spec_with(loss=my_loss)
    with pytest.raises(SpecError, match=re.escape("Spec.loss is an object of the class Loss; allowed: ")):
        spec_with(loss=type("Loss", (), {})())


@pytest.mark.parametrize("code", [
    "ExponentialDecay(0.1, 0.96, 1000)", "Adam(0.1, 0.9, 0.999)", "Activation('softmax')", "spec_with(metrics=())",
    "spec_with(layers=(Flatten(), Dense(10), Activation('relu')))", "EarlyStopping('train/loss')"])
def test_what_a_spec_says_is_left_alone(code):
    assert eval(code, dict(NAMES))
