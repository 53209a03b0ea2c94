"""Only Keras on TensorFlow has graphs that TensorFlow rewrites; other backends run without TensorFlow."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

SOURCE = Path(__file__).parents[2] / "frameworks" / "keras" / "api.py"


@pytest.fixture
def options(monkeypatch):
    """Returns the options that `set_rewriting` sets in TensorFlow for a Keras 3 on a backend; no Keras is imported."""
    def options_set(version, backend):
        keras = SimpleNamespace(__version__=version, ops=None, backend=SimpleNamespace(backend=lambda: backend))
        result = []
        optimizer = SimpleNamespace(set_experimental_options=result.append)
        tensorflow = SimpleNamespace(config=SimpleNamespace(optimizer=optimizer)) if backend == "tensorflow" else None
        monkeypatch.setitem(sys.modules, "keras", keras)
        monkeypatch.setitem(sys.modules, "tensorflow", tensorflow)
        spec = importlib.util.spec_from_file_location("keras_api", SOURCE)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        module.set_rewriting(False)
        return result
    return options_set


@pytest.mark.parametrize("version, backend, expected", [
    ("3.7.0", "tensorflow", [{"arithmetic_optimization": False}]), ("3.15.1", "tensorflow", []),
    ("3.11.0", "jax", []), ("3.11.0", "torch", [])])
def test_the_rewriting_of_graphs_is_set_for_tensorflow_only(options, version, backend, expected):
    assert options(version, backend) == expected
