"""What is written for TensorBoard while a run trains, over several starts, and of a training that ended badly."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_events import read

from compare.analysis.first_divergence import LossOffset
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.reporting.tensorboard import custom_scalars, events, histograms, images, run_names, scalars
from compare.reporting.tensorboard.live import Live
from compare.reporting.tensorboard.scalars import of_question, of_seeds, of_trace
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed, to_json

SPEC = Spec(Data(flatten=True), (Dense(8), Activation("relu"), Dense(10)), CategoricalCrossentropy(), SGD(0.1),
            Training(3, 32))
REPORTED = Variant("asked_one", "reported", SPEC, "reported", {"reported/train/loss": (3.0, None, 1.0)})
SCENARIO = Scenario("rain", "Does it rain?", "Does it?", (REPORTED, Variant("other", "other", SPEC)),
                    (Behaviour("b", "it rains", ("asked_one",), lambda trace: 1.0),))
MNIST = Dataset("mnist", Path("."), "", "", "")
EPOCHS = [{"event": "epoch", "epoch": epoch, "epochs": 3, "train_loss": 2.0 / epoch, "train_accuracy": 0.25 * epoch}
          for epoch in (1, 2, 3)]


def read_tags(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    return EventAccumulator(str(folder)).Reload().Tags()["tensors"]


def trial(variant="asked_one", seed=0):
    return Trial("rain", variant, "keras", seed, "shared", SPEC, True)


def a_trace(losses):
    return Trace({"spec": to_json(SPEC)}, {"reported/train/loss": np.array(losses),
                                           "reported/train/accuracy": 0.25 * np.arange(1, 1 + len(losses)),
                                           "step/loss": np.array(losses)})


def test_curves_grow_while_a_run_trains_and_are_not_doubled_when_it_ends(tmp_path):
    live = Live(SCENARIO, MNIST, tmp_path)
    run, own_setting = (tmp_path / "tensorboard" / "reported" / "asked_one" / name for name in ("keras", "reported"))
    for count, event in enumerate(EPOCHS, 1):
        live.on_event(trial(), {"event": "alive"})
        live.on_event(trial(), event)
        expected = [(epoch, float(np.float32(2.0 / epoch))) for epoch in range(1, count + 1)]
        assert read(run)["reported/train/loss"] == expected
        assert read(own_setting) == {"reported/train/loss": [(1, 3.0), (3, 1.0)]}
    events.write(run, of_trace(a_trace([2.0, 1.0, 2.0 / 3])))
    events.write(own_setting, of_question(REPORTED.reported))
    shown = read(run)
    assert shown["reported/train/loss"] == expected and len(shown["reported/train/accuracy"]) == 3
    assert len(shown["step/loss"]) == 3 and read(own_setting) == {"reported/train/loss": [(1, 3.0), (3, 1.0)]}


def test_controls_and_further_starts_grow_in_folders_of_their_own(tmp_path):
    live = Live(SCENARIO, replace(MNIST, name="sample"), tmp_path)
    for one in (trial(), trial("other"), trial(seed=2)):
        live.on_event(one, EPOCHS[0])
    runs = {str(path.parent.relative_to(tmp_path / "tensorboard")) for path in tmp_path.rglob(events.FILES)}
    assert runs == {"reported/sample-asked_one/keras", "controls/sample-other/keras", "seeds/sample-asked_one/keras-2"}


def test_a_run_that_was_cut_short_in_the_middle_of_a_record_is_readable_and_can_be_ended(tmp_path):
    live = Live(SCENARIO, MNIST, tmp_path)
    for event in EPOCHS[:2]:
        live.on_event(trial(), event)
    (file,) = (tmp_path / "tensorboard" / "reported" / "asked_one" / "keras").glob(events.FILES)
    file.write_bytes(file.read_bytes()[:-7])
    assert [step for step, _ in read(file.parent)["reported/train/loss"]] == [1]
    events.write(file.parent, of_trace(a_trace([2.0, 1.0])))
    assert [step for step, _ in read(file.parent)["reported/train/loss"]] == [1, 2]


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_mean_and_interval_over_starts_from_three_on(tmp_path, seeds):
    draw = np.random.default_rng(0)
    traces = {("a", seed): a_trace(draw.normal(5.0, 1.0, 4)) for seed in range(seeds)}
    events.write(tmp_path, of_seeds(traces, "a"))
    shown = read(tmp_path)
    if seeds < 3:
        assert shown == {}
        return
    table = np.array([trace["reported/train/loss"] for trace in traces.values()])
    student = {3: 4.302653, 5: 2.776445}[seeds]  # of n - 1 degrees of freedom, two-sided 95 %: any table of t
    half = student * table.std(axis=0, ddof=1) * np.sqrt(1 + 1 / seeds)
    for name, values in (("mean", table.mean(0)), ("low", table.mean(0) - half), ("high", table.mean(0) + half)):
        assert [value for _, value in shown[f"starts/train/loss/{name}"]] == pytest.approx(list(values), rel=1e-5)


@pytest.mark.parametrize("seeds", [1, 3])
def test_the_page_of_the_starts_has_margins_of_tags_that_are_written(seeds):
    class Found:
        scenario, verdicts, loss_offsets, mnist = SCENARIO, {}, (), True
        traces = {"keras": {("asked_one", seed): a_trace([3.0, 2.0 + seed]) for seed in range(seeds)}}
    from tensorboard.plugins.custom_scalar import layout_pb2  # here, behind the hook in compare.reporting
    ((_, value),) = custom_scalars.layout(Found)
    layout = layout_pb2.Layout.FromString(value.tensor.string_val[0])
    margins = [series for page in layout.category for chart in page.chart for series in chart.margin.series]
    written = {point.tag for _, point in of_seeds(Found.traces["keras"], "asked_one")}
    assert len(margins) == (4 if seeds == 3 else 0)
    assert bool(written) is bool(margins)
    assert written <= {tag for one in margins for tag in (one.value, one.lower, one.upper)}


def test_a_gap_has_its_band_on_both_sides_and_no_point_where_there_is_no_number(tmp_path):
    loss_offset = LossOffset("a", "keras", (0, 4, 9), (1.0, np.nan, 2.0), (1e-6, np.nan, 2e-6), (1e-5, 1e-5, np.nan))
    events.write(tmp_path, scalars.of_loss_offset(loss_offset))
    shown = read(tmp_path)
    assert shown["loss_offset/to_reference"] == [(1, 1.0), (10, 2.0)]
    assert [step for step, _ in shown["loss_offset/rounding_above"]] == [1, 5]
    assert shown["loss_offset/rounding_below"] == [(step, -size) for step, size in shown["loss_offset/rounding_above"]]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("array", [np.zeros(5), np.full(5, np.nan), np.array([1.0, np.inf, 2.0]),
                                   np.array([0.0, 5e-324]), np.array([-1.7e308, 0.0, 1.7e308]),
                                   np.arange(12.0).reshape(3, 4)], ids=str)
def test_a_histogram_counts_every_finite_number(array):
    points = events.histogram("a", {7: array})
    finite = int(np.isfinite(array).sum())
    assert len(points) == bool(finite)
    for step, value in points:
        table = np.frombuffer(value.tensor.tensor_content).reshape(-1, 3)
        assert step == 7 and np.isfinite(table).all() and table[:, 2].sum() == finite
        assert len(table) <= events.BUCKETS


def test_a_linear_last_layer_has_one_histogram_and_an_activated_one_two():
    arrays = {"probe/0/logits": np.arange(4.0), "probe/0/outputs": np.arange(4.0)}
    for layers, expected in ((SPEC.layers, {"last_layer/outputs"}),
                             ((*SPEC.layers, Activation("softmax")), {"last_layer/before_its_activation",
                                                                      "last_layer/after_its_activation"})):
        trace = Trace({"spec": to_json(changed(SPEC, {"layers": layers}))}, arrays)
        assert {value.tag for _, value in histograms.of_trace(trace)} == expected


def test_a_picture_is_drawn_of_every_number_that_alone_tells_variants_apart():
    class Found:
        scenario = replace(SCENARIO, variants=(
            REPORTED, Variant("w16", "", changed(SPEC, {"layers.0.units": 16, "training.epochs": 9})),
            Variant("w16_too", "", changed(SPEC, {"layers.0.units": 16})),
            Variant("w32", "", changed(SPEC, {"layers.0.units": 32})),
            Variant("two", "", changed(SPEC, {"layers.0.units": 64, "optimizer.learning_rate": 1.0})),
            Variant("fast", "", changed(SPEC, {"optimizer.learning_rate": 1.0}))))
        traces = {"keras": {(variant.name, 0): a_trace([1.0]) for variant in scenario.variants}}
        traces["keras"]["w16_too", 0] = Trace({}, {"epoch": np.array([1, 2])})
    specs = {("keras", variant.name): variant.spec for variant in Found.scenario.variants}
    (sweep,) = images.sweeps(Found, specs)
    assert (sweep.path, sweep.first, list(sweep.members["keras"])) == ("layers.0.units", "asked_one", [8, 16, 32])
    assert sweep.members["keras"][16] is Found.traces["keras"]["w16_too", 0], "the longest of its number"


@pytest.mark.filterwarnings("error")
def test_a_training_that_diverged_is_written_without_a_word(tmp_path):
    huge = np.array([1e200, -1e300, np.inf, np.nan])
    traces = {("a", seed): Trace({"spec": to_json(SPEC)}, {
        "reported/train/loss": huge, "step/loss": huge, "state/0/weight/0.kernel": huge, "probe/0/outputs": huge,
        "probe/0/gradient/0.kernel": -huge}) for seed in range(3)}
    events.write(tmp_path, of_trace(traces["a", 0], SPEC) + histograms.of_trace(traces["a", 0]) +
                 of_seeds(traces, "a") + scalars.of_ways(traces["a", 0], traces["a", 1]))
    assert {"step/loss", "weight_norm/0.kernel"} < set(read_tags(tmp_path))


def test_a_training_that_died_is_shown_as_an_empty_run(tmp_path):
    dead = Trace({"spec": to_json(SPEC), "outcome": {"kind": "died", "step": 0, "message": "it died"}}, {})
    events.write(tmp_path, of_trace(dead, SPEC) + histograms.of_trace(dead) + images.of_trace(dead, SPEC, MNIST))
    assert read(tmp_path) == {} and run_names.view(REPORTED, 0) == "reported"
