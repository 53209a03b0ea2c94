"""The shared start of a trial: initial weights and batch order, one NumPy draw for every framework.

Weights are drawn by the spec as the reference resolves it, from the seed; an epoch's order from seed and epoch alone,
so that a short training is the beginning of a long one. Variants with the same layers start from the same weights.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from pathlib import Path
from typing import BinaryIO, Callable

import numpy as np

from frameworks.quirks.resolution import resolve
from frameworks.reference.initializers import draw
from scenarios.spec import Spec, shapes
from scenarios.spec.fields import to_json

REFERENCE = {"framework": "reference", "backend": "numpy"}


def weights(spec: Spec, seed: int, folder: Path) -> Path:
    """The npz file of initial weights by name, float32; made once per layers and seed."""
    path = folder / weights_name(spec, seed)
    if not path.exists():
        layers = to_json(resolve(spec, REFERENCE))["layers"]
        named = [(str(i), layer) for i, layer in enumerate(layers)]
        drawn = draw(named, shapes(spec)[0], np.random.default_rng([seed, 0]))
        _write(path, lambda file: np.savez(file, **drawn))
    return path


def weights_name(spec: Spec, seed: int) -> str:
    """The name of the file of `weights`."""
    layers = to_json(resolve(spec, REFERENCE))["layers"]
    return f"weights-{hashlib.sha256(json.dumps([layers, seed]).encode()).hexdigest()[:12]}.npz"


def order(spec: Spec, n: int, seed: int, folder: Path) -> Path | None:
    """The npy file of a permutation of n samples an epoch, int32 (epochs, n); None for the order of the samples.

    A step that holds all samples has no order: the sum over them does not depend on it.
    """
    name = order_name(spec, n, seed)
    if name is None:
        return None
    path = folder / name
    if not path.exists():
        once = resolve(spec, REFERENCE).training.shuffle == "once"
        epochs = [np.random.default_rng([seed, 1, 0 if once else epoch]).permutation(n)
                  for epoch in range(spec.training.epochs)]
        _write(path, lambda file: np.save(file, np.array(epochs, np.int32)))
    return path


def order_name(spec: Spec, n: int, seed: int) -> str | None:
    """The name of the file of `order`; None where there is no order."""
    training = resolve(spec, REFERENCE).training
    ordered = training.batch_size != "all" and training.shuffle
    kind = "once" if training.shuffle == "once" else "order"
    return f"{kind}-{n}-{training.epochs}-{seed}.npy" if ordered else None


def _write(path: Path, save: Callable[[BinaryIO], None]) -> None:
    """Writes a file so that a reader sees the whole or none: a search and its shams want the same starts at once."""
    partial = path.with_name(f"{path.name}.{os.getpid()}-{threading.get_ident()}.partial")
    with open(partial, "wb") as file:
        save(file)
    os.replace(partial, path)
