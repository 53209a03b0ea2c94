"""What runs in this process, read back from Keras and its backend. Python 3.6."""

import importlib
import os
import platform

import numpy as np

from frameworks import keras as realization
from frameworks.keras import api
from frameworks.keras.api import keras

DEVICES = {"tensorflow": lambda tf: "cuda" if gpus_of(tf) else "cpu",
           "jax": lambda jax: "cuda" if jax.default_backend() == "gpu" else "cpu",
           "torch": lambda torch: "cuda" if torch.cuda.is_available() else "cpu"}
"""By backend, the device on which it computes."""
THREADS = {"tensorflow": lambda tf: max(threads_of_a_session() if api.SESSIONS else
                                        [tf.config.threading.get_intra_op_parallelism_threads(),
                                         tf.config.threading.get_inter_op_parallelism_threads()]),
           "jax": lambda jax: threads_of_xla(), "torch": lambda torch: torch.get_num_threads()}
"""By backend, the largest number of threads that it uses for an operation or for operations side by side."""
PACKAGES = {"keras": "Keras", "tensorflow.keras": "tf.keras", "tf_keras": "tf_keras"}
"""By the module from which Keras is imported, the name of the package in the default rules."""


def environment(settings):
    """Returns what runs here as a dict (`frameworks.environment.Environment`), and sets TensorFlow's number of threads.

    Everything is read back; JAX cannot report its threads, so that they are the number configured for XLA.

    `series` is the package and the version that `frameworks.quirks.rules` compares: for tf.keras, TensorFlow's version.
    """
    backend = keras.backend.backend()
    package = importlib.import_module(backend)
    if backend == "tensorflow":
        set_threads(package, settings["threads"])
    device = DEVICES[backend](package)
    package_name = PACKAGES[realization.MODULE]
    return {"framework": "keras", "backend": backend, "device": device, "dtype": keras.backend.floatx(),
            "execution": execution(backend), "threads": THREADS[backend](package), "settings": settings_of(backend),
            "series": [package_name, package.__version__ if package_name == "tf.keras" else api.VERSION],
            "versions": {"python": platform.python_version(), "keras": api.VERSION,
                         backend: package.__version__, "numpy": np.__version__},
            "file": os.path.dirname(keras.__file__)}


def settings_of(backend):
    """Returns the settings of Keras and its backend that a user's configuration files, environment variables or patches
    can change, read back.
    """
    settings = {"floatx": keras.backend.floatx(), "epsilon": keras.backend.epsilon(),
                "image_data_format": keras.backend.image_data_format()}
    if hasattr(keras, "config"):
        settings["dtype_policy"] = keras.config.dtype_policy().name
    elif hasattr(getattr(keras, "mixed_precision", None), "global_policy"):
        settings["dtype_policy"] = keras.mixed_precision.global_policy().name
    package = importlib.import_module(backend)
    if backend == "torch":
        settings.update(default_dtype=str(package.get_default_dtype()).split(".")[1],
                        matmul_precision=package.get_float32_matmul_precision())
    elif backend == "jax":
        settings.update(enable_x64=bool(package.config.jax_enable_x64),
                        matmul_precision=package.config.jax_default_matmul_precision or "highest")
    return settings


def forget(settings):
    """Drops the models of earlier jobs in a session of TensorFlow 1: in its one graph, each slows down the next."""
    if api.SESSIONS:
        keras.backend.clear_session()
        set_threads(importlib.import_module("tensorflow"), settings["threads"])


def gpus_of(tf):
    """Returns the GPUs that TensorFlow sees; in 1.x, the function is in `experimental`."""
    return getattr(tf.config, "list_physical_devices", tf.config.experimental.list_physical_devices)("GPU")


def set_threads(tf, count):
    """Sets TensorFlow's numbers of threads, within an operation and for operations side by side, to `count`."""
    if api.SESSIONS:
        if threads_of_a_session() != [count, count]:
            keras.backend.set_session(tf.compat.v1.Session(config=tf.compat.v1.ConfigProto(
                intra_op_parallelism_threads=count, inter_op_parallelism_threads=count)))
        return
    for kind in ("inter", "intra"):
        setter = getattr(tf.config.threading, "set_%s_op_parallelism_threads" % kind)
        if getattr(tf.config.threading, "get_%s_op_parallelism_threads" % kind)() != count:
            setter(count)


def threads_of_a_session():
    """Returns [threads within an operation, threads for operations side by side]; 0 stands for TensorFlow's default."""
    config = keras.backend.get_session()._config
    return [config.intra_op_parallelism_threads, config.inter_op_parallelism_threads] if config else [0, 0]


def execution(backend):
    """Returns how Keras runs the steps of a model compiled with defaults: jit, graph (TensorFlow only) or eager."""
    inputs = keras.Input((1,))
    model = keras.Model(inputs, keras.layers.Activation("linear")(inputs))  # Keras 3.12 refuses a model without a layer
    model.compile("sgd", loss="mse")
    if getattr(model, "jit_compile", False):
        return "jit"
    return "graph" if backend == "tensorflow" and not getattr(model, "run_eagerly", False) else "eager"


def threads_of_xla():
    """Returns the number of threads configured for XLA, which cannot report it.

    It is 1 by XLA's flag, or NPROC, or else the number of CPUs that this process may use.
    """
    if "--xla_cpu_multi_thread_eigen=false" in os.environ.get("XLA_FLAGS", "").split():
        return 1
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return int(os.environ.get("NPROC") or allowed)
