"""How many epochs two frameworks train under early stopping: measured, and explained by the settings that differ."""

from dataclasses import replace

from faulty import SOFTMAX, Fault
from made_results import by_framework, make_result, make_scenario
from test_differences import differences_of, trained  # noqa: F401

from compare.reporting.answer import summary
from compare.reporting.difference_text import because
from scenarios.spec import SGD, EarlyStopping
from scenarios.spec.fields import changed

NOT_LEARNING = changed(SOFTMAX, {"training.early_stopping": EarlyStopping("train/loss"), "training.epochs": 6,
                                 "training.batch_size": "all", "training.shuffle": False, "optimizer": SGD(1e-30)})


def test_number_of_epochs_differs_because_of_the_patience(differences_of):  # noqa: F811
    epochs = differences_of(NOT_LEARNING)["epochs"]
    assert epochs.numbers["keras"] == 2 and epochs.numbers["lightning"] == 4 and epochs.label == "number of epochs"
    assert epochs.explained and [field.path for field in epochs.fields] == ["training.early_stopping.patience"]
    assert because(epochs) == "patience of EarlyStopping (their defaults differ)"
    scenario = replace(make_scenario(), behaviours=())
    result = make_result(scenario, by_framework(True, True, True), differences=(epochs,))
    assert summary(result).detail.startswith("The number of epochs of a is 2 with Keras on TensorFlow and 4 with ")


def test_number_that_the_reference_does_not_have_is_not_decided(differences_of):  # noqa: F811
    epochs = differences_of(NOT_LEARNING, faults=(Fault("stop", lambda model, stops: False),))["epochs"]
    assert epochs.differs is None and (epochs.numbers["keras"], epochs.numbers["lightning"]) == (2, 6)
    assert because(epochs).startswith("not decided: rounding could decide it: the NumPy reference, with the defaults")


def test_nothing_is_counted_without_early_stopping(differences_of):  # noqa: F811
    assert "epochs" not in differences_of(SOFTMAX)
    same = differences_of(changed(NOT_LEARNING, {"training.early_stopping.patience": 1}))["epochs"]
    assert same.differs is False and because(same) == "the same (exactly)"
