"""The whole of `fit` is compared, or the part that is not is said; and nothing is called the same blindly."""

import os
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest
from faulty import (
    ADAM,
    GLOROT,
    MOMENTUM,
    RANDOM,
    RAW,
    SOFTMAX,
    SUMMED_BACKWARDS,
    WRONG,
    ZEROS,
    Fault,
    TrainingCache,
)
from measured import SMALLEST, keep_smallest, smallest
from test_null_cases import random_spec

from compare.analysis import first_divergence, replay
from compare.analysis.causes.questions import closed
from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.noise import FACTOR, noise
from compare.analysis.replay import SHARE, Coverage
from compare.analysis.stages import compare_stages, pair_text, worst
from compare.analysis.steps import Steps
from compare.execution import trials
from compare.execution.trials import Trial
from compare.reporting.cells import coverage_text, first_difference
from frameworks.reference import model as reference
from frameworks.runtime import samples, training
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
    Dense(32, GLOROT, RANDOM), Activation("relu"), vocabulary.Dropout(0.5), Dense(16, GLOROT, RANDOM),
    vocabulary.BatchNormalization(1e-3, 0.9, "biased"), Activation("tanh"), vocabulary.Dropout(0.3),
    Dense(10, GLOROT, ZEROS), Activation("softmax"))})
PLACES = {"first epoch, second step": 1, "first epoch, between states": 7, "middle epoch": ALL // 2,
          "last epoch, first step": ALL - STEPS, "last epoch, between states": ALL - 4, "last epoch, late": ALL - 2}


@pytest.fixture(scope="module")
def cache(dataset, folder):
    return TrainingCache(dataset, folder)


@pytest.fixture(scope="module")
def examined(cache):
    """A function: (unexplained differences, coverage) of a framework with these faults."""
    def ran(spec, faults=(), dtype="float32"):
        (right, wrong), traces, pool = cache.trained(spec, faults, dtype)
        replayed = first_divergence.replays(traces, [(right, wrong)], {"right": WRONG, "faulty": WRONG}, cache.dataset,
                                   cache.folder, pool, 60)
        steps = Steps(wrong, traces[wrong], cache.dataset, cache.folder)
        return first_divergence.examined(wrong, traces[wrong], replayed[wrong, first_divergence.BY_DEFAULTS], WRONG,
                                         steps)
    return ran


def in_fit(model, step):
    """Whether `fit` has come to a step, counted from 0."""
    return model.now.get("epoch") is not None and model.now.get("step", -1) >= step


def scaled_once(step, factor):
    """Before a step of `fit`, all weights are multiplied once."""
    def change(model, fed):
        if in_fit(model, step) and not model.kept.get("scaled"):
            model.kept["scaled"] = True
            model.weights = {name: (value * np.float32(factor)) for name, value in model.weights.items()}
        return fed
    return (Fault("feed", change),)


def other_rate(step, factor):
    """From a step of `fit` on, the rate is another."""
    return (Fault("optimizer", lambda model, told: {
        **told, "learning_rate": told["learning_rate"] * factor} if in_fit(model, step) else told),)


def other_gradient(step, factor):
    """From a step of `fit` on, gradients are multiplied."""
    return (Fault("gradients", lambda model, found: {
        name: g * np.float32(factor) for name, g in found.items()} if in_fit(model, step) else found),)


FAULTS = {"weights": scaled_once, "rate": other_rate, "gradient": other_gradient}


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("kind", FAULTS)
@pytest.mark.parametrize("spec", SPECS)
def test_a_fault_of_fit_alone_is_seen_wherever_it_begins(examined, spec, kind, place):
    by_direction = (spec, kind) == ("Adam", "gradient")  # Adam divides by the size of gradients
    step, factor = PLACES[place], -1.0 if by_direction else 1 + SMALLEST[kind]
    found, coverage = examined(SPECS[spec], FAULTS[kind](step, factor))
    assert coverage.compared == coverage.steps == ALL
    assert found and min(one.stage.step for one in found) >= step, found
    for one in found:
        if one.stage.tensor == replay.LOSS:
            assert one.first and one.stage.step in range(step, step + STEPS)


@pytest.mark.nightly
@pytest.mark.parametrize("kind", FAULTS)
def test_the_smallest_size_is_kept(examined, kind):
    """The smallest power of ten that is seen at every place of every training."""
    specs = [spec for name, spec in SPECS.items() if (name, kind) != ("Adam", "gradient")]
    found = smallest(lambda size: all(examined(spec, FAULTS[kind](step, 1 + size))[0]
                                      for spec in specs for step in PLACES.values()))
    assert found
    keep_smallest(**{kind: found})


@pytest.mark.parametrize("factor, faults", [(1.5, scaled_once(ALL // 2, 1.5)), (0.5, other_rate(ALL - 12, 0.5)),
                                            (1.01, other_gradient(ALL - 14, 1.01))])
def test_what_was_called_the_same_is_seen(examined, factor, faults):
    found, coverage = examined(LEARNING, faults)
    assert found and coverage.compared == ALL


def test_where_a_loss_alone_shows_a_fault_its_step_is_the_first(examined):
    found, _ = examined(LEARNING, scaled_once(47, 1.1))
    assert [(one.stage.tensor, one.stage.step, one.first) for one in found] == [(replay.LOSS, 47, True)]


def test_a_difference_between_states_that_are_not_compared_is_only_first_seen(examined, monkeypatch):
    monkeypatch.setattr(replay, "MULTIPLICATIONS", 7840 * 32 * ALL / 3)
    found, coverage = examined(LEARNING, other_rate(20, 1.5))
    assert found and not any(one.first for one in found if one.stage.tensor == replay.LOSS)
    assert 0.2 * ALL < coverage.compared < 0.5 * ALL and coverage.reason == "the rest would take too long"


@pytest.mark.parametrize("null", [{}, {"dtype": "float64"}, {"faults": SUMMED_BACKWARDS}],
                         ids=["same", "exact", "sums"])
@pytest.mark.parametrize("spec", [*SPECS.values(), DROPPING], ids=[*SPECS, "dropout"])
def test_who_only_rounds_is_compared_whole_and_accused_of_nothing(examined, spec, null):
    found, coverage = examined(spec, **null)
    assert found == [] and coverage.compared == coverage.steps and coverage.reason == ""
    assert 0 < coverage.size < 1e-3


def test_on_raw_pixels_steps_that_rounding_moves_far_count_as_not_compared(examined):
    spec = changed(RAW, {"optimizer.learning_rate": 0.1, "training.epochs": EPOCHS})
    found, coverage = examined(spec, dtype="float64")
    assert found == [] and coverage.compared < coverage.steps == ALL
    assert coverage.reason == "rounding alone can move their losses by more than 1%"


@pytest.mark.parametrize("number", range(30))
def test_a_random_null_model_is_accused_of_nothing_and_not_called_the_same_blindly(examined, number):
    draw = np.random.default_rng(number)
    spec = random_spec(draw)
    while number % 3 and not any(isinstance(layer, (vocabulary.Dropout, vocabulary.BatchNormalization))
                                 for layer in spec.layers):
        spec = random_spec(draw)
    spec = changed(spec, {"training.epochs": 2, "training.shuffle": True})
    found, coverage = examined(spec, **({"dtype": "float64"} if number % 2 else {"faults": SUMMED_BACKWARDS}))
    assert found == [], spec
    assert (coverage.compared == coverage.steps) is (coverage.reason == "")
    if coverage.compared:
        assert 0 < coverage.size <= SHARE
        found, _ = examined(spec, (Fault("taken", lambda model, said: (said[0] * (1 + 4 * SHARE), said[1])),))
        assert found, "a loss that is reported larger by more than what would have been seen"


def test_masks_go_along_with_their_samples_in_the_noise(dataset):
    plain = to_json(DROPPING)
    x, y = samples.load(str(dataset.folder), "train", plain["data"])
    model = reference.Model(plain, (0, len(DROPPING.layers)), x.shape[1:], {
        "settings": {"dtype": "float32"}, "seed": 0, "init": "shared"})
    for rows in (32, 600):
        found = noise(DROPPING, model.get_weights(), {}, x[:rows], y[:rows])
        assert FACTOR * found["outputs"] < 1e-3 and FACTOR * found["gradient/0.kernel"] < 1e-4


def test_what_is_flushed_to_zero_is_no_difference():
    small = np.array([-3.37713e-43, 1.0])
    for noises in ({}, {"g": 0.0}, {"g": 1e-45}):
        assert worst("gradient", "g", small, np.array([0.0, 1.0]), noises).differs is False
        assert worst("gradient", "g", np.array([1e-37, 1.0]), np.array([0.0, 1.0]), noises).differs is not False


def test_a_stage_that_rounding_could_explain_whole_is_not_comparable(cache):
    (right, wrong), traces, _ = cache.trained(SOFTMAX, (), "float64")
    one, other = traces[right], traces[wrong]
    noises = dict.fromkeys(one.below("probe/0"), 1e-6)
    found = {stage.name: stage for stage in compare_stages(one, other, {**noises, "logits": 10.0, "outputs": 10.0})}
    assert found["forward"].differs is None and found["forward"].reason and found["loss"].differs is None
    told = first_difference(FirstDivergence("a", ("keras", "lightning"), list(found.values()), 3))
    assert "The outputs cannot be compared here, since rounding alone could explain all of it" in told
    assert "outputs by more" not in told and "loss" not in told.partition(".")[0]


@pytest.mark.parametrize("values, told", [
    ((-0.1026341, -0.1026342), ("-0.1026341", "-0.1026342")), ((1.0, 1.0), ("1", "1")),
    ((2.3, float("nan")), ("2.3", "nan")), ((float("nan"), float("nan")), ("nan", "nan")),
    (("there", "absent"), ("there", "absent")), ((0.1, 0.1 + 2**-56), ("0.10000000000000001", "0.10000000000000002"))])
def test_digits_show_the_difference(values, told):
    assert pair_text(values) == told


@pytest.mark.parametrize("changes, told", [
    ({}, "Keras on TensorFlow: 1,875 of 1,875 training steps compared with the reference; a relative difference above "
         "0.0002 in a step's loss would have been seen. No evaluation was compared."),
    ({"states": 14, "samples": 128, "last": 1000},
     "Keras on TensorFlow: 1,875 of 1,875 training steps compared with the reference; a relative difference above "
     "0.0002 in a step's loss would have been seen. The evaluation of 128 test images was compared at 14 recorded "
     "states, and the loss of all 1,000 with that of the outputs at the end."),
    ({"compared": 0, "size": None, "reason": "each framework had its own initialization and order"},
     "Keras on TensorFlow: 0 of 1,875 training steps compared with the reference, since each framework had its own "
     "initialization and order. No evaluation was compared."),
    ({"compared": 9, "reason": "the rest would take too long"},
     "Keras on TensorFlow: 9 of 1,875 training steps compared with the reference; a relative difference above 0.0002 "
     "in a step's loss would have been seen; of the others not, since the rest would take too long. No evaluation was "
     "compared.")])
def test_coverage_is_said_as_a_number(changes, told):
    assert coverage_text(replace(Coverage("a", "keras", 1875, 1875, 0.0002), **changes)) == told


def test_states_within_epochs_are_kept_where_there_is_room(cache, monkeypatch):
    _, traces, _ = cache.trained(LEARNING, (), "float32")
    places = {first for trace in traces.values() for first, _ in replay.segments(trace)}
    assert len(places) > EPOCHS * 6
    monkeypatch.setattr(training, "ROOM", 1000)
    wide = changed(LEARNING, {"optimizer.learning_rate": 0.04})
    _, traces, _ = cache.trained(wide, (), "float32")
    few = {first for trace in traces.values() for first, _ in replay.segments(trace)}
    assert EPOCHS * 2 < len(few) < len(places)


IMAGES = Spec(Data(divisor=255.0, channel=True), (
    vocabulary.Conv2D(8, 3, kernel=GLOROT, bias=ZEROS), Activation("relu"),
    vocabulary.BatchNormalization(momentum=0.15), vocabulary.MaxPooling2D(), Flatten(), Dense(10, GLOROT, ZEROS)),
    vocabulary.MeanSquaredError(), SGD(0.0005), Training(1, 32))


def test_images_of_one_channel_are_given_to_pytorch_as_a_user_gives_them(train, worker, dataset, folder):
    trace, environment = train("lightning", IMAGES), worker("lightning").environment
    one = Trial("null", "images", "lightning", 0, "shared", IMAGES, True)
    write(trace, str(folder / "owner.npz"))
    resolved = closed(IMAGES, environment, "shared")
    job = {**trials.job(replace(one, framework="reference-float32", spec=resolved), dataset, folder), "verb": "replay",
           "of": str(folder / "owner.npz"), "out": str(folder / "again.npz")}
    worker("reference-float32").run(job)
    steps = Steps(replace(one, spec=resolved), trace, dataset, folder)
    found, coverage = first_divergence.examined(one, trace, read(job["out"]), environment, steps)
    assert found == [] and coverage.compared > 0, coverage


def test_the_memory_of_an_image_has_its_channels_first():
    shown = "import types, numpy as np; from frameworks.lightning.model import Model; " \
            "print(Model._tensor(types.SimpleNamespace(device='cpu'), np.zeros((4, 5, 6, 1), np.float32)).stride())"
    done = subprocess.run([sys.executable, "-c", shown], capture_output=True, text=True, timeout=300,
                          env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)})
    assert done.stdout.strip() == "(30, 30, 6, 1)", done.stderr
