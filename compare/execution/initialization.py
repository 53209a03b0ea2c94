"""The shared initialization of a trial: initial weights and sample order, drawn with NumPy once for all frameworks.

The weights depend on the seed and on the layers of the spec as the NumPy reference resolves them, so variants with the
same layers have the same initial weights. The order of an epoch depends on the seed and the epoch alone, so a short
training is the beginning of a longer one.
"""

from __future__ import annotations

import hashlib
import io
import json
from pathlib import Path

import numpy as np

from compare.execution import files, npz_files
from frameworks import in_process
from frameworks.environment import Environment
from frameworks.quirks.resolution import resolve
from scenarios.spec import Spec
from scenarios.spec.fields import encoded

REFERENCE: Environment = {"framework": "reference", "backend": "numpy"}


def weights(spec: Spec, seed: int, folder: Path) -> Path:
    """The npz file of the initial weights by name, float32; written once for the same layers and seed."""
    path = folder / weights_name(spec, seed)
    if not path.exists():
        drawn = in_process.initial_weights(resolve(spec, REFERENCE), np.random.default_rng([seed, 0]))
        npz_files.write(path, drawn)
    return path


def weights_name(spec: Spec, seed: int) -> str:
    """The file name of `weights`."""
    layers = [encoded(layer) for layer in resolve(spec, REFERENCE).layers]
    return f"weights-{hashlib.sha256(json.dumps([layers, seed]).encode()).hexdigest()[:12]}.npz"


def order(spec: Spec, n: int, seed: int, folder: Path) -> Path | None:
    """The npy file with one permutation of the n samples per epoch, int32 (epochs, n); None if nothing is shuffled.

    Nothing is shuffled where each step uses all samples: their sum does not depend on the order.
    """
    name = order_name(spec, n, seed)
    if name is None:
        return None
    path = folder / name
    if not path.exists():
        once = resolve(spec, REFERENCE).training.shuffle == "once"
        epochs = [np.random.default_rng([seed, 1, 0 if once else epoch]).permutation(n)
                  for epoch in range(spec.training.epochs)]
        with files.replacing(path) as draft:
            content = io.BytesIO()  # NumPy hides the error of a full disk behind one without a reason
            np.save(content, np.array(epochs, np.int32))
            draft.write_bytes(content.getvalue())
    return path


def order_name(spec: Spec, n: int, seed: int) -> str | None:
    """The file name of `order`; None if nothing is shuffled."""
    training = resolve(spec, REFERENCE).training
    shuffled = training.batch_size != "all" and training.shuffle
    kind = "once" if training.shuffle == "once" else "order"
    return f"{kind}-{n}-{training.epochs}-{seed}.npy" if shuffled else None
