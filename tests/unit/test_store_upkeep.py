"""The upkeep of the store: its index, what is pruned, and the command that lists, verifies and prunes."""

import sqlite3

import pytest
from stored_trainings import entries, trial

from compare.commands import store as command
from compare.execution import identity, store_entry
from compare.execution.store import Store


def test_index_is_made_again_from_the_entries(trained, store_folder):
    trained(trial(), trial(seed=1))
    known = {(row.key, row.size) for row in Store(store_folder).entries()}
    for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"no database" * 100)):
        damage(store_folder / "index.sqlite")
        assert {(row.key, row.size) for row in Store(store_folder).entries()} == known and len(known) == 2


def test_prune_removes_what_was_not_used_for_the_longest_time(trained, store_folder):
    trained(trial())
    trained(trial(seed=1))
    trained(trial())
    rows = Store(store_folder).entries()
    assert Store(store_folder).prune(sum(row.size for row in rows) - 1) == (1, rows[-1].size)
    assert trained(trial())[1] == 1 and trained(trial(seed=1))[1] == 0


def test_prune_removes_what_was_left_behind(store_folder):
    store = Store(store_folder)
    (store_folder / "trials" / "ab").mkdir()
    left = [store_folder / name for name in ("trials/ab/abc.npz", "trials/ab/abc.x.draft", "workers/abc.x.draft",
                                      "answers/abc.x.draft", "locks/abc")]
    for path in left:
        path.write_bytes(b"half")
    store.prune()
    assert all(path.exists() for path in left), "another run may be writing it"
    with pytest.MonkeyPatch.context() as patch, store.training({"a": 1}, 60, lambda: False):
        patch.setattr("compare.execution.store.ABANDONED", -1.0)
        store.prune()
        lock, = (store_folder / "locks").iterdir()
        assert lock.name == identity.digest_of({"a": 1}), "a run has it"
    assert not any(path.exists() for path in left)


def test_the_index_is_made_again_with_one_look_at_each_entry(store_folder, trained, monkeypatch):
    trained(trial(), trial(seed=1))
    store, keys = Store(store_folder), []
    read = store_entry.read
    monkeypatch.setattr(store_entry, "read", lambda folder, key: keys.append(key) or read(folder, key))
    before = store.entries()
    store._index.rebuild()
    assert sorted(keys) == sorted(row.key for row in before) and store.entries() == before


def test_command_lists_verifies_and_prunes(trained, store_folder, monkeypatch, capsys):
    monkeypatch.setenv("KERAS_OR_ME_STORE", str(store_folder))
    trained(trial(), trial(seed=1))
    assert command.main([]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{store_folder}: 2 trainings and replays, ")
    assert "reference            train         2" in out
    trace = entries(store_folder, "npz")[0]
    trace.unlink()
    trace.write_bytes(b"other")
    assert command.main(["verify"]) == 0
    out, error = capsys.readouterr()
    assert out == "1 stored trainings are whole; 1 were set aside.\n" and error.count("set aside, since it was") == 1
    assert command.main(["prune", "size=0"]) == 0
    assert capsys.readouterr().out.startswith("1 stored trainings were removed, ") and not entries(store_folder, "npz")
    with sqlite3.connect(store_folder / "index.sqlite") as index:
        assert index.execute("SELECT COUNT(*) FROM entries").fetchone() == (0,)


@pytest.mark.parametrize("arguments", [["prun"], ["prune", "size=much"], ["verify", "size=1"], ["prune", "2GB"]],
                         ids=str)
def test_wrong_arguments_are_a_sentence(arguments):
    with pytest.raises(command.UsageError):
        command.main(arguments)


@pytest.mark.parametrize("text, number", [("2GB", 2 * 10 ** 9), ("1.5mb", 1_500_000), ("7", 7), ("3K", 3000)])
def test_sizes(text, number):
    assert command.size(text) == number
