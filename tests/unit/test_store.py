"""The store of trainings: the same command trains nothing, and nothing that is not whole or not the same is used."""

import json
import shutil

import numpy as np
import pytest
from stored_trainings import entries, same, trial

from compare import HOME
from compare.execution import identity, reuse, trials, workers
from compare.execution.reuse import Reuse, events_of
from compare.execution.store import Store
from compare.execution.worker_pool import WorkerPool
from frameworks.runtime.trace import Outcome, Trace, write
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training


def test_same_training_is_taken_from_the_store_without_a_worker(trained, store_folder, monkeypatch):
    first, reused, events, _ = trained(trial())
    assert reused == 0
    monkeypatch.setattr(workers.Worker, "__init__", lambda *given: pytest.fail("a worker was started"))
    again, reused, replayed, sentences = trained(trial())
    assert reused == 1 and same(first[trial()], again[trial()]) and not sentences
    shown = [[event for event in each if event["event"] in ("epoch", "done")] for each in (events, replayed)]
    assert [{**event, "id": 0, "out": 0} for event in shown[0]] == [{**event, "id": 0, "out": 0} for event in shown[1]]


@pytest.mark.parametrize("changes", [
    {"seed": 1}, {"init": "native"}, {"spec": Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(),
                                                   SGD(2e-3), Training(2, 32))}], ids=lambda value: next(iter(value)))
def test_other_training_is_trained(trained, changes):
    trained(trial())
    assert trained(trial(**changes))[1] == 0


@pytest.mark.parametrize("changes", [{"record": {"steps": 0, "states": 0, "evaluated": True}}, {"prefix": "every"},
                                     {"something_new": 1}], ids=lambda value: next(iter(value)))
def test_every_key_of_a_job_counts(trained, changes):
    trained(trial())
    assert trained(trial(), **changes)[1] == 0


def test_content_of_the_images_counts_whatever_a_job_says_of_it(trained, dataset, tmp_path):
    copied = tmp_path / "images"
    copied.mkdir()
    for path in dataset.folder.glob("*_*.npy"):
        shutil.copy(path, copied)
    data = {"data": {"folder": str(copied), "sha256": dataset.sha256}}
    trained(trial())
    assert trained(trial(), **data)[1] == 1, "another place is the same content"
    images = np.load(copied / "train_images.npy")
    images[0, 14, 14] ^= 1
    np.save(copied / "train_images.npy", images)
    assert trained(trial(), **data)[1] == 0


def test_content_of_the_initial_weights_counts(trained, dataset, tmp_path):
    trained(trial())
    weights = dict(np.load(trials.job(trial(), dataset, tmp_path)["weights"]))
    np.savez(tmp_path / "other.npz", **{name: np.nextafter(value, np.float32(9)) for name, value in weights.items()})
    assert trained(trial(), weights=str(tmp_path / "other.npz"))[1] == 0


def test_worker_that_is_another_program_is_never_stored(trained, store_folder, tmp_path, monkeypatch):
    shutil.copytree(HOME / "frameworks", tmp_path / "patched" / "frameworks")
    trained(trial())
    monkeypatch.setattr(workers, "SCRIPT", tmp_path / "patched" / "frameworks" / "runtime" / "worker.py")
    assert trained(trial())[1] == 0 and trained(trial(seed=1))[1] == 0
    assert len(entries(store_folder, "npz")) == 1, "what a patched worker trained is not kept"


def test_trainings_are_taken_back_if_packages_change_during_a_run(store_folder, dataset, tmp_path, monkeypatch):
    with WorkerPool(["reference"], tmp_path, "cpu", 1, Reuse(Store(store_folder), "cpu", 1)) as pool:
        pool.work({trial(): trials.job(trial(), dataset, tmp_path)}, 60, lambda *of: None, lambda *of: None)
        assert len(entries(store_folder, "npz")) == 1
        monkeypatch.setattr(identity, "packages", lambda places: "other")
        monkeypatch.setattr(identity, "forget", lambda: None)
    assert not entries(store_folder, "npz") and not entries(store_folder, "json")


def test_other_environment_than_the_stored_one_is_a_mistake(store_folder, trained):
    trained(trial())
    path, = (store_folder / "workers").iterdir()
    content = json.loads(path.read_text())
    content["environment"]["versions"]["numpy"] = "0.1"
    content["sha256"] = identity.digest_of(content["environment"])
    path.write_text(json.dumps(content))
    with pytest.raises(reuse.UsageError, match="reports another environment than before .versions., although"):
        trained(trial())
    assert trained(trial())[1] == 1, "the report was replaced"


@pytest.mark.parametrize("damage", ["changed", "truncated", "no description", "other description", "no json", "foreign",
                                    "other version"])
def test_damaged_entry_is_set_aside_with_a_sentence_and_trained_again(trained, store_folder, damage):
    first, *_ = trained(trial())
    trained(trial(seed=1))
    trace, second = entries(store_folder, "npz")
    facts = json.loads(trace.with_suffix(".json").read_text())
    if facts["document"]["job"]["seed"] == 1:
        trace, second = second, trace
    if damage == "changed":
        content = bytearray(trace.read_bytes())
        content[len(content) // 2] ^= 1
        trace.unlink()  # the run's folder has the same file
        trace.write_bytes(content)
    elif damage == "truncated":
        content = trace.read_bytes()
        trace.unlink()
        trace.write_bytes(content[:-100])
    elif damage == "no description":
        trace.with_suffix(".json").unlink()
    elif damage == "other description":
        shutil.copy(second.with_suffix(".json"), trace.with_suffix(".json"))
    elif damage == "no json":
        trace.with_suffix(".json").write_text("[")
    elif damage == "foreign":
        trace.unlink()
        np.savez(trace, a=np.arange(3))
    else:
        facts = json.loads(trace.with_suffix(".json").read_text())
        trace.with_suffix(".json").write_text(json.dumps({**facts, "schema": 0}))
    again, reused, _, sentences = trained(trial())
    assert reused == 0 and np.array_equal(first[trial()]["step/loss"], again[trial()]["step/loss"])
    assert len(sentences) == (damage != "no description"), sentences
    assert all("set aside, since it" in text and "trained again" in text for text in sentences)
    assert trained(trial())[1] == 1


def test_entry_is_no_pickle(trained, store_folder):
    trained(trial())
    path, = entries(store_folder, "npz")
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("kind", [Outcome.WORKER_DIED, Outcome.REFUSED])
def test_crashes_and_refusals_are_not_kept(store_folder, dataset, tmp_path, kind):
    stored, job = Reuse(Store(store_folder), "cpu", 1), trials.job(trial(), dataset, tmp_path)
    trace = Trace({"outcome": {"kind": kind, "step": 0, "message": ""}}, {})
    write(trace, job["out"])
    stored.keep({"about": {"framework": "reference", "kind": "train"}}, job, trace, "reference")
    assert not entries(store_folder, "npz")


def test_store_that_cannot_be_written_costs_a_sentence(store_folder, dataset, tmp_path, monkeypatch):
    sentences = []
    with WorkerPool(["reference"], tmp_path, "cpu", 1, Reuse(Store(store_folder, sentences.append), "cpu", 1)) as pool:
        shutil.rmtree(store_folder)
        store_folder.write_text("")
        traces = {}
        pool.work({each: trials.job(each, dataset, tmp_path) for each in (trial(), trial(seed=1))}, 60,
                  lambda *of: None, traces.__setitem__)
    assert [each.outcome["kind"] for each in traces.values()] == ["finished"] * 2
    sentence, = sentences
    assert sentence.startswith(f"Trainings cannot be kept in {store_folder} (Not a directory)")


def test_events_of_a_stored_training_are_those_of_its_epochs():
    trace = Trace({}, {"reported/train/loss": np.array([2.0, 1.0]), "reported/test/accuracy": np.array([0.5, 0.25])})
    assert list(events_of(trace, 3)) == [
        {"event": "epoch", "epoch": 1, "epochs": 3, "train_loss": 2.0, "test_accuracy": 0.5},
        {"event": "epoch", "epoch": 2, "epochs": 3, "train_loss": 1.0, "test_accuracy": 0.25}, {"event": "done"}]
