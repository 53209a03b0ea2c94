"""Event files, read back with TensorBoard's reader and its server, without TensorFlow."""

import json
import math
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import numpy as np
import pytest

from compare.reporting.tensorboard import events, scalars
from frameworks.runtime.trace import Trace

ROOT = Path(__file__).parents[2]
INF = math.inf
NAN = math.nan

EPOCHS = ("reported/train/loss", "reported/train/accuracy", "reported/test/loss", "reported/test/accuracy")
NORM = "weight_norm/1.kernel"
EVALUATED = ("evaluated/train/loss", "evaluated/test/accuracy", "accuracy_by_rule/train/argmax_logits",
             "accuracy_by_rule/test/argmax_outputs")


def make_trace(framework: str = "keras", dtype: str = "float32") -> Trace:
    """4 epochs of 3 steps, evaluated after epochs 1 and 4; with arrays that are no curves."""
    rng = np.random.default_rng(len(framework))
    arrays = {"step/loss": rng.random(12).astype(dtype), "epoch": np.array([1, 4])}
    arrays.update({name: rng.random(4) for name in EPOCHS})
    arrays.update({name: rng.random(2) for name in EVALUATED})
    arrays.update({"probe/0/loss": np.array(1.0), "state/0/weight/1.kernel": np.zeros((3, 2))})
    return Trace({"environment": {"framework": framework}}, arrays)


def write_trace(folder: Path, trace: Trace) -> None:
    events.write(folder, scalars.of_trace(trace))


def write_curves(folder: Path, curves: dict[str, list[Any]]) -> None:
    events.write(folder, scalars.of_question(curves))


def write_text(folder: Path, texts: dict[str, str]) -> None:
    events.write(folder, [point for tag, markdown in texts.items() for point in events.text(tag, markdown)])


def read(folder: Path) -> dict[str, list[tuple[int, Any]]]:
    """Steps and contents by tag, as TensorBoard reads them."""
    # Here and not above, where the sorted imports would put tensorboard before the hook in compare.reporting.
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.util.tensor_util import make_ndarray

    run = EventAccumulator(str(folder), size_guidance={"tensors": 0}).Reload()  # 0 keeps every point
    tags = run.Tags()["tensors"]
    return {tag: [(event.step, make_ndarray(event.tensor_proto).item()) for event in run.Tensors(tag)] for tag in tags}


def as_float32(values: Any) -> list[Any]:
    """The values rounded to float32."""
    return list(np.asarray(values, np.float32).tolist())


def points_equal(actual: list[tuple[int, float]], expected: list[tuple[int, float]]) -> bool:
    return np.array_equal(np.array(actual), np.array(expected), equal_nan=True)


@pytest.mark.parametrize("framework, dtype", [("keras", "float32"), ("lightning", "float32"), ("reference", "float64")])
def test_trace_is_written_with_exactly_its_curves(tmp_path: Path, framework: str, dtype: str) -> None:
    trace = make_trace(framework, dtype)
    write_trace(tmp_path / "run", trace)
    shown = read(tmp_path / "run")
    assert set(shown) == {"step/loss", NORM, *EPOCHS, *EVALUATED} and shown[NORM] == [(1, 0.0)]
    assert shown["step/loss"] == list(enumerate(as_float32(trace["step/loss"]), start=1))
    for name in EPOCHS:
        assert shown[name] == list(zip([1, 2, 3, 4], as_float32(trace[name]), strict=True))
    for name in EVALUATED:
        assert shown[name] == list(zip([1, 4], as_float32(trace[name]), strict=True))


def test_evaluated_curve_of_wrong_length_is_rejected(tmp_path: Path) -> None:
    trace = make_trace()
    trace.arrays["evaluated/train/loss"] = np.zeros(3)
    with pytest.raises(ValueError, match="zip"):
        write_trace(tmp_path, trace)
    assert not list(tmp_path.iterdir())


def test_refused_training_is_an_empty_run(tmp_path: Path) -> None:
    write_trace(tmp_path, Trace({}, {}))
    assert read(tmp_path) == {}


def test_nan_and_infinity_are_written_unchanged(tmp_path: Path) -> None:
    values = [2.5, INF, NAN, -INF, NAN, -0.5]
    write_trace(tmp_path / "trace", Trace({}, {"step/loss": np.array(values, np.float32)}))
    write_curves(tmp_path / "reported", {"reported/train/loss": values})
    expected = list(enumerate(values, start=1))
    assert points_equal(read(tmp_path / "trace")["step/loss"], expected)
    assert points_equal(read(tmp_path / "reported")["reported/train/loss"], expected)


@pytest.mark.filterwarnings("error")
def test_float64_beyond_the_range_of_float32_becomes_infinity(tmp_path: Path) -> None:
    write_trace(tmp_path, Trace({}, {"step/loss": np.array([0.5, 1e60, -1e60])}))
    assert read(tmp_path)["step/loss"] == [(1, 0.5), (2, INF), (3, -INF)]


def test_reported_numbers_are_written_by_epoch(tmp_path: Path) -> None:
    write_curves(tmp_path, {"reported/train/accuracy": [0.125, 0.25], "reported/train/loss": [2.5]})
    assert read(tmp_path) == {"reported/train/accuracy": [(1, 0.125), (2, 0.25)], "reported/train/loss": [(1, 2.5)]}


@pytest.mark.parametrize("count", [0, 1, 4_996, 5_000])
def test_short_curve_keeps_every_point(count: int) -> None:
    assert events.kept(np.zeros(count)) == list(range(count))


@pytest.mark.parametrize("count", [5_001, 9_993, 150_000, 1_000_003])
def test_long_curve_keeps_a_stride_its_end_and_non_finite_onsets(count: int) -> None:
    values = np.zeros(count)
    values[[1, 2, 3, 5, 7]] = NAN, INF, NAN, -INF, -INF
    places = events.kept(values)
    special = {1, 2, 5, count - 1}
    regular = [place for place in places if place not in special]
    assert special <= set(places) and regular[0] == 0
    assert len(set(np.diff([place for place in regular if place > 7]))) == 1
    assert 2_000 < len(places) <= events.MOST and places == sorted(set(places))


def test_long_curve_is_written_with_exact_values(tmp_path: Path) -> None:
    loss = np.random.default_rng(0).random(12_345).astype(np.float32)
    loss[10_001] = NAN
    write_trace(tmp_path, Trace({}, {"step/loss": loss}))
    shown = read(tmp_path)["step/loss"]
    assert points_equal(shown, [(step, float(loss[step - 1])) for step, _ in shown])
    steps = {step for step, _ in shown}
    assert {1, 10_002, 12_345} < steps and len(steps) <= events.MOST


def test_texts_and_curves_of_one_run_are_shown_together(tmp_path: Path) -> None:
    texts = {"question": "Why **0.1**?\n\n| é | 1 |\n|---|---|", "verdict": "*yours*"}
    write_trace(tmp_path, make_trace())
    write_text(tmp_path, texts)
    write_curves(tmp_path, {"later": [1.0]})
    shown = read(tmp_path)
    assert {tag: [(0, markdown.encode())] for tag, markdown in texts.items()}.items() <= shown.items()
    assert len(shown["step/loss"]) == 12 and shown["later"] == [(1, 1.0)]


def test_metadata_names_the_plugin(tmp_path: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    write_curves(tmp_path, {"a": [1.0]})
    write_text(tmp_path, {"b": "text"})
    run = EventAccumulator(str(tmp_path)).Reload()
    assert [run.SummaryMetadata(tag).plugin_data.plugin_name for tag in "ab"] == ["scalars", "text"]


WRITE_AND_READ = """
import sys
from pathlib import Path
from compare.reporting.tensorboard import events
from compare.reporting.tensorboard import custom_scalars, dashboards, live, serve
folder = Path(sys.argv[1])
events.write(folder, events.curve("a", [1.0]) + events.text("b", "text"))
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
assert sorted(EventAccumulator(str(folder)).Reload().Tags()["tensors"]) == ["a", "b"]
print(*sorted({"tensorflow", "torch", "keras"} & set(sys.modules)))
"""


def test_writing_and_reading_import_no_framework(tmp_path: Path) -> None:
    command = [sys.executable, "-c", WRITE_AND_READ, str(tmp_path)]
    child = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (child.returncode, child.stdout.split()) == (0, []), child.stderr


SERVE = """
import sys
import compare.reporting
from tensorboard.program import TensorBoard
board = TensorBoard()
board.configure(argv=["", "--logdir", sys.argv[1], "--host", "127.0.0.1", "--port", "0", *sys.argv[2:]])
print(board.launch(), "tensorflow" in sys.modules, flush=True)
sys.stdin.read()
"""


@pytest.fixture(params=["true", "false"], ids=["data server", "python"])
def server(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The address of a real TensorBoard over `tmp_path`, with each of its two readers of event files."""
    if request.param == "true":
        pytest.importorskip("tensorboard_data_server")
    options = [f"--load_fast={request.param}", "--samples_per_plugin=scalars=5000", "--reload_interval=1"]
    command = [sys.executable, "-c", SERVE, str(tmp_path), *options]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            address, tensorflow = child.stdout.readline().split()
            assert tensorflow == "False"
            yield address
        finally:
            child.kill()


def get(address: str) -> Any:
    """JSON over HTTP, without a proxy."""
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(address, timeout=10) as response:
        return json.load(response)


def wait_for(address: str, expected: Any, extract: Callable[[Any], Any]) -> None:
    """Waits until the extracted part of the response is as expected: the server reads its folder in the background."""
    deadline = time.monotonic() + 10
    while (actual := extract(get(address))) != expected and time.monotonic() < deadline:
        time.sleep(0.1)
    assert actual == expected


def test_server_shows_runs_tags_values_and_later_texts(tmp_path: Path, server: str) -> None:
    names = ["lr_0_01/keras/0", "lr_0_01/reference/0"]
    for name in names:
        trace = make_trace(name, "float32" if "keras" in name else "float64")
        trace.arrays["step/loss"][5:7] = NAN, INF
        write_trace(tmp_path / name, trace)
    plugins = f"{server}data/plugin/"
    tags = dict.fromkeys(names, sorted({"step/loss", NORM, *EPOCHS, *EVALUATED}))
    wait_for(plugins + "timeseries/tags", tags, lambda answer: answer["scalars"]["runTagInfo"])
    assert {run: sorted(of) for run, of in get(plugins + "scalars/tags").items()} == tags

    steps = plugins + f"scalars/scalars?run={quote(names[1], safe='')}&tag=step%2Floss"
    loss = as_float32(trace["step/loss"])
    loss[5:7] = "NaN", "Infinity"
    wait_for(steps, list(enumerate(loss, start=1)), lambda answer: [(step, value) for _, step, value in answer])

    write_text(tmp_path / names[0], {"verdict": "**yours**"})
    wait_for(plugins + "text/tags", {names[0]: ["verdict"]}, lambda answer: {k: v for k, v in answer.items() if v})
    (shown,) = get(plugins + f"text/text?run={quote(names[0], safe='')}&tag=verdict")
    assert "<strong>yours</strong>" in shown["text"]
