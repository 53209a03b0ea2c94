"""Runs both programs on the second batch, from the same weights: what makes one loss agree may not hold for another."""

from __future__ import annotations

from dataclasses import replace
from typing import Mapping

import numpy as np

from compare.analysis.programs import stages
from compare.analysis.programs.pairing import Pairs
from compare.analysis.programs.runs import Change, Pair
from compare.execution.programs import Setup

SAMPLES = ("input/", "target/")
"""The beginning of the names of data with a value for every sample."""


def agrees(pair: Pair, changes: Mapping[str, tuple[Change, ...]], pairs: Pairs) -> bool:
    """Whether the loss and the gradients of the second batch agree with these changes of both sides."""
    left, right = (pair.run(side, until=1, changes=changes[side], setup=beginning_later(pair, side))
                   for side in ("left", "right"))
    if left.failure or right.failure:
        return False
    compared = [stages.loss(left, right), stages.gradient(left, right, pairs)]
    return all(each.differences and not each.differs for each in compared)


def beginning_later(pair: Pair, side: str) -> Setup:
    """The setup of a side with the first batch at the end of the data."""
    setup = pair.of(side)[2]
    assert setup.data
    with np.load(setup.data) as file:
        arrays = {name: np.roll(file[name], -pair.question.batch, axis=0) if name.startswith(SAMPLES) else file[name]
                  for name in file.files}
    return replace(setup, data=pair.write(f"later-{side}", arrays))
