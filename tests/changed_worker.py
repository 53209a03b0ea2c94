"""The unchanged worker, on a Keras or a PyTorch that was changed in memory: only what is not a training step is wrong.

`script` writes the file that is started in the worker's place. How large a change is stands in a file, so that one
worker can be asked about several sizes; an empty file is no change.
"""

import importlib
import importlib.util
from pathlib import Path

WORKER = Path(__file__).parents[1] / "frameworks" / "runtime" / "worker.py"


def torchs_loss(size):
    """The loss of whatever PyTorch keeps no graph of is larger by `size`."""
    import torch
    functional, own = torch.nn.functional, torch.nn.functional.cross_entropy
    functional.cross_entropy = lambda *given, **named: own(*given, **named) * (
        1 if torch.is_grad_enabled() else 1 + size())


def inputs_of_linear(size):
    """The inputs of every Linear are."""
    import torch
    own = torch.nn.Linear.forward
    torch.nn.Linear.forward = lambda layer, x: own(layer, x if torch.is_grad_enabled() else x * (1 + size()))


def torchs_dropout(size):
    """No module leaves the mode of training."""
    import torch
    own = torch.nn.Module.train
    torch.nn.Module.train = lambda module, mode=True: own(module, mode or size() > 0)


def torchs_normalization(size):
    """Where PyTorch keeps no graph, a normalization takes a part of the batch's own statistics."""
    import torch
    functional, own = torch.nn.functional, torch.nn.functional.batch_norm

    def batch_norm(x, mean, variance, weight, bias, training, momentum, epsilon):
        made = own(x, mean, variance, weight, bias, training, momentum, epsilon)
        if torch.is_grad_enabled() or not size() or len(x) == 1:  # one number has no variance
            return made
        return made + size() * (own(x, None, None, weight, bias, True, 0.0, epsilon) - made)
    functional.batch_norm = batch_norm


def lightnings_validation(size):
    """What a Trainer logs in `fit`'s validation is larger; its `validate` is as it was."""
    import pytorch_lightning as pl
    own = pl.Trainer.callback_metrics.fget

    def metrics(trainer):
        found = own(trainer)
        fitting = trainer.state.fn == "fit" and "test/loss" in found
        return {**found, "test/loss": found["test/loss"] * (1 + size())} if fitting else found
    pl.Trainer.callback_metrics = property(metrics)


def kerass_loss(size):
    """The loss of a step of evaluation is larger, also within `fit`."""
    import keras
    own = keras.Model.compute_loss

    def compute_loss(model, *given, training=True, **named):
        return own(model, *given, training=training, **named) * (1 if training else 1 + size())
    keras.Model.compute_loss = compute_loss


def kerass_evaluate(size):
    """The loss that `evaluate` gives is larger, also within `fit`; its steps are as they were."""
    import keras
    own = keras.Model.evaluate

    def evaluate(model, *given, **named):
        found = own(model, *given, **named)
        if isinstance(found, dict):
            return {**found, "loss": found["loss"] * (1 + size())}
        return [found[0] * (1 + size()), *found[1:]]
    keras.Model.evaluate = evaluate


def kerass_dropout(size):
    """A layer is called as in training where it is told that this is none."""
    import keras
    own = keras.layers.Layer.__call__

    def call(layer, *given, **named):
        if named.get("training") is False and size():
            named["training"] = True
        return own(layer, *given, **named)
    keras.layers.Layer.__call__ = call


def kerass_normalization(size):
    """Outside of training, a normalization takes a part of the batch's own statistics."""
    import keras
    own = keras.layers.BatchNormalization.call

    def call(layer, inputs, training=None, mask=None):
        made = own(layer, inputs, training=training, mask=mask)
        if training or not size():
            return made
        mean, variance = keras.ops.moments(inputs, axes=list(range(len(inputs.shape) - 1)))
        of_batch = layer.gamma * (inputs - mean) / keras.ops.sqrt(variance + layer.epsilon) + layer.beta
        return made + size() * (of_batch - made)
    keras.layers.BatchNormalization.call = call


def script(change, folder):
    """(the file of a worker with this change, the file that says how large it is)."""
    path, size = folder / f"{change.__name__}.py", folder / f"{change.__name__}.size"
    size.write_text("", encoding="utf-8")
    path.write_text(f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\nimport changed_worker\n"
                    f"changed_worker.main({change.__name__!r}, {str(size)!r}, *sys.argv[1:])\n", encoding="utf-8")
    return path, size


def main(change, size, *told):
    found = importlib.util.spec_from_file_location("worker", WORKER)
    worker = importlib.util.module_from_spec(found)
    worker.__file__ = str(WORKER)
    found.loader.exec_module(worker)
    own = importlib.import_module

    def imported(name):
        if name == f"frameworks.{told[0]}.model" and told[0] != "reference":
            globals()[change](lambda: float(Path(size).read_text(encoding="utf-8") or 0))
        found = own(name)
        if name == "frameworks.keras.model":  # a graph that was kept would have the change of another size
            own("frameworks.keras.networks").KEPT = 0
        return found
    worker.importlib = type("Imports", (), {"import_module": staticmethod(imported)})
    worker.main(*told)
