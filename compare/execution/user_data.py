"""Calls a user's function that returns (inputs, targets), and writes them as an npz with x0, x1, …, y0, y1, …; beside
it, the names of inputs that are a dict, as JSON.

It runs as a program in isolated mode, `python -I user_data.py FILE NAME ARGUMENTS OUT` with the arguments as JSON: the
user's file may import a deep-learning framework, which this process then holds alone.
"""

from __future__ import annotations

import importlib.util
import json
import os
import sys
from pathlib import Path

import numpy as np


def main(file: str, name: str, arguments: str, out: str) -> None:
    """Calls the function; each of inputs and targets is an array, a list of arrays, or a dict in the order of names."""
    sys.path.insert(0, str(Path(file).parent))
    sys.dont_write_bytecode = True  # it would be taken for a file of the same size, written within the same second
    spec = importlib.util.spec_from_file_location(Path(file).stem, file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    here = os.getpid()
    made = getattr(module, name)(**json.loads(arguments))
    if os.getpid() != here:  # a process that the function has forked
        os._exit(0)
    if not isinstance(made, (tuple, list)) or len(made) != 2:
        count = f"a {type(made).__name__}" if not isinstance(made, (tuple, list)) else \
            "one value" if len(made) == 1 else f"{len(made)} values"
        raise ValueError(f"it returns {count}; needed: (inputs, targets), each an array, a list or a dict of arrays. "
                         "Weights of samples are not compared: leave them out.")
    inputs, targets = made
    lists = {key: [value[name] for name in sorted(value)] if isinstance(value, dict) else
             list(value) if isinstance(value, (list, tuple)) else [value]
             for key, value in (("x", inputs), ("y", targets))}
    arrays = {f"{key}{i}": np.asarray(array) for key, values in lists.items() for i, array in enumerate(values)}
    np.savez(out, **arrays)  # type: ignore[arg-type]
    if isinstance(inputs, dict):
        Path(out).with_suffix(".json").write_text(json.dumps(sorted(map(str, inputs))), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
