"""python -m compare from the command line to the last file, on a few hundred real images."""

import json
import re
import shutil

import numpy as np
import pytest
from miniatures import real_mnist
from processes import compare

import scenarios
from compare.analysis import comparison as running
from compare.execution import trials
from compare.execution.data import PARTS
from compare.execution.mnist_files import IDX
from frameworks.runtime import trace

CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
THREE = ("keras", "lightning", "reference")
KEPT = {"train_images": 300, "train_labels": 300, "test_images": 100, "test_labels": 100}


@pytest.fixture(scope="module")
def images(dataset, tmp_path_factory):
    """A folder with the first images of the dataset as IDX files; so few of them are not the official MNIST."""
    place = tmp_path_factory.mktemp("images")
    for part, name in zip(PARTS, IDX):
        array = np.load(dataset.folder / f"{part}.npy")[:KEPT[part]]
        sizes = b"".join(size.to_bytes(4, "big") for size in array.shape)
        (place / name).write_bytes(bytes([0, 0, 8, array.ndim]) + sizes + array.tobytes())
    return place


class Run:
    """The exit code, output and files of one run."""

    def __init__(self, cwd, *arguments):
        self.code, self.out, self.error = compare(cwd, *arguments, "out=run", MNIST_DIR="")
        self.folder = cwd / "run"

    def traces(self, *below):
        paths = sorted(self.folder.joinpath(*below, "traces").glob("*.*.*.npz"))
        return {path.name[:-len(".npz")]: trace.read(str(path)) for path in paths}

    def answer(self, *below):
        return self.folder.joinpath(*below, "report.md").read_text(encoding="utf-8")

    def curves(self):
        """The folders of TensorBoard's runs."""
        return {str(path.parent.relative_to(self.folder)) for path in self.folder.rglob("events.out.tfevents*")}


@pytest.fixture(scope="module")
def real(images, tmp_path_factory):
    """Keras, Lightning and the reference on two variants of the shortest question."""
    return Run(tmp_path_factory.mktemp("real"), "scenario=missing_activations", "variants=none_3,both_3", "epochs=3",
               f"data.dir={images}")


def test_run_succeeds_and_reports_images_and_progress_on_stderr(real):
    assert real.code == 0, real.error + real.out
    first, *lines = real.error.splitlines()
    assert len(lines) == 6 and all(re.fullmatch(
        rf"compare: {n} of 6 trained: (none_3|both_3), (Keras on TensorFlow|PyTorch Lightning|the NumPy reference)",
        line)
        for n, line in enumerate(lines, 1)), "piped, every training has a line"
    assert re.match("compare: .* holds 300 training and 100 test images which are not the official MNIST", first)


def test_every_training_leaves_a_trace(real):
    outcomes = {name: (loaded.outcome["kind"], loaded.facts["environment"]["framework"])
                for name, loaded in real.traces().items()}
    assert outcomes == {f"{variant}.{framework}.0": (kind, framework) for framework in THREE
                        for variant, kind in (("none_3", "nan"), ("both_3", "finished"))}


def test_all_frameworks_have_the_same_initialization_and_batches(real):
    for variant in ("none_3", "both_3"):
        hashes = [loaded.facts["hashes"] for name, loaded in real.traces().items() if name.startswith(variant)]
        assert len(hashes) == 3 and hashes[0] == hashes[1] == hashes[2] and all(hashes[0].values())


def test_run_folder_holds_logs_answer_and_curves_named_after_the_images(real):
    assert {path.name for path in real.folder.iterdir()} == {
        "keras.log", "lightning.log", "reference.log", "reference-float32.log", "report.html", "report.md",
        "result.json", "run.json", "traces", "replays", "search", "tensorboard", "images"}
    expected = {f"tensorboard/{place}/custom-{variant}/{framework}" for framework in THREE
                for place, variant in (("reported", "none_3"), ("controls", "both_3"))}
    answers = {"tensorboard/controls/custom-answer", "tensorboard/reported/custom-answer",
               *(f"tensorboard/reported/custom-answer/{framework}" for framework in THREE)}
    assert real.curves() == expected | answers, "the reported curve is MNIST's: not here"


def test_tables_and_sentences_are_on_stdout(real):
    assert re.match(r"6 trainings, 18 epochs, about \d+\.\d minutes; then the causes\.\n", real.out)
    assert re.search(r"none_3: as reported: no activations, rate 3\.0 \(training loss / accuracy; on custom images, "
                     r"not MNIST\)$", real.out, re.M)
    assert re.search(r"epoch +Keras on TensorFlow .* PyTorch Lightning .* the NumPy ref", real.out), "none reported"
    assert "A simple Keras network fails to learn (on custom images, not MNIST)" in real.out
    assert re.search(r"^  - none_3: Keras on TensorFlow and PyTorch Lightning match in the first step and at "
                     r"(\d+ of )?\d+ recorded states.*: the same data, ", real.out, re.M)
    assert re.search(r"^Time: frameworks imported after \d+ s, the reported variants trained after \d+ s, all after "
                     r"\d+ s; then \d+ s for comparing steps and for the causes \(\d+ questions, \d+ trainings\)\.$",
                     real.out, re.M)
    assert real.out.endswith("run folder: run\npython -m compare browse out=run\n")


def test_answer_is_correct_and_the_same_on_stdout_and_in_the_report(real):
    answer = json.loads((real.folder / "result.json").read_text(encoding="utf-8"))["summary"]
    assert answer["verdict"] == "This is neither Keras nor PyTorch: the reason is in the model."
    assert answer["detail"].startswith("The loss is nan with Keras on TensorFlow, PyTorch ")
    items = [item for section in answer["sections"] for item in section["items"]]
    for text in answer["verdict"], answer["detail"], *items:
        assert text in real.out and text in real.answer()


@real_mnist
def test_cause_is_the_difference_between_the_two_variants(real):
    assert '\nWhy\n  - Your own model contributes: no `Activation("sigmoid")` as layer 1, no ' \
        '`Activation("softmax")` as layer 3 and `learning_rate=3` instead of `learning_rate=0.003`.' \
        "\n  - We tried it: " in real.out
    assert ' with no `Activation("sigmoid")`, no ' in real.out


def test_only_reported_numbers_are_left_out_on_other_images(real):
    row = next(line for line in real.answer().splitlines() if line.startswith("| the network does not learn"))
    assert row.count("yes, ") == 3 and "0.0987" not in row and row.endswith("| universal |")
    assert "The reported numbers" not in real.answer()
    for text in real.out, real.answer():
        assert text.count("eeds full MNIST") == 1, "it is stated in one place only"


def test_run_folder_keeps_images_other_than_mnist_for_its_programs(real, images):
    assert {path.name: path.read_bytes() for path in (real.folder / "images").iterdir()} == \
        {path.name: path.read_bytes() for path in images.iterdir()}
    assert "MNIST_DIR=RUN/images python PROGRAM.py" in (real.folder / "report.html").read_text(encoding="utf-8")


def test_answer_names_the_images_and_the_versions(real):
    assert "which are not the official MNIST" in real.answer()
    assert re.search(r"^- Keras on TensorFlow: .*keras \d+\.\d+.*tensorflow \d", real.answer(), re.M)


def test_piped_output_has_no_control_characters_and_fits_the_width(real):
    assert not CONTROL.search(real.out + real.error)
    table = [line for line in real.out.splitlines() if line[:1] in "┃│┏└"]
    assert table and max(map(len, table)) <= 120


def test_sample_instead_of_mnist_is_named_everywhere(tmp_path):
    run = Run(tmp_path, "scenario=missing_activations", "variants=none_3", "epochs=1", "data=sample",
              "frameworks=reference")
    assert run.code == 0 and "`data=mnist` fetches the full set" in run.error
    assert "5,000 real images of MNIST" in run.answer()
    assert "(on a sample of MNIST)" in run.out
    assert all(name.split("/")[2].startswith("sample-") for name in run.curves())


@pytest.fixture(scope="module")
def both(images, tmp_path_factory):
    return Run(tmp_path_factory.mktemp("both"), "scenario=missing_activations,accuracy_below_chance", "seeds=2",
               "epochs=1", "frameworks=reference,reference-float32", f"data.dir={images}")


def test_two_scenarios_and_two_seeds_have_separate_results(both):
    assert both.code == 0 and [line for line in both.error.splitlines() if " trained: " not in line][1:] == []
    for name in ("missing_activations", "accuracy_below_chance"):
        reported = next(variant.name for variant in scenarios.load(name).variants if variant.role == "reported")
        traces = both.traces(name)
        assert {f"{reported}.{framework}.{seed}"
                for framework in ("reference", "reference-float32") for seed in (0, 1)} <= set(traces)
        first, second = (traces[f"{reported}.reference.{seed}"].facts["hashes"] for seed in (0, 1))
        assert first["initialization"] != second["initialization"]
        assert first["order"] != second["order"] or name == "accuracy_below_chance"
        assert f"{name}/tensorboard/seeds/custom-{reported}/reference-1" in both.curves()
        assert f"run folder: run/{name}\n" in both.out
    assert {path.name for path in both.folder.iterdir()} == {
        "reference.log", "reference-float32.log", "run.json", "missing_activations", "accuracy_below_chance"}


def test_undefined_result_of_the_reference_is_reported_as_undefined(both):
    outcomes = {name: loaded.outcome["kind"] for name, loaded in both.traces("accuracy_below_chance").items()}
    assert outcomes["width_13000.reference.0"] == "undefined" and outcomes["sigmoid_rounded.reference.0"] == "finished"
    assert "the NumPy reference: undefined (" in both.out
    assert "needs 1000 epochs" in both.answer("accuracy_below_chance")


@pytest.mark.parametrize("variants, trained", [
    ("none_3,book", {"none_3", "book"}), ("all", {v.name for v in scenarios.load("missing_activations").variants})])
def test_variants_are_selected_by_name(images, tmp_path, variants, trained):
    run = Run(tmp_path, "scenario=missing_activations", f"variants={variants}", "epochs=1", "frameworks=reference",
              f"data.dir={images}")
    assert run.code == 0 and {name.split(".")[0] for name in run.traces()} == trained


WRONG_MEASURE = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SPEC = Spec(Data(classes={classes}), (Flatten(), Dense(len({classes}))), MeanSquaredError(), SGD(1e-9), Training(1, 32))
SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", SPEC, "reported"),), (
    Behaviour("it_is", "it is so", ("a",), lambda trace: trace["reported/train/loss"][0], low=0.0),
    Behaviour("it_was", "it was so", ("a",), lambda trace: trace["reported/tran/loss"][0], low=0.0)))
"""


def test_failing_measure_keeps_all_trainings(images, tmp_path):
    (tmp_path / "mine.py").write_text(WRONG_MEASURE.format(classes=(0, 1)), encoding="utf-8")
    run = Run(tmp_path, "scenario=mine.py", "frameworks=reference", f"data.dir={images}")
    assert run.code == 2 and list(run.traces()) == ["a.reference.0"] and run.curves()
    assert run.error.splitlines()[-1] == "compare: The behaviour it_was cannot be measured " \
        f"({tmp_path / 'mine.py'}, line 8): there is no array 'reported/tran/loss'."
    assert re.search(r"^\| it is so \|.*yes, ", run.answer(), re.M) and "its measure failed" in run.answer()
    assert "Traceback" not in run.error


def test_classes_missing_from_the_images_are_refused_before_training(images, tmp_path):
    few = tmp_path / "few"
    shutil.copytree(images, few)
    labels = few / "t10k-labels-idx1-ubyte"
    content = bytearray(labels.read_bytes())
    content[8:] = bytes(min(label, 7) for label in content[8:])
    labels.write_bytes(content)
    (tmp_path / "mine.py").write_text(WRONG_MEASURE.format(classes=(8, 9)), encoding="utf-8")
    code, out, error = compare(tmp_path, "scenario=mine.py", "frameworks=reference", f"data.dir={few}")
    assert (code, out) == (2, "") and not list(tmp_path.glob("runs"))
    assert error.splitlines()[-1].startswith("compare: mine.a keeps no test image of ")
    assert error.splitlines()[-1].endswith("Data.classes is (8, 9); allowed: digits that are there.")


def test_reported_variants_are_shown_as_soon_as_they_are_trained(tmp_path, monkeypatch):
    """Also where all variants are trained in full."""
    monkeypatch.setattr(trials, "job", lambda *of: {})
    scenario = scenarios.load("missing_activations")
    planned = trials.plan(scenario, ["keras", "lightning"], ("all",), None, 1, "shared")
    calls = []

    class WorkerPool:
        ready, reused = 0.0, 0

        def work(self, jobs, limit, on_event, finished):
            for number, trial in enumerate(jobs, 1):
                finished(trial, None)
                calls.append((number, bool(shown)))

    shown = []
    running.train(WorkerPool(), scenario, planned, None, tmp_path, 1.0, print, shown.append)
    assert calls[:3] == [(1, False), (2, True), (3, True)] and len(shown) == 1


def plan(*variants, epochs=None, name="missing_activations"):
    planned = trials.plan(scenarios.load(name), ["keras"], variants, epochs, 1, "shared")
    return {trial.variant: (trial.spec.training.epochs, trial.whole) for trial in planned}


def test_reported_variants_are_trained_first_and_in_full():
    assert plan("reported") == {"none_3": (30, True), "both_3": (3, False), "hidden_3": (3, False),
                                "output_3": (3, False), "book": (3, False), "sigmoids_15": (1, False),
                                "sigmoids_3": (3, False)}
    assert next(iter(plan("reported"))) == next(iter(plan("book", "reported"))) == next(iter(plan("all"))) == "none_3"
    assert plan("reported", "book")["book"] == (30, True)
    assert plan("reported", epochs=2) == {name: (min(2, length), whole) for name,
                                          (length, whole) in plan("reported").items()}


def test_short_training_is_a_prefix_of_a_long_one_with_equal_initialization(images, tmp_path):
    (tmp_path / "short").mkdir()
    arguments = "scenario=missing_activations", "frameworks=reference", f"data.dir={images}"
    short = Run(tmp_path / "short", *arguments, "variants=none_0_003", "epochs=1").traces()
    long = Run(tmp_path, *arguments, "variants=none_0_003,none_3", "epochs=2").traces()
    short_trace, long_trace = short["none_0_003.reference.0"], long["none_0_003.reference.0"]
    assert len(short_trace["step/loss"]) == 30
    assert np.array_equal(short_trace["step/loss"], long_trace["step/loss"][:30], equal_nan=True)
    assert long_trace.facts["hashes"] == long["none_3.reference.0"].facts["hashes"]
