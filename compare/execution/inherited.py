"""The environment that a worker process inherits: allow-listed variables, and no framework settings.

A `~/.keras/keras.json`, a `PL_TRAINER_PRECISION` or the `SLURM_NTASKS` of a cluster would change the trainings of one
framework, and the difference would be attributed to that framework. Settings that a start-up file changes nevertheless
are read back and refused.
"""

from __future__ import annotations

import os
from typing import Any, Mapping

from compare.execution.errors import UsageError
from frameworks.environment import Environment

PASSED = (
    "PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "XDG_CACHE_HOME",
    "LD_LIBRARY_PATH", "LD_PRELOAD", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES", "CUDA_DEVICE_ORDER", "CUDA_HOME", "CUDA_PATH", "NVIDIA_VISIBLE_DEVICES",
    "NVIDIA_DRIVER_CAPABILITIES", "ROCR_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES",
    "TF_FORCE_GPU_ALLOW_GROWTH", "XLA_PYTHON_CLIENT_PREALLOCATE", "XLA_PYTHON_CLIENT_MEM_FRACTION",
    "OPENBLAS_CORETYPE", "JAX_COMPILATION_CACHE_DIR", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS",
    "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES")
"""Variables that are passed on: paths of programs, libraries and caches, visible devices, device memory, and the CPU
kernels of the linear algebra library. None of them changes what is computed."""
DEFAULTS: Mapping[str, Any] = {
    "floatx": "float32", "epsilon": 1e-7, "image_data_format": "channels_last", "dtype_policy": "float32",
    "default_dtype": "float32", "matmul_precision": "highest", "precision": "32-true", "world_size": 1,
    "accumulate_grad_batches": 1, "gradient_clip_val": None, "enable_x64": False}
"""The defaults of the frameworks for the `settings` that a worker reads back."""


def variables(backend: str, threads: int, keras_home: str) -> dict[str, str]:
    """The environment variables of a worker; `keras_home` is a folder without a keras.json."""
    count = str(threads)
    added = {"OMP_NUM_THREADS": count, "OPENBLAS_NUM_THREADS": count, "MKL_NUM_THREADS": count, "NPROC": count,
             "XLA_FLAGS": "--xla_cpu_multi_thread_eigen=false" if threads == 1 else "", "KERAS_HOME": keras_home,
             **({"KERAS_BACKEND": backend} if backend else {})}
    return {**{name: os.environ[name] for name in PASSED if name in os.environ}, **added}


def refuse_changed(framework: str, environment: Environment) -> None:
    """Raises UsageError if a setting of a worker is not the default of its framework."""
    for name, value in environment.get("settings", {}).items():
        if name in DEFAULTS and value != DEFAULTS[name]:
            raise UsageError(f"{framework} starts with {name}={value!r} where its own default is {DEFAULTS[name]!r}: "
                             "something changes it whenever Python starts, as a sitecustomize or a patched package "
                             "does; remove it, or set the field in the scenario.")
