"""Json scripts as users of Keras and of Lightning write them, run in a separate process without this project.

`python plain_scripts.py MODULE SAMPLES RESULT CASES`: MODULE is pytorch_lightning, or the module of Keras; a case is a
model and its initialization, as in softmax-native. Python 3.6 and NumPy 1.16, since old versions of Keras run it too.
"""
import importlib
import json
import os
import sys

import numpy as np

# name: (width of the first layer, whether it is trained, last activation, optimizer, samples a step)
MODELS = {"softmax": (8, True, "softmax", "sgd", 32), "sigmoid": (8, True, "sigmoid", "adam", 32),
          "frozen": (16, False, "softmax", "adam", 600)}


def keras_script(keras, model, given, x, y, test):
    """`given` is None, or (weights in the order of the layers, sample indices of every epoch)."""
    width, trained, last, optimizer, size = MODELS[model]
    if given is None:
        keras.utils.set_random_seed(0)
    net = keras.models.Sequential([
        keras.layers.Dense(width, activation="relu", trainable=trained, input_shape=(784,)),
        keras.layers.Dense(10, activation=last, kernel_initializer=keras.initializers.RandomNormal(0.0, 0.1)),
    ])
    net.compile(optimizer=optimizer, loss="categorical_crossentropy", metrics=["accuracy"])
    if given is None:
        return net.fit(x, y, batch_size=size, epochs=2, validation_data=test, verbose=0).history
    net.set_weights(given[0])
    epochs = [net.fit(x[rows], y[rows], batch_size=size, shuffle=False, validation_data=test, verbose=0).history
              for rows in given[1]]
    return {key: [epoch[key][0] for epoch in epochs] for key in epochs[0]}


def lightning_script(pl, model, given, x, y, test):
    """The same with Lightning."""
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
    validation = DataLoader(TensorDataset(torch.tensor(test[0]), torch.tensor(test[1])), batch_size=size)
    pl.Trainer(max_epochs=2, accelerator="cpu", logger=False, enable_checkpointing=False, enable_progress_bar=False,
               enable_model_summary=False).fit(net, loader, validation)
    return {key: [epoch[key] for epoch in net.history] for key in net.history[0]}


def one_thread():
    """Limits TensorFlow to one thread, which must be configured before anything runs."""
    import tensorflow as tf
    if hasattr(tf.config, "threading") and tf.executing_eagerly():
        tf.config.threading.set_intra_op_parallelism_threads(1)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    else:
        options = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
        importlib.import_module("keras").backend.set_session(tf.compat.v1.Session(config=options))


def main(module, source, result, *cases):
    with np.load(source) as file:
        arrays = dict(file)
    script = lightning_script if module == "pytorch_lightning" else keras_script
    package, _, part = module.partition(".")
    package = importlib.import_module(package)
    if script is keras_script and os.environ["KERAS_BACKEND"] == "tensorflow":
        one_thread()
    results = {}
    for case in cases:
        model, init = case.split("-")
        weights = [value for name, value in arrays.items() if name.startswith(model + " weight")]
        given = (weights, arrays[model + " order"]) if init == "shared" else None
        results[case] = script(getattr(package, part) if part else package, model, given, arrays["x"], arrays["y"],
                               (arrays["test_x"], arrays["test_y"]))
    with open(result, "w") as file:
        json.dump({case: {key: [float(value) for value in values] for key, values in history.items()}
                   for case, history in results.items()}, file)


if __name__ == "__main__":
    main(*sys.argv[1:])
