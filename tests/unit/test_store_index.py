"""An index of the store that cannot be used: the entries themselves are what counts."""

import sqlite3

import pytest

from compare.execution import store_index
from compare.execution.store_index import Index, Row

ROWS = [Row("a", 10, 1.0, 1.0, "keras", "train"), Row("b", 20, 2.0, 2.0, "keras", "replay")]


@pytest.mark.parametrize("is_there", [True, False])
def test_entries_are_listed_while_another_process_has_the_index(tmp_path, monkeypatch, is_there):
    monkeypatch.setattr(store_index, "BUSY", 0.1)
    index = Index(tmp_path / "index.sqlite", lambda: ROWS)
    if is_there:
        assert index.rows() == ROWS[::-1]
    other = sqlite3.connect(tmp_path / "index.sqlite", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert index.rows() == ROWS[::-1]
    other.close()


def test_entries_are_listed_where_no_index_can_be_made(tmp_path):
    (tmp_path / "index.sqlite").mkdir()
    assert Index(tmp_path / "index.sqlite", lambda: ROWS).rows() == ROWS[::-1]
