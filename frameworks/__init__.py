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
    module: str = "keras"
    """For Keras, the module that holds it."""
    dtype: str = "float32"
    packages: tuple[str, ...] = ()
    """What must be installed."""
    environment: str = ""
    """The file of `frameworks/environments` that lists what an interpreter of its own needs; nothing for ours."""

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed here; none is imported."""
        return [package for package in self.packages if not find_spec(package)]


def of_its_era(title: str, environment: str, module: str) -> Framework:
    """A Keras on TensorFlow that has an interpreter of its own."""
    return Framework("keras", title, "tensorflow", module, environment=environment)


FRAMEWORKS = {
    "keras": Framework("keras", "Keras on TensorFlow", "tensorflow", packages=("keras", "tensorflow")),
    "keras-jax": Framework("keras", "Keras on JAX", "jax", packages=("keras", "jax")),
    "keras-torch": Framework("keras", "Keras on PyTorch", "torch", packages=("keras", "torch")),
    "keras-2.2": of_its_era("Keras 2.2", "keras-2.2", "keras"),
    "keras-2.3": of_its_era("Keras 2.3", "keras-2.3", "keras"),
    **{f"tf-keras-{version}": of_its_era(f"tf.keras {version}", f"tf-keras-{version}", "tensorflow.keras")
       for version in ("2.3", "2.4", "2.8", "2.15")},
    "tf-keras": of_its_era("tf_keras", "tf-keras", "tf_keras"),
    "keras-3.3": of_its_era("Keras 3.3", "keras-3.3", "keras"),
    "lightning": Framework("lightning", "PyTorch Lightning", packages=("pytorch_lightning", "torch", "torchmetrics")),
    "reference": Framework("reference", "the textbook", dtype="float64"),
    "reference-float32": Framework("reference", "the textbook in float32"),
}
