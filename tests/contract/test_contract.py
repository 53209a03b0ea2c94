"""The contract of every framework: its process, trace, initialization, data and outcome."""

import dataclasses
from importlib.util import find_spec
from math import sqrt
from pathlib import Path

import numpy as np
import pytest
from rounding import SUMMED, UNIT, each, relative

from compare.execution import initialization, trials
from compare.execution.workers import JobFailed
from frameworks import FRAMEWORKS
from frameworks.lightning.package import DISTRIBUTION
from frameworks.parts.metrics import METRICS, metric_part
from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from frameworks.runtime.probing import EVALUATED
from frameworks.runtime.trace import Trace, read, write
from scenarios.spec import (
    SGD,
    Activation,
    AveragePooling2D,
    BatchNormalization,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    Conv2D,
    Data,
    Dense,
    Dropout,
    FanInUniform,
    Flatten,
    GlorotUniform,
    MaxPooling2D,
    MeanSquaredError,
    Normal,
    Spec,
    Training,
    Zeros,
    metrics,
)
from scenarios.spec.fields import changed, to_json

IMAGES = Data(divisor=255.0, flatten=True)
NET = Spec(IMAGES, (Dense(8), Activation("relu"), Dense(10), Activation("softmax")), CategoricalCrossentropy(),
           SGD(0.1), Training(2, 32))
BINARY = Spec(Data((0, 1), divisor=255.0, flatten=True, labels="index"), (Dense(1),), BinaryCrossentropy(), SGD(0.01),
              Training(2, 32))
STEPS = -(-600 // 32)  # per epoch of NET; the last batch has 24 samples


# Process

@each
def test_worker_reports_its_actual_environment(worker, framework):
    environment, expected = worker(framework).environment, FRAMEWORKS[framework]
    assert environment["framework"] == expected.realization and environment["dtype"] == expected.dtype
    backend = expected.backend or {"lightning": "torch", "reference": "numpy"}[expected.realization]
    assert environment["backend"] == backend
    assert environment["device"] == "cpu" and environment["threads"] == 1
    assert environment["execution"] == {"keras": "graph", "keras-jax": "jit"}.get(framework, "eager")
    packages = {DISTRIBUTION if "lightning" in name else name for name in expected.packages}
    assert {"python", "numpy"} | packages == set(environment["versions"]) and all(environment["versions"].values())


@each
def test_worker_loads_one_framework_only(worker, train, framework):
    """Keras on jax or torch would import TensorFlow only to seed it, and TensorFlow aborts in a process with torch."""
    train(framework, NET)
    process = worker(framework)
    loaded = Path(f"/proc/{process.process.pid}/maps").read_text()
    assert ("libtensorflow" in loaded) == (process.environment["backend"] == "tensorflow")
    assert ("libtorch" in loaded) == (process.environment["backend"] == "torch")


def test_worker_imports_the_installed_keras_and_not_our_folder(worker):
    assert Path(worker("keras").environment["file"]) == Path(find_spec("keras").origin).parent


# Trace

@each
def test_trace_holds_the_documented_arrays(train, framework):
    trace = train(framework, NET)
    assert trace.outcome == {"kind": "finished", "step": 2 * STEPS, "message": ""}
    assert trace["step/loss"].shape == (2 * STEPS,) and list(trace["epoch"]) == [1, 2]
    measured = {f"{part}/{name}" for part in ("train", "test") for name in ("loss", "accuracy")}
    rules = {f"{part}/{name}" for part in ("train", "test") for name in ("argmax_logits", "argmax_outputs")}
    assert trace.below("reported").keys() == trace.below("evaluated").keys() == measured
    assert trace.below("accuracy_by_rule").keys() == rules
    assert {values.shape for kind in ("reported", "evaluated", "accuracy_by_rule")
            for values in trace.below(kind).values()} == {(2,)}
    assert trace.probed_steps() == [0, 1, 2, 3, 4, *range(6, STEPS, 3), STEPS]  # first steps, then the later states
    assert trace["correct/test"].shape == (200,)
    assert trace["correct/test"].mean() == trace["accuracy_by_rule/test/argmax_outputs"][-1]


@each
def test_batch_checksums_follow_the_order(train, dataset, folder, framework):
    (trace, x, y), orders = recorded(train, dataset, framework), np.load(initialization.order(NET, 600, 0, folder))
    for name, array in (("batch_checksum/images", x), ("batch_checksum/labels", y)):
        batches = [array[order[i * 32:][:32]] for order in orders for i in range(STEPS)]
        expected = np.array([samples.mark(batch) for batch in batches])
        assert relative(trace[name], expected) < SUMMED
        shifted = np.array([samples.mark(np.roll(batch, 1, axis=0)) for batch in batches])
        assert (abs(shifted - expected) > 1e-3 * expected).mean() > 0.9


@each
def test_replay_repeats_the_steps_of_another_framework(train, worker, dataset, folder, framework):
    """From the states that the reference recorded; with an altered state, the logits differ."""
    source = train("reference-float32", NET)
    for name, arrays in (("right", source.arrays), ("wrong", {name: value * (1.01 if "state/6/weight" in name else 1)
                                                              for name, value in source.arrays.items()})):
        write(Trace(source.facts, arrays), str(folder / f"{name}.npz"))
        job = {**trials.job(trials.Trial("test", name, framework, 0, "shared", NET, True), dataset, folder),
               "verb": "replay", "of": str(folder / f"{name}.npz"), "out": str(folder / "replayed.npz")}
        worker(framework).run(job)
        replay = read(job["out"])
        assert replay.probed_steps() == source.probed_steps()
        for step in replay.probed_steps():
            difference = relative(replay[f"probe/{step}/logits"], source[f"probe/{step}/logits"])
            assert (difference < 10 * SUMMED) is (name == "right" or step != 6), step


@each
@pytest.mark.parametrize("mode", ["training", "evaluation"])
def test_outputs_of_every_layer_are_those_of_the_reference(train, worker, dataset, folder, framework, mode):
    spec = changed(NET, {"data": Data(divisor=255.0, channel=True), "training.epochs": 1, "layers": (
        Conv2D(2, 3, 2, "same", "as_needed"), BatchNormalization(1e-3, 0.9, "biased"), Activation("relu"),
        AveragePooling2D(3, "same", False), MaxPooling2D(), Flatten("channels_first"), Dropout(0.3), Dense(10),
        Activation("softmax"))})
    source, outputs = train("reference-float32", spec), {}
    for side in (framework, "reference-float32"):
        job = trials.replay(trials.Trial("test", f"layers of {side}", side, 0, "shared", spec, True), dataset, folder,
                            folder / "states.npz", folder, layers=mode)
        write(source, job["of"])
        worker(side).run(job)
        outputs[side] = read(job["out"]).arrays
    expected = outputs["reference-float32"]
    names = {f"probe/{step}/layer/{position}" for step in source.probed_steps() for position in range(len(spec.layers))}
    assert outputs[framework].keys() == expected.keys() == names
    for name, value in expected.items():
        assert outputs[framework][name].shape == value.shape, name
        assert relative(outputs[framework][name], value) < 10 * SUMMED, name


@each
def test_probe_holds_the_documented_arrays(train, framework):
    trace, weights = train(framework, NET), {"0.kernel": (784, 8), "0.bias": (8,), "2.kernel": (8, 10), "2.bias": (10,)}
    expected = {f"{kind}/{name}": shape for kind in ("gradient", "weight") for name, shape in weights.items()}
    expected.update({"logits": (32, 10), "outputs": (32, 10), "loss": (), "accuracy": (), "loss_after": (),
                     "optimizer_state/step": (), "accuracy_by_rule/argmax_logits": (),
                     "accuracy_by_rule/argmax_outputs": ()})
    assert {name: value.shape for name, value in trace.below("probe/1").items()} == expected
    expected.update({f"evaluated/{name}": shape for name, shape in (
        ("logits", (EVALUATED, 10)), ("outputs", (EVALUATED, 10)), ("loss", ()), ("accuracy", ()))})
    expected.update({f"accuracy_by_rule/evaluated/{rule}": () for rule in ("argmax_logits", "argmax_outputs")})
    arrays = trace.below("probe/0")
    assert {name: value.shape for name, value in arrays.items()} == expected
    precision = trace.facts["environment"]["dtype"]
    assert {str(value.dtype) for name, value in arrays.items() if value.shape} == {precision}
    for step in trace.probed_steps():
        state = trace.below(f"state/{step}")
        assert {name for name in state if name.startswith("weight/")} == {f"weight/{name}" for name in weights}
        assert step == 0 or state["optimizer_state/step"] == step


@each
def test_reported_loss_is_the_mean_of_step_losses_weighted_by_batch_size(train, framework):
    trace = train(framework, NET)
    sizes = [32] * (STEPS - 1) + [600 - 32 * (STEPS - 1)]
    off_by_plain_mean = []
    for epoch, reported in enumerate(trace["reported/train/loss"]):
        losses = trace["step/loss"][epoch * STEPS:(epoch + 1) * STEPS]
        rounding = 3 * STEPS * UNIT * reported  # a product, a sum and a division a step, all of positive numbers
        assert abs(np.average(losses, weights=sizes) - reported) <= rounding
        off_by_plain_mean.append(abs(np.mean(losses) - reported) / rounding)
    assert max(off_by_plain_mean) > 1, "the last batch's loss can be near the mean in one epoch, not in all"


@each
def test_recorded_states_get_the_batches_of_the_shared_order(train, probe, dataset, folder, framework):
    """The reference, configured like the framework, gets every step's loss from the recorded weights and the order."""
    (trace, x, y), order = recorded(train, dataset, framework), np.load(initialization.order(NET, 600, 0, folder))

    def losses(order):
        batches = [order[step // STEPS][step % STEPS * 32:][:32] for step in trace.probed_steps()]
        return [replayed(probe, trace, f"state/{step}", x[rows], y[rows])
                for step, rows in zip(trace.probed_steps(), batches)]
    assert relative(trace["step/loss"][trace.probed_steps()], losses(order)) < SUMMED
    assert relative(trace["step/loss"][trace.probed_steps()], losses(order[::-1])) > 10 * SUMMED


@each
def test_consecutive_probes_give_the_recorded_states_and_losses(train, framework):
    trace = train(framework, NET)
    for step in trace.probed_steps():
        assert trace[f"probe/{step}/loss"] == pytest.approx(trace["step/loss"][step], rel=SUMMED)
    for step in range(4):
        before, after = trace.below(f"probe/{step}/weight"), trace.below(f"state/{step + 1}/weight")
        assert before.keys() == after.keys() and all((before[name] == after[name]).all() for name in before)


@each
def test_evaluated_metrics_are_those_of_the_weights_after_the_epoch(train, probe, dataset, framework):
    trace, x, y = recorded(train, dataset, framework)
    resolved = resolve(NET, trace.facts["environment"])
    expected = replayed(probe, trace, f"state/{STEPS}", x, y)
    assert trace["evaluated/train/loss"][0] == pytest.approx(expected, rel=SUMMED)
    for part in ("train", "test"):
        accuracy = trace[f"accuracy_by_rule/{part}/{resolved.accuracy.rule}"]
        assert trace[f"evaluated/{part}/accuracy"] == pytest.approx(accuracy, abs=UNIT)
    assert trace["reported/test/loss"] == pytest.approx(trace["evaluated/test/loss"], rel=SUMMED)
    assert trace["reported/test/accuracy"] == pytest.approx(trace["evaluated/test/accuracy"], abs=200 * UNIT)


def recorded(train, dataset, framework):
    """(the trace of NET, training images, training labels)."""
    return (train(framework, NET), *samples.load(str(dataset.folder), "train", to_json(NET)["data"]))


def replayed(probe, trace, state, x, y):
    """The reference's loss at recorded weights, configured like the trace's framework."""
    resolved = resolve(NET, trace.facts["environment"])
    return float(probe("reference", resolved, trace.below(f"{state}/weight"), x, y)["loss"])


# Metrics of the spec: the values computed by hand, and those of an epoch, which are over samples and not batches.

EXAMPLES = [example for kind in METRICS for example in metric_part(kind).examples()]
MEASURED = changed(NET, {"metrics": (
    metrics.MeanAbsoluteError(), metrics.MeanSquaredError(), metrics.BinaryAccuracy(0.1, "never"),
    metrics.Precision("largest"), metrics.Recall("largest"), metrics.F1Score("micro", "zero"),
    metrics.RootMeanSquaredError(), metrics.CategoricalAccuracy("micro")), "optimizer": SGD(1e-30)})
"""All metrics of ten outputs in a training in which no weight changes; the last of the 19 batches is smaller. None is
constant: the outputs, about 0.1, are never above one half."""
RANKED = changed(BINARY, {"layers": (Dense(1), Activation("sigmoid")), "metrics": (metrics.AUC(50),),
                          "optimizer": SGD(1e-30)})
"""The metric of one output."""
NOT_IN_KERAS = {metrics.F1Score("macro", "left_out"): "F1Score.absent", metrics.AUC("all"): "AUC.thresholds",
                metrics.CategoricalAccuracy("macro"): "CategoricalAccuracy.average"}


@each
def test_metrics_of_the_examples_are_those_computed_by_hand(probe, framework):
    for metric, labels, outputs, value in EXAMPLES:
        labels, outputs = (np.array(rows, np.float32) for rows in (labels, outputs))
        width, name = outputs.shape[1], METRICS[type(metric).__name__]
        data = Data(tuple(range(width)), flatten=True) if width > 1 else Data((0, 1), flatten=True, labels="index")
        spec = Spec(data, (Dense(width),), MeanSquaredError(), SGD(0.1), Training(1, 32), metrics=(metric,))
        weights = {"0.kernel": np.eye(width, dtype=np.float32), "0.bias": np.zeros(width, np.float32)}
        if metric in NOT_IN_KERAS and framework.startswith("keras"):
            with pytest.raises(JobFailed, match=f"does not support {NOT_IN_KERAS[metric]}"):
                probe(framework, spec, weights, outputs, labels)
            continue
        assert probe(framework, spec, weights, outputs, labels)[name] == pytest.approx(value, rel=4 * UNIT), metric


@each
def test_metrics_of_an_epoch_are_those_of_all_samples(train, dataset, framework):
    assert {type(metric).__name__ for metric in (*MEASURED.metrics, *RANKED.metrics)} == set(METRICS)
    for spec in (MEASURED, RANKED):
        trace, config = train(framework, spec), to_json(spec)
        y, outputs = samples.load(str(dataset.folder), "test", config["data"])[1], trace["last/outputs"]
        for measured in config["metrics"]:
            name, metric = METRICS[measured["is"]], metric_part(measured)
            expected = metric.value(measured, y.astype(float).reshape(outputs.shape), outputs.astype(float))
            of_steps = np.array([trace[f"probe/{step}/{name}"] for step in range(5)])
            for part in ("reported/test", "evaluated/test"):
                assert trace[f"{part}/{name}"] == pytest.approx(expected, rel=SUMMED), (part, name)
            assert trace["reported/train/" + name] == pytest.approx(trace["evaluated/train/" + name], rel=SUMMED), name
            assert relative(of_steps, trace["evaluated/train/" + name][0]) > 10 * SUMMED, name


# Initialization

DRAWN = Spec(changed(IMAGES, {"first": 32}),
             (Dense(64, Normal(0.5, 2.0), FanInUniform()), Activation("tanh"), Dense(64, GlorotUniform(), Zeros()),
              Activation("tanh"), Dense(64, FanInUniform(), Normal()), Activation("tanh"), Dense(64),
              Activation("tanh"), Dense(10)), MeanSquaredError(), SGD(0.01), Training(1, 32, validate=False))


def limit(initializer, inputs, units):
    """The bound of a uniform initializer."""
    return {FanInUniform(): 1 / sqrt(inputs), GlorotUniform(): sqrt(6 / (inputs + units))}[initializer]


@each
def test_native_initialization_follows_the_spec_or_the_framework_default(train, framework):
    trace, inputs = train(framework, DRAWN, init="native"), 784
    for place, layer in enumerate(resolve(DRAWN, trace.facts["environment"]).layers):
        for part in ("kernel", "bias") if isinstance(layer, Dense) else ():
            values, initializer = trace[f"state/0/weight/{place}.{part}"], getattr(layer, part)
            if initializer == Zeros():
                assert not values.any()
                continue
            normal = isinstance(initializer, Normal)
            mean = initializer.mean if normal else 0
            spread = initializer.stddev if normal else limit(initializer, inputs, layer.units) / sqrt(3)
            assert abs(values.mean() - mean) < 5 * spread / sqrt(values.size)  # exceeded by one in two million
            assert values.std() == pytest.approx(spread, rel=5 / sqrt(2 * values.size))
            assert normal or abs(values).max() <= spread * sqrt(3) * (1 + UNIT)
        inputs = getattr(layer, "units", inputs)


@each
def test_kernels_of_a_native_initialization_are_uncorrelated(train, framework):
    trace = train(framework, DRAWN, init="native")
    drawn = [trace[f"state/0/weight/{place}.kernel"].ravel()[:4096] for place in (0, 2, 4, 6)]
    assert np.abs(np.corrcoef(drawn) - np.eye(4)).max() < 5 / sqrt(4096)


@each
def test_native_initialization_is_reproducible_for_its_seed_only(train, framework):
    first, again, other_seed = (train(framework, NET, seed=seed, init="native", repetition=repetition)
                                for seed, repetition in ((0, 0), (0, 1), (1, 0)))
    assert first.arrays.keys() == again.arrays.keys()
    assert all((first[name] == again[name]).all() for name in first.arrays)
    assert relative(first["state/0/weight/0.kernel"], other_seed["state/0/weight/0.kernel"]) > 0.1


FROZEN = changed(NET, {"layers": (Dense(20, trainable=False), *NET.layers[1:])})


@each
@pytest.mark.parametrize("init", ["shared", "native"])
@pytest.mark.parametrize("batch", ["all", 32])
def test_frozen_prefix_computed_once_gives_the_same_results(train, framework, init, batch):
    spec = changed(FROZEN, {"training.batch_size": batch})
    once, every = (train(framework, spec, init=init, prefix=prefix) for prefix in ("once", "every"))
    numbers = ["step/loss", *(f"reported/{name}" for name in once.below("reported"))]
    assert once["step/loss"].size == every["step/loss"].size == 2 * (1 if batch == "all" else STEPS)
    if framework == "keras" and batch == "all":
        assert all((once[name] == every[name]).all() for name in numbers)
    assert all(relative(once[name], every[name]) < 2 * STEPS * SUMMED for name in numbers if "loss" in name)


# Data

@pytest.mark.parametrize("data", [Data(), Data((7, 3), 100, 255.0, True), Data((0, 1), 0, 2.0, labels="index")],
                         ids=str)
def test_samples_are_the_images_selected_by_the_data_spec(dataset, data):
    settings = dict(dataclasses.asdict(data), classes=list(data.classes))
    for part, first in (("train", data.first), ("test", 0)):
        images, labels = (np.load(dataset.folder / f"{part}_{what}.npy") for what in ("images", "labels"))
        kept = [i for i in range(first or len(labels)) if labels[i] in data.classes]
        x, y = samples.load(str(dataset.folder), part, settings)
        assert x.dtype == y.dtype == np.float32 and x.shape[1:] == ((784,) if data.flatten else (28, 28))
        assert (x.reshape(-1, 28, 28) == images[kept].astype(np.float32) / np.float32(data.divisor)).all()
        numbers = [data.classes.index(labels[i]) for i in kept]
        assert (y == (np.eye(len(data.classes))[numbers] if data.labels == "one_hot" else np.array([numbers]).T)).all()
    for part in ("train", "test"):
        x, _ = samples.load(str(dataset.folder), part, settings)
        assert samples.count(str(dataset.folder), part, settings) == len(x)


@each
@pytest.mark.parametrize("data, units", [(Data((7, 3), 300), 2), (Data((7, 3), 300, 255.0, labels="index"), 1)],
                         ids=str)
def test_every_framework_gets_the_same_samples(train, framework, data, units):
    spec = Spec(data, (Flatten(), Dense(units)), MeanSquaredError(), SGD(1e-6), Training(1, 32))
    actual, expected = train(framework, spec), train("reference", spec)
    assert actual.facts["steps_per_epoch"] == expected.facts["steps_per_epoch"] == len(actual["step/loss"])
    assert relative(actual["probe/0/logits"], expected["probe/0/logits"]) < SUMMED
    assert relative(actual["step/loss"], expected["step/loss"]) < SUMMED
    assert relative(actual["reported/test/loss"], expected["reported/test/loss"]) < SUMMED


# Outcome

@each
def test_training_stops_after_the_first_epoch_with_a_loss_below_stop_below(train, framework):
    losses = train(framework, NET)["reported/train/loss"]  # the first test loss is below the first training loss
    spec = changed(NET, {"training.epochs": 4, "training.stop_below": float(losses[0]) * 0.999})
    trace = train(framework, spec)
    assert trace.outcome == {"kind": "stopped", "step": 2 * STEPS, "message": ""}
    assert relative(trace["reported/train/loss"], losses) < SUMMED and list(trace["epoch"]) == [1, 2]


@each
def test_first_non_finite_loss_is_reported_and_training_continues(train, framework):
    trace = train(framework, changed(NET, {"layers": (Dense(10),), "loss": MeanSquaredError(), "optimizer": SGD(1e6)}))
    step = int(np.flatnonzero(~np.isfinite(trace["step/loss"]))[0])
    assert trace.outcome["kind"] == "nan" and trace.outcome["step"] == step > 0
    assert trace["step/loss"].size == 2 * STEPS and not np.isfinite(trace["reported/train/loss"][-1])


LEAVES = changed(BINARY, {"layers": (Dense(1, Normal(0.0, 0.0), Normal(0.5, 0.0)),), "optimizer": SGD(1.0),
                          "training.batch_size": "all", "training.validate": False})


@pytest.mark.parametrize("framework, kind, message", [
    ("lightning", "refused", "RuntimeError: all elements of input should be between 0 and 1"),
    ("reference", "undefined", "the logarithm of an output outside [0, 1]")])
def test_output_outside_the_domain_ends_the_training(train, framework, kind, message):
    """At once from random weights; after one step where that step is what leads outside."""
    assert train(framework, BINARY).outcome["kind"] == train(framework, LEAVES).outcome["kind"] == kind
    assert train(framework, BINARY).outcome["step"] == 0 and not train(framework, BINARY)["step/loss"].size
    trace = train(framework, LEAVES)
    assert trace.outcome["step"] == trace["step/loss"].size == trace["reported/train/loss"].size == 1
    assert message in trace.outcome["message"]
    assert np.isnan(trace["evaluated/train/loss"]) and np.isfinite(trace["accuracy_by_rule/train/threshold"])
    assert trace.probed_steps() == [0]


@pytest.mark.parametrize("rate, epochs", [(0.001, 0), (0.0005, 1)])
def test_refusal_within_an_epoch_is_reported_with_its_step(train, rate, epochs):
    """The reference, configured like PyTorch, gets the same output outside [0, 1], after as many complete epochs."""
    spec = changed(LEAVES, {"optimizer": SGD(rate), "training.batch_size": 8, "training.epochs": 4})
    actual = train("lightning", spec)
    resolved = changed(resolve(spec, actual.facts["environment"]), {"training.shuffle": None})  # the shared order
    expected = train("reference", resolved)
    assert actual.outcome["kind"] == expected.outcome["kind"] == "refused"
    assert actual.outcome["step"] == expected.outcome["step"] == len(actual["step/loss"])
    assert 0 < actual.outcome["step"] - epochs * actual.facts["steps_per_epoch"] < actual.facts["steps_per_epoch"]
    assert len(actual["reported/train/loss"] if epochs else actual.below("reported")) == epochs
    assert relative(actual["step/loss"], expected["step/loss"]) < len(actual["step/loss"]) * SUMMED


@pytest.mark.parametrize("framework", ["lightning", "reference"])
def test_refused_validation_keeps_the_steps_of_its_epoch(train, framework):
    trace = train(framework, changed(LEAVES, {"training.validate": True}))
    assert trace.outcome["step"] == trace["step/loss"].size == 1 and not trace.below("reported")


def test_keras_error_within_an_epoch_is_reported_with_its_step(train, folder):
    """Sample 600 does not exist: in the second epoch's eighth batch, the second of three batches that one call runs."""
    order = np.load(initialization.order(NET, 600, 0, folder))
    order[1][7 * 32 + 3] = 600
    np.save(folder / "outside.npy", order)
    trace = train("keras", NET, order=str(folder / "outside.npy"), record={"steps": 0, "states": 0, "evaluated": True})
    assert trace.outcome["kind"] == "refused" and "600 is not in [0, 600)" in trace.outcome["message"]
    assert trace.outcome["step"] == STEPS + 7 and len(trace["reported/train/loss"]) == 1
    assert (trace["step/loss"] == train("keras", NET)["step/loss"][:STEPS + 7]).all()


@pytest.mark.parametrize("framework", ["keras", "keras-jax"])
def test_keras_continues_outside_the_domain(train, framework):
    assert train(framework, BINARY).outcome["kind"] == train(framework, LEAVES).outcome["kind"] == "finished"


@each
def test_internal_error_is_raised_and_not_reported_as_a_refusal(train, folder, framework):
    np.save(folder / "short.npy", np.arange(600)[None])
    with pytest.raises(JobFailed, match="IndexError"):
        train(framework, NET, order=str(folder / "short.npy"))  # one epoch long, for a training of two
    loss = to_json(changed(NET, {"loss": CategoricalCrossentropy("outputs", False, 0.1, False)}))
    loss["loss"]["clip"] = "a word"
    with pytest.raises(JobFailed, match="Error"):
        train(framework, NET, spec=loss)
    with pytest.raises(JobFailed, match="The initial weights belong to another model"):
        train(framework, changed(NET, {"layers.0.units": 9}), weights=str(initialization.weights(NET, 0, folder)))
