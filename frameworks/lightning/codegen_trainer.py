"""Renders the data loaders and the Trainer of a spec, and how a run's weights are copied into the program's model."""

from __future__ import annotations

import os
from typing import Sequence

from frameworks.codegen.source import Line, of_a_run, ordered, paths_of, source_of
from frameworks.lightning import configuration
from frameworks.parts import part_of
from frameworks.protocol import Json
from frameworks.runtime.errors import Unsupported

CLIP = "optimizer.clip."
TRAINERS = (CLIP, "optimizer.accumulation.")
"""Fields of the optimizer that are arguments of the Trainer."""
BATCHES = "training.batch_size", "training.shuffle"
"""Fields that are arguments of the DataLoader."""
CALLBACKS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "callbacks.py")
MONITORS = {"test/loss": "val_loss", "train/loss": "loss"}


def fitted(spec: Json) -> list[Line]:
    """Return the lines that create the data loaders and the Trainer, and that train the model."""
    training_spec = spec["training"]
    size = training_spec["batch_size"]
    batch = {"all": ["batch_size=len(x_train)"], None: []}.get(size, ["batch_size=%s" % size])
    if training_spec["shuffle"] == "once":
        raise Unsupported("A DataLoader has no argument that says to shuffle once.")
    shuffle = [] if training_spec["shuffle"] is None else ["shuffle=%s" % training_spec["shuffle"]]
    loader = "DataLoader(%s)"
    of_run = batch + (["sampler=Given(np.load(sys.argv[2]))"] if ordered(spec) else [])
    lines: list[Line] = ["", ""]
    if ordered(spec):
        lines += ["class Given(Sampler):",
                  '    """The order of the samples in every epoch, as a run has drawn it."""', "",
                  "    def __init__(self, order):", "        self.epochs, self.n = iter(order), order.shape[1]", "",
                  "    def __iter__(self):", "        return iter(next(self.epochs).tolist())", "",
                  "    def __len__(self):", "        return self.n", "", ""]
    else_line, names_of_weights = of_a_run(spec)
    weights = training_spec["sample_weight"]
    trained, tested = ["x_train", "y_train"], ["x_test", "y_test"]
    if weights != "none":
        lines.append("weights = np.resize(np.float32(%r), (len(x_train), 1))" % [
            float(value) for value in weights["values"]])
        trained, tested = trained + ["torch.from_numpy(weights)"], tested + ["torch.ones(len(x_test), 1)"]
    lines += ["model, samples = Model(), TensorDataset(%s)" % ", ".join(trained), "if len(sys.argv) == 1:",
              ("    train = " + loader % ", ".join(["samples"] + batch + shuffle), *BATCHES), else_line,
              "    train = " + loader % ", ".join(["samples"] + of_run),
              "    with np.load(sys.argv[1]) as start, torch.no_grad():",
              "        for parameter, name in zip(%s, %s):" % (_weights(spec["layers"]), names_of_weights),
              *_copied(spec["layers"]),
              "test = " + loader % ", ".join(["TensorDataset(%s)" % ", ".join(tested)] + batch)]
    settings = training_spec["early_stopping"]
    classes, callbacks, names = _callbacks(settings)
    lines = [*classes, *lines, *callbacks,
             "trainer = pl.Trainer(max_epochs=%d, logger=False, enable_checkpointing=%r," % (
                 training_spec["epochs"], configuration.restores(settings))]
    norm, group = configuration.trainers_clip(spec["optimizer"]["clip"]), configuration.groups(spec["optimizer"])
    options = "" if norm is None else ", gradient_clip_val=%r" % norm
    options += ",\n                     accumulate_grad_batches=%d" % group if group > 1 else ""
    options += ",\n                     callbacks=[%s]" % ", ".join(names) if names else ""
    lines += [("                     enable_progress_bar=False, enable_model_summary=False%s)" % options,) +
              (paths_of_trainer(spec["optimizer"], *TRAINERS) if options else ())]
    lines.append("trainer.fit(model, train, test)" if training_spec["validate"] else "trainer.fit(model, train)")
    evaluated = 'print("test", trainer.validate(model, test, verbose=False)[0])'
    return [*lines, *_restored(settings), *([] if training_spec["validate"] else [evaluated])]


def _callbacks(settings: Json | str) -> tuple[list[str], list[Line], list[str]]:
    """Return (the class of ours that early stopping needs, the lines that create the callbacks, their names)."""
    if isinstance(settings, str):
        return [], [], []
    nan_is_best, arguments = configuration.stopping(settings)
    monitor = '"%s"' % MONITORS[settings["monitor"]]
    passed = ", ".join([monitor] + ["%s=%r" % item for item in arguments.items()])
    statement = "stopping = %s(%s)" % ("FirstIsBest" if nan_is_best else "pl.callbacks.EarlyStopping", passed)
    classes = source_of("FirstIsBest" if nan_is_best else "", CALLBACKS)
    lines: list[Line] = [(statement,) + paths_of("training.early_stopping", settings)]
    if not configuration.restores(settings):
        return classes, lines, ["stopping"]
    lines.append("checkpoint = pl.callbacks.ModelCheckpoint(tempfile.mkdtemp(), monitor=%s)" % monitor)
    return classes, lines, ["stopping", "checkpoint"]


def _restored(settings: Json | str) -> list[Line]:
    """Return the lines that load the weights of the best epoch, if early stopping is to restore them."""
    if isinstance(settings, str) or not configuration.restores(settings):
        return []
    lines = ["saved = torch.load(checkpoint.best_model_path, weights_only=True)",
             'model.load_state_dict(saved["state_dict"])']
    if settings["restored"] != "when_stopped":
        return [*lines]
    return ["if stopping.stopped_epoch:", *("    " + line for line in lines)]


def _weights(layers_of_spec: Sequence[Json]) -> str:
    """Return the expression of the tensors of a program's `model`, in the order of the weights of a run."""
    moving = any(part_of(layer).moving and not part_of(layer).is_random for layer in layers_of_spec)
    return "(value for value in model.state_dict().values() if value.ndim)" if moving else "model.parameters()"


def _copied(layers_of_spec: Sequence[Json]) -> list[str]:
    """Return the lines that copy a weight of a run into a parameter.

    The kernels of a run have the shape of `frameworks.parts`, with the channels last; those of PyTorch have them first.
    """
    if not any(len(part_of(layer).sizes(layer, 1).get("kernel", ())) == 4 for layer in layers_of_spec):
        return ["            parameter.copy_(torch.from_numpy(start[name].T))"]
    return ["            weight = start[name]",
            "            weight = weight.transpose(3, 2, 0, 1) if weight.ndim == 4 else weight.T",
            "            parameter.copy_(torch.from_numpy(weight))"]


def paths_of_trainer(optimizer: Json, *parts: str) -> tuple[str, ...]:
    """Return the paths of the fields of an optimizer that begin with one of the parts."""
    return tuple(path for path in paths_of("optimizer", optimizer) if path.startswith(parts))
