"""python train_torch.py OUT PORT ...: trains every port's PyTorch program from Keras's weights; writes the differences.

In float64, in one process for all ports: as ported, fixed, and both with Keras's definitions (by_design.py); and with
the definitions and the first n faults fixed."""
import copy
import json
import logging
import sys
import traceback
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from unittest import mock

import by_design
import differences
import layers
import numpy as np
import pairing
import pytorch_lightning as pl
import torch
from port import BUILDS, Masks, Port, ports
from torch.nn import functional as F
from torch.utils.data import DataLoader

OUTPUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "softmax": lambda z: torch.softmax(z, -1), "sigmoid": torch.sigmoid, "exp": torch.exp}


class Watch(pl.Callback):
    """Loss, gradients and state of every step."""

    def __init__(self) -> None:
        self.losses: list[float] = []
        self.gradients: list[dict[str, np.ndarray]] = []
        self.states: list[dict[str, np.ndarray]] = []

    def on_before_optimizer_step(self, trainer: Any, module: Any, optimizer: Any) -> None:
        self.gradients.append(differences.gradients(module))

    def keep(self, module: Any, outputs: Any) -> None:
        """After the module's own hook at the end of a batch, which callbacks come before."""
        self.losses.append(float(outputs["loss"]))
        self.states.append(differences.state(module))


def tensors(values: Any) -> Any:
    return [tensors(v) for v in values] if isinstance(values, list) else torch.tensor(values)


def to_torch(port: Port, x: list[np.ndarray], y: list[np.ndarray]) -> tuple[Any, Any]:
    """Images become NCHW, unless the program takes them as they are; the port's own data.py may convert."""
    convert = getattr(port.optional("data.py"), "to_torch", None)
    if convert:
        return convert(x[0] if len(x) == 1 else x, y[0] if len(y) == 1 else y)
    if not port.expected.get("images_as_they_are"):
        first = lambda a: a.transpose(0, 3, 1, 2).copy() if a.ndim == 4 else a
        x, y = [first(a) for a in x], [first(a) for a in y]
    return (x[0] if len(x) == 1 else x), (y[0] if len(y) == 1 else y)


def outputs(port: Port, module: Any, x: Any) -> list[np.ndarray]:
    """As Keras gives them: channels last, and after the activation that the PyTorch program leaves to its loss."""
    with torch.no_grad():
        got = module(*x) if isinstance(x, list) else module(x)
    got = [got[name] for name in sorted(got)] if isinstance(got, dict) else got
    got = list(got) if isinstance(got, (list, tuple)) else [got]
    names = port.expected.get("outputs", [None] * len(got))
    got = [g.permute(0, 2, 3, 1) if g.ndim == 4 else g for g in got]
    return [(OUTPUTS[name](g) if name else g).numpy() for name, g in zip(names, got, strict=True)]


def train(port: Port, fixed: int, given: Any) -> dict[str, Any]:
    """What differs between this program and Keras's numbers in `given`."""
    torch.manual_seed(0)
    masks = Masks()

    def dropout(x: torch.Tensor, p: float = 0.5, training: bool = True, inplace: bool = False) -> torch.Tensor:
        return x * torch.tensor(masks.keep(tuple(x.shape), p)) if training and p else x

    def alpha_dropout(x: torch.Tensor, p: float = 0.5, training: bool = False, inplace: bool = False) -> torch.Tensor:
        if not training:
            return x
        kept, least = torch.tensor(masks.uniform(tuple(x.shape)) >= p), -1.7580993408473766
        a = ((1 - p) * (1 + p * least ** 2)) ** -0.5
        return a * torch.where(kept, x, torch.tensor(least)) - a * least * p
    with mock.patch.object(F, "dropout", dropout), mock.patch.object(F, "alpha_dropout", alpha_dropout), \
            mock.patch.object(torch, "randn_like", lambda x: torch.tensor(masks.normal(tuple(x.shape)))):
        program = port.program("torch_program.py", fixed)
        built = program.build() if hasattr(program, "build") else program.Net()
        module, loss, optimizer = built if isinstance(built, tuple) else (built, None, None)
        load = loader(port, program, given)
        keras = differences.Keras(port, given, module, load)
        load(module, keras.weights[0])
        x, y = to_torch(port, keras.x, keras.y)
        x, y = tensors(x), tensors(y)
        batches = port.batches(x, y)
        if loss is not None:
            module.train()
        masks.calls = 0
        training = outputs(port, copy.deepcopy(module), batches[0][0])
        masks.calls = 0
        modules = layers.module_outputs(copy.deepcopy(module), batches[0][0])
        masks.calls = 0
        first = outputs(port, copy.deepcopy(module).eval(), x)
        start, watch, masks.calls = differences.state(module), Watch(), 0
        metrics: dict[str, float] = {}
        if loss is None:
            trainer, ended = quiet_trainer(port, watch), module.on_train_batch_end
            module.on_train_batch_end = lambda *args: (ended(*args), watch.keep(module, args[0]))
            loaded = DataLoader(batches, batch_size=None)
            trainer.fit(module, loaded)
            if "metric" in port.expected:
                trainer.validate(module, loaded, verbose=False)
                metrics = {k: float(v) for k, v in trainer.callback_metrics.items()}
        else:
            native(port, module, loss, optimizer, batches, watch)
        masks.calls = 0
        last = outputs(port, module.eval(), x)
    return differences.between(keras, port, training, first, start, watch, last, metrics) | {"modules": modules}


def native(port: Port, module: Any, loss: Any, optimizer: Any, batches: Any, watch: Watch) -> None:
    for _ in range(port.epochs):
        for xs, ys in batches:
            optimizer.zero_grad()
            got = loss(module(*xs) if isinstance(xs, list) else module(xs), ys)
            got.backward()
            watch.on_before_optimizer_step(None, module, optimizer)
            optimizer.step()
            watch.keep(module, {"loss": got})


def quiet_trainer(port: Port, watch: Watch) -> pl.Trainer:
    return pl.Trainer(max_epochs=port.epochs, accelerator="cpu", logger=False, enable_checkpointing=False,
                      enable_progress_bar=False, enable_model_summary=False, num_sanity_val_steps=0, callbacks=[watch])


def loader(port: Port, program: Any, given: Any) -> Callable[[Any, list[np.ndarray]], None]:
    """The user's own conversion, else the port's weights.py, else by order and documented layout."""
    convert = getattr(program, "load", None) or getattr(port.optional("weights.py"), "load", None)
    return convert or (lambda module, weights: pairing.load(module, [str(k) for k in given["kinds"]], weights))


def initial_std(port: Port) -> list[float]:
    values: dict[str, list[np.ndarray]] = {}
    for seed in range(BUILDS if "initialization" in port.expected else 0):
        torch.manual_seed(seed)
        program = port.program("torch_program.py", 0)
        built = program.build() if hasattr(program, "build") else program.Net()
        parameters = dict((built[0] if isinstance(built, tuple) else built).named_parameters())
        for item in port.expected["initialization"]:
            values.setdefault(item["torch"], []).append(parameters[item["torch"]].detach().numpy().copy())
    return [float(np.std(v)) for v in values.values()]


def main(out: Path, names: list[str]) -> None:
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    warnings.simplefilter("ignore")
    logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
    for port in ports(names):
        results = {}
        peeled = [(f"peeled_{n}", n) for n in range(1, port.faults)]
        for kind, fixed in [("ported", 0), ("fixed", port.faults), ("adjusted", port.faults), ("unfixed", 0), *peeled]:
            file = out / f"{port.name}-keras-{'fixed' if fixed and port.fixes_keras else 'ported'}.npz"
            try:
                with np.load(file) as given, ExitStack() as stack:
                    for name in port.expected.get("definitions", []) if kind not in ("ported", "fixed") else []:
                        stack.enter_context(by_design.DEFINITIONS[name]())
                    results[kind] = train(port, fixed, given)
                    results[kind]["keras_layers"] = given["layers"].tolist()
                    results[kind]["initial_std"] = list(zip(given["std"].tolist(), initial_std(port)))
            except Exception:
                results[kind] = {"error": traceback.format_exc()}
        if not any("error" in result for result in results.values()):
            results["ported"] |= {"first_module": layers.first_module(port, results)}
        for result in results.values():
            result.pop("modules", None)  # arrays
        (out / f"{port.name}.json").write_text(json.dumps(results))


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
