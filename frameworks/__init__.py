"""How a spec is trained: one folder a realization, two verbs (`trial`), one table of what each does unasked (`table`).

To add a framework: a folder with `prepare` and `model.py` as `trial` describes, and a line in `FRAMEWORKS`.
Importing this package imports no framework; each runs in a worker process of its own (`worker.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Framework:
    """What a worker is started as; what it really is, it reads back itself."""

    realization: str
    """The folder under `frameworks`."""
    title: str
    backend: str = ""
    """What KERAS_BACKEND is set to; nothing for what is not Keras."""
    dtype: str = "float32"
    packages: tuple[str, ...] = ()
    """What must be installed."""

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed here; none is imported."""
        return [package for package in self.packages if not find_spec(package)]


FRAMEWORKS = {
    "keras": Framework("keras", "Keras on TensorFlow", "tensorflow", packages=("keras", "tensorflow")),
    "keras-jax": Framework("keras", "Keras on JAX", "jax", packages=("keras", "jax")),
    "keras-torch": Framework("keras", "Keras on PyTorch", "torch", packages=("keras", "torch")),
    "lightning": Framework("lightning", "PyTorch Lightning", packages=("pytorch_lightning", "torch", "torchmetrics")),
    "reference": Framework("reference", "the textbook", dtype="float64"),
    "reference-float32": Framework("reference", "the textbook in float32"),
}
