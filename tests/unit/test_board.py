"""What is written for TensorBoard: during a run, over several seeds, and for failed trainings."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from test_events import read

from compare.analysis.unexplained import LossOffset
from compare.execution.data import Dataset
from compare.execution.output_folder import TENSORBOARD
from compare.execution.trials import Trial
from compare.reporting.tensorboard import custom_scalars, events, histograms, images, run_names, scalars, serve
from compare.reporting.tensorboard.live import Live
from compare.reporting.tensorboard.scalars import of_question, of_seeds, of_trace
from frameworks.runtime.trace import Trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Spec, Training
from scenarios.spec.fields import changed, to_json

SPEC = Spec(Data(flatten=True), (Dense(8), Activation("relu"), Dense(10)), CategoricalCrossentropy(), SGD(0.1),
            Training(3, 32))
REPORTED = Variant("reported_one", "reported", SPEC, "reported", {"reported/train/loss": (3.0, None, 1.0)})
SCENARIO = Scenario("rain", "Does it rain?", "Does it?", (REPORTED, Variant("other", "other", SPEC)),
                    (Behaviour("b", "it rains", ("reported_one",), lambda trace: 1.0),))
MNIST = Dataset("mnist", Path("."), "", "", "")
EPOCHS = [{"event": "epoch", "epoch": epoch, "epochs": 3, "train_loss": 2.0 / epoch, "train_accuracy": 0.25 * epoch}
          for epoch in (1, 2, 3)]


def read_tags(folder):
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    return EventAccumulator(str(folder)).Reload().Tags()["tensors"]


def make_trial(variant="reported_one", seed=0):
    return Trial("rain", variant, "keras", seed, "shared", SPEC, True)


def make_trace(losses):
    return Trace({"spec": to_json(SPEC)}, {"reported/train/loss": np.array(losses),
                                           "reported/train/accuracy": 0.25 * np.arange(1, 1 + len(losses)),
                                           "step/loss": np.array(losses)})


def test_live_curves_are_not_duplicated_at_the_end_of_a_run(tmp_path):
    live = Live(SCENARIO, MNIST, tmp_path)
    run, reported = (tmp_path / "tensorboard" / "reported" / "reported_one" / name for name in ("keras", "reported"))
    for count, event in enumerate(EPOCHS, 1):
        live.on_event(make_trial(), {"event": "alive"})
        live.on_event(make_trial(), event)
        expected = [(epoch, float(np.float32(2.0 / epoch))) for epoch in range(1, count + 1)]
        assert read(run)["reported/train/loss"] == expected
        assert read(reported) == {"reported/train/loss": [(1, 3.0), (3, 1.0)]}
    events.write(run, of_trace(make_trace([2.0, 1.0, 2.0 / 3])))
    events.write(reported, of_question(REPORTED.reported))
    shown = read(run)
    assert shown["reported/train/loss"] == expected and len(shown["reported/train/accuracy"]) == 3
    assert len(shown["step/loss"]) == 3 and read(reported) == {"reported/train/loss": [(1, 3.0), (3, 1.0)]}


def test_controls_and_further_seeds_are_written_to_separate_folders(tmp_path):
    live = Live(SCENARIO, replace(MNIST, name="sample"), tmp_path)
    for trial in (make_trial(), make_trial("other"), make_trial(seed=2)):
        live.on_event(trial, EPOCHS[0])
    runs = {str(path.parent.relative_to(tmp_path / "tensorboard")) for path in tmp_path.rglob(events.FILES)}
    assert runs == {"reported/sample-reported_one/keras", "controls/sample-other/keras",
                    "seeds/sample-reported_one/keras-2"}


def test_truncated_event_file_is_readable_and_can_be_completed(tmp_path):
    live = Live(SCENARIO, MNIST, tmp_path)
    for event in EPOCHS[:2]:
        live.on_event(make_trial(), event)
    (file,) = (tmp_path / "tensorboard" / "reported" / "reported_one" / "keras").glob(events.FILES)
    file.write_bytes(file.read_bytes()[:-7])
    assert [step for step, _ in read(file.parent)["reported/train/loss"]] == [1]
    events.write(file.parent, of_trace(make_trace([2.0, 1.0])))
    assert [step for step, _ in read(file.parent)["reported/train/loss"]] == [1, 2]


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_mean_and_interval_need_three_seeds(tmp_path, seeds):
    rng = np.random.default_rng(0)
    traces = {("a", seed): make_trace(rng.normal(5.0, 1.0, 4)) for seed in range(seeds)}
    events.write(tmp_path, of_seeds(traces, "a"))
    shown = read(tmp_path)
    if seeds < 3:
        assert shown == {}
        return
    losses = np.array([trace["reported/train/loss"] for trace in traces.values()])
    student = {3: 4.302653, 5: 2.776445}[seeds]  # of n - 1 degrees of freedom, two-sided 95 %: any table of t
    half_width = student * losses.std(axis=0, ddof=1) * np.sqrt(1 + 1 / seeds)
    mean = losses.mean(0)
    for name, values in (("mean", mean), ("low", mean - half_width), ("high", mean + half_width)):
        assert [value for _, value in shown[f"seeds/train/loss/{name}"]] == pytest.approx(list(values), rel=1e-5)


@pytest.mark.parametrize("seeds", [1, 3])
def test_margin_charts_over_seeds_contain_the_written_tags(seeds):
    class FakeResult:
        scenario, verdicts, loss_offsets, mnist = SCENARIO, {}, (), True
        traces = {"keras": {("reported_one", seed): make_trace([3.0, 2.0 + seed]) for seed in range(seeds)}}
    from tensorboard.plugins.custom_scalar import layout_pb2  # here, behind the hook in compare.reporting
    ((_, value),) = custom_scalars.layout(FakeResult)
    layout = layout_pb2.Layout.FromString(value.tensor.string_val[0])
    margins = [series for page in layout.category for chart in page.chart for series in chart.margin.series]
    written = {point.tag for _, point in of_seeds(FakeResult.traces["keras"], "reported_one")}
    assert len(margins) == (4 if seeds == 3 else 0)
    assert bool(written) is bool(margins)
    assert written <= {tag for series in margins for tag in (series.value, series.lower, series.upper)}


def test_loss_offset_has_rounding_bounds_and_skips_nan(tmp_path):
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
def test_histogram_counts_every_finite_number(array):
    points = events.histogram("a", {7: array})
    finite = int(np.isfinite(array).sum())
    assert len(points) == bool(finite)
    for step, value in points:
        buckets = np.frombuffer(value.tensor.tensor_content).reshape(-1, 3)
        assert step == 7 and np.isfinite(buckets).all() and buckets[:, 2].sum() == finite
        assert len(buckets) <= events.BUCKETS


def test_last_layer_has_one_histogram_if_linear_and_two_if_activated():
    arrays = {"probe/0/logits": np.arange(4.0), "probe/0/outputs": np.arange(4.0)}
    for layers, expected in ((SPEC.layers, {"last_layer/outputs"}),
                             ((*SPEC.layers, Activation("softmax")), {"last_layer/before_its_activation",
                                                                      "last_layer/after_its_activation"})):
        trace = Trace({"spec": to_json(changed(SPEC, {"layers": layers}))}, arrays)
        assert {value.tag for _, value in histograms.of_trace(trace)} == expected


def test_sweep_needs_variants_that_differ_in_one_number_only():
    class FakeResult:
        scenario = replace(SCENARIO, variants=(
            REPORTED, Variant("w16", "", changed(SPEC, {"layers.0.units": 16, "training.epochs": 9})),
            Variant("w16_too", "", changed(SPEC, {"layers.0.units": 16})),
            Variant("w32", "", changed(SPEC, {"layers.0.units": 32})),
            Variant("two", "", changed(SPEC, {"layers.0.units": 64, "optimizer.learning_rate": 1.0})),
            Variant("fast", "", changed(SPEC, {"optimizer.learning_rate": 1.0}))))
        traces = {"keras": {(variant.name, 0): make_trace([1.0]) for variant in scenario.variants}}
        traces["keras"]["w16_too", 0] = Trace({}, {"epoch": np.array([1, 2])})
    specs = {("keras", variant.name): variant.spec for variant in FakeResult.scenario.variants}
    (sweep,) = images.sweeps(FakeResult, specs)
    assert (sweep.path, sweep.first, list(sweep.members["keras"])) == ("layers.0.units", "reported_one", [8, 16, 32])
    longest = FakeResult.traces["keras"]["w16_too", 0]
    assert sweep.members["keras"][16] is longest, "the longest training with this number"


@pytest.mark.filterwarnings("error")
def test_diverged_training_is_written_without_warnings(tmp_path):
    huge = np.array([1e200, -1e300, np.inf, np.nan])
    traces = {("a", seed): Trace({"spec": to_json(SPEC)}, {
        "reported/train/loss": huge, "step/loss": huge, "state/0/weight/0.kernel": huge, "probe/0/outputs": huge,
        "probe/0/gradient/0.kernel": -huge}) for seed in range(3)}
    events.write(tmp_path, of_trace(traces["a", 0], SPEC) + histograms.of_trace(traces["a", 0]) +
                 of_seeds(traces, "a") + scalars.between_trainings(traces["a", 0], traces["a", 1]))
    assert {"step/loss", "weight_norm/0.kernel"} < set(read_tags(tmp_path))


def test_training_with_a_worker_error_is_an_empty_run(tmp_path):
    trace = Trace({"spec": to_json(SPEC), "outcome": {"kind": "died", "step": 0, "message": "it died"}}, {})
    events.write(tmp_path, of_trace(trace, SPEC) + histograms.of_trace(trace) + images.of_trace(trace, SPEC, MNIST))
    assert read(tmp_path) == {} and run_names.view(REPORTED, 0) == "reported"


def test_losses_that_span_decades_are_also_written_as_logarithms(tmp_path):
    assert scalars.spans_decades([[0.1, np.nan], [3.0, np.inf]]) and not scalars.spans_decades([[1.0, 19.0], [0.0, -5]])
    assert not scalars.spans_decades([[np.nan], []]) and not scalars.spans_decades([])
    events.write(tmp_path, scalars.of_logarithms({"reported/train/loss": (1000.0, 0.0, np.nan, 0.1), "step/x": (1.0,)}))
    assert read(tmp_path) == {"log10/reported/train/loss": [(1, pytest.approx(3.0)), (4, pytest.approx(-1.0))]}


@pytest.mark.parametrize("frameworks, colours", [
    (("keras", "lightning", "reference"), serve.BY_TRAINING), (("keras", "lightning", "reference", "keras-jax"),
                                                               serve.BY_FRAMEWORK)])
def test_trainings_have_colours_of_their_own_as_far_as_they_last(tmp_path, frameworks, colours):
    home = tmp_path / run_names.REPORTED
    for variant in ("sample-slow", "sample-fast"):
        for framework in (*frameworks, run_names.QUESTION):
            (home / variant / framework).mkdir(parents=True)
    (home / "sample-answer" / "keras").mkdir(parents=True)
    trainings = serve._trainings(home)
    assert len(trainings) == 2 * len(frameworks) + 2 and serve._colours(trainings) == colours
    assert serve._trainings(tmp_path / TENSORBOARD) == [] and serve._colours([]) == serve.BY_FRAMEWORK


def test_runs_are_grouped_by_training_and_the_answer_by_nothing():
    """TensorBoard gives one colour to all runs with the same groups of the expression, and none to other runs."""
    def group(name):
        match = re.match(serve.BY_TRAINING.removeprefix("regex:"), name)
        return match and match.groups()
    names = ["slow/keras", "fast/keras", "slow/lightning", "sample-slow/reported-like", "slow/reported", "answer/keras",
             "sample-answer/keras", "answer"]
    assert group("slow/reported") == group("fast/reported") is not None
    assert len({group(name) for name in names[:3]}) == 3 and all(group(name) for name in names[:3])
    assert [group(name) for name in names[5:]] == [None] * 3
