"""A worker whose framework does something that no table knows: the real worker, with one patch named by PATCH."""

import importlib
import importlib.util
import os
import sys
from pathlib import Path

WORKER = Path(__file__).parents[1] / "frameworks" / "worker.py"


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


PATCHES = {"forward": shrunk, "loss": weighted, "gradient": clipped, "update": decayed, "metric": flattered}


def main():
    found = importlib.util.spec_from_file_location("worker", WORKER)
    worker = importlib.util.module_from_spec(found)
    worker.__file__ = str(WORKER)
    found.loader.exec_module(worker)
    own, patch = importlib.import_module, PATCHES[os.environ["PATCH"]]

    def imported(name):
        module = own(name)
        if name == "frameworks.lightning.model":
            patch(module)
        return module
    worker.importlib = type("Imports", (), {"import_module": staticmethod(imported)})
    worker.main(*sys.argv[1:])


if __name__ == "__main__":
    main()
