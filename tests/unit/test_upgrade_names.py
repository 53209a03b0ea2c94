"""The names under which a training reports its losses and metrics: `upgrade` says which of them are new or gone."""

from types import SimpleNamespace

import pytest

from compare.analysis.upgrade import Key, Kind
from compare.analysis.upgrade_programs import OfProgram, changes_of, reported_names
from compare.reporting.upgrade import End, Facts, Located, Verdict
from compare.reporting.upgrade_text import text

NAMES = Key(Kind.REPORTED, "mine.py:build", "names")


def run(*reported, trained=True):
    """A training of a program that has reported these names."""
    return SimpleNamespace(trace=SimpleNamespace(arrays={"loss": [1.0]} if trained else {}),
                           arrays=lambda prefix: dict.fromkeys(reported, 1.0) if prefix == "metric" else {})


def checked(before, after):
    """The result of `check` for the same program in two environments, in which nothing else differs."""
    return SimpleNamespace(question=SimpleNamespace(left=SimpleNamespace(title="mine.py:build")), failures={},
                           peeled=None, initial=(), float32={"ported": (before, after)})


@pytest.mark.parametrize("before, after, said", [
    (("loss",), ("loss", "out_a_loss", "out_b_loss"), "`out_a_loss`, `out_b_loss` are new."),
    (("loss", "out_a_loss"), ("loss",), "`out_a_loss` is gone, so that code that reads it raises a `KeyError`."),
    (("loss", "acc", "val"), ("loss", "accuracy"),
     "`acc`, `val` are gone, so that code that reads them raises a `KeyError`; `accuracy` is new.")])
def test_names_that_are_new_or_gone_are_a_change_with_a_sentence(before, after, said):
    change, = changes_of(checked(run(*before), run(*after)))
    assert change.key == NAMES and not change.causes
    assert (change.before, change.after) == (", ".join(sorted(before)), ", ".join(sorted(after)))
    end = End("old", "3.11", {})
    summary = text(Facts(Verdict.UNEXPLAINED, end, end, (Located("keras", change),), (), (), (), ()))
    assert summary.verdict == "The upgrade changes the names that training reports; nothing known explains it."
    assert summary.sections[0].items == (f"The names that training reports: {said}",)


def test_the_same_names_in_another_order_and_a_training_that_did_not_run_are_no_change():
    assert not changes_of(checked(run("loss", "acc"), run("acc", "loss")))
    stopped = checked(run("loss", "acc"), run(trained=False))
    assert not changes_of(stopped) and reported_names(stopped) == ([], [])


def test_names_are_searched_in_a_third_environment_with_a_whole_comparison(tmp_path, monkeypatch):
    subject = OfProgram("mine.py:build", (), tmp_path)
    compared = []

    def changes(self, old, new, say):
        compared.append((old, new))
        yield SimpleNamespace(changes=changes_of(checked(run("loss"), run("loss", "out_a_loss"))))
    monkeypatch.setattr(OfProgram, "changes", changes)
    assert subject.recognized("old", "between", [NAMES]) == {NAMES} and compared == [("old", "between")]
