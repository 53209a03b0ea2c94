"""Records how a program clips its gradients with PyTorch's functions, and disables them where an optimizer is tried.

`clip_grad_norm_` and `clip_grad_value_` are replaced while a program is built and trained, in both modules that define
them, so that an import by name gets the replacement too.
"""
from __future__ import annotations

import contextlib
import inspect
from dataclasses import dataclass, field
from typing import Any, Callable, Iterator

import torch

LIMITS = {"clip_grad_norm_": "max_norm", "clip_grad_value_": "clip_value"}
"""By function, the argument with its limit."""
KINDS = {"clip_grad_norm_": "norm", "clip_grad_value_": "value"}


@dataclass
class Clipping:
    """The clipping calls so far, and whether further ones clip anything."""

    calls: list[tuple[str, float, int]] = field(default_factory=list)
    """(norm or value, its limit, the number of tensors)."""
    off: bool = False
    """Whether calls clip nothing, since the optimizer that is tried clips by itself."""

    def facts(self, trained: int) -> dict[str, float]:
        """The effect of the calls in Keras's terms: clip_norm, clip_global or clip_value; {} for any other combination.

        `trained` is the number of tensors with a gradient.
        """
        kinds = {(kind, limit) for kind, limit, _ in self.calls}
        counts = [count for _, _, count in self.calls]
        if len(kinds) != 1 or sum(counts) < trained:
            return {}
        kind, limit = kinds.pop()
        if kind == "value":
            return {"clip_value": limit}
        if len(counts) == 1:
            return {"clip_global": limit}
        return {"clip_norm": limit} if set(counts) == {1} else {}


@contextlib.contextmanager
def followed() -> Iterator[Clipping]:
    """Replaces PyTorch's functions in the block; yields the `Clipping` that records their calls."""
    clipping = Clipping()
    modules = (torch.nn.utils, torch.nn.utils.clip_grad)
    originals = {name: getattr(torch.nn.utils, name) for name in LIMITS}

    def following(name: str, original: Callable[..., Any]) -> Callable[..., Any]:
        signature = inspect.signature(original)
        limit = LIMITS[name]

        def clip(*args: Any, **kwargs: Any) -> Any:
            call = signature.bind(*args, **kwargs)
            parameters = call.arguments["parameters"]
            given = [parameters] if isinstance(parameters, torch.Tensor) else list(parameters)
            call.arguments["parameters"] = given
            if float(call.arguments.get("norm_type", 2.0)) == 2.0:
                count = sum(tensor.grad is not None for tensor in given)
                clipping.calls.append((KINDS[name], float(call.arguments[limit]), count))
                if clipping.off:
                    call.arguments[limit] = float("inf")
            return original(*call.args, **call.kwargs)
        return clip
    for module in modules:
        for name, original in originals.items():
            setattr(module, name, following(name, original))
    try:
        yield clipping
    finally:
        for module in modules:
            for name, original in originals.items():
                setattr(module, name, original)
