"""Where a forward pass first differs: the module of the port that gives something else once the mistake is fixed."""
from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from differences import relative
from port import Port


def module_outputs(module: Any, x: Any) -> dict[str, np.ndarray]:
    """What every module gives in a forward pass, by name, in the order in which they are done."""
    outputs: dict[str, np.ndarray] = {}

    def keep(name: str) -> Callable[..., None]:
        def hook(module: Any, args: Any, output: Any) -> None:
            output = output[min(output)] if isinstance(output, dict) else output
            first = output[0] if isinstance(output, tuple) else output
            outputs[name] = first.data.numpy().copy()  # of a packed sequence too
        return hook
    for name, part in module.named_modules():
        part.register_forward_hook(keep(name))
    with torch.no_grad():
        module(*x) if isinstance(x, list) else module(x)
    return outputs


def first_module(port: Port, results: dict[str, Any]) -> str | None:
    """Between the port and the port with its first mistake fixed, both from the same weights on the same batch.

    An operation without a module shows in the next module."""
    ported, fixed = (results[kind]["modules"] for kind in ("ported", "peeled_1" if port.faults > 1 else "fixed"))
    return next((name for name, value in ported.items() if name in fixed and (
        value.shape != fixed[name].shape or relative([fixed[name]], [value]) > port.same)), None)
