"""The folder of a run: traces, the report, and what TensorBoard shows."""

from __future__ import annotations

import numpy as np

from compare import layouts
from compare.data import PARTS
from compare.outputs import report
from compare.outputs.answer import markdown
from compare.outputs.board import whole
from compare.outputs.record import IMAGES
from compare.result import Result


def write(result: Result) -> None:
    """Writes everything but the traces, which are there already.

    Images that are not MNIST's are written too: the programs of the report read MNIST_DIR, and give this run's numbers
    only on them.
    """
    if not result.mnist:
        layouts.write(result.folder / IMAGES, [np.load(result.dataset.folder / f"{part}.npy", mmap_mode="r")
                                               for part in PARTS])
    report.write(result)
    whole.write(result, markdown(result))
