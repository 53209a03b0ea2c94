"""A pytest plugin for tests of faults: short runs of the reference alone, as commands and as trainings."""

import pytest

from compare.execution import trials
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SPEC = Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-3), Training(2, 32))
SHORT = ("scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample", "frameworks=reference")
SOON = 120
MINE = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SCENARIO = Scenario("mine", "Mine", "Is it?", tuple(
    Variant(f"v{n}", "A", Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-9 * (n + 1)),
                               Training(200, 32)), "reported") for n in range(6)), ())
"""
LONG = ("scenario=mine.py", "data=sample", "frameworks=reference")
"""A run of some seconds; the fixture `mine` writes its scenario."""


def trial(name, epochs=2):
    spec = Spec(SPEC.data, SPEC.layers, SPEC.loss, SPEC.optimizer, Training(epochs, 32))
    return trials.Trial("test", name, "reference", 0, "native", spec, whole=True)


@pytest.fixture
def mine(tmp_path):
    """A folder with the scenario of the longer run, mine.py."""
    (tmp_path / "mine.py").write_text(MINE, encoding="utf-8")
    return tmp_path
