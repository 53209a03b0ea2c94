"""A spec as a Keras model, through `compile` and `fit`; one realization for every Keras from 2.2 on.

The files are Python 3.6 and NumPy 1.16, and written in Keras 3's words; what older Kerases name otherwise is in `api`,
`tensorflow_ops`, and, for the state of their optimizers, `optimizer_state`.

It departs from the other realizations in that an open field is an argument left out of a Keras call, that the loss is
recorded by the loss function itself (a variable written inside the graph, so that many steps run in one call), and that
a closed loss reads the logits from a layer that lets them pass (`layers.Logits`).
"""
import os
import sys

MODULE = "keras"
"""Which Keras this process runs: keras, tensorflow.keras or tf_keras."""


def prepare(settings):
    """Sets what must be set before Keras is imported."""
    global MODULE
    MODULE = settings["module"]
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"
    if settings["backend"] in ("jax", "torch"):
        # keras.utils.set_random_seed imports TensorFlow where it is installed (keras/src/utils/rng_utils.py), which
        # aborts the interpreter beside torch; None says that it is not installed.
        sys.modules["tensorflow"] = None
    if settings["backend"]:
        os.environ["KERAS_BACKEND"] = settings["backend"]
    if settings["device"] == "cpu":
        os.environ["CUDA_VISIBLE_DEVICES"] = "-1"
        os.environ["JAX_PLATFORMS"] = "cpu"
