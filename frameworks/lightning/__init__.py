"""A spec as a LightningModule under a real `pl.Trainer`, with the nearest PyTorch class of every name.

It departs from the Keras realization in that logits and outputs are both at hand in every step, that an open field is
an argument left out of a PyTorch, Lightning or torchmetrics call, and that a name Keras has and PyTorch has not is the
class whose documentation is nearest: a convention, and the table of quirks says so.
"""
import os


def prepare(settings):
    """Sets what must be set before torch is imported."""
    if settings["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = ""
