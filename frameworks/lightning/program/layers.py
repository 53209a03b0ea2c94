"""The parts of a PyTorch module: layers with settings under Keras's names, parameters, and its optimizers."""
from __future__ import annotations

from typing import Any, Callable, Iterator

import torch
from torch import nn

from frameworks.lightning.program.variables import Variable, variables
from frameworks.program_facts import LayerFacts, OptimizerFacts
from frameworks.runtime.program_objects import as_json, given_to, made_at

Settings = dict[str, Any]


def convolution(module: nn.modules.conv._ConvNd) -> Settings:
    """The settings of a convolution."""
    return {"filters": module.out_channels, "kernel_size": list(module.kernel_size), "strides": list(module.stride),
            "padding": as_json(module.padding), "dilation_rate": list(module.dilation), "groups": module.groups,
            "use_bias": module.bias is not None, "padding_mode": module.padding_mode}


def pooling(module: nn.Module) -> Settings:
    """The settings of a pooling."""
    return {"pool_size": as_json(module.kernel_size), "strides": as_json(module.stride),
            "padding": as_json(module.padding),
            **({"count_include_pad": module.count_include_pad} if hasattr(module, "count_include_pad") else {})}


def recurrent(module: nn.RNNBase) -> Settings:
    """The settings of a recurrent layer."""
    return {"units": module.hidden_size, "use_bias": module.bias, "layers": module.num_layers,
            "bidirectional": module.bidirectional, "batch_first": module.batch_first, "dropout": module.dropout,
            **({"activation": module.nonlinearity} if isinstance(module, nn.RNN) else {})}


SETTINGS: dict[type[nn.Module], Callable[[Any], Settings]] = {
    nn.Linear: lambda module: {"units": module.out_features, "use_bias": module.bias is not None},
    nn.modules.conv._ConvNd: convolution,
    nn.modules.batchnorm._NormBase: lambda module: {
        "epsilon": module.eps, "momentum": None if module.momentum is None else 1 - module.momentum,
        "scale": module.affine, "center": module.affine, "track_running_stats": module.track_running_stats},
    nn.LayerNorm: lambda module: {"epsilon": module.eps, "shape": list(module.normalized_shape)},
    **({nn.RMSNorm: lambda module: {"epsilon": module.eps}} if hasattr(nn, "RMSNorm") else {}),  # from torch 2.4 on
    nn.GroupNorm: lambda module: {"epsilon": module.eps, "groups": module.num_groups},
    nn.modules.dropout._DropoutNd: lambda module: {"rate": module.p},
    nn.LeakyReLU: lambda module: {"negative_slope": module.negative_slope},
    nn.ELU: lambda module: {"alpha": module.alpha}, nn.GELU: lambda module: {"approximate": module.approximate},
    nn.Embedding: lambda module: {"input_dim": module.num_embeddings, "output_dim": module.embedding_dim,
                                  "padding_idx": module.padding_idx},
    nn.EmbeddingBag: lambda module: {"input_dim": module.num_embeddings, "output_dim": module.embedding_dim,
                                     "padding_idx": module.padding_idx, "mode": module.mode},
    nn.RNNBase: recurrent,
    nn.RNNCellBase: lambda module: {"units": module.hidden_size, "use_bias": module.bias, **(
        {"activation": module.nonlinearity} if isinstance(module, nn.RNNCell) else {})},
    nn.MultiheadAttention: lambda module: {"num_heads": module.num_heads, "batch_first": module.batch_first,
                                           "dropout": module.dropout},
    nn.modules.pooling._MaxPoolNd: pooling, nn.modules.pooling._AvgPoolNd: pooling,
    nn.Softmax: lambda module: {"axis": module.dim}, nn.Flatten: lambda module: {"start": module.start_dim},
    nn.Upsample: lambda module: {"size": as_json(module.scale_factor), "interpolation": module.mode,
                                 "align_corners": module.align_corners},
}
"""By class, the function that reads the settings of a module, under Keras's names where Keras has the setting."""


def leaves(model: nn.Module) -> Iterator[tuple[str, nn.Module]]:
    """The modules that have parameters of their own or no submodules, in the order in which they were created."""
    for path, module in model.named_modules():
        inside = any(isinstance(model.get_submodule(outer), nn.MultiheadAttention) for outer in outers(path))
        is_leaf = not any(True for _ in module.children()) or isinstance(module, nn.MultiheadAttention)
        if not inside and (is_leaf or has_tensors(module)) and not isinstance(module, nn.modules.loss._Loss):
            yield path, module


def outers(path: str) -> list[str]:
    """The paths of the modules around a module."""
    parts = path.split(".")
    return [".".join(parts[:i]) for i in range(1, len(parts))]


def has_tensors(module: nn.Module) -> bool:
    """Whether a module has parameters of its own, or buffers that belong to its state."""
    return any(True for _ in module.parameters(recurse=False)) or \
        any(name not in module._non_persistent_buffers_set for name, _ in module.named_buffers(recurse=False))


def settings_of(module: nn.Module) -> Settings:
    """The settings of a module."""
    if type(module).__module__.startswith("torchmetrics"):
        return {name: as_json(getattr(module, name)) for name in ("average", "threshold", "top_k", "num_classes")
                if hasattr(module, name)}
    return next((read(module) for cls, read in SETTINGS.items() if isinstance(module, cls)),
                {"rate": getattr(module, name)} if (name := rate_name(module)) else {})


def rate_name(module: nn.Module) -> str:
    """The attribute with the rate at which a module of another library drops values or whole samples in training, such
    as torchvision's StochasticDepth; "" if it has none."""
    kind = type(module).__name__
    if isinstance(module, nn.modules.dropout._DropoutNd) or not ("Drop" in kind or kind == "StochasticDepth"):
        return ""
    return next((name for name in ("p", "drop_prob", "drop_rate", "rate")
                 if isinstance(getattr(module, name, None), (int, float))), "")


def described(path: str, module: nn.Module) -> LayerFacts:
    """The facts of a layer, with its path in the model."""
    file, line = made_at(module)
    tensors = list(module.parameters(recurse=False))
    return {"path": path, "kind": type(module).__name__, "settings": settings_of(module), "file": file, "line": line,
            "given": names_in_keras(given_to(module)),
            "trainable": all(t.requires_grad for t in tensors),
            "parameters": [name_of(path, variable) for variable in variables(module)]}


NAMES = {"out_features": ("units",), "hidden_size": ("units",), "out_channels": ("filters",), "stride": ("strides",),
         "dilation": ("dilation_rate",), "bias": ("use_bias",), "eps": ("epsilon",), "p": ("rate",),
         "affine": ("scale", "center"), "num_embeddings": ("input_dim",), "embedding_dim": ("output_dim",),
         "dim": ("axis",), "scale_factor": ("size",), "mode": ("interpolation",), "num_layers": ("layers",),
         "num_groups": ("groups",), "normalized_shape": ("shape",), "start_dim": ("start",)}
"""Of an argument of PyTorch's layers, the settings under Keras's names."""


def names_in_keras(given: list[str] | None) -> list[str] | None:
    """Converts the names of arguments to those that `settings_of` uses."""
    return None if given is None else [each for name in given for each in NAMES.get(name, (name,))]


def name_of(path: str, variable: Variable) -> str:
    """The name of a parameter."""
    return f"{path}.{variable.role}" if path else variable.role


def parameters(model: nn.Module) -> list[tuple[str, Variable]]:
    """Every variable by name, in the order of the layers, each tensor once."""
    known: set[tuple[int, str]] = set()
    result = []
    for path, module in leaves(model):
        for variable in variables(module):
            identity = (id(variable.parts[0][0]), str(variable.parts[0][1]))
            if identity not in known:
                known.add(identity)
                result.append((name_of(path, variable), variable))
    return result


def input_signature(model: nn.Module) -> dict[str, Any]:
    """The inputs of the first layer with parameters, as far as it defines them: its kind, and its channels or features.
    """
    for _, module in leaves(model):
        if isinstance(module, nn.modules.conv._ConvNd):
            return {"kind": "convolution", "size": module.in_channels, "axes": len(module.kernel_size)}
        if isinstance(module, (nn.Embedding, nn.EmbeddingBag)):
            return {"kind": "embedding", "size": module.num_embeddings, "axes": 0}
        if isinstance(module, nn.Linear):
            return {"kind": "linear", "size": module.in_features, "axes": 0}
        if isinstance(module, (nn.RNNBase, nn.RNNCellBase)):
            return {"kind": "recurrent", "size": module.input_size, "axes": 1}
        if isinstance(module, nn.modules.batchnorm._NormBase):
            return {"kind": "convolution" if "2d" in type(module).__name__ else "linear",
                    "size": module.num_features, "axes": 2 if "2d" in type(module).__name__ else 0}
    return {"kind": "", "size": 0, "axes": 0}


def example_inputs(model: nn.Module) -> list[dict[str, Any]]:
    """The shapes of one sample of a LightningModule's `example_input_array`; none if it has none."""
    example = getattr(model, "example_input_array", None)
    tensors = example if isinstance(example, (list, tuple)) else [example]
    return [{"shape": list(tensor.shape[1:]), "dtype": str(tensor.dtype).split(".")[-1], "indices": 0}
            for tensor in tensors if isinstance(tensor, torch.Tensor)]


def facts_of_optimizers(optimizers: list[Any], model: nn.Module) -> OptimizerFacts:
    """The facts of the optimizers of a program, of which most have one: the class, the settings of each parameter
    group, and which parameters each has."""
    if not optimizers:
        return {}
    file, line = made_at(optimizers[0])
    facts: OptimizerFacts = {
        "name": " and ".join(dict.fromkeys(type(each).__name__ for each in optimizers)), "file": file, "line": line,
        "given": given_to(optimizers[0]), "settings": {}, "groups": [],
        "torch": all(isinstance(each, torch.optim.Optimizer) for each in optimizers)}
    if facts["torch"]:
        names: dict[int, list[str]] = {}
        for name, variable in parameters(model):
            for tensor, _ in variable.parts:
                names.setdefault(id(tensor), []).append(name)
        for number, group in [(i, group) for i, each in enumerate(optimizers) for group in each.param_groups]:
            facts["groups"].append({
                "optimizer": number,
                "settings": {name: as_json(value) for name, value in group.items() if name != "params"},
                "parameters": sorted({name for tensor in group["params"] for name in names.get(id(tensor), ())})})
        facts["settings"] = facts["groups"][0]["settings"]
        if facts["given"] is not None:  # in the constructor, or in a parameter group
            facts["given"] = sorted({*facts["given"], *(
                name for each in optimizers for group in each.param_groups for name, value in group.items()
                if name in each.defaults and value is not each.defaults[name])})
    return facts
