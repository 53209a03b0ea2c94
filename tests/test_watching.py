"""Watching changes nothing: a script as a user would write it and the recorded trial report the same numbers.

The scripts run as `python test_watching.py FRAMEWORK SAMPLES RESULT`, in a process of their own.
"""

import json
import os
import subprocess
import sys
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from compare import start
from frameworks import samples
from scenarios.fields import to_json
from scenarios.spec import SGD, Activation, Adam, CategoricalCrossentropy, Data, Dense, Normal, Spec, Training

# name: (width of the first layer, whether it is trained, last activation, optimizer, samples a step)
MODELS = {"softmax": (8, True, "softmax", "sgd", 32), "sigmoid": (8, True, "sigmoid", "adam", 32),
          "frozen": (16, False, "softmax", "adam", 600)}
WAYS = ("own", "shared")  # a shared start: (weights in the order of the layers, rows of every epoch)


def keras_script(model, given, x, y, test):
    """What a user of Keras writes."""
    import keras
    width, trained, last, optimizer, size = MODELS[model]
    keras.utils.set_random_seed(0)
    net = keras.Sequential([
        keras.Input((784,)),
        keras.layers.Dense(width, activation="relu", trainable=trained),
        keras.layers.Dense(10, last, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.1)),
    ])
    net.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    if given is None:
        return net.fit(x, y, batch_size=size, epochs=2, validation_data=test, verbose=0).history
    net.set_weights(given[0])
    epochs = [net.fit(x[rows], y[rows], batch_size=size, shuffle=False, validation_data=test, verbose=0).history
              for rows in given[1]]
    return {key: [epoch[key][0] for epoch in epochs] for key in epochs[0]}


def lightning_script(model, given, x, y, test):
    """What a user of Lightning writes."""
    import pytorch_lightning as pl
    import torch
    from torch import nn
    from torch.utils.data import DataLoader, TensorDataset
    from torchmetrics import Accuracy
    width, trained, last, optimizer, size = MODELS[model]

    class Net(pl.LightningModule):
        def __init__(self):
            super().__init__()
            activation = {"softmax": nn.Softmax(-1), "sigmoid": nn.Sigmoid()}[last]
            self.layers = nn.Sequential(nn.Linear(784, width), nn.ReLU(), nn.Linear(width, 10), activation)
            nn.init.normal_(self.layers[2].weight, 0.0, 0.1)
            self.layers[0].requires_grad_(trained)
            self.train_accuracy = Accuracy(task="multiclass", num_classes=10)
            self.test_accuracy = Accuracy(task="multiclass", num_classes=10)
            self.history = []

        def training_step(self, batch, index):
            return self.measured(batch, "", self.train_accuracy)

        def validation_step(self, batch, index):
            self.measured(batch, "val_", self.test_accuracy)

        def measured(self, batch, part, accuracy):
            x, y = batch
            outputs = self.layers(x)
            loss = nn.functional.cross_entropy(outputs, y)
            accuracy(outputs, y.argmax(-1))
            self.log(part + "loss", loss, on_step=False, on_epoch=True)
            self.log(part + "accuracy", accuracy, on_step=False, on_epoch=True)
            return loss

        def configure_optimizers(self):
            return {"sgd": torch.optim.SGD, "adam": torch.optim.Adam}[optimizer](self.parameters())

        def on_train_epoch_end(self):
            self.history.append({key: value.item() for key, value in self.trainer.callback_metrics.items()})

    pl.seed_everything(0)
    net, dataset = Net(), TensorDataset(torch.tensor(x), torch.tensor(y))
    loader = DataLoader(dataset, batch_size=size, shuffle=True)
    if given is not None:
        for parameter, weight in zip(net.parameters(), given[0]):
            parameter.data = torch.tensor(weight.T).contiguous()
        epochs = iter(given[1])
        order = type("Order", (), {"__iter__": lambda self: iter(next(epochs)), "__len__": lambda self: len(x)})()
        loader = DataLoader(dataset, batch_size=size, sampler=order)
    check = DataLoader(TensorDataset(torch.tensor(test[0]), torch.tensor(test[1])), batch_size=size)
    pl.Trainer(max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
               enable_model_summary=False).fit(net, loader, check)
    return {key: [epoch[key] for epoch in net.history] for key in net.history[0]}


def spec(model, framework):
    """What the scripts train; a DataLoader must be told to shuffle."""
    width, trained, last, optimizer, size = MODELS[model]
    layers = (Dense(width, trainable=trained), Activation("relu"), Dense(10, Normal(0.0, 0.1)), Activation(last))
    return Spec(Data(divisor=255.0, flatten=True), layers, CategoricalCrossentropy(),
                {"sgd": SGD(), "adam": Adam()}[optimizer],
                Training(2, size if size < 600 else "all", shuffle=True if framework == "lightning" else None))


@pytest.fixture(scope="module")
def scripts(worker, dataset, folder):
    """A function: what the scripts of a framework report, by (model, way)."""
    reported = {}

    def run(framework):
        if framework not in reported:
            assert worker(framework)  # or skip
            parts = [samples.load(str(dataset.folder), part, to_json(spec("softmax", framework))["data"])
                     for part in ("train", "test")]
            arrays = dict(zip(("x", "y", "test_x", "test_y"), (array for part in parts for array in part)))
            for model in MODELS:
                one = spec(model, framework)
                order = start.order(one, 600, 0, folder)
                arrays[model + " order"] = np.load(order) if order else np.tile(np.arange(600), (2, 1))
                with np.load(start.weights(one, 0, folder)) as weights:
                    arrays.update({f"{model} weight {i}": weights[name] for i, name in enumerate(weights.files)})
            np.savez(folder / "script.npz", **arrays)
            result = folder / f"{framework}.json"
            environment = dict(os.environ, PYTHONPATH=str(Path(__file__).parents[1]), KERAS_BACKEND="tensorflow",
                               CUDA_VISIBLE_DEVICES="", OMP_NUM_THREADS="1", MKL_NUM_THREADS="1")
            subprocess.run([sys.executable, __file__, framework, str(folder / "script.npz"), str(result)],
                           check=True, env=environment, capture_output=True)
            reported[framework] = json.loads(result.read_text())
        return reported[framework]
    return run


@pytest.mark.parametrize("framework", ["keras", "lightning"])
@pytest.mark.parametrize("model, way", list(product(MODELS, WAYS)))
def test_a_trial_reports_what_a_plain_script_reports(scripts, train, framework, model, way):
    plain, trace = scripts(framework)[f"{model} {way}"], train(framework, spec(model, framework), start=way)
    assert len(plain) == len(trace.below("reported")) == 4
    for name, values in trace.below("reported").items():
        assert list(values) == plain[name.replace("train/", "").replace("test/", "val_")], name


def main(framework, source, result):
    with np.load(source) as file:
        arrays = dict(file)
    if framework == "keras":
        import tensorflow
        tensorflow.config.threading.set_intra_op_parallelism_threads(1)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    script, found = {"keras": keras_script, "lightning": lightning_script}[framework], {}
    for model, way in product(MODELS, WAYS):
        weights = [value for name, value in arrays.items() if name.startswith(model + " weight")]
        found[f"{model} {way}"] = script(model, (weights, arrays[model + " order"]) if way == "shared" else None,
                                         arrays["x"], arrays["y"], (arrays["test_x"], arrays["test_y"]))
    Path(result).write_text(json.dumps(found))


if __name__ == "__main__":
    main(*sys.argv[1:])
