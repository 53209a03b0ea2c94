"""The store of trainings: the same command trains nothing, and nothing that is not whole or not the same is used."""

import errno
import fcntl
import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from compare import HOME
from compare.commands import store as command
from compare.execution import identity, reuse, store_entry, trials, workers
from compare.execution.reuse import Reuse
from compare.execution.store import Store
from compare.execution.worker_pool import WorkerPool, events_of
from frameworks.runtime.trace import Outcome, Trace, write
from scenarios.spec import SGD, Data, Dense, Flatten, MeanSquaredError, Spec, Training

SPEC = Spec(Data(first=64), (Flatten(), Dense(10)), MeanSquaredError(), SGD(1e-3), Training(2, 32))


def trial(seed=0, framework="reference", init="shared", spec=SPEC):
    return trials.Trial("test", "a", framework, seed, init, spec, whole=True)


@pytest.fixture
def place(tmp_path):
    return tmp_path / "store"


@pytest.fixture
def trained(place, dataset, tmp_path):
    """A function: (the traces of trials, how many came from the store, events, sentences) of a new pool."""
    count = iter(range(100))

    def run(*planned, threads=1, **changes):
        folder, sentences, events, traces = tmp_path / f"run-{next(count)}", [], [], {}
        folder.mkdir()
        stored = Reuse(Store(place, sentences.append), "cpu", threads)
        with WorkerPool(["reference"], folder, "cpu", threads, stored) as pool:
            pool.work({each: {**trials.job(each, dataset, folder), **changes} for each in planned}, 60,
                      lambda each, event: events.append(event), traces.__setitem__)
            return traces, pool.reused, events, sentences
    return run


def entries(place, ending):
    return sorted((place / "trials").glob(f"*/*.{ending}"))


def same(left, right):
    return left.facts == right.facts and left.arrays.keys() == right.arrays.keys() and all(
        np.array_equal(left.arrays[name], right.arrays[name], equal_nan=True) for name in left.arrays)


def test_same_training_is_taken_from_the_store_without_a_worker(trained, place, monkeypatch):
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


@pytest.mark.parametrize("variable", ["OPENBLAS_CORETYPE", "LANG"])
def test_variables_of_a_worker_are_part_of_its_identity(monkeypatch, variable):
    before = identity.identity("reference", "cpu", 1)
    monkeypatch.setenv(variable, "Haswell")
    assert identity.identity("reference", "cpu", 1) != before


def test_threads_and_device_are_part_of_an_identity(monkeypatch, tmp_path):
    single, double = (identity.identity("reference", "cpu", threads) for threads in (1, 2))
    assert single != double
    monkeypatch.setattr(identity, "NVIDIA", tmp_path)
    with pytest.raises(identity.NoIdentity, match="which GPU"):
        identity.identity("reference", "cuda", 1)


@pytest.mark.parametrize("change", ["edited", "added", "removed"])
def test_packages_are_part_of_an_identity(tmp_path, change):
    package = tmp_path / "keras" / "src"
    package.mkdir(parents=True)
    file = package / "losses.py"
    file.write_text("EPSILON = 1")
    os.utime(file, ns=(1, 1))
    before = identity.packages((str(tmp_path),))
    identity.forget()
    assert identity.packages((str(tmp_path),)) == before
    if change == "edited":
        file.write_text("EPSILON = 2")
    elif change == "added":
        (tmp_path / "sitecustomize.py").write_text("")
    else:
        file.unlink()
    identity.forget()
    assert identity.packages((str(tmp_path),)) != before


def test_packages_beside_an_installed_copy_of_this_program_are_part_of_an_identity(tmp_path, monkeypatch):
    """Without `-e`, this program stands in the same folder as the frameworks."""
    place = tmp_path / "site-packages"
    monkeypatch.setattr(identity, "HOME", place)
    for package in ("compare", "keras"):
        (place / package).mkdir(parents=True)
        (place / package / "losses.py").write_text("EPSILON = 1")

    def packages():
        identity.forget()
        return identity.packages((str(place),))

    before = packages()
    (place / "compare" / "losses.py").write_text("EPSILON = 2, and hashed by content")
    assert packages() == before
    (place / "keras" / "losses.py").write_text("EPSILON = 2, of another release")
    assert packages() != before
    identity.forget()


def test_our_own_sources_are_part_of_an_identity(monkeypatch, tmp_path):
    before = identity._sources()
    shutil.copytree(HOME / "frameworks", tmp_path / "frameworks")
    monkeypatch.setattr(identity, "SOURCES", tmp_path / "frameworks")
    identity.forget()
    assert identity._sources() == before
    with open(tmp_path / "frameworks" / "parts" / "dense.py", "a", encoding="utf-8") as file:
        file.write("\n")
    identity.forget()
    assert identity._sources() != before
    identity.forget()


def test_worker_that_is_another_program_is_never_stored(trained, place, tmp_path, monkeypatch):
    shutil.copytree(HOME / "frameworks", tmp_path / "patched" / "frameworks")
    trained(trial())
    monkeypatch.setattr(workers, "SCRIPT", tmp_path / "patched" / "frameworks" / "runtime" / "worker.py")
    assert trained(trial())[1] == 0 and trained(trial(seed=1))[1] == 0
    assert len(entries(place, "npz")) == 1, "what a patched worker trained is not kept"


def test_code_that_is_put_into_every_process_is_never_stored(monkeypatch):
    monkeypatch.setenv("LD_PRELOAD", "/usr/lib/libjemalloc.so")
    with pytest.raises(identity.NoIdentity):
        identity.identity("reference", "cpu", 1)


def test_trainings_are_taken_back_if_packages_change_during_a_run(place, dataset, tmp_path, monkeypatch):
    with WorkerPool(["reference"], tmp_path, "cpu", 1, Reuse(Store(place), "cpu", 1)) as pool:
        pool.work({trial(): trials.job(trial(), dataset, tmp_path)}, 60, lambda *of: None, lambda *of: None)
        assert len(entries(place, "npz")) == 1
        monkeypatch.setattr(identity, "packages", lambda places: "other")
        monkeypatch.setattr(identity, "forget", lambda: None)
    assert not entries(place, "npz") and not entries(place, "json")


def test_other_environment_than_the_stored_one_is_a_mistake(place, trained):
    trained(trial())
    path, = (place / "workers").iterdir()
    content = json.loads(path.read_text())
    content["environment"]["versions"]["numpy"] = "0.1"
    content["sha256"] = identity.digest_of(content["environment"])
    path.write_text(json.dumps(content))
    with pytest.raises(reuse.UsageError, match="reports another environment than before .versions., although"):
        trained(trial())
    assert trained(trial())[1] == 1, "the report was replaced"


@pytest.mark.parametrize("damage", ["changed", "truncated", "no description", "other description", "no json", "foreign",
                                    "other version"])
def test_damaged_entry_is_set_aside_with_a_sentence_and_trained_again(trained, place, damage):
    first, *_ = trained(trial())
    trained(trial(seed=1))
    trace, second = entries(place, "npz")
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


def test_entry_is_no_pickle(trained, place):
    trained(trial())
    path, = entries(place, "npz")
    with np.load(path, allow_pickle=False) as file:
        assert all(file[name].dtype != object for name in file.files)


@pytest.mark.parametrize("kind", [Outcome.WORKER_DIED, Outcome.REFUSED])
def test_crashes_and_refusals_are_not_kept(place, dataset, tmp_path, kind):
    stored, job = Reuse(Store(place), "cpu", 1), trials.job(trial(), dataset, tmp_path)
    trace = Trace({"outcome": {"kind": kind, "step": 0, "message": ""}}, {})
    write(trace, job["out"])
    stored.keep({"about": {"framework": "reference", "kind": "train"}}, job, trace, "reference")
    assert not entries(place, "npz")


def test_index_is_made_again_from_the_entries(trained, place):
    trained(trial(), trial(seed=1))
    known = {(row.key, row.size) for row in Store(place).entries()}
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"no database" * 100)):
        damage(place / "index.sqlite")
        assert {(row.key, row.size) for row in Store(place).entries()} == known and len(known) == 2


def test_prune_removes_what_was_not_used_for_the_longest_time(trained, place):
    trained(trial())
    trained(trial(seed=1))
    trained(trial())
    rows = Store(place).entries()
    assert Store(place).prune(sum(row.size for row in rows) - 1) == (1, rows[-1].size)
    assert trained(trial())[1] == 1 and trained(trial(seed=1))[1] == 0


def test_prune_removes_what_was_left_behind(place):
    store = Store(place)
    (place / "trials" / "ab").mkdir()
    left = [place / name for name in ("trials/ab/abc.npz", "trials/ab/abc.x.draft", "workers/abc.x.draft",
                                      "answers/abc.x.draft", "locks/abc")]
    for path in left:
        path.write_bytes(b"half")
    store.prune()
    assert all(path.exists() for path in left), "another run may be writing it"
    with pytest.MonkeyPatch.context() as patch, store.training({"a": 1}, 60, lambda: False):
        patch.setattr("compare.execution.store.ABANDONED", -1.0)
        store.prune()
        assert [path.name for path in (place / "locks").iterdir()] == [identity.digest_of({"a": 1})], "a run has it"
    assert not any(path.exists() for path in left)


def test_the_index_is_made_again_with_one_look_at_each_entry(place, trained, monkeypatch):
    trained(trial(), trial(seed=1))
    store, keys = Store(place), []
    read = store_entry.read
    monkeypatch.setattr(store_entry, "read", lambda folder, key: keys.append(key) or read(folder, key))
    before = store.entries()
    store._index.rebuild()
    assert sorted(keys) == sorted(row.key for row in before) and store.entries() == before


def test_second_run_waits_for_a_training_of_the_first(place, tmp_path):
    stored, order = Store(place), []
    with stored.training({"a": 1}, 60, lambda: False):
        def second():
            with Store(place).training({"a": 1}, 60, lambda: False):
                order.append("second")
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(1.0)
        order.append("first")
    thread.join(60)
    assert order == ["first", "second"]


def test_lock_of_a_killed_run_is_free(place):
    Store(place)
    code = ("import os, sys; from pathlib import Path; from compare.execution.store import Store\n"
            "with Store(Path(sys.argv[1])).training({'a': 1}, 60, lambda: False): os.kill(os.getpid(), 9)")
    assert subprocess.run([sys.executable, "-c", code, str(place)], cwd=HOME).returncode == -9
    with Store(place).training({"a": 1}, 60, lambda: False):
        pass


def test_a_run_that_waited_in_vain_leaves_the_lock_to_the_run_that_has_it(place):
    def waits():
        with Store(place).training({"a": 1}, 0.3, lambda: False):
            pass

    with Store(place).training({"a": 1}, 60, lambda: False):
        lock, = (place / "locks").iterdir()
        waits()
        assert lock.exists()
        begun = time.monotonic()
        waits()
        assert time.monotonic() - begun >= 0.3
    assert not lock.exists()


def test_a_disk_without_locks_is_an_error_at_once(place, monkeypatch):
    def no_locks(*_):
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with pytest.raises(OSError, match=os.strerror(errno.ENOLCK)), Store(place).training({"a": 1}, 60, lambda: False):
        raise AssertionError("it trains without a lock")


def test_store_that_cannot_be_written_costs_a_sentence(place, dataset, tmp_path, monkeypatch):
    sentences = []
    with WorkerPool(["reference"], tmp_path, "cpu", 1, Reuse(Store(place, sentences.append), "cpu", 1)) as pool:
        shutil.rmtree(place)
        place.write_text("")
        traces = {}
        pool.work({each: trials.job(each, dataset, tmp_path) for each in (trial(), trial(seed=1))}, 60,
                  lambda *of: None, traces.__setitem__)
    assert [each.outcome["kind"] for each in traces.values()] == ["finished"] * 2
    assert len(sentences) == 1 and sentences[0].startswith(f"Trainings cannot be kept in {place} (Not a directory)")


def test_events_of_a_stored_training_are_those_of_its_epochs():
    trace = Trace({}, {"reported/train/loss": np.array([2.0, 1.0]), "reported/test/accuracy": np.array([0.5, 0.25])})
    assert list(events_of(trace, 3)) == [
        {"event": "epoch", "epoch": 1, "epochs": 3, "train_loss": 2.0, "test_accuracy": 0.5},
        {"event": "epoch", "epoch": 2, "epochs": 3, "train_loss": 1.0, "test_accuracy": 0.25}, {"event": "done"}]


def test_command_lists_verifies_and_prunes(trained, place, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_OR_ME_STORE", str(place))
    trained(trial(), trial(seed=1))
    assert command.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{place}: 2 trainings and replays, ") and "reference            train         2" in out
    trace = entries(place, "npz")[0]
    trace.unlink()
    trace.write_bytes(b"other")
    assert command.main(["verify"]) == 0
    out, error = capsys.readouterr()
    assert out == "1 stored trainings are whole; 1 were set aside.\n" and error.count("set aside, since it was") == 1
    assert command.main(["prune", "size=0"]) == 0
    assert capsys.readouterr().out.startswith("1 stored trainings were removed, ") and not entries(place, "npz")
    with sqlite3.connect(place / "index.sqlite") as index:
        assert index.execute("SELECT COUNT(*) FROM entries").fetchone() == (0,)


@pytest.mark.parametrize("arguments", [["prun"], ["prune", "size=much"], ["verify", "size=1"], ["prune", "2GB"]],
                         ids=str)
def test_wrong_arguments_are_a_sentence(arguments):
    with pytest.raises(command.UsageError):
        command.main(arguments)


@pytest.mark.parametrize("text, number", [("2GB", 2 * 10 ** 9), ("1.5mb", 1_500_000), ("7", 7), ("3K", 3000)])
def test_sizes(text, number):
    assert command.size(text) == number
