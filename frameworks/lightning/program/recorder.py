"""Records every operation of a pass through a user's module, and changes operations while they run.

A `TorchFunctionMode` sees functions (`F.relu`, `x.view`, `a + b`) that hooks of modules miss. An operation is named by
function and line, NAME@FILE:LINE#N, so that it is the same one in every pass; a call inside of one of PyTorch's own
modules is named by the module.
"""
from __future__ import annotations

import contextlib
from collections import Counter
from typing import Any, Callable, Iterator

import numpy as np
import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from frameworks.lightning.program.layers import rate_name
from frameworks.program_facts import OperationFacts
from frameworks.runtime.program_objects import made_at, place_of_call

IGNORED = {"__get__", "__set__", "size", "dim", "detach", "item", "numpy", "requires_grad_", "__len__",
           "is_floating_point", "backward", "retain_grad", "dtype", "numel",
           "__repr__", "zero_grad", "stride", "_is_view", "__hash__", "empty_like", "new_empty"}
"""Calls that are not part of the forward computation, or return memory as it is."""

CREATED = {"from_numpy", "tensor", "as_tensor", "asarray"}
"""Functions that create a tensor from an array."""

DROPOUTS = {"dropout", "dropout1d", "dropout2d", "dropout3d", "alpha_dropout", "feature_alpha_dropout"}
ACTIVATIONS = {"softmax", "sigmoid", "log_softmax"}
RESHAPES = {"squeeze", "unsqueeze", "view", "reshape", "flatten", "ravel", "__getitem__"}
"""Operations that keep the values."""

ASIDE = "~"
"""The end of the key of an operation that a training step calls with gradients disabled."""

Change = Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any]
"""Calls an operation in a changed way: (function, arguments, keyword arguments) -> output."""


def call(function: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Calls an operation as it is."""
    return function(*args, **kwargs)


class Operations(TorchFunctionMode):
    """Names and changes the operations that are called while it is active, and records them if requested."""

    def __init__(self, model: nn.Module, folder: str, changes: dict[str, Change]) -> None:
        super().__init__()
        self.model, self.folder, self.changes = model, folder, changes
        self.paths = {id(module): path for path, module in model.named_modules()}
        self.own = {id(tensor): name for name, tensor in (*model.named_parameters(), *model.named_buffers())}
        """By identity, the names of the parameters and buffers as PyTorch has them."""
        self.stack: list[nn.Module] = []
        self.counts: Counter[str] = Counter()
        self.recorded: list[OperationFacts] | None = None
        self.values: dict[str, np.ndarray] = {}
        self.beside: dict[str, np.ndarray] = {}
        """The further outputs of an operation, such as the states of an LSTM, by OPERATION/NUMBER."""
        self.made: dict[int, str] = {}
        self.kept: list[Any] = []
        self.dropout, self.gradients = True, False
        """Whether dropout is applied, and whether gradients pass what detaches them."""
        self.in_step = False
        """Whether a training step is made: what it calls without gradients, such as a pass for a metric, stands aside
        of the same operations with gradients, and its keys end with `ASIDE`."""
        self.needed: set[str] = set()
        self.outputs: dict[str, torch.Tensor] = {}
        """Of the operations in `needed`, the outputs of this pass."""
        self.model_inputs: tuple[Any, ...] = ()
        """What the model gets in this pass."""
        self.activation_inputs: dict[int, torch.Tensor] = {}
        """The input of every softmax and sigmoid of this pass, by the identity of its output."""

    def begin(self, record: bool) -> None:
        """Begins a pass: the counters of operations start again."""
        self.counts.clear()
        self.activation_inputs.clear()
        self.outputs.clear()
        self.recorded, self.values, self.made, self.kept = [] if record else None, {}, {}, []
        self.beside = {}

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        aside = ASIDE if self.in_step and not torch.is_grad_enabled() else ""
        with torch.enable_grad() if self.gradients else contextlib.nullcontext():
            return self.called(*in_default_dtype(function, args, kwargs or {}), aside)

    def called(self, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any], aside: str) -> Any:
        """Calls an operation, with its change if there is one, and records it."""
        name = getattr(function, "__name__", "")
        if name == "detach" and self.gradients:
            return args[0]
        if name in IGNORED or name.startswith("_") and not name.startswith("__"):
            return self.passed_on(args, function(*args, **kwargs))
        file, line = place_of_call(self.folder)
        if not file and self.stack:  # called by one of PyTorch's modules, and that by this package
            file, line = made_at(self.stack[-1])
        layer = self.layer()
        place = (f"{layer}:{name}" if layer else f"{name}@{file}:{line}") + aside
        key = self.numbered(place)
        operation_key = key.replace(ASIDE, "")
        if name in DROPOUTS and not self.dropout:
            output = args[0]
        else:
            output = self.changes.get(operation_key, call)(function, args, kwargs)
            if name in CREATED and output.dtype is torch.float32:  # of an array of NumPy's float32
                output = output.to(torch.get_default_dtype())
        first = output[0] if isinstance(output, tuple) and output and isinstance(output[0], torch.Tensor) else output
        if not isinstance(first, torch.Tensor) or name in ("shape", "device", "grad", "data"):
            return output
        self.counts[place] += 1
        if operation_key in self.needed:
            self.outputs[operation_key] = first
        if name in ACTIVATIONS:
            self.activation_inputs[id(first)] = args[0]
            self.kept.append(first)
        elif name in RESHAPES and id(args[0]) in self.activation_inputs:
            self.activation_inputs[id(first)] = function(self.activation_inputs[id(args[0])], *args[1:], **kwargs)
            self.kept.append(first)
        if self.recorded is not None:
            self.keep(key, name, layer, file, line, (args, kwargs), first)
            for i, further in enumerate(tensors(output)[1:] if isinstance(output, tuple) else ()):
                self.beside[f"{key}/{i}"] = further.detach().cpu().numpy().copy()
                self.made.setdefault(id(further), key)
                self.kept.append(further)
        return output

    def of_step(self) -> tuple[list[OperationFacts], dict[str, np.ndarray]]:
        """The record of a training step, without operations that it repeats with gradients disabled."""
        recorded = self.recorded or []
        names = {fact["key"]: fact["key"].replace(ASIDE, "") for fact in recorded}
        with_gradient = {key for key in names if ASIDE not in key}
        kept = [fact for fact in recorded if fact["key"] in with_gradient or names[fact["key"]] not in with_gradient]
        return [{**fact, "key": names[fact["key"]], "from": [names.get(key, key) for key in fact["from"]],
                 "operands": [names.get(key, key) for key in fact["operands"]]} for fact in kept], \
            {names[fact["key"]]: self.values[fact["key"]] for fact in kept}

    def passed_on(self, args: tuple[Any, ...], output: Any) -> Any:
        """Returns the output of a call that is not recorded, such as `x.T`; later operations treat it as the input."""
        if isinstance(output, torch.Tensor) and args and id(args[0]) in self.made and id(output) not in self.made:
            self.made[id(output)] = self.made[id(args[0])]
            self.kept.append(output)
        return output

    def numbered(self, place: str) -> str:
        """The key of the next operation at a place."""
        return f"{place}#{self.counts[place]}" if self.counts[place] else place

    def layer(self) -> str:
        """The path of the PyTorch module that is running; "" in the user's own code."""
        for module in reversed(self.stack):
            if type(module).__module__.startswith("torch.nn") and not isinstance(
                    module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)):
                return self.paths.get(id(module), "")
        return ""

    def keep(self, key: str, name: str, layer: str, file: str, line: int, inputs: Any, output: torch.Tensor) -> None:
        """Records an operation; its tensors stay alive so that none shares an identity with a later one."""
        assert self.recorded is not None
        sources = list(dict.fromkeys(self.made[id(tensor)] for tensor in tensors(inputs) if id(tensor) in self.made))
        self.recorded.append({"key": key, "kind": name, "layer": layer, "file": file, "line": line,
                              "shape": list(output.shape), "from": sources,
                              "shapes": [list(tensor.shape) for tensor in tensors(inputs)],
                              "operands": [self.made.get(id(tensor), "") for tensor in tensors(inputs)],
                              "weights": [self.own.get(id(tensor), "") for tensor in tensors(inputs)],
                              "arguments": {str(i): shown(value) for i, value in enumerate(inputs[0])} |
                              {name: shown(value) for name, value in inputs[1].items()}})
        self.values[key] = output.detach().cpu().numpy().copy()
        self.made[id(output)] = key
        self.kept.append((inputs, output))

    def keep_dropout(self, module: nn.Module, args: tuple[Any, ...], output: torch.Tensor) -> None:
        """Records a dropout module that does not call PyTorch's dropout function, as all do at a rate of 0."""
        if self.recorded is not None:
            path, (file, line) = self.paths.get(id(module), ""), made_at(module)
            place = f"{path}:dropout"
            key = self.numbered(place)
            self.counts[place] += 1
            self.keep(key, "dropout", path, file, line, (args, {}), output)


def in_default_dtype(function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> tuple[Any, Any, Any]:
    """The call with the default dtype where it names float32, as in `y.float()`.

    A program that is rebuilt in float64 would compute that part in float32 otherwise, with its rounding.
    """
    dtype = torch.get_default_dtype()
    if dtype is torch.float32:
        return function, args, kwargs
    name = getattr(function, "__name__", "")
    if name == "float" or name == "type" and args[1:] and args[1] in (torch.FloatTensor, "torch.FloatTensor"):
        return torch.Tensor.to, (args[0], dtype), kwargs
    return (function, tuple(dtype if value is torch.float32 else value for value in args),
            {name: dtype if value is torch.float32 else value for name, value in kwargs.items()})


def tensors(nested: Any) -> list[torch.Tensor]:
    """The tensors in nested lists, tuples and dicts; dicts are ordered by their keys, as in Keras."""
    if isinstance(nested, dict):
        nested = [nested[name] for name in sorted(nested, key=str)]
    if isinstance(nested, (list, tuple)):
        return [tensor for item in nested for tensor in tensors(item)]
    return [nested] if isinstance(nested, torch.Tensor) else []


def shown(value: Any) -> Any:
    """Converts an argument to JSON: numbers, text and shapes; null for tensors and anything else."""
    if isinstance(value, (list, tuple)):
        return [shown(item) for item in value]
    return value if isinstance(value, (bool, int, float, str)) else None


@contextlib.contextmanager
def followed(model: nn.Module, operations: Operations) -> Iterator[None]:
    """Keeps the running modules in `operations.stack`, by hooks of every module."""
    handles = []
    for module in model.modules():
        handles += [module.register_forward_pre_hook(lambda module, args: operations.stack.append(module)),
                    module.register_forward_hook(lambda module, args, output: leave(operations), always_call=True)]
        if rate_name(module):
            handles.append(module.register_forward_hook(operations.keep_dropout))
    try:
        yield
    finally:
        for handle in handles:
            handle.remove()


def leave(operations: Operations) -> None:
    """Removes the last module from the stack."""
    operations.stack.pop()
