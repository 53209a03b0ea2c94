"""Renders a spec as the Lightning program that a user would write. `frameworks.codegen` has the common parts.

A line is a string, or a tuple of a string and the paths of the fields that the line decides; the argument of an unset
field is omitted. The layers of the model return the outputs p. If the loss or the accuracy is configured to use the
logits z, the inputs of the last activation, the layers return z and the step applies the activation.
"""

from __future__ import annotations

import math
import os
from typing import Sequence

from frameworks.codegen.source import Line, field_of, last_of, names_of, ordered, paths_of, source_of
from frameworks.lightning import (
    codegen_losses,
    codegen_metrics,
    codegen_trainer,
    configuration,
    layers,
    regularizers,
)
from frameworks.lightning.codegen_trainer import CLIP, TRAINERS, paths_of_trainer
from frameworks.lightning.package import MODULE
from frameworks.parts import part_of
from frameworks.parts.losses import loss_part
from frameworks.protocol import Json, Shape

TITLE = "PyTorch Lightning"
NAMES = {"Dense": "dense", "Conv2D": "conv"}
"""The names of the variables that hold a layer, by class of the spec; `layer` for all others."""
EPOCH_LOSS = {"mean_of_samples": ", on_step=False, on_epoch=True", None: "",
              "mean_of_steps": ", on_step=False, on_epoch=True, batch_size=len(x) if prefix else 1",
              "last_step": ", on_step=not prefix, on_epoch=bool(prefix)"}
"""How the loss is logged, in training and validation, by the field `Training.epoch_loss`."""
RATE = 'self.trainer.optimizers[0].param_groups[0]["lr"]'
AT_START: tuple[Line, ...] = ("    def on_train_epoch_start(self):  # as a LearningRateMonitor does",
                              ("        self.rate = " + RATE, "training.printed_rate"), "")
FIRST_RATE: dict[str | None, tuple[Line, ...]] = {"none": (), "next_step": (), "first_step": AT_START, None: AT_START}
PRINTED_RATE = {"none": (), "next_step": ('        logs["learning_rate"] = ' + RATE,),
                **dict.fromkeys(("first_step", None), ('        logs["learning_rate"] = self.rate',))}
"""The lines that keep and print the learning rate, by the field `Training.printed_rate`."""
OPTIMIZERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom_optimizers.py")
SEED = ["pl.seed_everything(0)"]
DOWNLOAD = ["from torchvision.datasets import MNIST", "train, test = (MNIST(\"data\", part, download=True) for part in "
            "(True, False))", "x_train, y_train = train.data.numpy(), train.targets.numpy()",
            "x_test, y_test = test.data.numpy(), test.targets.numpy()"]
ONE_HOT = "nn.functional.one_hot(torch.tensor({y}).long(), {classes}).float()"
INDEX = "torch.tensor({y}).float().reshape(-1, 1)"
NUMBER = "torch.tensor({y}).long()"
TENSOR = "torch.from_numpy({x})"
CHANNEL = "[:, np.newaxis]"
"""`frameworks.codegen.program` describes the constants from `SEED` to `CHANNEL`."""
CUSTOM_LAYERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "custom_layers.py")


def imports(spec: Json, backend: str) -> list[str]:
    """Return the import statements."""
    names = "DataLoader, Sampler, TensorDataset" if ordered(spec) else "DataLoader, TensorDataset"
    files = ["import tempfile"] if configuration.restores(spec["training"]["early_stopping"]) else []
    return [*files, "import numpy as np", f"import {MODULE} as pl", "import torch", "import torchmetrics",
            "from torch import nn", "from torch.utils.data import " + names]


def training(spec: Json, shapes: Sequence[Shape]) -> list[Line]:
    """Return the lines of model, loss, optimizer and training.

    `shapes` are the shapes of a sample before every layer. Raises Unsupported if Lightning cannot be configured with
    the value of a field.
    """
    last = last_of(spec)
    of_z = last != "linear" and (spec["accuracy"]["rule"] == "argmax_logits" or
                                 loss_part(spec["loss"]).reads_logits(spec["loss"], last))
    optimizer, rate = configuration.class_of(spec["optimizer"]), spec["optimizer"]["learning_rate"]
    classes = source_of("" if "." in optimizer else optimizer, OPTIMIZERS)
    if isinstance(rate, dict) and rate.get("after") == "stays":
        classes += source_of("CosineThatStays", OPTIMIZERS)
    names = {call.name for layer, shape in zip(spec["layers"], shapes)
             for call in layers.LAYERS[layer["is"]](layer, shape, True)}
    names |= {call.name for layer in spec["layers"] for call in regularizers.activity_module(layer)}
    for name in ("HardSigmoid", "ChannelsLast", "RegularizedActivity"):
        classes += source_of(name if name in names else "", CUSTOM_LAYERS)
    return [*classes, *_module(spec, shapes, last, of_z), *codegen_trainer.fitted(spec)]


def _module(spec: Json, shapes: Sequence[Shape], last: str, of_z: bool) -> list[Line]:
    """Return the lines of the LightningModule; `of_z`: whether its layers return the logits."""
    prepared, stacked, penalties = _layers(spec["layers"][:-1] if of_z else spec["layers"], shapes)
    created, loss = codegen_losses.loss_lines(spec, last, "z" if of_z else "p")
    metric, update = codegen_metrics.metric_lines(spec, "z" if of_z else "p")
    stop_below = spec["training"]["stop_below"]
    lines: list[Line] = ["", "", "class Model(pl.LightningModule):", "    def __init__(self):",
                         "        super().__init__()"]
    lines += _indented(prepared + ["self.layers = nn.Sequential("] + stacked + [")"] + created, 8)
    for part in ("train", "val"):
        paths = paths_of("accuracy", spec["accuracy"])
        lines.append(("        self.%s_accuracy = %s" % (part, metric),) + paths)
        lines += _indented(codegen_metrics.metric_dict(spec, part), 8)
    metrics = ["accuracy"] + ["metrics"] * bool(spec["metrics"])
    of_train, of_val, arguments = (", ".join(prefix + name for name in metrics)
                                   for prefix in ("self.train_", "self.val_", ""))
    lines += ["", "    def training_step(self, batch, index):",
              '        return self.measured(batch, "", %s)' % of_train, "",
              "    def validation_step(self, batch, index):",
              '        self.measured(batch, "val_", %s)' % of_val, "",
              "    def measured(self, batch, prefix, %s):" % arguments,
              "        x, y%s = batch" % ("" if spec["training"]["sample_weight"] == "none" else ", w")]
    needs_p = of_z and any("p" in names_of(line) for line in [*loss, *update])
    lines.append("        %s = self.layers(x)" % ("z" if of_z else "p"))
    if needs_p:
        lines.append("        p = %s(z)" % layers.activation(spec["layers"][-1], (), True)[0].source())
    lines += _indented([*loss, *_added(penalties, reported=True), *update], 8)
    lines += [('        self.log(prefix + "loss", loss%s)' % EPOCH_LOSS[spec["training"]["epoch_loss"]],
               "training.epoch_loss"),
              '        self.log(prefix + "accuracy", accuracy, on_step=False, on_epoch=True)',
              *_indented(_added(penalties, reported=False), 8), "        return loss", "",
              *FIRST_RATE[spec["training"]["printed_rate"]],
              "    def on_train_epoch_end(self):",
              "        metrics = self.trainer.callback_metrics.items()",
              "        logs = {name: value.item() for name, value in metrics}",
              *PRINTED_RATE[spec["training"]["printed_rate"]],
              "        print(self.current_epoch + 1, logs)"]
    if float(stop_below) > -math.inf:
        lines += ['        if logs["loss"] < %s:' % stop_below,
                  "            self.trainer.should_stop = True"]
    lines += _hooks(spec["optimizer"])
    paths = tuple(path for path in paths_of("optimizer", spec["optimizer"]) if not path.startswith(TRAINERS))
    return lines + ["", "    def configure_optimizers(self):"] + _configured(spec["optimizer"], paths)


def _added(penalties: Sequence[tuple[str, str, bool]], reported: bool) -> list[Line]:
    """Return the lines that add to the loss what regularizers do, where the reported loss contains it or not."""
    return [("loss = loss + " + expression, path) for expression, path, is_reported in penalties
            if is_reported == reported]


def _layers(layers_of_spec: Sequence[Json],
            shapes: Sequence[Shape]) -> tuple[list[Line], list[Line], list[tuple[str, str, bool]]]:
    """Return (lines that create layers with initializers or frozen weights, the arguments of nn.Sequential, the
    expression, path and `reported` of every regularizer)."""
    prepared: list[Line] = []
    stacked: list[Line] = []
    penalties: list[tuple[str, str, bool]] = []
    for index, (layer, shape) in enumerate(zip(layers_of_spec, shapes)):
        *before, call = layers.LAYERS[layer["is"]](layer, shape, True)
        if layer["is"] == "Activation":
            paths = tuple("layers.%d.%s" % (index, field) for field in field_of(layer["function"])[2])
            stacked.append(("    %s," % call.source(),) + paths)
            continue
        paths = tuple("layers.%d.%s" % (index, name) for name in layer if name != "is")
        name, fans = "%s_%d" % (NAMES.get(layer["is"], "layer"), index), part_of(layer).fans(layer, shape[-1])
        statements = [layers.initializer(layer[weight], "%s.%s" % (name, tensor), *fans).source()
                      for weight, tensor in (("kernel", "weight"), ("bias", "bias")) if layer.get(weight) is not None]
        statements += [] if layer.get("trainable", True) else ["%s.requires_grad_(False)" % name]
        if statements:
            prepared += [("%s = %s" % (name, call.source()),) + paths] + statements
        stacked += ["    %s," % preceding.source() for preceding in before]
        stacked.append("    %s," % name if statements else ("    %s," % call.source(),) + paths)
        place = len(stacked) - 1
        stacked += ["    %s," % following.source() for following in regularizers.activity_module(layer)]
        terms = regularizers.terms(layer, "self.layers[%d]" % place, "self.layers[%d]" % (place + 1))
        penalties += [(term.expression, "layers.%d.%s.reported" % (index, term.field), bool(term.reported))
                      for term in terms]
    return prepared, stacked, penalties


def _configured(optimizer: Json, paths: tuple[str, ...]) -> list[Line]:
    """Return the body of configure_optimizers: the optimizer, and its learning rate scheduler if there is one."""
    rate = optimizer["learning_rate"]
    if not isinstance(rate, dict):
        return [("        return " + configuration.call(optimizer).source(),) + paths]
    if configuration.on_plateau(rate):
        scheduler = '{"scheduler": scheduler, "monitor": "%s"}' % codegen_trainer.MONITORS[rate["monitor"]]
    else:
        scheduler = "scheduler" if rate["per"] is None else '{"scheduler": scheduler, "interval": "%s"}' % rate["per"]
    return [("        optimizer = " + configuration.call(optimizer).source(),) + paths,
            "        scheduler = " + configuration.scheduler(rate).source(),
            "        return [optimizer], [%s]" % scheduler]


def _hooks(optimizer: Json) -> list[Line]:
    """Return the hooks between the gradients and the update: weight decay and gradient clipping."""
    lines: list[Line] = []
    factor, clip = configuration.shrinks_by(optimizer), configuration.hook_clip(optimizer["clip"])
    if configuration.beside(optimizer):
        default = 'torch.optim.AdamW(self.parameters()).defaults["weight_decay"]'
        lines += ["", "    def on_before_optimizer_step(self, optimizer):",
                  "        factor = " + (default if factor is None else repr(factor)),
                  "        with torch.no_grad():",
                  "            for w in (w for w in self.parameters() if w.grad is not None):",
                  '                w.mul_(1 - optimizer.param_groups[0]["lr"] * factor)']
    if clip:
        norm, of, offset = clip
        whole = "" if of == "variable" else ".norm().expand(len(gradients))"
        lines += ["", "    def configure_gradient_clipping(self, optimizer, **unused):",
                  "        gradients = [w.grad for w in self.parameters() if w.grad is not None]",
                  "        norms = torch.stack([g.norm() for g in gradients])" + whole,
                  "        for g, n in zip(gradients, norms):",
                  ("            g.mul_((%r / (n + %r)).clamp(max=1.0))" % (norm, offset),
                   *paths_of_trainer(optimizer, CLIP))]
    return lines


def _indented(lines: Sequence[Line], n: int) -> list[Line]:
    return [(" " * n + line[0], *line[1:]) if isinstance(line, tuple) else " " * n + line for line in lines]
