"""python -m compare, as one types it: help, and every mistake in one sentence that leaves nothing behind."""

import os
import re
import shutil
import subprocess
import sys

import pytest

import frameworks
import scenarios
from compare import HOME
from compare.__main__ import main
from compare.analysis.comparison import made_folder
from compare.execution import settings
from compare.execution.errors import UsageError
from compare.execution.settings import KEYS

CHOSEN = "scenario=missing_activations"


def compare(cwd, *arguments, **variables):
    """The program's exit code, stdout and stderr."""
    environment = {**os.environ, "XDG_CACHE_HOME": str(cwd / ".cache"), **variables}
    child = subprocess.run([sys.executable, "-m", "compare", *arguments], cwd=cwd, env=environment, capture_output=True,
                           text=True, timeout=120)
    return child.returncode, child.stdout, child.stderr


def test_help_shows_commands_keys_scenarios_and_exit_codes(tmp_path):
    for word in ("--help", "-h", "help"):
        code, out, error = compare(tmp_path, word)
        assert code == 0 and not error
    assert all(f"\n  {key}=" in out for key in KEYS)
    for name in scenarios.names():
        assert re.search(rf"^  {name} +{re.escape(scenarios.question(name))}$", out, re.M)
    assert re.search("^exit codes: 0 .*, 2 .*,\n3 .*, 4 .*, 130 ", out, re.M) and "\n  run " in out
    assert max(map(len, out.splitlines())) <= 120


def test_no_arguments_are_answered_with_the_help_and_the_exit_code_of_a_mistake(tmp_path):
    assert compare(tmp_path) == (2, compare(tmp_path, "--help")[1], "")


MEASURE_ERRORS = [
    (["scenari=lr_scaling"], "There is no key 'scenari'; did you mean scenario? "),
    (["=x"], "There is no key ''; allowed: scenario, frameworks, "),
    (["data.choice=mnist"], "There is no key 'data.choice'; did you mean data.dir? "),
    (["hydra.mode=x"], "There is no key 'hydra.mode'; "),
    (["runs"], "'runs' is no command and no key=value; did you mean run? "),
    (["--epochs", "3"], "'--epochs' is no command and no key=value; did you mean epochs? "),
    (["run", "run"], "run is a command, which stands once and first."),
    (["run"], "Say which scenario, as in scenario=lr_scaling; --help lists them."),
    (["scenario="], "scenario is empty; "), (["scenario=,"], "scenario is empty; "),
    (["scenario=lr_scalin"], "There is no scenario 'lr_scalin'; did you mean lr_scaling?  Allowed: "),
    (["scenario=gone.py"], "There is no scenario file gone.py."),
    ([CHOSEN, CHOSEN], "The key scenario is given twice; give it once, with commas between several values."),
    ([CHOSEN, "seeds=1", "seeds=2"], "The key seeds is given twice; "),
    ([CHOSEN, "frameworks=kears"], "frameworks is 'kears'; did you mean keras? "),
    ([CHOSEN, "frameworks=keras,torch"], "frameworks is 'torch'; did you mean keras-torch? "),
    ([CHOSEN, "frameworks=,"], "frameworks is empty; "),
    ([CHOSEN, "init=share"], "init is 'share'; did you mean shared? "),
    ([CHOSEN, "data=minst"], "data is 'minst'; did you mean mnist? "),
    ([CHOSEN, "device=tpu"], "device is 'tpu'; "),
    ([CHOSEN, "variants=none_4"], "missing_activations has no variant 'none_4'; did you mean none_3? "),
    ([CHOSEN, "variants=reported,nothing"], "missing_activations has no variant 'nothing'; allowed: "),
    ([CHOSEN, "variants=,"], "variants is empty; "), ([CHOSEN, "out="], "out is empty; "),
    ([CHOSEN, "epochs=1.5"], "epochs is '1.5'; allowed: a whole number."),
    ([CHOSEN, "epochs=ten"], "epochs is 'ten'; allowed: a whole number."),
    ([CHOSEN, "epochs=${seeds}"], "epochs is '${seeds}'; allowed: a whole number."),
    ([CHOSEN, "seeds=[1,2]"], "seeds is '[1,2]'; allowed: a whole number."),
    ([CHOSEN, "seeds=1,2"], "seeds is '1,2'; allowed: a whole number."),
    ([CHOSEN, "seeds=null"], "seeds is 'null'; allowed: a whole number."),
    ([CHOSEN, "threads=true"], "threads is 'true'; allowed: a whole number."),
    ([CHOSEN, "limit=long"], "limit is 'long'; allowed: a number."),
    ([CHOSEN, "epochs=0"], "epochs is 0; allowed: a number above 0."),
    ([CHOSEN, "seeds=-1"], "seeds is -1; allowed: a number above 0."),
    ([CHOSEN, "threads=0"], "threads is 0; allowed: a number above 0."),
    ([CHOSEN, "limit=nan"], "limit is nan; allowed: a number above 0."),
    ([CHOSEN, "data.dir=gone"], "data.dir names no usable data: "),
    ([CHOSEN, "data=mnist", "data.dir=."], "data.dir names no usable data: "),
]


@pytest.mark.parametrize("arguments, told", MEASURE_ERRORS, ids=lambda value: " ".join(value)[:40])
def test_a_mistake_is_one_sentence_that_leaves_nothing_behind(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.chdir(tmp_path)
    code = main(arguments)
    out, error = capsys.readouterr()
    assert (code, out) == (2, "")
    assert error.startswith(f"compare: {told}") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["scenari=x"], [CHOSEN, "epochs=ten"], [CHOSEN, "variants=x"],
                                       ["scenario=x.py"]])
def test_the_process_of_a_mistake_says_no_more_than_its_sentence(tmp_path, arguments):
    code, out, error = compare(tmp_path, *arguments)
    assert (code, out) == (2, "") and error.startswith("compare: ") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lines", ["x = (", "x = 1", "1 / 0", "from scenarios.spec import SGD; SGD(-1.0)"])
def test_a_broken_scenario_file_is_told_with_its_path(tmp_path, monkeypatch, capsys, lines):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(lines, encoding="utf-8")
    assert main(["scenario=mine.py"]) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith("compare: The scenario file mine.py") and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir() if path.name != "__pycache__"] == ["mine.py"]


def test_mnist_that_cannot_be_had_is_told(tmp_path):
    variables = {"KERAS_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
                 "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "MNIST_DIR": ""}
    code, out, error = compare(tmp_path, CHOSEN, "data=mnist", **variables)
    assert (code, out) == (2, "") and error.startswith("compare: MNIST cannot be had (") and error.count("\n") == 1
    assert "give its folder as data.dir=FOLDER or as MNIST_DIR" in error and not list(tmp_path.glob("runs"))


@pytest.mark.parametrize("out", ["taken", "taken/below", "/proc/below"])
def test_a_folder_that_cannot_be_made_is_told_before_anything_starts(tmp_path, monkeypatch, capsys, out):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    (tmp_path / "taken").touch()
    assert main([CHOSEN, "data=sample", f"out={out}"]) == 2
    told, error = capsys.readouterr()
    assert not told and not list(tmp_path.glob("runs"))
    assert error.splitlines()[-1].startswith(f"compare: out is '{out}', where nothing can be written (")


def test_a_folder_that_may_not_be_written_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *of: False)  # the tests may be run by root, who may write anywhere
    with pytest.raises(UsageError, match="nothing can be written .Permission denied.; allowed: a folder, also a new"):
        made_folder(str(tmp_path))


@pytest.mark.parametrize("place", ["traces", "lr_scaling/traces"])
def test_a_finished_run_is_not_written_over(tmp_path, place):
    assert made_folder(str(tmp_path)) == tmp_path, "a folder without a run may be used"
    (tmp_path / place).mkdir(parents=True)
    with pytest.raises(UsageError) as refusal:
        made_folder(str(tmp_path))
    assert str(refusal.value) == (f"out is {str(tmp_path)!r}, which holds a run already; allowed: a new folder, or one "
                                  "without a run.")


def test_a_framework_that_is_not_installed_is_told_with_what_installs_it(monkeypatch):
    absent = ("jax", "torch", "torchmetrics")
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None if name in absent else name)
    for framework, told in (
            ("keras-jax", "keras-jax needs the package jax, not installed here: pip install 'keras-or-me[jax]'."),
            ("lightning", "lightning needs the packages torch and torchmetrics, not installed here: pip install '")):
        with pytest.raises(UsageError) as refusal:
            settings.read([CHOSEN, f"frameworks={framework}"])
        assert str(refusal.value).startswith(told)
    assert settings.read([CHOSEN, "frameworks=keras,reference"]).frameworks == ["keras", "reference"]


def test_every_framework_can_be_chosen_and_is_in_the_help():
    ours = [name for name in settings.CHOICES["frameworks"] if not frameworks.FRAMEWORKS[name].environment]
    assert ours == re.split(", |; ", KEYS["frameworks"])[:-1]


ODD = "a (é) ~=,b [c] 'd' \"e\" ${f} \\g"


def test_odd_characters_in_paths_are_taken_as_they_are(tmp_path):
    (tmp_path / ODD).mkdir()
    file = tmp_path / ODD / f"{ODD}.py"
    shutil.copy(HOME / "scenarios" / "missing_activations.py", file)
    code, out, error = compare(tmp_path, f"scenario={file}", "frameworks=reference", "data=sample", "epochs=1",
                               "variants=none_3", f"out={ODD}/{ODD} out")
    assert code == 0, error
    assert (tmp_path / ODD / f"{ODD} out" / "report.md").is_file() and f"run folder: {ODD}/{ODD} out\n" in out
    assert {path.name for path in tmp_path.iterdir()} == {ODD, ".cache"}
    code, out, error = compare(tmp_path, CHOSEN, f"data.dir={ODD}")
    assert (code, out) == (2, "") and f"{ODD} holds no MNIST" in error


def test_keys_become_settings():
    read = settings.read(["scenario=lr_scaling, missing_activations", "frameworks=[reference,keras]", "variants=all",
                          "epochs=3", "seeds=2", "init=native", "data=sample", "data.dir=a,b", "out=a=b", "threads=2",
                          "limit=.5", "device=cuda"])
    assert (read.scenario, read.frameworks, read.variants) == (
        ["lr_scaling", "missing_activations"], ["reference", "keras"], ["all"])
    assert (read.epochs, read.seeds, read.init, read.threads, read.limit, read.device) == (3, 2, "native", 2, 0.5,
                                                                                           "cuda")
    assert (read.data.choice, read.data.dir, read.out) == ("sample", "a,b", "a=b")
    assert settings.read([CHOSEN]).frameworks == ["keras", "lightning", "reference"]
    assert settings.read([CHOSEN, "frameworks=keras,keras"]).frameworks == ["keras", "reference"], "it always runs"


@pytest.mark.parametrize("path", [
    "a\\", "\\", "\\\\", "\\'a", "a\\\\'b", "'", "\"", "a'b\"", "${x}", "a${x}b}", "\\b${oc.env:HOME}", "[a]", "{a: b}",
    "a,b", "a=b", " a ", "é", "null", "true", "1", "1.0", "~/a", "#a", "a: b", "%s", "(a)", "a\tb"])
def test_a_path_arrives_as_it_was_typed(path):
    assert settings.read([CHOSEN, f"out={path}"]).out == path


def test_two_scenarios_of_one_name_are_told(tmp_path):
    shutil.copy(HOME / "scenarios" / "lr_scaling.py", tmp_path / "mine.py")
    code, out, error = compare(tmp_path, "scenario=lr_scaling,mine.py")
    assert (code, out, error) == (2, "", "compare: Two scenarios are named lr_scaling; give each a name of its own.\n")


@pytest.mark.parametrize("name", ["frameworks", "scenarios"])
@pytest.mark.parametrize("with_init", [True, False], ids=["package", "plain folder"])
def test_a_folder_in_the_place_of_our_package_is_told(tmp_path, name, with_init):
    (tmp_path / name).mkdir()
    if with_init:
        (tmp_path / name / "__init__.py").touch()
    code, out, error = compare(tmp_path, "--help")
    told = f"compare: {tmp_path / name} stands in the place of keras-or-me's own package {name} ({HOME / name}); start "
    if with_init or code:  # a plain folder stands back behind an installed package, except behind an editable one
        assert (code, out) == (2, "") and error.startswith(told) and error.count("\n") == 1
