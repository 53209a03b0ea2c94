"""The state of a module besides its weights: buffers, and numbers and tensors in attributes, such as a state that is
carried from batch to batch or a step count.
"""
from __future__ import annotations

import contextlib
from typing import Any, Iterator

import torch
from torch import nn

from frameworks.lightning.program.recorder import tensors


@contextlib.contextmanager
def put_back(model: nn.Module) -> Iterator[None]:
    """Restores at the end of the block the state and the mode of every module."""
    modes = [(module, module.training) for module in model.modules()]
    attributes = [(module, {name: cloned(value) for name, value in vars(module).items()
                            if may_be_a_state(name, value)}) for module in model.modules()]
    buffers = [(module, name, buffer, cloned(buffer)) for module in model.modules()
               for name, buffer in module._buffers.items()]
    try:
        yield
    finally:
        for module, mode in modes:
            module.training = mode
        for module, values in attributes:
            for name in [name for name, value in vars(module).items() if name not in values and tensors(value) and
                         may_be_a_state(name, value)]:
                del vars(module)[name]
            vars(module).update(values)
        for module, name, buffer, value in buffers:
            if buffer is not None:
                buffer.data.copy_(value)
            module._buffers[name] = buffer


def may_be_a_state(name: str, value: Any) -> bool:
    """Whether an attribute could be a state: a number, a tensor, a tuple or list, or None before the first batch."""
    return not name.startswith("_") and (value is None or isinstance(value, (int, float, torch.Tensor, tuple, list)))


def cloned(value: Any) -> Any:
    """A value with copies of its tensors."""
    if isinstance(value, (list, tuple)) and type(value) in (list, tuple):
        return type(value)(map(cloned, value))
    return value.clone() if isinstance(value, torch.Tensor) else value
