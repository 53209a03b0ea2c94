"""Coverage of `fit`: a fault is detected at any step, and steps that were not compared are reported."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from faulty import ADAM, GLOROT, MOMENTUM, RANDOM, RAW, SOFTMAX, SUMMED_BACKWARDS, WRONG, ZEROS, Fault, TrainingCache
from measured import SMALLEST, keep_smallest, smallest
from random_cases import random_spec

from compare.analysis import replay, step_replays, unexplained
from compare.analysis.causes.questions import resolved_spec
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR, noise
from compare.analysis.replay import SHARE, Coverage
from compare.analysis.stage_comparison import compare_stages
from compare.analysis.stages import pair_text
from compare.analysis.steps import Steps
from compare.analysis.tensor_comparison import worst
from compare.execution import trials
from compare.execution.trials import Trial
from compare.reporting.cells import coverage_text, first_difference
from frameworks.reference import model as reference
from frameworks.runtime import samples, watch
from frameworks.runtime.trace import read, write
from scenarios import spec as vocabulary
from scenarios.spec import SGD, Activation, Data, Dense, Flatten, Spec, Training
from scenarios.spec.fields import changed, to_json

EPOCHS, STEPS = 5, 19  # of the training; and steps an epoch, of 600 images in batches of 32
ALL = EPOCHS * STEPS
LEARNING = changed(SOFTMAX, {"training.epochs": EPOCHS, "optimizer.learning_rate": 0.05})
SPECS = {"SGD": LEARNING, "momentum": changed(MOMENTUM, {"training.epochs": EPOCHS}),
         "Adam": changed(ADAM, {"training.epochs": EPOCHS})}
DROPPING = changed(SOFTMAX, {"data.flatten": True, "layers": (
    Dense(32, GLOROT, RANDOM), Activation("relu"), vocabulary.Dropout(0.5, False), Dense(16, GLOROT, RANDOM),
    vocabulary.BatchNormalization(1e-3, 0.9, "biased"), Activation("tanh"), vocabulary.Dropout(0.3, False),
    Dense(10, GLOROT, ZEROS), Activation("softmax"))})
PLACES = {"first epoch, second step": 1, "first epoch, between states": 7, "middle epoch": ALL // 2,
          "last epoch, first step": ALL - STEPS, "last epoch, between states": ALL - 4, "last epoch, late": ALL - 2}


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


@pytest.fixture(scope="module")
def examine(cache):
    """A function: (unexplained differences, coverage) of a training with these faults."""
    def run(spec, faults=(), dtype="float32"):
        (_, wrong), traces, pool = cache.trained(spec, faults, dtype)
        replayed = step_replays.replays({wrong: traces[wrong]}, [], {wrong.framework: WRONG}, cache.dataset,
                                        cache.folder, pool, 60)
        steps = Steps(wrong, traces[wrong], cache.dataset, cache.folder)
        return unexplained.examined(wrong, traces[wrong], replayed[wrong, step_replays.BY_DEFAULTS], WRONG, steps)
    return run


def reached(model, step):
    """Whether `fit` has reached a step, counted from 0."""
    return model.now.get("epoch") is not None and model.now.get("step", -1) >= step


def scale_weights_once(step, factor):
    """Multiplies all weights once, before a step of `fit`."""
    def change(model, batch):
        if reached(model, step) and not model.kept.get("scaled"):
            model.kept["scaled"] = True
            model.weights = {name: (value * np.float32(factor)) for name, value in model.weights.items()}
        return batch
    return (Fault("feed", change),)


def scale_learning_rate(step, factor):
    """Multiplies the learning rate from a step of `fit` on."""
    return (Fault("optimizer", lambda model, config: {
        **config, "learning_rate": config["learning_rate"] * factor} if reached(model, step) else config),)


def scale_gradients(step, factor):
    """Multiplies the gradients from a step of `fit` on."""
    return (Fault("gradients", lambda model, gradients: {
        name: g * np.float32(factor) for name, g in gradients.items()} if reached(model, step) else gradients),)


FAULTS = {"weights": scale_weights_once, "rate": scale_learning_rate, "gradient": scale_gradients}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("spec", SPECS)
def test_fault_within_fit_is_detected_wherever_it_begins(examine, spec, kind, place):
    by_direction = (spec, kind) == ("Adam", "gradient")  # Adam divides by the size of gradients
    step, factor = PLACES[place], -1.0 if by_direction else 1 + SMALLEST[kind]
    differences, coverage = examine(SPECS[spec], FAULTS[kind](step, factor))
    assert coverage.compared == coverage.steps == ALL
    assert differences and min(difference.stage.step for difference in differences) >= step, differences
    for difference in differences:
        if difference.stage.tensor == replay.LOSS:
            assert difference.first and difference.stage.step in range(step, step + STEPS)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", FAULTS)
def test_smallest_detected_fault_is_that_of_the_record(examine, updating, kind):
    """The smallest power of ten that is detected at every place of every training."""
    specs = [spec for name, spec in SPECS.items() if (name, kind) != ("Adam", "gradient")]
    least = smallest(lambda size: all(examine(spec, FAULTS[kind](step, 1 + size))[0]
                                      for spec in specs for step in PLACES.values()))
    if updating:
        keep_smallest(**{kind: least})
    assert least and (updating or least == SMALLEST[kind])


@pytest.mark.parametrize("factor, faults", [
    (1.5, scale_weights_once(ALL // 2, 1.5)), (0.5, scale_learning_rate(ALL - 12, 0.5)),
    (1.01, scale_gradients(ALL - 14, 1.01))])
def test_formerly_missed_fault_is_detected(examine, factor, faults):
    differences, coverage = examine(LEARNING, faults)
    assert differences and coverage.compared == ALL


def test_fault_visible_only_in_the_loss_is_located_at_its_step(examine):
    (difference,), _ = examine(LEARNING, scale_weights_once(47, 1.1))
    assert (difference.stage.tensor, difference.stage.step, difference.first) == (replay.LOSS, 47, True)


def test_difference_after_skipped_steps_is_not_called_the_first(examine, monkeypatch):
    monkeypatch.setattr(replay, "MULTIPLICATIONS", 7840 * 32 * ALL / 3)
    differences, coverage = examine(LEARNING, scale_learning_rate(20, 1.5))
    assert differences
    assert not any(difference.first for difference in differences if difference.stage.tensor == replay.LOSS)
    assert 0.2 * ALL < coverage.compared < 0.5 * ALL and coverage.reason == "the rest would take too long"


@pytest.mark.parametrize("null", [{}, {"dtype": "float64"}, {"faults": SUMMED_BACKWARDS}],
                         ids=["same", "exact", "sums"])
@pytest.mark.parametrize("spec", [*SPECS.values(), DROPPING], ids=[*SPECS, "dropout"])
def test_rounding_alone_is_fully_compared_and_not_flagged(examine, spec, null):
    differences, coverage = examine(spec, **null)
    assert differences == [] and coverage.compared == coverage.steps and coverage.reason == ""
    assert 0 < coverage.size < 1e-3


def test_steps_dominated_by_rounding_count_as_not_compared(examine):
    spec = changed(RAW, {"optimizer.learning_rate": 1.0, "training.epochs": EPOCHS})
    differences, coverage = examine(spec, dtype="float64")
    assert differences == [] and coverage.compared < coverage.steps == ALL
    assert coverage.reason == "rounding alone can move their losses by more than 1%"


@pytest.mark.parametrize("number", range(30))
def test_random_null_model_is_not_flagged_but_a_fault_is_detected(examine, number):
    rng = np.random.default_rng(number)
    spec = random_spec(rng)
    while number % 3 and not any(isinstance(layer, (vocabulary.Dropout, vocabulary.BatchNormalization))
                                 for layer in spec.layers):
        spec = random_spec(rng)
    spec = changed(spec, {"training.epochs": 2, "training.shuffle": True})
    differences, coverage = examine(spec, **({"dtype": "float64"} if number % 2 else {"faults": SUMMED_BACKWARDS}))
    assert differences == [], spec
    assert (coverage.compared == coverage.steps) is (coverage.reason == "")
    if coverage.compared:
        assert 0 < coverage.size <= SHARE
        fault = Fault("taken", lambda model, result: (result[0] * (1 + 4 * SHARE), result[1]))
        differences, _ = examine(spec, (fault,))
        assert differences, "the reported loss is larger by more than the sensitivity"


def test_dropout_masks_follow_their_samples_in_the_noise(dataset):
    config = to_json(DROPPING)
    x, y = samples.load(str(dataset.folder), "train", config["data"])
    model = reference.Model(config, (0, len(DROPPING.layers)), x.shape[1:], {
        "settings": {"dtype": "float32"}, "seed": 0, "init": "shared"})
    for count in (32, 600):
        noises = noise(DROPPING, model.get_weights(), {}, x[:count], y[:count])
        assert FACTOR * noises["outputs"] < 1e-3 and FACTOR * noises["gradient/0.kernel"] < 1e-4


def test_subnormal_number_flushed_to_zero_is_no_difference():
    subnormal = np.array([-3.37713e-43, 1.0])
    for noises in ({}, {"g": 0.0}, {"g": 1e-45}):
        assert worst("gradient", "g", subnormal, np.array([0.0, 1.0]), noises).differs is False
        assert worst("gradient", "g", np.array([1e-37, 1.0]), np.array([0.0, 1.0]), noises).differs is not False


def test_stage_that_rounding_explains_fully_is_not_comparable(cache):
    (float32, float64), traces, _ = cache.trained(SOFTMAX, (), "float64")
    left, right = traces[float32], traces[float64]
    noises = dict.fromkeys(left.below("probe/0"), 1e-6)
    stages = {stage.name: stage for stage in compare_stages(left, right, {**noises, "logits": 10.0, "outputs": 10.0})}
    assert stages["forward"].differs is None and stages["forward"].reason and stages["loss"].differs is None
    text = first_difference(FirstDivergence("a", ("keras", "lightning"), list(stages.values()), 3))
    assert "The outputs cannot be compared here, since rounding alone could explain all of it" in text
    assert "outputs by more" not in text and "loss" not in text.partition(".")[0]


@pytest.mark.parametrize("values, expected", [
    ((-0.1026341, -0.1026342), ("-0.1026341", "-0.1026342")), ((1.0, 1.0), ("1", "1")),
    ((2.3, float("nan")), ("2.3", "nan")), ((float("nan"), float("nan")), ("nan", "nan")),
    (("there", "absent"), ("there", "absent")), ((0.1, 0.1 + 2**-56), ("0.10000000000000001", "0.10000000000000002"))])
def test_pair_is_printed_with_distinguishing_digits(values, expected):
    assert pair_text(values) == expected


@pytest.mark.parametrize("changes, facts", [
    ({}, ["1,875 of 1,875 training steps", "above 0.0002 in the loss of such a step", "No evaluation"]),
    ({"states": 14, "samples": 128, "last": 1000}, ["128 test images", "14 recorded states", "all 1,000"]),
    ({"compared": 0, "size": None, "reason": "each framework had its own initialization and order"},
     ["0 of 1,875 training steps", "The reason: each framework had its own initialization and order."]),
    ({"compared": 9, "reason": "the rest would take too long"},
     ["9 of 1,875 training steps", "since the rest would take too long."])])
def test_coverage_text_has_its_facts(changes, facts):
    coverage = replace(Coverage("a", "keras", 1875, 1875, 0.0002), **changes)
    text = coverage_text(coverage)
    assert text.startswith("Keras on TensorFlow: ") and all(fact in text for fact in facts), text
    assert ("would have been detected" in text) is (coverage.size is not None)


def test_number_of_recorded_states_depends_on_the_memory_limit(cache, monkeypatch):
    _, traces, _ = cache.trained(LEARNING, (), "float32")
    all_steps = {first for trace in traces.values() for first, _ in replay.segments(trace)}
    assert len(all_steps) > EPOCHS * 6
    monkeypatch.setattr(watch, "ROOM", 1000)
    changed_rate = changed(LEARNING, {"optimizer.learning_rate": 0.04})
    _, traces, _ = cache.trained(changed_rate, (), "float32")
    fewer_steps = {first for trace in traces.values() for first, _ in replay.segments(trace)}
    assert EPOCHS * 2 < len(fewer_steps) < len(all_steps)


IMAGES = Spec(Data(divisor=255.0, channel=True), (
    vocabulary.Conv2D(8, 3, kernel=GLOROT, bias=ZEROS), Activation("relu"),
    vocabulary.BatchNormalization(momentum=0.15), vocabulary.MaxPooling2D(), Flatten(), Dense(10, GLOROT, ZEROS)),
    vocabulary.MeanSquaredError(), SGD(0.0005), Training(1, 32))


def test_single_channel_images_in_lightning_match_the_reference(train, worker, dataset, folder):
    trace, environment = train("lightning", IMAGES), worker("lightning").environment
    trial = Trial("null", "images", "lightning", 0, "shared", IMAGES, True)
    write(trace, str(folder / "owner.npz"))
    resolved = resolved_spec(IMAGES, environment, "shared")
    job = {**trials.job(replace(trial, framework="reference-float32", spec=resolved), dataset, folder),
           "verb": "replay", "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
    worker("reference-float32").run(job)
    steps = Steps(replace(trial, spec=resolved), trace, dataset, folder)
    differences, coverage = unexplained.examined(trial, trace, read(job["out"]), environment, steps)
    assert differences == [] and coverage.compared > 0, coverage


def test_pytorch_images_are_contiguous_in_channels_first_order():
    code = "import types, numpy as np; from frameworks.lightning.model import Model; " \
            "print(Model._tensor(types.SimpleNamespace(device='cpu'), np.zeros((4, 5, 6, 1), np.float32)).stride())"
    child = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=300,
                           env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert child.stdout.strip() == "(30, 30, 6, 1)", child.stderr
