"""Environments of old Keras versions: complete builds, recorded requirements, one-sentence failures, removal.

A fake uv logs its arguments; `tests/contract/test_old_keras.py` runs what the real one has built.
"""

import os
import re
import sys

import pytest
from test_command_line import compare

from compare.execution import built, environments
from compare.execution.environments import FILES, OLD_KERAS, NotBuilt, install
from compare.execution.errors import UsageError
from frameworks import FRAMEWORKS

LOCK = ["keras==2.3.1 \\", "    --hash=sha256:1", "numpy==1.18.5 \\", "    --hash=sha256:2"]
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
elif words[:2] == ["pip", "compile"]:
    log.open("a").write(pathlib.Path(words[-1]).read_text())
    print("\\n".join({lock!r}))
"""


@pytest.fixture
def uv(tmp_path, monkeypatch):
    """A function: puts a fake uv on the PATH; its `pip install` runs a line of Python; returns the path of its log."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    def put(line="pass"):
        bin_folder, log = tmp_path / "bin", tmp_path / "log"
        bin_folder.mkdir(exist_ok=True)
        (bin_folder / "uv").write_text(UV.format(python=sys.executable, log=str(log), install=line, lock=LOCK))
        (bin_folder / "uv").chmod(0o755)
        monkeypatch.setenv("PATH", str(bin_folder), prepend=os.pathsep)
        return log
    return put


def test_each_file_has_title_and_python_version_and_pins_packages():
    assert {f"{name}.txt" for name in OLD_KERAS} == {path.name for path in FILES.iterdir()}
    for environment in OLD_KERAS.values():
        assert environment.title and re.fullmatch(r"3\.\d+", environment.version)
        assert any("==" in line for line in environment.requirements)
    assert [name for name, framework in FRAMEWORKS.items() if framework.environment] == list(OLD_KERAS)


def test_resolved_requirements_are_recorded_and_reused(uv):
    log, environment = uv(), OLD_KERAS["keras-2.3"]
    assert not environment.installed and environment.versions == ""
    install("keras-2.3")
    assert environment.installed and environment.resolved == LOCK
    assert environment.versions == "keras 2.3.1, numpy 1.18.5"
    assert "tensorflow-cpu==1.15.0" in log.read_text()
    log.unlink()
    install("keras-2.3")
    assert not log.exists(), "an existing environment is left unchanged"
    environment.python.unlink()
    install("keras-2.3")
    assert "numpy==1.18.5" in log.read_text() and "sha256:2" in log.read_text() and "numpy<1.19" not in log.read_text()
    environment.lock.write_text("# other requirements\nnumpy==1.18.5\n")
    assert environment.resolved == [], "a lock file of other requirements is not reused"


@pytest.mark.parametrize("line, message", [
    ("sys.exit('error: No space left on device')", "The disk is full"),
    ("sys.exit('error sending request for url: dns error')", "no network"),
    ("sys.exit('Resolved 13 packages in 1.59s\\nerror: something else')", "install it: error: something else"),
    ("sys.exit('Downloading keras\\nerror: Failed to download\\n  cause: Hash mismatch for `keras==3.14.0`')",
     "install it: its hash of keras==3.14.0 is not that of the file on the package index.$"),
    ("sys.exit('error: No solution\\n cause: Because a==1 depends on b>2 and you require a==1, we can conclude that '"
     "'b>2.\\nAnd because you require b==1, we can conclude that your requirements are unsatisfiable.')",
     "install it: a==1 depends on b>2 and you require a==1 and you require b==1.$")])
def test_failed_build_is_one_sentence_and_leaves_no_files(uv, line, message):
    uv(line)
    with pytest.raises(NotBuilt, match=message) as failure:
        install("keras-2.3")
    assert "\n" not in str(failure.value)
    assert list(OLD_KERAS["keras-2.3"].folder.parent.iterdir()) == []


def test_interrupted_build_is_removed_by_the_next(uv):
    uv()
    interrupted = OLD_KERAS["keras-2.3"].folder.with_name(".keras-2.3.999999999")
    (interrupted / "bin").mkdir(parents=True)
    install("keras-2.3")
    assert {path.name for path in interrupted.parent.iterdir()} == {"keras-2.3", "keras-2.3.lock"}


def test_missing_interpreter_is_reported(uv, monkeypatch):
    uv()
    monkeypatch.setattr(environments, "uv", lambda *words: (_ for _ in ()).throw(
        NotBuilt(environments._reason(words, "No interpreter found"))))
    monkeypatch.setenv("PYENV_ROOT", "/nowhere")
    with pytest.raises(NotBuilt, match=r"Python 3.7 is not here and could not be fetched; install it, as with `pyenv"):
        install("keras-2.3")


@pytest.mark.parametrize("arguments, message", [
    (["environments", "install=keras-2.9"], "There is no environment 'keras-2.9'; did you mean keras-2.3?"),
    (["environments", "scenario=lr_scaling"], "`environments` takes install=NAME, add NAME python=PATH or remove NAME, "
     "not 'scenario=lr_scaling'."),
    (["environments", "add"], "Say which name and which interpreter, as in environments add NAME python=PATH."),
    (["environments", "add", "ours", "pyton=x"], "There is no key 'pyton'; did you mean python?"),
    (["environments", "add", "keras", "python=/nowhere"], "keras is a framework already; choose another name."),
    (["environments", "add", "a b", "python=/nowhere"], "The name 'a b' cannot be used; "),
    (["environments", "add", "ours", "python=/nowhere"], "python is '/nowhere', which is no Python interpreter and no "
     "virtual environment."),
    (["environments", "remove"], "Say which environment, as in environments remove keras-2.3 (of `upgrade`: remove "
     "locks)."),
    (["environments", "remove", "ours"], "There is no environment 'ours' to remove; none is built or registered."),
    (["scenario=lr_scaling", "frameworks=keras-2.2,keras"], "keras-2.2 needs an interpreter of its own, not built yet: "
     "python -m compare environments install=keras-2.2, or set install=auto."),
    (["when", "scenario=lr_scaling", "behaviour=rmsprop"], "behaviour is 'rmsprop'; did you mean rmsprop_too?"),
    (["when", "scenario=lr_scaling"], "behaviour is None; ")])
def test_usage_error_is_one_sentence(tmp_path, arguments, message):
    code, _, error = compare(tmp_path, *arguments)
    assert code == 2 and error.startswith(f"compare: {message}") and error.count("\n") == 1


def test_all_environments_are_listed(tmp_path):
    code, out, _ = compare(tmp_path, "environments")
    assert code == 0 and all(f" {name} " in out for name in OLD_KERAS) and out.endswith("\nNothing is built.\n")


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """The cache with three environments that have files of 1 MB: keras-2.3 has one, two of lock files share another,
    which uv's cache has too."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    folder = built.environments_folder()
    for name in ("keras-2.3", "locks/0a", "locks/0b"):
        (folder / name / "bin").mkdir(parents=True)
        (folder / name / "bin" / "python").write_text("")
    for name in ("keras-2.3/own", "locks/0a/own"):
        (folder / name).write_bytes(b"x" * 10 ** 6)
    (tmp_path / "uv").write_bytes(b"x" * 10 ** 6)
    for name in ("0a", "0b"):
        (folder / "locks" / name / "shared").hardlink_to(tmp_path / "uv")
    return tmp_path


def test_what_was_built_is_listed_with_its_size_and_removed(cache):
    code, out, _ = compare(cache, "environments")
    assert code == 0 and re.search(r" keras-2.3 .* 1\.0 MB ", out)
    assert re.search(r" locks .* 2\.0 MB .* 2 environments that `upgrade` has built", out)
    assert f"On disk, 3.0 MB in {built.environments_folder()}; " in out
    code, out, error = compare(cache, "environments", "remove", "locks")
    assert code == 0 and " locks " not in out and "On disk, 1.0 MB in " in out
    assert error.startswith("compare: locks: 2 environments are removed, which frees 1.0 MB; the other 1.0 MB stay, ")
    assert (cache / "uv").exists() and not built.of_locks()
    assert built.remove("keras-2.3") == "keras-2.3 is removed, which frees 1.0 MB."
    with pytest.raises(UsageError, match=r"no environment 'keras-2\.3' to remove; none is built or registered\."):
        built.remove("keras-2.3")


def test_environments_that_an_upgrade_uses_are_not_removed(cache):
    with built.in_use(), built.in_use(), pytest.raises(UsageError, match="An upgrade uses these environments now"):
        built.remove("locks")
    assert len(built.of_locks()) == 2
    with built.in_use():
        assert built.remove("keras-2.3")
    assert built.remove("locks") and not built.of_locks()


def test_a_removal_that_was_interrupted_leaves_no_incomplete_environment_and_is_continued(cache, monkeypatch):
    def interrupted(folder):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(built.shutil, "rmtree", interrupted)
        built.remove("locks")
    assert not (built.locks_folder() / "0a").exists() and len(built.of_locks()) == 2
    assert built.remove("locks") and not built.of_locks()
