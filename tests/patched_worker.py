"""A worker whose framework does something that no table knows: the real worker, with one patch named by PATCH."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path

WORKER = Path(__file__).parents[1] / "frameworks" / "runtime" / "worker.py"


def weighted(model):
    """The first sample of a batch counts twice in the loss."""
    own = model.losses.loss_function

    def loss_function(*told):
        loss = own(*told)
        return lambda y, z, p: loss(y, z, p) + loss(y[:1], z[:1], p[:1]) / len(y)
    model.losses.loss_function = loss_function


def shrunk(model):
    """The input of the last layer is a hundredth smaller than the layer before made it."""
    own = model.layers.network

    def network(*told):
        body, last, dense = own(*told)
        body[-1].register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 0.99,))
        return body, last, dense
    model.layers.network = network


def clipped(model):
    """No entry of a gradient is larger than a thousandth."""
    own = model.optimizers.optimizer

    def optimizer(spec, parameters):
        for parameter in parameters:
            parameter.register_hook(lambda gradient: gradient.clamp(-1e-3, 1e-3))
        return own(spec, parameters)
    model.optimizers.optimizer = optimizer


def decayed(model):
    """Every update takes a thousandth off the weights."""
    own = model.optimizers.optimizer

    def optimizer(spec, parameters):
        made = own(spec, parameters)
        made.register_step_post_hook(lambda made, *unused: [parameter.data.mul_(0.999) for parameter in parameters])
        return made
    model.optimizers.optimizer = optimizer


def flattered(model):
    """Every tenth wrong prediction is counted as right."""
    own = model.losses.Adapted.update

    def update(self, z, p, y):
        wrong = (p.argmax(-1) != y.argmax(-1)).nonzero().flatten()[::10]
        p = p.clone()
        p[wrong] = y[wrong]
        own(self, z, p, y)
    model.losses.Adapted.update = update


class InFit:
    """Lightning's own training alone: `change` gets the module and the optimizer, before each step from one on."""

    def __init__(self, first, change):
        self.first, self.change = first, change

    def __call__(self, model):
        own, fit = model.pl.LightningModule.optimizer_step, model.pl.Trainer.fit
        done = {"step": 0}

        def fitted(trainer, *told):
            done["step"] = 0
            return fit(trainer, *told)

        def optimizer_step(module, epoch, index, optimizer, closure=None):
            own(module, epoch, index, optimizer, closure)
            if done["step"] >= self.first:
                self.change(module, optimizer, done["step"] == self.first)
            done["step"] += 1
        model.pl.Trainer.fit, model.pl.LightningModule.optimizer_step = fitted, optimizer_step


def grown(module, optimizer, first):
    """All weights are larger by a half, once."""
    for parameter in module.parameters():
        parameter.data.mul_(1.5 if first else 1)


def slowed(module, optimizer, first):
    """The rate is halved: half of what a plain step made is taken back."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.data.add_(0.5 * group["lr"] * parameter.grad)


def increased(module, optimizer, first):
    """A gradient is a hundredth larger: what a plain step makes of the excess is added."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.data.sub_(0.01 * group["lr"] * parameter.grad)


PATCHES = {"forward": shrunk, "loss": weighted, "gradient": clipped, "update": decayed, "metric": flattered}
IN_FIT = {"weights": InFit(9, grown), "rate": InFit(26, slowed), "gradients": InFit(22, increased),
          "late weights": InFit(35, grown)}
"""Of 38 steps, 19 an epoch: between two states of the first epoch, and of the last."""


def main():
    found = importlib.util.spec_from_file_location("worker", WORKER)
    worker = importlib.util.module_from_spec(found)
    worker.__file__ = str(WORKER)
    found.loader.exec_module(worker)
    own, patch = importlib.import_module, {**PATCHES, **IN_FIT}[os.environ["PATCH"]]

    def imported(name):
        module = own(name)
        if name == "frameworks.lightning.model":
            patch(module)
        return module
    worker.importlib = type("Imports", (), {"import_module": staticmethod(imported)})
    worker.main(*sys.argv[1:])


if __name__ == "__main__":
    main()
