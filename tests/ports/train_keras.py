"""python train_keras.py OUT PORT ...: trains the Keras program of each port in float64 and writes what it computed.

One process for all ports. Eagerly, so that the dropout masks are those of the PyTorch side, call by call."""
import json
import sys
import traceback
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

import drawn
import keras
import numpy as np
import tensorflow as tf
from keras.src import backend
from port import BUILDS, Masks, Port, ports
from tensorflow.python.ops import math_ops


def as_list(values: Any) -> list[Any]:
    if isinstance(values, dict):
        return [values[name] for name in sorted(values)]
    return list(values) if isinstance(values, (list, tuple)) else [values]


def share_masks(masks: Masks) -> None:
    def dropout(inputs: Any, rate: float, noise_shape: Any = None, seed: Any = None) -> Any:
        return inputs * masks.keep(tuple(noise_shape or inputs.shape), rate)

    original = backend.random.normal

    def normal(shape: Any, mean: float = 0.0, stddev: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        if not all(isinstance(size, int) for size in shape):  # while a functional model is made
            return original(shape, mean, stddev, dtype, seed)
        return tf.constant(mean + stddev * masks.normal(tuple(shape)), dtype or "float64")

    def uniform(shape: Any, minval: float = 0.0, maxval: float = 1.0, dtype: Any = None, seed: Any = None) -> Any:
        return tf.constant(minval + (maxval - minval) * masks.uniform(tuple(map(int, shape))), dtype or "float64")
    backend.random.dropout, backend.random.normal, backend.random.uniform = dropout, normal, uniform


def keep_python_numbers_exact() -> None:
    """`ops.cast(0.9, "float64")` rounds to float32 first: momentum and betas are off by 3e-8 in a float64 model.

    A schedule rounds its first rate in the same way, weight_decay and Rescaling their factors, tf.nn.gelu a root."""
    for module, name in ((backend.core, "cast"), (backend.core, "convert_to_tensor"), (backend.tensorflow, "cast"),
                         (math_ops, "cast"), (tf, "cast")):
        setattr(module, name, partial(exactly, getattr(module, name)))
    pool = backend.nn.max_pool
    backend.nn.max_pool = lambda x, *args: pool_in_planes(x, *args) if len(x.shape) == 5 else pool(x, *args)
    best = backend.math.in_top_k  # which TensorFlow has for float32 only
    backend.math.in_top_k = lambda targets, values, k: best(targets, tf.cast(values, "float32"), k)


def pool_in_planes(x: Any, pool_size: Any, strides: Any, padding: str, data_format: Any = None) -> Any:
    """MaxPooling3D, which TensorFlow has for float32 only, as the maximum over height and width and then over depth."""
    size, steps = np.broadcast_to(pool_size, 3), np.broadcast_to(strides or pool_size, 3)
    _, d, h, w, c = x.shape
    planes = tf.nn.max_pool2d(tf.reshape(x, (-1, h, w, c)), size[1:], steps[1:], padding.upper())
    _, h, w, _ = planes.shape
    lines = tf.nn.max_pool2d(tf.reshape(planes, (-1, d, h * w, c)), (size[0], 1), (steps[0], 1), padding.upper())
    return tf.reshape(lines, (-1, lines.shape[1], h, w, c))


def exactly(original: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    return original(np.float64(x) if isinstance(x, float) else x, *args, **kwargs)


def watch_gradients(model: Any) -> list[list[np.ndarray]]:
    """The gradients of every step, one an entry of `model.weights`; zeros where there is none."""
    steps: list[list[np.ndarray]] = []
    apply = model.optimizer.apply_gradients

    def watched(pairs: Any) -> Any:
        pairs = list(pairs)
        got = {v.path: tf.convert_to_tensor(g).numpy() for g, v in pairs}
        steps.append([got.get(w.path, np.zeros(w.shape)) for w in model.weights])
        return apply(pairs)
    model.optimizer.apply_gradients = watched
    return steps


def owners(model: Any) -> list[str]:
    """For every entry of `model.weights`: the class and the name of the layer that owns it, and its own name."""
    by_id = {id(v): f"{type(layer).__name__} {layer.path} {v.name}" for layer in model._flatten_layers()
             for v in layer._trainable_variables + layer._non_trainable_variables}
    return [by_id[id(w)] for w in model.weights]


def train(port: Port, fixed: int, masks: Masks) -> dict[str, Any]:
    keras.utils.clear_session()
    keras.utils.set_random_seed(0)
    model = port.program("keras_program.py", fixed).build()
    model.run_eagerly = True
    data_program = port.optional("data.py")
    x, y = data_program.data() if data_program else drawn.data(model)
    model(port.batches(x)[0][0])  # builds a subclassed model
    kinds, start = owners(model), model.get_weights()
    first_x = port.batches(x)[0][0]
    masks.calls = 0
    training = as_list(model(first_x, training=True))
    model.set_weights(start)
    result = {"kinds": np.array(kinds), "layers": [layer.name for layer in model._flatten_layers()],
              **named("x", x), **named("y", y), **named("training", training),
              **named("first", predicted(model, x, masks))}
    masks.calls = 0
    gradients, losses, weights = watch_gradients(model), [], [start]
    for _ in range(port.epochs):
        for xs, ys in port.batches(x, y):
            model.reset_metrics()
            losses.append(float(np.ravel(model.train_on_batch(xs, ys))[0]))
            weights.append(model.get_weights())
    metrics = model.evaluate(x, y, verbose=0, batch_size=16, return_dict=True)
    result |= {"losses": losses, **named("last", predicted(model, x, masks)),
               "metrics": json.dumps({k: float(v) for k, v in metrics.items()})}
    for step, values in enumerate(weights):
        result |= {f"weights{step:03}_{i:03}": v for i, v in enumerate(values)}
    for step, values in enumerate(gradients):
        result |= {f"gradients{step:03}_{i:03}": v for i, v in enumerate(values)}
    return result


def predicted(model: Any, x: Any, masks: Masks) -> Any:
    """The outputs in evaluation mode, in one batch."""
    masks.calls = 0
    return model.predict(x, verbose=0, batch_size=1024)


def initial_std(port: Port) -> list[float]:
    """The standard deviation over many builds of every weight that `initialization` names."""
    values: dict[str, list[np.ndarray]] = {}
    for seed in range(BUILDS if "initialization" in port.expected else 0):
        keras.utils.set_random_seed(seed)
        model = port.program("keras_program.py", 0).build()
        for item in port.expected["initialization"]:
            layer, name = item["keras"].split(" ")
            values.setdefault(item["keras"], []).append(np.asarray(attrgetter(name)(model.get_layer(layer))))
    return [float(np.std(v)) for v in values.values()]


def named(name: str, values: Any) -> dict[str, np.ndarray]:
    return {f"{name}_{i}": np.asarray(v) for i, v in enumerate(as_list(values))}


def main(out: Path, names: list[str]) -> None:
    keras.config.set_floatx("float64")
    masks = Masks()
    share_masks(masks)
    keep_python_numbers_exact()
    for port in ports(names):
        for fixed in (0, port.faults)[:1 + port.fixes_keras]:
            file = out / f"{port.name}-keras-{'fixed' if fixed else 'ported'}"
            try:
                np.savez(f"{file}.npz", std=initial_std(port), **train(port, fixed, masks))
            except Exception:
                file.with_suffix(".error").write_text(traceback.format_exc())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2:])
