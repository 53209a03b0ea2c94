"""Null cases, which differ by rounding alone, are not flagged; random faults are detected above the measured noise and
not below it.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from types import SimpleNamespace

import numpy as np
import pytest
from faulty import (
    GLOROT,
    RANDOM,
    SPECS,
    SUMMED_BACKWARDS,
    UP,
    ZEROS,
    Fault,
    InBlocks,
    OneByOne,
    TrainingCache,
    first_differing_stage,
    realization,
    started,
    summed,
)
from measured import keep, kept, needs_mnist
from scipy.stats import binomtest

from compare.analysis.float32 import UNIT
from compare.analysis.noise import FACTOR, FALSE_ALARMS, noise
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import DEPENDS_ON
from compare.execution import trials
from compare.execution.trials import Trial
from frameworks.reference import environment
from frameworks.reference import model as reference
from frameworks.reference.layers import forward
from frameworks.runtime import samples, training
from frameworks.runtime.probing import probed
from frameworks.runtime.samples import mark
from frameworks.runtime.trace import Trace
from scenarios import spec as vocabulary
from scenarios.spec import SGD, Accuracy, Activation, Data, Dense, Spec, Training
from scenarios.spec.fields import changed, to_json

NULLS = {"repetition": {}, "float64": {"dtype": "float64"}, "reversed summation": {"faults": SUMMED_BACKWARDS},
         "sequential summation": {"faults": summed(OneByOne)}, "blocked summation": {"faults": summed(InBlocks)},
         "initialization moved by one ulp": {"faults": UP}}
MIXED = {**NULLS, "reversed summation and moved initialization": {"faults": (*SUMMED_BACKWARDS, *UP)}}
PLACES = {"labels": ("data", "labels"), "logits": ("forward", "values"), "outputs": ("forward", "values"),
          "loss": ("loss", "loss"), "gradient": ("gradient", "gradients"), "weight": ("update", "update"),
          "optimizer_state": ("update", "update"), "accuracy": ("metric", "accuracy")}
"""By the first part of an array's name: the stage that differs with a fault of it, and the place of the fault."""
LONG_RUNNING = ("cosine", "plateau", "weighted")  # specs whose null cases take long
DETECTED, NEAR = "faults seen, by stage and size from", "faults within rounding of the bound"  # keys of the record
COUNT = 1000  # random faults, and as many random null cases
DECADES = range(-8, 0)  # of the size of a fault, relative to the array that it changes


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


@pytest.mark.parametrize("spec", SPECS)
def test_the_framework_without_faults_equals_the_reference_bit_for_bit(dataset, folder, spec):
    job = {**trials.job(Trial("null", "one", "any", 0, "shared", SPECS[spec], True), dataset, folder),
           "settings": {"dtype": "float32"}}
    expected, actual = (training.train(side, job, lambda event, **facts: None) for side in (reference, realization()))
    assert expected.arrays.keys() == actual.arrays.keys() and expected.outcome == actual.outcome
    assert all(np.array_equal(expected[name], actual[name], equal_nan=True) for name in expected.arrays)


@pytest.mark.parametrize("null", NULLS)
@pytest.mark.parametrize("spec", [pytest.param(name, marks=[pytest.mark.nightly] if name in LONG_RUNNING else [])
                                  for name in SPECS])
def test_a_null_case_differs_at_no_stage_and_leaves_nothing_unexplained(cache, spec, null):
    divergence, unexplained_differences = cache.judged(SPECS[spec], **NULLS[null])
    assert [stage.differs for stage in divergence.stages] == [False] * len(DEPENDS_ON) and divergence.states > 15
    assert unexplained_differences == []


def test_the_smallest_subnormal_initial_weight_counts_as_zero(cache):
    divergence, unexplained_differences = cache.judged(SPECS["softmax"],
                                                       started(lambda weights: weights + np.float32(1e-45)))
    assert [stage.differs for stage in divergence.stages] == [False] * len(DEPENDS_ON) and unexplained_differences == []


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
                (vocabulary.Dropout(0.3),),
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


def direction(draw, array, last):
    """The direction in which a fault of a random kind moves an array; zero if no kind can change it."""
    delta = np.zeros_like(array)
    for kind in draw.permutation(["multiply", "element", "cancel", "rows", "drop", "delay"]):
        if kind == "multiply":
            delta = array.copy()
        elif kind == "element":
            delta.flat[draw.integers(array.size)] = 1
        elif kind == "cancel" and array.size > 1:
            delta.flat[draw.permutation(array.size)[:2]] = 1, -1
        elif kind == "rows" and array.ndim and len(array) > 1:
            i, j = draw.permutation(len(array))[:2]
            delta[i], delta[j] = array[j] - array[i], array[i] - array[j]
        elif kind == "drop":
            begin, end = np.sort(draw.integers(array.size + 1, size=2))
            delta.flat[begin:end] = -array.flat[begin:end]
        elif kind == "delay" and last is not None:
            delta = np.asarray(last - array, array.dtype)
        if delta.any():
            break
    return delta


def moved(array, delta, size):
    """The array moved along `delta` by `size`, relative to its largest element, but by no more than `delta`."""
    if not delta.any():
        return array
    return array + (delta * min(1.0, size * np.abs(array).max() / np.abs(delta).max())).astype(array.dtype)


def within(value, prefix, name, model):
    """(the array of this name in the value at its place, a function that replaces it)."""
    return {"labels": lambda: (value[-1], lambda new: [*value[:-1], new]),
            "logits": lambda: (value[-2], lambda new: [*value[:-2], *forward(model.layers[-1:], {}, new)]),
            "outputs": lambda: (value[-1], lambda new: [*value[:-1], new]),
            "loss": lambda: (np.asarray(value[0]), lambda new: (new[()], *value[1:])),
            "gradient": lambda: (value[name], lambda new: {**value, name: new}),
            "weight": lambda: (value[0][name], lambda new: ({**value[0], name: new}, value[1])),
            "optimizer_state": lambda: (value[1][name], lambda new: (value[0], {**value[1], name: new})),
            "accuracy": lambda: (np.asarray(value), float)}[prefix]()


def random_fault(draw, case):
    """(stage, fault, its effect: `size`, relative to the array that it changes, and `noises`, as a multiple of them).

    The effect is known after the step.
    """
    stage = any_of(draw, *dict.fromkeys(stage for stage, _ in PLACES.values()))
    array, size, effect = any_of(draw, *case.names(stage)), 10 ** draw.uniform(DECADES[0], 0), {}
    prefix, _, name = array.partition("/")

    def change(model, value):
        if effect:
            return value  # the step is followed by an evaluation, which is not compared
        before, put = within(value, prefix, name, model)
        after = moved(before, direction(draw, before, case.last.get(array)), size)
        pairs = [(array, before, after)] if prefix != "labels" else [(array, mark(before), mark(after))]
        if prefix == "logits":
            pairs.append(("outputs", value[-1], put(after)[-1]))
        effect["size"] = float(np.abs(after - before).max() / (np.abs(before).max() or 1))
        effect["noises"] = max(float(np.abs(old - new).max() / case.noises[path]) for path, new, old in pairs)
        return put(after)
    return stage, Fault(PLACES[prefix][1], change), effect


@pytest.fixture(scope="module")
def detection(dataset):
    """The detection of random faults and null cases at random states; every fault is combined with a null case.

    `wrong` lists faults that were detected below the noise, not detected above it, or detected at another stage. Within
    the rounding of the threshold itself, `near`, either is right.
    """
    draw, exceptional = np.random.default_rng(0), dict.fromkeys(("near", "later", "not comparable"), 0)
    detected = {stage: {decade: [0, 0] for decade in DECADES} for stage, _ in PLACES.values()}
    wrong, alarms, largest, count = [], [], 0.0, 0
    while count < COUNT:
        case, null = random_case(draw, dataset), any_of(draw, *MIXED.values())
        stage, fault, effect = random_fault(draw, case)
        faults, dtype = null.get("faults", ()), null.get("dtype", "float32")
        expected, rounded, faulty = case.trace(), case.trace(faults, dtype), case.trace((*faults, fault), dtype)
        if not effect["size"]:
            continue  # nothing was changed
        count += 1
        stages = compare_stages(expected, rounded, case.noises)
        alarms += [(count, case.spec, null, stages)] if first_differing_stage(stages) else []
        largest = max([largest, *(result.size / result.noise for result in stages if result.noise)])
        stages = compare_stages(expected, faulty, case.noises)
        is_detected = {result.name: result.differs is True for result in stages}[stage]
        counts = detected[stage][min(max(int(np.floor(np.log10(effect["size"]))), DECADES[0]), DECADES[-1])]
        counts[0], counts[1] = counts[0] + is_detected, counts[1] + 1
        if abs(effect["noises"] - FACTOR) <= case.apart(stage, expected, rounded):
            exceptional["near"] += 1
        elif any(result.reason for result in stages if result.differs is None and list(DEPENDS_ON).index(result.name) <=
                 list(DEPENDS_ON).index(stage)):
            exceptional["not comparable"] += 1  # rounding could explain an earlier stage
        elif is_detected is not (effect["noises"] > FACTOR) or (is_detected and first_differing_stage(stages) != stage):
            wrong.append((count, stage, effect, case.spec, null, stages))
        exceptional["later"] += not is_detected and first_differing_stage(stages) != ""
    interval = binomtest(len(alarms), COUNT).proportion_ci()
    numbers = {
        DETECTED: {stage: {f"1e{decade}": f"{hits} of {total}" for decade, (hits, total) in by_size.items()}
                   for stage, by_size in detected.items()},
        NEAR: exceptional["near"],
        "faults where rounding could explain an earlier stage": exceptional["not comparable"],
        "faults seen at a later stage only": exceptional["later"], "null cases seen": f"{len(alarms)} of {COUNT}",
        "95 % interval": [round(float(bound), 5) for bound in interval],
        "largest null case, as a multiple of the noise": round(largest, 2), "a stage differs above": FACTOR}
    return SimpleNamespace(detected=detected, wrong=wrong, alarms=alarms, interval=interval, numbers=numbers,
                           not_comparable=exceptional["not comparable"])


def test_random_faults_are_detected_at_their_stage_only_above_the_noise(detection):
    assert detection.wrong == [] and detection.not_comparable < COUNT / 50
    for stage, by_size in detection.detected.items():
        assert sum(total for _, total in by_size.values()) > COUNT / 10, stage
        assert by_size[DECADES[0]][0] == 0 < by_size[DECADES[-1]][0], stage


def test_no_random_null_case_raises_a_false_alarm(detection):
    assert detection.alarms == [] and detection.interval.low == 0 and detection.interval.high < 0.004
    assert (len(detection.alarms), COUNT) == FALSE_ALARMS, "the catalogue reports this false-alarm rate"


@needs_mnist
def test_detection_rates_of_random_faults_are_those_of_the_record(detection, updating):
    """As many faults of every stage and size are seen as the record says, but for as many as lie within rounding."""
    if updating:
        facts = {"environment": environment.environment({"dtype": "float32"})}
        keep("faults", detection.numbers, SimpleNamespace(facts=facts))
    assert_same_rates(kept("faults"), detection.numbers)


def assert_same_rates(expected, actual):
    changes = {}
    expected_sizes, actual_sizes = ({stage: set(sizes) for stage, sizes in rates[DETECTED].items()}
                                    for rates in (expected, actual))
    assert expected_sizes == actual_sizes
    for stage, by_size in expected[DETECTED].items():
        for size, share in by_size.items():
            (hits, total), (hits_now, total_now) = (map(int, text.split(" of ")) for text in (
                share, actual[DETECTED][stage][size]))
            assert total == total_now, (stage, size, share, actual[DETECTED][stage][size])
            changes[stage, size] = hits_now - hits
    near = max(expected[NEAR], actual[NEAR])
    assert sum(map(abs, changes.values())) <= near, {cell: change for cell, change in changes.items() if change}
    assert actual["null cases seen"] == expected["null cases seen"]


def test_other_detection_rates_are_detected():
    cells = {"loss": {"1e-1": "3 of 5", "1e-2": "2 of 5"}, "update": {"1e-1": "4 of 5"}}
    numbers = {DETECTED: cells, NEAR: 1, "null cases seen": "0 of 9"}
    assert_same_rates(numbers, {**numbers, DETECTED: {**cells, "update": {"1e-1": "5 of 5"}}})
    two_cells = {"loss": {"1e-1": "4 of 5", "1e-2": "1 of 5"}, "update": {"1e-1": "4 of 5"}}
    for change in ({DETECTED: two_cells}, {DETECTED: {**cells, "gradient": {"1e-1": "4 of 5"}}},
                   {DETECTED: {**cells, "update": {"1e-1": "4 of 6"}}}, {"null cases seen": "1 of 9"}):
        with pytest.raises(AssertionError):
            assert_same_rates(numbers, {**numbers, **change})


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
KERNELS = [("Haswell", 1), ("Sandybridge", 2), ("Prescott", 1)]
"""(core type of OpenBLAS, number of threads)."""


@pytest.mark.parametrize("kernels, threads", KERNELS)
def test_other_blas_kernels_raise_no_false_alarm(dataset, kernels, threads):
    settings = {**os.environ, "OPENBLAS_CORETYPE": kernels, "OPENBLAS_NUM_THREADS": str(threads),
                "PYTHONPATH": os.pathsep.join(sys.path)}
    run = subprocess.run([sys.executable, __file__, str(dataset.folder)], env=settings, capture_output=True, text=True,
                         timeout=300)
    assert run.returncode == 0 and run.stdout.split() == [str(2 * CASES), "0"], run.stdout + run.stderr


def test_a_fault_in_the_gradient_of_a_saturated_softmax_is_detected(dataset):
    loss = vocabulary.CategoricalCrossentropy("softmax_of_logits", False, 0.0, True)
    draw, hits = np.random.default_rng(1), 0
    for _ in range(20):
        case = saturated_case(draw, dataset, loss)
        double = Fault("loss", lambda model, value: (value[0], value[1] * 2, value[2]))
        hits += first_differing_stage(compare_stages(case.trace(), case.trace((double,)), case.noises)) == "gradient"
    assert hits >= 5, hits  # 9 of them; in most of the others, rounding could explain the whole gradient


def test_a_probability_at_a_clipping_bound_raises_no_false_alarm(dataset):
    """If the noise ignored the outputs in the loss, three of these cases would differ, by 24,584 times it or more."""
    draw = np.random.default_rng(2)
    cases = [saturated_case(draw, dataset, CLIPPED) for _ in range(70)]
    results = [compare_stages(case.trace(), case.trace(SUMMED_BACKWARDS), case.noises) for case in cases]
    assert [first_differing_stage(stages) for stages in results] == [""] * len(cases)


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
