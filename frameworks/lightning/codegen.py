"""A spec as the Lightning program that a user would write, as text; what all programs share stands in `codegen`.

A line is a string, or a tuple of one and of the paths of the fields that it decides: an open field is an argument left
out. Layers give the outputs p, or, where the loss or the accuracy is told to take what comes before the last activation
(the logits, z), they end there, and the activation stands in the step.
"""
import math
import os

from frameworks.codegen.source import field_of, last_of, loss_needs_z, names_of, of_a_run, ordered, paths_of, source_of
from frameworks.lightning import codegen_losses, configuration, layers
from frameworks.parts import part_of
from frameworks.runtime.errors import Unsupported

TITLE = "PyTorch Lightning"
NAMES = {"Dense": "dense", "Conv2D": "conv"}
"""Of variables that hold a layer."""
CLIP = "optimizer.clip."
TRAINERS = (CLIP, "optimizer.accumulation.")
"""What a Trainer is told, and not an optimizer."""
OPTIMIZERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "optimizers.py")
SEED = ["pl.seed_everything(0)"]
DOWNLOAD = ["from torchvision.datasets import MNIST", "train, test = (MNIST(\"data\", part, download=True) for part in "
            "(True, False))", "x_train, y_train = train.data.numpy(), train.targets.numpy()",
            "x_test, y_test = test.data.numpy(), test.targets.numpy()"]
ONE_HOT = "nn.functional.one_hot(torch.tensor({y}).long(), {classes}).float()"
INDEX = "torch.tensor({y}).float().reshape(-1, 1)"
NUMBER = "torch.tensor({y}).long()"
TENSOR = "torch.from_numpy({x})"
CHANNEL = "[:, np.newaxis]"
CALLBACKS = os.path.join(os.path.dirname(OPTIMIZERS), "callbacks.py")
MONITORS = {"test/loss": "val_loss", "train/loss": "loss"}
OWN = (*configuration.OTHER_PLACE.values(), configuration.MOMENTUM)
OWN_LAYERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "own_layers.py")


def imports(spec, backend):
    """The lines that import."""
    sampled = ["from torch.utils.data import DataLoader, Sampler, TensorDataset" if ordered(spec) else
               "from torch.utils.data import DataLoader, TensorDataset"]
    return ["import numpy as np", "import pytorch_lightning as pl", "import torch", "import torchmetrics",
            "from torch import nn"] + sampled


def training(spec, shapes):
    """The lines of model, loss, optimizer and training; `shapes` are those of a sample before every layer.

    Raises Unsupported where Lightning cannot be told something.
    """
    last = last_of(spec)
    of_z = last != "linear" and (spec["accuracy"]["rule"] == "argmax_logits" or
                                 loss_needs_z(spec["loss"], last))
    name, rate = configuration.class_of(spec["optimizer"]), spec["optimizer"]["learning_rate"]
    own = source_of(name if name in OWN else "", OPTIMIZERS)
    if isinstance(rate, dict) and rate.get("after") == "stays":
        own += source_of("CosineThatStays", OPTIMIZERS)
    names = {call.name for layer, shape in zip(spec["layers"], shapes)
             for call in layers.LAYERS[layer["is"]](layer, shape, True)}
    for name in ("HardSigmoid", "ChannelsLast"):
        own += source_of(name if name in names else "", OWN_LAYERS)
    return own + _module(spec, shapes, last, of_z) + _fitted(spec)


def _module(spec, shapes, last, of_z):
    prepared, stacked = _layers(spec["layers"][:-1] if of_z else spec["layers"], shapes)
    made, loss = codegen_losses.loss_lines(spec, last, "z" if of_z else "p")
    metric, update = codegen_losses.metric_lines(spec, "z" if of_z else "p")
    training = spec["training"]
    lines = ["", "", "class Model(pl.LightningModule):", "    def __init__(self):", "        super().__init__()"]
    lines += _indented(prepared + ["self.layers = nn.Sequential("] + stacked + [")"] + made, 8)
    for part in ("train", "val"):
        paths = paths_of("accuracy", spec["accuracy"])
        lines.append(("        self.%s_accuracy = %s" % (part, metric),) + paths)
    lines += ["", "    def training_step(self, batch, index):",
              '        return self.measured(batch, "", self.train_accuracy)', "",
              "    def validation_step(self, batch, index):",
              '        self.measured(batch, "val_", self.val_accuracy)', "",
              "    def measured(self, batch, prefix, accuracy):", "        x, y = batch"]
    needs_p = of_z and any("p" in names_of(line) for line in loss + update)
    lines += ["        %s = self.layers(x)" % ("z" if of_z else "p")] + \
        (["        p = %s(z)" % layers.activation(spec["layers"][-1], (), True)[0].source()] if needs_p else [])
    lines += _indented(loss + update, 8)
    lines += ['        self.log(prefix + "loss", loss, on_step=False, on_epoch=True)',
              '        self.log(prefix + "accuracy", accuracy, on_step=False, on_epoch=True)',
              "        return loss", "", "    def on_train_epoch_end(self):",
              "        metrics = self.trainer.callback_metrics.items()",
              "        logs = {name: value.item() for name, value in metrics}",
              "        print(self.current_epoch + 1, logs)"]
    if float(training["stop_below"]) > -math.inf:
        lines += ['        if logs["loss"] < %s:' % training["stop_below"],
                  "            self.trainer.should_stop = True"]
    lines += _hooks(spec["optimizer"])
    paths = tuple(path for path in paths_of("optimizer", spec["optimizer"]) if not path.startswith(TRAINERS))
    return lines + ["", "    def configure_optimizers(self):"] + _configured(spec["optimizer"], paths)


def _layers(layers_of_spec, shapes):
    """(lines that make layers of which more is said than their arguments, the arguments of nn.Sequential)."""
    prepared, stacked = [], []
    for place, (layer, shape) in enumerate(zip(layers_of_spec, shapes)):
        *before, call = layers.LAYERS[layer["is"]](layer, shape, True)
        if layer["is"] == "Activation":
            paths = tuple("layers.%d.%s" % (place, field) for field in field_of(layer["function"])[2])
            stacked.append(("    %s," % call.source(),) + paths)
            continue
        paths = tuple("layers.%d.%s" % (place, name) for name in layer if name != "is")
        name, fans = "%s_%d" % (NAMES.get(layer["is"], "layer"), place), part_of(layer).fans(layer, shape[-1])
        said = [layers.initializer(layer[weight], "%s.%s" % (name, tensor), *fans).source()
                for weight, tensor in (("kernel", "weight"), ("bias", "bias")) if layer.get(weight) is not None]
        said += [] if layer.get("trainable", True) else ["%s.requires_grad_(False)" % name]
        if said:
            prepared += [("%s = %s" % (name, call.source()),) + paths] + said
        stacked += ["    %s," % one.source() for one in before]
        stacked.append("    %s," % name if said else ("    %s," % call.source(),) + paths)
    return prepared, stacked


def _optimizer(optimizer):
    name = configuration.class_of(optimizer)
    arguments = ["self.parameters()"] + ["%s=%r" % each for each in configuration.arguments(optimizer).items()]
    return "%s(%s)" % (name if name in OWN else "torch.optim." + name, ", ".join(arguments))


def _configured(optimizer, paths):
    """What makes the optimizer, and a schedule of its rate where there is one."""
    rate = optimizer["learning_rate"]
    if not isinstance(rate, dict):
        return [("        return " + _optimizer(optimizer),) + paths]
    name, arguments = configuration.scheduler(rate)
    head = "" if name == "CosineThatStays" else "torch.optim.lr_scheduler."
    given = ", ".join(["optimizer"] + ["%s=%r" % each for each in arguments.items()])
    if configuration.on_plateau(rate):
        how = '{"scheduler": scheduler, "monitor": "%s"}' % MONITORS[rate["monitor"]]
    else:
        how = "scheduler" if rate["per"] is None else '{"scheduler": scheduler, "interval": "%s"}' % rate["per"]
    return [("        optimizer = " + _optimizer(optimizer),) + paths,
            "        scheduler = %s%s(%s)" % (head, name, given),
            "        return [optimizer], [%s]" % how]


def _hooks(optimizer):
    """What a Trainer is told to do between a gradient and its step."""
    lines, factor, own = [], configuration.shrinks_by(optimizer), configuration.own_clip(optimizer["clip"])
    if configuration.beside(optimizer):
        default = 'torch.optim.AdamW(self.parameters()).defaults["weight_decay"]'
        lines += ["", "    def on_before_optimizer_step(self, optimizer):",
                  "        factor = " + (default if factor is None else repr(factor)),
                  "        with torch.no_grad():",
                  "            for w in (w for w in self.parameters() if w.grad is not None):",
                  '                w.mul_(1 - optimizer.param_groups[0]["lr"] * factor)']
    if own:
        norm, of, offset = own
        whole = "" if of == "variable" else ".norm().expand(len(gradients))"
        lines += ["", "    def configure_gradient_clipping(self, optimizer, **unused):",
                  "        gradients = [w.grad for w in self.parameters() if w.grad is not None]",
                  "        norms = torch.stack([g.norm() for g in gradients])" + whole,
                  "        for g, n in zip(gradients, norms):",
                  ("            g.mul_((%r / (n + %r)).clamp(max=1.0))" % (norm, offset),) + _paths(optimizer, CLIP)]
    return lines


def _paths(optimizer, *parts):
    return tuple(path for path in paths_of("optimizer", optimizer) if path.startswith(parts))


def _fitted(spec):
    how = spec["training"]
    batch = {"all": ["batch_size=len(x_train)"], None: []}.get(how["batch_size"],
                                                               ["batch_size=%s" % how["batch_size"]])
    checked = {"all": ["batch_size=len(x_train)"]}.get(how["batch_size"], batch)
    if how["shuffle"] == "once":
        raise Unsupported("A DataLoader has no argument that says to shuffle once.")
    shuffle = [] if how["shuffle"] is None else ["shuffle=%s" % how["shuffle"]]
    loader = "DataLoader(%s)"
    given = batch + (["sampler=Given(np.load(sys.argv[2]))"] if ordered(spec) else [])
    lines = ["", ""]
    if ordered(spec):
        lines += ["class Given(Sampler):",
                  '    """The order of the samples in every epoch, as a run has drawn it."""', "",
                  "    def __init__(self, order):", "        self.epochs, self.n = iter(order), order.shape[1]", "",
                  "    def __iter__(self):", "        return iter(next(self.epochs).tolist())", "",
                  "    def __len__(self):", "        return self.n", "", ""]
    told_apart, names_of_weights = of_a_run(spec)
    lines += ["model, samples = Model(), TensorDataset(x_train, y_train)", "if len(sys.argv) == 1:",
              ("    train = " + loader % ", ".join(["samples"] + batch + shuffle), "training.batch_size",
               "training.shuffle"),
              told_apart,
              "    train = " + loader % ", ".join(["samples"] + given),
              "    with np.load(sys.argv[1]) as start, torch.no_grad():",
              "        for parameter, name in zip(%s, %s):" % (_weights(spec["layers"]), names_of_weights)] + \
        _copied(spec["layers"]) + [
              "test = " + loader % ", ".join(["TensorDataset(x_test, y_test)"] + checked),
              "trainer = pl.Trainer(max_epochs=%d, logger=False, enable_checkpointing=False," % how["epochs"]]
    norm, group = configuration.trainers_clip(spec["optimizer"]["clip"]), configuration.groups(spec["optimizer"])
    clip = "" if norm is None else ", gradient_clip_val=%r" % norm
    clip += ",\n                     accumulate_grad_batches=%d" % group if group > 1 else ""
    asked = how["early_stopping"]
    if asked != "none":
        own, arguments = configuration.stopping(asked)
        given = ", ".join(['"%s"' % MONITORS[asked["monitor"]]] + ["%s=%r" % each for each in arguments.items()])
        made = "stopping = %s(%s)" % ("FirstIsBest" if own else "pl.callbacks.EarlyStopping", given)
        lines = source_of("FirstIsBest" if own else "", CALLBACKS) + lines[:-1] + [
            (made,) + paths_of("training.early_stopping", asked), lines[-1]]
        clip += ",\n                     callbacks=[stopping]"
    lines += [("                     enable_progress_bar=False, enable_model_summary=False%s)" % clip,) +
              (_paths(spec["optimizer"], *TRAINERS) if clip else ())]
    if how["validate"]:
        return lines + ["trainer.fit(model, train, test)"]
    return lines + ["trainer.fit(model, train)", 'print("test", trainer.validate(model, test, verbose=False)[0])']


def _weights(layers_of_spec):
    """The tensors of a program's `model` in the order of a start."""
    moving = any(part_of(layer).moving and not part_of(layer).is_random for layer in layers_of_spec)
    return "(one for one in model.state_dict().values() if one.ndim)" if moving else "model.parameters()"


def _copied(layers_of_spec):
    """From the shape that all frameworks share to PyTorch's, which has the channels of a kernel first."""
    if not any(len(part_of(layer).sizes(layer, 1).get("kernel", ())) == 4 for layer in layers_of_spec):
        return ["            parameter.copy_(torch.from_numpy(start[name].T))"]
    return ["            weight = start[name]",
            "            weight = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight.T",
            "            parameter.copy_(torch.from_numpy(weight))"]


def _indented(lines, n):
    return [(" " * n + line[0],) + line[1:] if isinstance(line, tuple) else " " * n + line for line in lines]
