"""The real worker with a patch of its framework that no default rule knows of, in every job while it is configured.

PATCH is a file with the name of the patch, so that one worker can run with several; while the file is empty, nothing is
patched. A patch is a function from `frameworks.lightning.model` to (owner, attribute, value) triples.
"""

import contextlib
import importlib
import importlib.util
import os
import sys
from pathlib import Path
from unittest import mock

WORKER = Path(__file__).parents[1] / "frameworks" / "runtime" / "worker.py"


def weighted(model):
    """The first sample of a batch counts twice in the loss."""
    class Weighted(model.LossFunction):
        def forward(self, y, z, p):
            loss = super().forward
            return loss(y, z, p) + loss(y[:1], z[:1], p[:1]) / len(y)
    return [(model, "LossFunction", Weighted)]


def shrunk(model):
    """The input of the last layer is a hundredth smaller than the output of the layer before."""
    original = model.networks.stacked

    def stacked(*args):
        body, *others = original(*args)
        body[-1].register_forward_pre_hook(lambda layer, inputs: (inputs[0] * 0.99,))
        return (body, *others)
    return [(model.networks, "stacked", stacked)]


def clipped(model):
    """No entry of a gradient is larger than a thousandth."""
    original = model.optimizers.optimizer

    def optimizer(spec, parameters):
        for parameter in parameters:
            parameter.register_hook(lambda gradient: gradient.clamp(-1e-3, 1e-3))
        return original(spec, parameters)
    return [(model.optimizers, "optimizer", optimizer)]


def decayed(model):
    """Every update reduces the weights by a thousandth."""
    original = model.optimizers.optimizer

    def optimizer(spec, parameters):
        built = original(spec, parameters)
        built.register_step_post_hook(lambda built, *unused: [parameter.data.mul_(0.999) for parameter in parameters])
        return built
    return [(model.optimizers, "optimizer", optimizer)]


def flattered(model):
    """Every tenth wrong prediction is counted as correct."""
    original = model.accuracies.Adapted.update

    def update(self, z, p, y):
        wrong = (p.argmax(-1) != y.argmax(-1)).nonzero().flatten()[::10]
        p = p.clone()
        p[wrong] = y[wrong]
        original(self, z, p, y)
    return [(model.accuracies.Adapted, "update", update)]


class InFit:
    """A patch of Lightning's `fit` only: `change` gets the module and the optimizer after each step from `first` on."""

    def __init__(self, first, change):
        self.first, self.change = first, change

    def __call__(self, model):
        original, fit = model.pl.LightningModule.optimizer_step, model.pl.Trainer.fit
        counter = {"step": 0}

        def fitted(trainer, *arguments):
            counter["step"] = 0
            return fit(trainer, *arguments)

        def optimizer_step(module, epoch, index, optimizer, closure=None):
            original(module, epoch, index, optimizer, closure)
            if counter["step"] >= self.first:
                self.change(module, optimizer, counter["step"] == self.first)
            counter["step"] += 1
        return [(model.pl.Trainer, "fit", fitted), (model.pl.LightningModule, "optimizer_step", optimizer_step)]


def grown(module, optimizer, first):
    """All weights grow by a half, once."""
    for parameter in module.parameters():
        parameter.data.mul_(1.5 if first else 1)


def slowed(module, optimizer, first):
    """The rate is halved: half of the step is undone."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.data.add_(0.5 * group["lr"] * parameter.grad)


def increased(module, optimizer, first):
    """The gradient is a hundredth larger: the step of the excess is added."""
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.data.sub_(0.01 * group["lr"] * parameter.grad)


PATCHES = {"forward": shrunk, "loss": weighted, "gradient": clipped, "update": decayed, "metric": flattered}
IN_FIT = {"weights": InFit(9, grown), "rate": InFit(26, slowed), "gradients": InFit(22, increased),
          "late weights": InFit(35, grown)}
"""Of 38 steps, 19 per epoch: between two recorded states of the first epoch, and of the last."""


def main():
    spec = importlib.util.spec_from_file_location("worker", WORKER)
    worker = importlib.util.module_from_spec(spec)
    worker.__file__ = str(WORKER)
    spec.loader.exec_module(worker)
    work = worker.work

    def patched(module, *job):
        name = Path(os.environ["PATCH"]).read_text()
        with contextlib.ExitStack() as stack:
            if name and module.__name__ == "frameworks.lightning.model":
                for patch in {**PATCHES, **IN_FIT}[name](module):
                    stack.enter_context(mock.patch.object(*patch))
            work(module, *job)
    worker.work = patched
    worker.main(*sys.argv[1:])


if __name__ == "__main__":
    main()
