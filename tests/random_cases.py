"""Random states of trainings of random small specs, also with saturated outputs, and a batch for the next step.

`python random_cases.py FOLDER` runs null cases of them in a process of its own, with the kernels of BLAS that its
variables choose.
"""

import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
from faulty import GLOROT, RANDOM, ZEROS, first_differing_stage, realization
from null_cases import MIXED

from compare.analysis.float32 import UNIT
from compare.analysis.noise import noise
from compare.analysis.stage_comparison import compare_stages
from frameworks.reference import model as reference
from frameworks.runtime import samples
from frameworks.runtime.probing import probed
from frameworks.runtime.samples import mark
from frameworks.runtime.trace import Trace
from scenarios import spec as vocabulary
from scenarios.spec import SGD, Accuracy, Activation, Data, Dense, Spec, Training
from scenarios.spec.fields import changed, to_json

PLACES = {"labels": ("data", "labels"), "logits": ("forward", "values"), "outputs": ("forward", "values"),
          "loss": ("loss", "loss"), "gradient": ("gradient", "gradients"), "weight": ("update", "update"),
          "optimizer_state": ("update", "update"), "accuracy": ("metric", "accuracy")}
"""By the first part of an array's name: the stage that differs with a fault of it, and the place of the fault."""


@dataclass
class Case:
    """A random state of the training of a random small spec, and a batch."""

    spec: Spec
    weights: dict
    optimizer_state: dict
    x: np.ndarray
    y: np.ndarray
    labels: list
    """Of this step and of several more."""
    last: dict
    """The arrays of the previous step."""
    noises: dict

    def trace(self, faults=(), dtype="float32"):
        """The next step as the faulty framework computes it."""
        job = {"settings": {"dtype": dtype}, "seed": 0, "init": "shared"}
        model = realization(*faults).Model(to_json(self.spec), (0, len(self.spec.layers)), self.x.shape[1:], job)
        model.set_weights(self.weights)
        arrays = {f"probe/0/{name}": value for name,
                  value in probed(model, (self.x, self.y), self.optimizer_state).items()}
        checksums = np.array([mark(labels) for labels in model.at("labels", self.labels)])
        facts = {"outcome": {"kind": "finished"}, "init": "shared", "steps_per_epoch": 1, "spec": to_json(self.spec),
                 "hashes": {"data": "", "order": "", "initialization": ""}}
        return Trace(facts, {**arrays, "batch_checksum/labels": checksums})

    def names(self, stage):
        """The arrays that a fault at this stage can change."""
        return [name for name in self.noises if name != "optimizer_state/step" and
                PLACES.get(name.partition("/")[0], ("",))[0] == stage]

    def apart(self, stage, left, right):
        """The difference of two steps in what this stage compares, as a multiple of the noise."""
        return max(float(np.abs(left[f"probe/0/{name}"] - right[f"probe/0/{name}"]).max() / self.noises[name])
                   for name in self.names(stage)) if stage != "data" else 0.0


def any_of(draw, *choices):
    return choices[draw.integers(len(choices))]


def random_spec(draw):
    """A resolved spec with up to two hidden layers, a loss and an optimizer; a third of them have raw pixels."""
    binary, image = draw.random() < 0.3, draw.random() < 0.1
    classes = (0, 1) if binary else tuple(int(i) for i in draw.permutation(10)[:draw.integers(3, 11)])
    width = int(draw.integers(4, 17))
    hidden = [layer for _ in range(draw.integers(3)) for layer in (
        Dense(width, GLOROT, any_of(draw, ZEROS, RANDOM)),
        *any_of(draw, (), (), (vocabulary.LayerNormalization(any_of(draw, 1e-3, 1e-5)),),
                (vocabulary.Dropout(0.3, False),),
                (vocabulary.BatchNormalization(1e-3, any_of(draw, 0.9, 0.99), any_of(draw, "biased", "unbiased")),)),
        Activation(any_of(draw, "relu", "tanh", "sigmoid", "elu", vocabulary.LeakyReLU(0.3),
                          vocabulary.GELU(any_of(draw, True, False)), vocabulary.HardSigmoid(0.2))))]
    return Spec(Data(classes, divisor=any_of(draw, 1.0, 255.0, 255.0), flatten=not image, channel=image,
                     labels="index" if binary else "one_hot"),
                (*(random_image(draw) if image else ()), *hidden,
                 Dense(1 if binary else len(classes), GLOROT, RANDOM),
                 Activation("sigmoid" if binary else "softmax")), random_loss(draw, binary), random_optimizer(draw),
                Training(1, int(draw.integers(8, 49))), Accuracy("threshold" if binary else "argmax_outputs", 0.5))


def random_image(draw):
    """A convolution, a pooling layer and a Flatten."""
    pool = any_of(draw, vocabulary.MaxPooling2D(), vocabulary.AveragePooling2D(2, "valid", False),
                  vocabulary.AveragePooling2D(3, "same", any_of(draw, True, False)))
    return (vocabulary.Conv2D(int(draw.integers(1, 5)), 3, int(draw.integers(2, 4)), any_of(draw, "valid", "same"),
                              any_of(draw, "as_needed", "symmetric"), GLOROT, any_of(draw, ZEROS, RANDOM)), pool,
            vocabulary.Flatten(any_of(draw, "channels_last", "channels_first")))


def random_loss(draw, binary):
    categorical = [vocabulary.CategoricalCrossentropy("softmax_of_logits", False, 0.0, True, any_of(draw, 0.0, 0.1)),
                   vocabulary.CategoricalCrossentropy("outputs", True, 1e-7, False),
                   vocabulary.KLDivergence("outputs", 1e-7, "samples"), vocabulary.CategoricalHinge(False)]
    binary_losses = [vocabulary.BinaryCrossentropy("sigmoid_of_logits", "undefined", 0.0, -np.inf, True, 0.0),
                     vocabulary.BinaryCrossentropy("outputs", "clip", 1e-7, -np.inf, False, 0.0)]
    return any_of(draw, vocabulary.MeanSquaredError(), vocabulary.QuadraticCost(),
                  vocabulary.Huber(0.5, any_of(draw, True, False)), vocabulary.Hinge(True),
                  *(binary_losses if binary else categorical))


def random_optimizer(draw):
    rate, places = 10 ** draw.uniform(-3, -1), ("before_correction", "after_correction")
    roots = any_of(draw, "inside_root", "outside_root")
    common = {"clip": any_of(draw, "none", "none", vocabulary.Clip(0.1, any_of(draw, "all", "variable"), 1e-6)),
              "weight_decay": any_of(draw, "none", "none", vocabulary.WeightDecay(0.1, any_of(draw, True, False)))}
    return any_of(
        draw, SGD(rate, any_of(draw, 0.0, 0.9), False, **common), SGD(rate, 0.9, True, **common),
        vocabulary.Adam(rate / 10, 0.9, 0.999, any_of(draw, 1e-7, 1e-8), any_of(draw, *places), **common),
        vocabulary.AdamW(rate / 10, 0.9, 0.999, 1e-7, any_of(draw, *places), vocabulary.WeightDecay(0.01, True)),
        vocabulary.RMSprop(rate / 10, 0.9, any_of(draw, 0.0, 0.9), 1e-7, roots, **common),
        vocabulary.Adagrad(rate / 10, any_of(draw, 0.0, 0.1), 1e-7, roots, **common),
        vocabulary.Adadelta(1.0, 0.95, 1e-6, **common),
        vocabulary.Nadam(rate / 10, 0.9, 0.999, 1e-7, any_of(draw, 1.0, 0.004), **common))


def random_case(draw, dataset):
    spec = random_spec(draw)
    config = to_json(spec)
    x, y = samples.load(str(dataset.folder), "train", config["data"])
    model = reference.Model(config, (0, len(spec.layers)), x.shape[1:],
                            {"settings": {"dtype": "float32"}, "seed": int(draw.integers(1000)), "init": "shared"})
    for _ in range(draw.integers(1, 12)):
        rows = draw.integers(len(x), size=spec.training.batch_size)
        last = probed(model, (x[rows], y[rows]), model.get_optimizer_state())
    batches = draw.integers(len(x), size=(5, spec.training.batch_size))
    state = model.get_weights(), model.get_optimizer_state(), x[batches[0]], y[batches[0]]
    labels = [y[rows] for rows in batches]
    noises = {**noise(spec, *state), "labels": UNIT * float(max(map(mark, labels)))}
    return Case(spec, *state, labels, last, noises)


def saturated_case(draw, dataset, loss=None):
    """A case with samples of one class, where the bias of the last layer leaves about 1e-7 for the other classes."""
    spec = random_spec(draw)
    while not isinstance(spec.loss, OF_PROBABILITIES) or loss and spec.data.labels == "index":
        spec = random_spec(draw)
    spec = spec if loss is None else changed(spec, {"loss": loss})
    config = to_json(spec)
    x, y = samples.load(str(dataset.folder), "train", config["data"])
    model = reference.Model(config, (0, len(spec.layers)), x.shape[1:],
                            {"settings": {"dtype": "float32"}, "seed": int(draw.integers(1000)), "init": "shared"})
    weights = {name: value.copy() for name, value in model.get_weights().items()}
    last, label = len(spec.layers) - 2, int(draw.integers(y.max() + 1 if y.shape[1] == 1 else y.shape[1]))
    rows = np.flatnonzero(y[:, 0] == label if y.shape[1] == 1 else y[:, label])[:spec.training.batch_size]
    weights[f"{last}.kernel"] *= np.float32(10 ** draw.uniform(-3, 0) if spec.data.divisor > 1 else 1e-3)
    bias = (0, 1 if label else -1) if y.shape[1] == 1 else (label, 1)
    weights[f"{last}.bias"][bias[0]] = draw.uniform(14, 18) * bias[1]
    noises = {**noise(spec, weights, {}, x[rows], y[rows]), "labels": UNIT * mark(y[rows])}
    return Case(spec, weights, {}, x[rows], y[rows], [y[rows]], {}, noises)


OF_PROBABILITIES = vocabulary.CategoricalCrossentropy, vocabulary.BinaryCrossentropy, vocabulary.KLDivergence
CLIPPED = vocabulary.CategoricalCrossentropy("outputs", True, 1e-7, False)
CASES = 60  # null cases, and as many with saturated outputs


def main(folder):
    """Prints the number of null cases, and how many of them differ at a stage."""
    draw, dataset, alarms = np.random.default_rng(739), SimpleNamespace(folder=folder), 0
    for make_case in (random_case, saturated_case):
        for _ in range(CASES):
            case, null = make_case(draw, dataset), any_of(draw, *MIXED.values())
            rounded = case.trace(null.get("faults", ()), null.get("dtype", "float32"))
            alarms += bool(first_differing_stage(compare_stages(case.trace(), rounded, case.noises)))
    print(2 * CASES, alarms)


if __name__ == "__main__":
    main(sys.argv[1])
