"""missing_activations on the real MNIST: NaN in every framework, and networks that learn instead."""

import numpy as np
import pytest
from measured import Trainings, keep, needs_mnist

pytestmark = needs_mnist
FRAMEWORKS = ["keras", "lightning", "reference"]


@pytest.fixture(scope="module")
def training(worker, folder):
    return Trainings("missing_activations", worker, folder)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_reported_network_gives_nan_and_the_share_of_zeros(training, framework):
    """.0987 and .098 are the shares of the digit 0: the argmax of a row of NaN is the first class."""
    trace = training("none_3", framework, epochs=1)
    assert trace.outcome["kind"] == "nan"
    assert np.isnan(trace["reported/train/loss"][0])
    assert trace["evaluated/train/accuracy"][0] == pytest.approx(0.0987, abs=5e-5)
    assert trace["evaluated/test/accuracy"][0] == pytest.approx(0.098, abs=5e-5)


@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_network_of_the_answer_learns_in_three_epochs(training, framework):
    """Measured elsewhere: .914 (NumPy, one seed), .9083 (Keras 2.2.4)."""
    assert training("both_3", framework, epochs=3)["evaluated/test/accuracy"][-1] > 0.88


@pytest.mark.nightly
@pytest.mark.parametrize("framework", FRAMEWORKS)
def test_networks_of_the_answer_and_of_the_book_after_thirty_epochs(training, framework):
    """The answer reports .9425; the book about .954 at its peak, on 50,000 images."""
    answer, book = training("both_3", framework), training("book", framework)
    numbers = {"answer, test accuracy after 30 epochs": float(answer["evaluated/test/accuracy"][-1]),
               "book, best test accuracy of 30 epochs (the book: .954)": float(book["evaluated/test/accuracy"].max())}
    keep(f"missing_activations-{framework}", numbers, answer, book)
    assert numbers["answer, test accuracy after 30 epochs"] > 0.93
    assert book["evaluated/test/accuracy"].max() == pytest.approx(0.954, abs=0.01)
