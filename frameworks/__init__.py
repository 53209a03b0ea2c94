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
    series: tuple[str, str] = ("", "")
    """Of such a one, the package and version that its file pins, by which the table knows it."""

    @property
    def missing(self) -> list[str]:
        """The packages that are not installed here; none is imported."""
        return [package for package in self.packages if not find_spec(package)]


MODULES = {"Keras": "keras", "tf.keras": "tensorflow.keras", "tf_keras": "tf_keras"}


def of_its_era(name: str, package: str, version: str) -> Framework:
    """A Keras on TensorFlow that has an interpreter of its own, the environment of the same name."""
    title = f"{package} {'.'.join(version.split('.')[:2])}"
    return Framework("keras", title, "tensorflow", MODULES[package], environment=name, series=(package, version))


FRAMEWORKS = {  # the old Kerases in the order of time
    "keras": Framework("keras", "Keras on TensorFlow", "tensorflow", packages=("keras", "tensorflow")),
    "keras-jax": Framework("keras", "Keras on JAX", "jax", packages=("keras", "jax")),
    "keras-torch": Framework("keras", "Keras on PyTorch", "torch", packages=("keras", "torch")),
    **{name: of_its_era(name, package, version) for name, package, version in (
        ("keras-2.2", "Keras", "2.2.4"), ("keras-2.3", "Keras", "2.3.1"), ("tf-keras-2.3", "tf.keras", "2.3.4"),
        ("tf-keras-2.4", "tf.keras", "2.4.4"), ("tf-keras-2.8", "tf.keras", "2.8.4"),
        ("tf-keras-2.15", "tf.keras", "2.15.1"), ("tf-keras", "tf_keras", "2.21.0"), ("keras-3.3", "Keras", "3.3.3"))},
    "lightning": Framework("lightning", "PyTorch Lightning", packages=("pytorch_lightning", "torch", "torchmetrics")),
    "reference": Framework("reference", "the NumPy reference", dtype="float64"),
    "reference-float32": Framework("reference", "the NumPy reference in float32"),
}
