"""The real worker, with a Keras or a PyTorch that is changed in memory: training steps are correct, evaluation is not.

`script` writes the file that is started instead of the worker. The size of a change is read from a file, so that one
worker can run with several sizes; an empty file means no change.
"""

import importlib
import importlib.util
from pathlib import Path

WORKER = Path(__file__).parents[1] / "frameworks" / "runtime" / "worker.py"


def torchs_loss(size):
    """The loss is larger by `size` wherever PyTorch records no graph."""
    import torch
    functional, original = torch.nn.functional, torch.nn.functional.cross_entropy
    functional.cross_entropy = lambda *args, **kwargs: original(*args, **kwargs) * (
        1 if torch.is_grad_enabled() else 1 + size())


def inputs_of_linear(size):
    """The inputs of every Linear are larger by `size` wherever PyTorch records no graph."""
    import torch
    original = torch.nn.Linear.forward
    torch.nn.Linear.forward = lambda layer, x: original(layer, x if torch.is_grad_enabled() else x * (1 + size()))


def torchs_dropout(size):
    """No module leaves training mode."""
    import torch
    original = torch.nn.Module.train
    torch.nn.Module.train = lambda module, mode=True: original(module, mode or size() > 0)


def torchs_normalization(size):
    """Where PyTorch records no graph, normalization uses a share `size` of the statistics of the batch."""
    import torch
    functional, original = torch.nn.functional, torch.nn.functional.batch_norm

    def batch_norm(x, mean, variance, weight, bias, training, momentum, epsilon):
        result = original(x, mean, variance, weight, bias, training, momentum, epsilon)
        if torch.is_grad_enabled() or not size() or len(x) == 1:  # one sample has no variance
            return result
        return result + size() * (original(x, None, None, weight, bias, True, 0.0, epsilon) - result)
    functional.batch_norm = batch_norm


def lightnings_validation(size):
    """The test loss that a Trainer logs in `fit` is larger; that of `validate` is unchanged."""
    import pytorch_lightning as pl
    original = pl.Trainer.callback_metrics.fget

    def metrics(trainer):
        logged = original(trainer)
        fitting = trainer.state.fn == "fit" and "test/loss" in logged
        return {**logged, "test/loss": logged["test/loss"] * (1 + size())} if fitting else logged
    pl.Trainer.callback_metrics = property(metrics)


def kerass_loss(size):
    """The loss of an evaluation step is larger, also within `fit`."""
    import keras
    original = keras.Model.compute_loss

    def compute_loss(model, *args, training=True, **kwargs):
        return original(model, *args, training=training, **kwargs) * (1 if training else 1 + size())
    keras.Model.compute_loss = compute_loss


def kerass_evaluate(size):
    """The loss that `evaluate` returns is larger, also within `fit`; its steps are unchanged."""
    import keras
    original = keras.Model.evaluate

    def evaluate(model, *args, **kwargs):
        result = original(model, *args, **kwargs)
        if isinstance(result, dict):
            return {**result, "loss": result["loss"] * (1 + size())}
        return [result[0] * (1 + size()), *result[1:]]
    keras.Model.evaluate = evaluate


def kerass_dropout(size):
    """Layers are called in training mode where `training` is False."""
    import keras
    original = keras.layers.Layer.__call__

    def call(layer, *args, **kwargs):
        if kwargs.get("training") is False and size():
            kwargs["training"] = True
        return original(layer, *args, **kwargs)
    keras.layers.Layer.__call__ = call


def kerass_normalization(size):
    """Outside of training, normalization uses a share `size` of the statistics of the batch."""
    import keras
    original = keras.layers.BatchNormalization.call

    def call(layer, inputs, training=None, mask=None):
        outputs = original(layer, inputs, training=training, mask=mask)
        if training or not size():
            return outputs
        mean, variance = keras.ops.moments(inputs, axes=list(range(len(inputs.shape) - 1)))
        of_batch = layer.gamma * (inputs - mean) / keras.ops.sqrt(variance + layer.epsilon) + layer.beta
        return outputs + size() * (of_batch - outputs)
    keras.layers.BatchNormalization.call = call


def script(change, folder):
    """(the file of a worker with this change, the file with the size of the change)."""
    path, size = folder / f"{change.__name__}.py", folder / f"{change.__name__}.size"
    size.write_text("", encoding="utf-8")
    path.write_text(f"import sys\nsys.path.append({str(Path(__file__).parent)!r})\nimport changed_worker\n"
                    f"changed_worker.main({change.__name__!r}, {str(size)!r}, *sys.argv[1:])\n", encoding="utf-8")
    return path, size


def main(change, size, *arguments):
    spec = importlib.util.spec_from_file_location("worker", WORKER)
    worker = importlib.util.module_from_spec(spec)
    worker.__file__ = str(WORKER)
    spec.loader.exec_module(worker)
    import_module = importlib.import_module

    def imported(name):
        if name == f"frameworks.{arguments[0]}.model" and arguments[0] != "reference":
            globals()[change](lambda: float(Path(size).read_text(encoding="utf-8") or 0))
        module = import_module(name)
        if name == "frameworks.keras.model":  # a cached graph would have the change of another size
            import_module("frameworks.keras.networks").KEPT = 0
        return module
    worker.importlib = type("Imports", (), {"import_module": staticmethod(imported)})
    worker.main(*arguments)
