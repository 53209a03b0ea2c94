"""compare browse over HTTP: TensorBoard shows the results of a real short run."""

import html
import json
import os
import re
import time

import numpy as np
import pytest
from browsed import ANSWERED, FRAMEWORKS, REPORTED, Board, browsing, fetched, trained
from miniatures import real_mnist

from compare.execution.errors import UsageError
from compare.reporting.tensorboard import serve
from frameworks.runtime import trace

pytestmark = real_mnist
READY = 15.0  # seconds on a busy machine; measured alone: 2


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return trained(tmp_path_factory)


@pytest.fixture(scope="module")
def board(run):
    started = time.monotonic()
    with browsing(run.parent.parent) as (answer, curves):
        assert time.monotonic() - started < READY
        assert re.match(r"http://127\.0\.0\.1:\d+/#text$", answer) and curves.endswith("#timeseries")
        served = Board(answer)
        deadline = time.monotonic() + 20
        while set(served.json("runs")) != REPORTED | ANSWERED | {"sigmoid/reported"} and time.monotonic() < deadline:
            time.sleep(0.2)
        yield served


def traced(run, name):
    return trace.read(str(run / "traces" / f"{name}.0.npz"))


def test_runs_are_those_of_the_reported_variants(board):
    assert set(board.json("runs")) == REPORTED | ANSWERED | {"sigmoid/reported"}


def test_frameworks_have_the_same_tags_and_the_reported_curve_some_of_them(board):
    tags = {name: set(of) for name, of in board.json("plugin/scalars/tags").items()}
    loss_offsets = {"loss_offset/between_trainings", "loss_offset/to_reference", "loss_offset/unexplained",
                    "loss_offset/rounding_above", "loss_offset/rounding_below"}
    for variant in ("sigmoid", "width_8"):
        keras, lightning, reference = (tags[f"{variant}/{framework}"] for framework in FRAMEWORKS)
        assert keras == lightning == reference | loss_offsets
        assert {"step/loss", "learning_rate", "gradient_norm/1.kernel", "weight_norm/1.bias"} < reference
        assert {f"{how}/{part}/{name}" for how in ("reported", "evaluated") for part in ("train", "test")
                for name in ("loss", "accuracy")} < reference
    losses = {"reported/train/loss", "log10/reported/train/loss"}
    assert tags["sigmoid/reported"] == losses < tags["sigmoid/keras"], "the losses of the frameworks span decades"


def test_curves_equal_the_traces(run, board):
    for name in sorted(REPORTED):
        recorded = traced(run, name.replace("/", "."))
        for tag in ("reported/train/loss", "reported/test/accuracy", "step/loss"):
            values = [float(value) for value in np.float32(recorded[tag])]
            assert board.scalars(name, tag) == dict(enumerate(values, 1)), (name, tag)
        norms = {step + 1: float(np.linalg.norm(recorded[f"probe/{step}/gradient/1.kernel"].astype(float)))
                 for step in recorded.probed_steps()}
        assert board.scalars(name, "gradient_norm/1.kernel") == pytest.approx(norms, rel=1e-6)
        assert set(board.scalars(name, "learning_rate").values()) == {float(np.float32(0.01))}
    assert board.scalars("sigmoid/reported", "reported/train/loss") == {1: 200.0, 3: 100.0}


def test_loss_offset_to_the_reference_is_explained_within_rounding_tolerance(run, board):
    for framework in ("keras", "lightning"):
        offset, unexplained, above, below = (board.scalars(f"sigmoid/{framework}", f"loss_offset/{name}") for name in (
            "to_reference", "unexplained", "rounding_above", "rounding_below"))
        steps = {step + 1 for step in traced(run, f"sigmoid.{framework}").probed_steps()}
        assert set(unexplained) == set(above) == steps and below == {step: -size for step, size in above.items()}
        assert all(abs(unexplained[step]) <= above[step] for step in unexplained), "all of it is explained"
        assert abs(offset[1]) > 100 * above[1], "and it is more than rounding"
        between = board.scalars(f"sigmoid/{framework}", "loss_offset/between_trainings")
        losses = [traced(run, f"sigmoid.{name}")["step/loss"][0] for name in (framework, "reference")]
        assert between[1] == pytest.approx(losses[0] - losses[1], rel=1e-6) == pytest.approx(offset[1], rel=1e-6)


def test_text_holds_the_answer_and_the_differences_only(run, board):
    answer, differences = (board.json("plugin/text/text", run="answer", tag=tag)[0]["text"]
                           for tag in ("answer", "differences"))
    assert "<h1>Does a sigmoid slow it down?</h1>" in answer and "<table>" in answer
    summary = json.loads((run / "result.json").read_text(encoding="utf-8"))["summary"]
    assert "The loss is large" in summary["detail"]
    verdict, detail = (html.escape(summary[name], quote=False) for name in ("verdict", "detail"))
    assert f"<strong>{verdict}</strong> {detail}" in answer
    assert "loss.of" in differences and "softmax_of_logits (Keras on TensorFlow)" in differences
    assert "learning_rate" not in differences and "momentum" not in differences


def test_hyperparameters_have_one_group_per_variant_and_framework(run, board):
    experiment = board.json("plugin/hparams/experiment", {"experimentName": ""})
    columns = {info["name"] for info in experiment["hparamInfos"]}
    assert {"variant", "framework", "versions", "loss.of", "data.divisor"} < columns
    assert not {"optimizer.learning_rate", "optimizer.momentum"} & columns, "fields that all share are left out"
    metrics = [info["name"]["tag"] for info in experiment["metricInfos"]]
    assert metrics[0] == "whether/large" and "evaluated/test/accuracy" in metrics
    request = {"experimentName": "", "allowedStatuses": ["STATUS_SUCCESS"], "startIndex": 0, "sliceSize": 50,
               "colParams": [{"metric": {"tag": tag, "group": ""}} for tag in metrics]}
    groups = {group["name"]: group for group in board.json("plugin/hparams/session_groups", request)["sessionGroups"]}
    assert set(groups) == {name.replace("/", " ") for name in REPORTED}
    keras = groups["sigmoid keras"]
    assert keras["hparams"]["loss.of"] == "softmax_of_logits" and keras["hparams"]["framework"] == "Keras on TensorFlow"
    values = {value["name"]["tag"]: value["value"] for value in keras["metricValues"]}
    assert values["whether/large"] == pytest.approx(traced(run, "sigmoid.keras")["reported/train/loss"][-1])


def test_every_behaviour_has_a_custom_page_with_exactly_its_curves(run, board):
    layout = board.json("plugin/custom_scalars/layout")
    pages = {page["title"]: page["chart"] for page in layout["category"]}
    assert [title.partition(":")[0] for title in pages] == [
        "1. the loss is large", "2. a wide one has a small loss",
        "distance to the NumPy reference, step by step from the same weights"]
    of_page = {1: ("sigmoid",), 2: ("width_16", "width_32")}
    for number, variants in of_page.items():
        (charts,) = (charts for title, charts in pages.items() if title.startswith(f"{number}. "))
        (regex,) = next(chart["multiline"]["tag"] for chart in charts if chart["title"] == "reported/train/loss")
        assert {chart["title"] for chart in charts} <= {"log10 of reported/train/loss", "reported/train/loss"}
        for framework in FRAMEWORKS:
            response = board.json("plugin/custom_scalars/scalars", tag=regex, run=f"answer/{framework}")
            shown = {tag.rpartition("/")[2]: [value for _, _, value in points]
                     for tag, points in response["tag_to_events"].items()}
            assert shown == {name: pytest.approx(list(traced(run, f"{name}.{framework}")["reported/train/loss"]))
                             for name in variants}
    margin = pages[[*pages][2]][0]["margin"]["series"][0]
    assert margin == {"value": "loss_offset/unexplained", "lower": "loss_offset/rounding_below",
                      "upper": "loss_offset/rounding_above"}


def test_histograms_cover_all_values_before_and_after_the_last_activation(run, board):
    tags = board.json("plugin/histograms/tags")
    recorded = traced(run, "sigmoid.keras")
    kinds = {"weight/1.kernel": "state/{}/weight/1.kernel", "gradient/1.bias": "probe/{}/gradient/1.bias",
             "last_layer/before_its_activation": "probe/{}/logits",
             "last_layer/after_its_activation": "probe/{}/outputs"}
    assert set(kinds) < set(tags["sigmoid/keras"])
    for tag, name in kinds.items():
        for _, step, buckets in board.json("plugin/histograms/histograms", run="sigmoid/keras", tag=tag):
            array = recorded[name.format(step - 1)]
            assert sum(count for _, _, count in buckets) == array.size
            assert (buckets[0][0], buckets[-1][1]) == pytest.approx((array.min(), array.max()))


def test_images_show_disagreement_confusion_and_the_effect_of_the_width(run, board):
    tags = {name: set(of) for name, of in board.json("plugin/images/tags").items() if of}
    differing = {variant for variant in ("sigmoid", "width_8") if disagreeing(run, variant)}
    assert "sigmoid" in differing
    assert tags.pop("answer") == {"against/layers.1.units/width_8",
                                  *(f"disagreement/{variant}" for variant in differing)}
    assert tags == dict.fromkeys(REPORTED, {"confusion"})
    for name, tag in (("answer", "against/layers.1.units/width_8"), ("answer", "disagreement/sigmoid"),
                      ("sigmoid/keras", "confusion")):
        (picture,) = board.json("plugin/images/images", run=name, tag=tag, sample=0)
        png = fetched(f"{board.address}plugin/images/individualImage?{picture['query']}")
        assert png.startswith(b"\x89PNG") and len(png) > 3_000 and int.from_bytes(png[16:20], "big") > 300


def disagreeing(run, variant):
    predictions = [traced(run, f"{variant}.{framework}")["predicted/test"] for framework in FRAMEWORKS]
    return bool(np.any([predictions[0] != labels for labels in predictions[1:]]))


def test_control_variants_have_a_separate_view(run):
    with browsing(run.parent.parent, "variants=controls") as (answer, _):
        served, expected = Board(answer), {f"{variant}/{framework}" for variant in ("width_16", "width_32")
                                           for framework in FRAMEWORKS} | {"answer"}
        deadline = time.monotonic() + 20
        while set(served.json("runs")) != expected and time.monotonic() < deadline:
            time.sleep(0.2)
        assert set(served.json("runs")) == expected


def test_missing_run_or_view_is_reported_in_one_sentence(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for arguments, sentence in ((("none", None, "reported"), "out is 'none', where there is no finished run"),
                                ((None, None, "reported"), "In 'runs' there is no finished run"),
                                ((str(run), None, "seeds"), "variants is 'seeds', and .* has reported, controls, all")):
        with pytest.raises(UsageError, match=sentence):
            serve.find(*arguments)


def test_newest_run_is_shown_and_a_scenario_is_selected_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("runs/b/tensorboard/reported", "runs/a/one/tensorboard/reported", "runs/a/two/tensorboard/reported"):
        (tmp_path / name).mkdir(parents=True)
    os.utime(tmp_path / "runs" / "a", (1, 1))
    assert str(serve.find(None, None, "reported")) == "runs/b/tensorboard/reported"
    assert str(serve.find("runs/a", "two", "reported")) == "runs/a/two/tensorboard/reported"
    with pytest.raises(UsageError, match="holds one, two; name one of them"):
        serve.find("runs/a", None, "reported")
