"""Trains a spec as a Keras model with `compile` and `fit`: one implementation for every Keras from 2.2 on.

The files are limited to Python 3.6 and NumPy 1.16 and use the names of Keras 3. Names that differ in older versions are
mapped in `api`, `tensorflow_ops` and, for the state of optimizers, `optimizer_state`.

An unset field is an argument left out of a Keras call. Two things differ from the other frameworks: the loss function
itself records the loss, in a variable written inside the graph, so that many steps can run in one call; and a loss that
reads the logits gets them from a layer that stores its input (`custom_layers.Kept`).
"""
import os
import sys

MODULE = "keras"
"""The Keras module of this process: keras, tensorflow.keras or tf_keras."""


def prepare(settings):
    """Sets the module and the environment variables that must be set before Keras is imported.

    `settings` are `frameworks.job.Settings`.
    """
    global MODULE
    MODULE = settings["module"]
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    if settings["backend"] in ("jax", "torch"):
        # keras.utils.set_random_seed imports TensorFlow if it is installed (keras/src/utils/rng_utils.py in 3.15.1),
        # which aborts the interpreter when torch is imported too. None makes the import fail as if it were not
        # installed.
        sys.modules["tensorflow"] = None
    if settings["backend"]:
        os.environ["KERAS_BACKEND"] = settings["backend"]
    if settings["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ["JAX_PLATFORMS"] = "cpu"
