"""A loss that an old Keras does not have is unsupported; one that it has under another name is used."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from frameworks.runtime.errors import Unsupported

SOURCE = Path(__file__).parents[2] / "frameworks" / "keras" / "loss_functions.py"


def plus_one(y, p):
    return y + p + 1


@pytest.fixture
def value(monkeypatch):
    """Calculates a loss as a Keras before 3 with these functions in `keras.losses` does; no Keras is imported."""
    def calculated(kind, **functions):
        keras = SimpleNamespace(losses=SimpleNamespace(**functions))
        monkeypatch.setitem(sys.modules, "frameworks.keras.api", SimpleNamespace(KERAS_3=False, keras=keras, ops=None))
        spec = importlib.util.spec_from_file_location("old_loss_functions", SOURCE)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        loss = dict.fromkeys(("of", "clip", "mean_of", "log_offset"), None)
        return module.loss_function({"is": kind, **loss}, "softmax", None, "one_hot", 10)(1, 2)
    return calculated


@pytest.mark.parametrize("kind, name", [("Poisson", "poisson"), ("KLDivergence", "kl_divergence"),
                                        ("MeanAbsoluteError", "mean_absolute_error")])
def test_a_loss_that_this_keras_does_not_have_is_unsupported(value, kind, name):
    assert value(kind, **{name: plus_one}) == 4
    with pytest.raises(Unsupported, match=f"This Keras has no loss {name}."):
        value(kind, mean_squared_error=plus_one)


def test_a_loss_is_found_by_its_former_name(value):
    assert value("KLDivergence", kullback_leibler_divergence=plus_one) == 4
