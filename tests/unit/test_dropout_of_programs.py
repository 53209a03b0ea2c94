"""A check of a program with dropout says that it was switched off; one without dropout does not."""

from types import SimpleNamespace

import pytest

from compare.analysis.programs import settings
from compare.analysis.programs.description import Place


def keras_program(kind, **given):
    layer = SimpleNamespace(kind=kind, settings=given, place=Place(), path="layer", inputs=(), parameters=())
    return SimpleNamespace(is_torch=False, operations=(), training_operations=(), parameters={},
                           layers={"layer": layer})


@pytest.mark.parametrize("kind, given, said", [
    ("Dropout", {"rate": 0.5}, True), ("Dropout", {"rate": 0.0}, False), ("GRU", {"recurrent_dropout": 0.5}, True),
    ("GRU", {"recurrent_dropout": 0.0}, False), ("Dense", {"units": 3}, False)])
def test_dropout_that_has_an_effect_is_said_to_be_switched_off(kind, given, said):
    program, without = keras_program(kind, **given), keras_program("Dense", units=3)
    for pair in ((program, without), (without, program)):
        assert bool(settings.not_drawn(*pair)) is said
