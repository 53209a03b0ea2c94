"""The contract of every framework: the arrays of its traces, replays and probes."""

import numpy as np
import pytest
from contract_specs import NET, STEPS, recorded, replayed
from rounding import SUMMED, UNIT, each, relative

from compare.execution import initialization, trials
from frameworks.quirks.resolution import resolve
from frameworks.runtime import samples
from frameworks.runtime.probing import EVALUATED
from frameworks.runtime.trace import Trace, read, write
from scenarios.spec import (
    Activation,
    AveragePooling2D,
    BatchNormalization,
    Conv2D,
    Data,
    Dense,
    Dropout,
    Flatten,
    MaxPooling2D,
)
from scenarios.spec.fields import changed


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
