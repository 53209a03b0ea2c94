"""Environments of old Kerases: built whole or not at all, and every failure in one sentence.

A stand-in for uv writes down what it is told; `tests/contract/test_old_keras.py` runs what the real one has built.
"""

import os
import re
import sys

import pytest
from test_command_line import compare

from compare.analysis.version_history import MOST_ASKED, walked
from compare.execution import environments
from compare.execution.environments import ENVIRONMENTS, FILES, NotBuilt, install
from frameworks import FRAMEWORKS

UV = """#!{python}
import os, pathlib, sys
words = sys.argv[1:]
log = pathlib.Path({log!r})
log.open("a").write(" ".join(words) + "\\n")
if words[0] == "venv":
    place = pathlib.Path(words[-1]) / "bin"
    place.mkdir(parents=True)
    (place / "python").write_text("")
elif words[:2] == ["pip", "install"]:
    log.open("a").write(pathlib.Path(words[-1]).read_text())
    {install}
elif words[:2] == ["pip", "freeze"]:
    print("keras==2.3.1\\nnumpy==1.18.5")
"""


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """A function: puts a uv on the PATH whose `pip install` runs a line of Python; returns what it was told."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(line="pass"):
        folder, log = tmp_path / "bin", tmp_path / "log"
        folder.mkdir(exist_ok=True)
        (folder / "uv").write_text(UV.format(python=sys.executable, log=str(log), install=line))
        (folder / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", str(folder), prepend=os.pathsep)
        return log
    return put


def test_each_file_says_what_it_is_and_its_python_and_pins_its_keras():
    assert {f"{name}.txt" for name in ENVIRONMENTS} == {path.name for path in FILES.iterdir()}
    for one in ENVIRONMENTS.values():
        assert one.title and re.fullmatch(r"3\.\d+", one.version)
        assert any("==" in line for line in one.requirements)
    assert [name for name, chosen in FRAMEWORKS.items() if chosen.environment] == list(ENVIRONMENTS)


def test_what_was_resolved_is_recorded_and_reused(uv):
    log, one = uv(), ENVIRONMENTS["keras-2.3"]
    assert not one.installed and one.versions == ""
    install("keras-2.3")
    assert one.installed and one.resolved == ["keras==2.3.1", "numpy==1.18.5"]
    assert one.versions == "keras 2.3.1, numpy 1.18.5"
    assert "tensorflow-cpu==1.15.0" in log.read_text()
    log.unlink()
    install("keras-2.3")
    assert not log.exists(), "what is there is left alone"
    one.python.unlink()
    install("keras-2.3")
    assert "numpy==1.18.5" in log.read_text() and "numpy<1.19" not in log.read_text()
    one.lock.write_text("# other requirements\nnumpy==1.18.5\n")
    assert one.resolved == [], "what was resolved for another file is not reused"


@pytest.mark.parametrize("line, said", [
    ("sys.exit('error: No space left on device')", "The disk is full"),
    ("sys.exit('error sending request for url: dns error')", "no network"),
    ("sys.exit('error: something else')", "uv could not install it: error: something else")])
def test_what_fails_is_one_sentence_and_leaves_nothing_behind(uv, line, said):
    uv(line)
    with pytest.raises(NotBuilt, match=said) as failure:
        install("keras-2.3")
    assert "\n" not in str(failure.value)
    assert list(ENVIRONMENTS["keras-2.3"].folder.parent.iterdir()) == []


def test_a_build_that_was_killed_is_swept_away_by_the_next(uv):
    uv()
    left = ENVIRONMENTS["keras-2.3"].folder.with_name(".keras-2.3.999999999")
    (left / "bin").mkdir(parents=True)
    install("keras-2.3")
    assert {path.name for path in left.parent.iterdir()} == {"keras-2.3", "keras-2.3.lock"}


def test_a_missing_interpreter_is_named(uv, monkeypatch):
    uv()
    monkeypatch.setattr(environments, "_uv", lambda *words: (_ for _ in ()).throw(
        NotBuilt(environments._reason(words, "No interpreter found"))))
    monkeypatch.setenv("PYENV_ROOT", "/nowhere")
    with pytest.raises(NotBuilt, match=r"Python 3.7 is not here and could not be fetched; install it, as with `pyenv"):
        install("keras-2.3")


@pytest.mark.parametrize("arguments, said", [
    (["environments", "install=keras-2.9"], "There is no environment 'keras-2.9'; did you mean keras-2.3?"),
    (["environments", "scenario=lr_scaling"], "`environments` takes install=NAME only, not 'scenario=lr_scaling'."),
    (["scenario=lr_scaling", "frameworks=keras-2.2,keras"], "keras-2.2 needs an interpreter of its own, not built yet: "
     "python -m compare environments install=keras-2.2, or say install=auto."),
    (["when", "scenario=lr_scaling", "behaviour=rmsprop"], "behaviour is 'rmsprop'; did you mean rmsprop_too?"),
    (["when", "scenario=lr_scaling"], "behaviour is None; ")])
def test_mistakes_are_told_in_one_sentence(tmp_path, arguments, said):
    code, _, error = compare(tmp_path, *arguments)
    assert code == 2 and error.startswith(f"compare: {said}") and error.count("\n") == 1


def test_all_are_listed_whether_built_or_not(tmp_path):
    code, out, _ = compare(tmp_path, "environments")
    assert code == 0 and all(f" {name} " in out for name in ENVIRONMENTS) and " MB" not in out


def timeline(n, since):
    """(names, a function that answers, what it was asked): a behaviour that holds from the place `since` on."""
    names, seen = [f"era {place}" for place in range(n)], []

    def asked(some):
        seen.extend(some)
        return {name: int(name.split()[1]) >= since for name in some}
    return names, asked, seen


def test_up_to_twelve_are_all_asked_and_every_boundary_is_found():
    names = [f"era {place}" for place in range(MOST_ASKED)]
    holds = dict.fromkeys(names[:3] + names[5:7], True)
    pairs = walked(names, lambda some: {name: holds.get(name, False) for name in some})
    assert pairs == [("era 2", "era 3"), ("era 4", "era 5"), ("era 6", "era 7")]


def test_one_that_cannot_be_asked_is_stepped_over():
    answers = {"a": False, "b": None, "c": True}
    assert walked(list(answers), lambda some: {name: answers[name] for name in some}) == [("a", "c")]


@pytest.mark.parametrize("since", [1, 7, 19])
def test_of_more_only_as_many_are_asked_as_it_takes_to_find_one_change(since):
    names, asked, seen = timeline(20, since)
    assert walked(names, asked) == [(f"era {since - 1}", f"era {since}")]
    assert len(seen) <= 8
