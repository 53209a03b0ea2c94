"""Data for a port without a data.py, drawn from the Keras model: its input signature, its output and its loss."""
from typing import Any

import numpy as np

SAMPLES = 128


def data(model: Any) -> tuple[Any, Any]:
    """Inputs and targets as Keras takes them: N(0, 1), words for an Embedding; classes, 0/1 or N(0, 1) by the loss."""
    rng = np.random.default_rng(0)
    words = next((layer.input_dim for layer in model.layers if hasattr(layer, "input_dim")), None)
    x = [rng.integers(0, words, (SAMPLES, *i.shape[1:])) if "int" in i.dtype else
         rng.normal(size=(SAMPLES, *i.shape[1:])) for i in model.inputs]
    y = [targets(rng, name_of(loss), output.shape[1:])
         for loss, output in zip(losses(model), model.outputs, strict=True)]
    return (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y)


def losses(model: Any) -> list[Any]:
    return list(model.loss) if isinstance(model.loss, list) else [model.loss] * len(model.outputs)


def name_of(loss: Any) -> str:
    return (loss if isinstance(loss, str) else getattr(loss, "__name__", None) or loss.name).lower()


def targets(rng: np.random.Generator, loss: str, shape: tuple[int, ...]) -> np.ndarray:
    if loss.startswith("sparse"):
        return rng.integers(0, shape[-1], (SAMPLES, *shape[:-1]))
    if loss.startswith("categorical"):
        return np.eye(shape[-1])[rng.integers(0, shape[-1], (SAMPLES, *shape[:-1]))]
    if loss.startswith("binary"):
        return rng.integers(0, 2, (SAMPLES, *shape)).astype("float64")
    return rng.normal(size=(SAMPLES, *shape))
