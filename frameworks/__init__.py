"""How a spec is trained: one subpackage per realization, and the default rules of every framework (`quirks`).

To add a framework, add a subpackage with `prepare` in `__init__.py` and a `Model` in `model.py`, as
`protocol.py` describes, and an entry in `FRAMEWORKS`. Importing this package imports no framework: each one
runs in its own worker process (`runtime/worker.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True)
class Framework:
    """The configuration that a worker is started with. The worker itself reports what it really runs."""

    realization: str
    """The subpackage of `frameworks`."""
    title: str
    """The name in printed text."""
    backend: str = ""
    """The value of KERAS_BACKEND; empty for a framework other than Keras."""
    module: str = "keras"
    """The module from which Keras is imported."""
    dtype: str = "float32"
    """The dtype in which it trains."""
    packages: tuple[str, ...] = ()
    """The packages that must be installed; `a or b` means that one of two suffices."""
    environment: str = ""
    """The file in `frameworks/environments` that lists the requirements of a separate interpreter; empty for the
    interpreter of this program."""
    series: tuple[str, str] = ("", "")
    """For a separate interpreter, the package and version that its file pins. The default rules refer to these."""

    @property
    def missing_packages(self) -> list[str]:
        """The required packages that are not installed here. No package is imported."""
        return [package for package in self.packages if not any(map(find_spec, package.split(" or ")))]


MODULES = {"Keras": "keras", "tf.keras": "tensorflow.keras", "tf_keras": "tf_keras"}
"""By the package of `Framework.series`, the module from which Keras is imported."""


def pinned_keras(name: str, package: str, version: str) -> Framework:
    """Return a Keras on TensorFlow of one version, which runs in a separate interpreter, in the environment `name`."""
    title = f"{package} {'.'.join(version.split('.')[:2])}"
    return Framework("keras", title, "tensorflow", MODULES[package], environment=name, series=(package, version))


FRAMEWORKS = {
    "keras": Framework("keras", "Keras on TensorFlow", "tensorflow", packages=("keras", "tensorflow")),
    "keras-jax": Framework("keras", "Keras on JAX", "jax", packages=("keras", "jax")),
    "keras-torch": Framework("keras", "Keras on PyTorch", "torch", packages=("keras", "torch")),
    **{name: pinned_keras(name, package, version) for name, package, version in (
        ("keras-2.2", "Keras", "2.2.4"), ("keras-2.3", "Keras", "2.3.1"), ("tf-keras-2.3", "tf.keras", "2.3.4"),
        ("tf-keras-2.4", "tf.keras", "2.4.4"), ("tf-keras-2.8", "tf.keras", "2.8.4"),
        ("tf-keras-2.15", "tf.keras", "2.15.1"), ("tf-keras", "tf_keras", "2.21.0"), ("keras-3.3", "Keras", "3.3.3"),
        ("keras-3.7", "Keras", "3.7.0"), ("keras-3.12", "Keras", "3.12.0"), ("keras-3.14", "Keras", "3.14.0"))},
    "lightning": Framework("lightning", "PyTorch Lightning", packages=("lightning or pytorch_lightning", "torch",
                                                                       "torchmetrics")),
    "reference": Framework("reference", "the NumPy reference", dtype="float64"),
    "reference-float32": Framework("reference", "the NumPy reference in float32"),
}
"""By the name that `frameworks=` takes; the pinned versions of Keras in chronological order."""
