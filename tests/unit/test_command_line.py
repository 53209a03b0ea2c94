"""The command line, python -m compare: help, exit codes and usage errors."""

import os
import re
import shutil

import pytest
from processes import compare

import frameworks
import scenarios
from compare import HOME
from compare.__main__ import main
from compare.execution import settings
from compare.execution.errors import DataError, UsageError
from compare.execution.output_folder import claimed
from compare.execution.settings import COMMANDS, KEYS

SCENARIO = "scenario=missing_activations"


def test_help_lists_commands_keys_scenarios_and_exit_codes(tmp_path):
    for word in ("--help", "-h", "help"):
        code, out, error = compare(tmp_path, word, COLUMNS="120")
        assert code == 0 and not error
    assert all(f"\n  {key}=" in out for key in KEYS)
    for name in scenarios.names():
        assert re.search(rf"^  {name} +{re.escape(scenarios.question(name))}$", out, re.M)
    assert re.search("exit codes: 0 .*, 2 .*, 3 [^,]*, 4 .*, 130 .*, 143 ", " ".join(out.split())) and "\n  run " in out
    assert max(map(len, out.splitlines())) <= 120


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_of_its_own(tmp_path, command):
    code, out, error = compare(tmp_path, command, "--help", COLUMNS="80")
    assert (code, error) == (0, "") and max(map(len, out.splitlines())) <= 80
    assert out.startswith(f"python -m compare {command} " if command != "run" else "python -m compare [COMMAND] ")


@pytest.mark.parametrize("command", [[], ["check"], ["upgrade"]], ids=str)
def test_help_is_wrapped_to_the_width_of_the_terminal(tmp_path, command):
    narrow, wide = (compare(tmp_path, *command, "--help", COLUMNS=columns)[1] for columns in ("60", "200"))
    assert narrow.split() == wide.split()
    assert max(map(len, narrow.splitlines())) <= 60 < 100 < max(map(len, wide.splitlines())) <= 120
    assert re.search("^  out= +folder of the results", narrow, re.M) or command == ["upgrade"]


def test_no_arguments_print_the_help_and_exit_with_a_usage_error(tmp_path):
    assert compare(tmp_path) == (2, compare(tmp_path, "--help")[1], "")


USAGE_ERRORS = [
    (["scenari=lr_scaling"], "There is no key 'scenari'; did you mean scenario? "),
    (["=x"], "There is no key ''; allowed: scenario, frameworks, "),
    (["data.choice=mnist"], "There is no key 'data.choice'; did you mean data.dir? "),
    (["hydra.mode=x"], "There is no key 'hydra.mode'; "),
    (["runs"], "'runs' is no command and no key=value; did you mean run? "),
    (["--epochs", "3"], "'--epochs' is no command and no key=value; did you mean epochs? "),
    (["run", "run"], "run is a command, which stands once and first."),
    (["run"], "Say which scenario, as in scenario=lr_scaling; --help lists them."),
    (["scenario="], "scenario is empty; "), (["scenario=,"], "scenario is empty; "),
    (["scenario=lr_scalin"], "There is no scenario 'lr_scalin'; did you mean lr_scaling? Allowed: "),
    (["scenario=gone.py"], "There is no scenario file gone.py."),
    ([SCENARIO, SCENARIO], "The key scenario is given twice; give it once, with commas between several values."),
    ([SCENARIO, "seeds=1", "seeds=2"], "The key seeds is given twice; "),
    ([SCENARIO, "frameworks=kears"], "frameworks is 'kears'; did you mean keras? "),
    ([SCENARIO, "frameworks=keras,torch"], "frameworks is 'torch'; did you mean keras-torch? "),
    ([SCENARIO, "frameworks=,"], "frameworks is empty; "),
    ([SCENARIO, "init=share"], "init is 'share'; did you mean shared? "),
    ([SCENARIO, "data=minst"], "data is 'minst'; did you mean mnist? "),
    ([SCENARIO, "device=tpu"], "device is 'tpu'; "),
    ([SCENARIO, "variants=none_4"], "missing_activations has no variant 'none_4'; did you mean none_3? "),
    ([SCENARIO, "variants=reported,nothing"], "missing_activations has no variant 'nothing'; allowed: "),
    ([SCENARIO, "variants=,"], "variants is empty; "), ([SCENARIO, "out="], "out is empty; "),
    ([SCENARIO, "epochs=1.5"], "epochs is '1.5'; allowed: a whole number."),
    ([SCENARIO, "epochs=ten"], "epochs is 'ten'; allowed: a whole number."),
    ([SCENARIO, "epochs=${seeds}"], "epochs is '${seeds}'; allowed: a whole number."),
    ([SCENARIO, "seeds=[1,2]"], "seeds is '[1,2]'; allowed: a whole number."),
    ([SCENARIO, "seeds=1,2"], "seeds is '1,2'; allowed: a whole number."),
    ([SCENARIO, "seeds=null"], "seeds is 'null'; allowed: a whole number."),
    ([SCENARIO, "threads=true"], "threads is 'true'; allowed: a whole number."),
    ([SCENARIO, "limit=long"], "limit is 'long'; allowed: a number."),
    ([SCENARIO, "epochs=0"], "epochs is 0; allowed: a number above 0."),
    ([SCENARIO, "seeds=-1"], "seeds is -1; allowed: a number above 0."),
    ([SCENARIO, "threads=0"], "threads is 0; allowed: a number above 0."),
    ([SCENARIO, "limit=nan"], "limit is nan; allowed: a number above 0."),
    ([SCENARIO, "data.dir=gone"], "data.dir names no usable data: "),
    ([SCENARIO, "data=mnist", "data.dir=."], "data.dir names no usable data: "),
]


@pytest.mark.parametrize("arguments, message", USAGE_ERRORS, ids=lambda value: " ".join(value)[:40])
def test_usage_error_is_one_sentence_and_leaves_no_files(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    code = main(arguments)
    out, error = capsys.readouterr()
    assert (code, out) == (2, "")
    assert error.startswith(f"compare: {message}") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("arguments", [["scenari=x"], [SCENARIO, "epochs=ten"], [SCENARIO, "variants=x"],
                                       ["scenario=x.py"]])
def test_process_prints_only_the_usage_error(tmp_path, arguments):
    code, out, error = compare(tmp_path, *arguments)
    assert (code, out) == (2, "") and error.startswith("compare: ") and error.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("lines", ["x = (", "x = 1", "1 / 0", "from scenarios.spec import SGD; SGD(-1.0)"])
def test_broken_scenario_file_is_reported_with_its_path(tmp_path, monkeypatch, capsys, lines):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine.py").write_text(lines, encoding="utf-8")
    assert main(["scenario=mine.py"]) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith("compare: The scenario file mine.py") and error.count("\n") == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.py"]


def test_unavailable_mnist_is_reported(tmp_path):
    variables = {"KERAS_HOME": str(tmp_path), "https_proxy": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9",
                 "HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "MNIST_DIR": ""}
    code, out, error = compare(tmp_path, SCENARIO, "data=mnist", **variables)
    assert (code, out) == (2, "") and error.startswith("compare: MNIST cannot be had (") and error.count("\n") == 1
    assert "give its folder as data.dir=FOLDER or as MNIST_DIR" in error and not list(tmp_path.glob("runs"))


@pytest.mark.parametrize("out", ["taken", "taken/below", "/proc/below"])
def test_invalid_output_folder_is_reported_before_the_run(tmp_path, monkeypatch, capsys, out):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / ".cache"))
    (tmp_path / "taken").touch()
    assert main([SCENARIO, "data=sample", f"out={out}"]) == 2
    output, error = capsys.readouterr()
    assert not output and not list(tmp_path.glob("runs"))
    assert error.splitlines()[-1].startswith(f"compare: out is '{out}', where nothing can be written (")


def test_read_only_output_folder_is_reported(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *arguments: False)  # root may write anywhere
    with pytest.raises(UsageError, match="nothing can be written .Permission denied.; allowed: a folder, also a new"):
        claimed(str(tmp_path), "a")


@pytest.mark.parametrize("place", ["traces", "lr_scaling/traces"])
def test_finished_run_is_not_overwritten(tmp_path, place):
    (tmp_path / place).mkdir(parents=True)
    with pytest.raises(UsageError) as error:
        claimed(str(tmp_path), "a")
    assert str(error.value) == (f"out is {str(tmp_path)!r}, which holds a run already (python -m compare show prints "
                                "its answer again); allowed: a new folder, or one without a run.")


def test_folder_is_free_again_after_a_mistake(tmp_path):
    with pytest.raises(DataError), claimed(str(tmp_path), "a"):
        raise DataError
    with claimed(str(tmp_path), "another") as folder:
        assert not folder.resumed


def test_missing_framework_is_reported_with_its_install_command(monkeypatch):
    absent = ("jax", "torch", "torchmetrics")
    monkeypatch.setattr(frameworks, "find_spec", lambda name: None if name in absent else name)
    for framework, message in (
            ("keras-jax", "keras-jax needs the package jax, not installed here: pip install 'keras-or-me[jax]'."),
            ("lightning", "lightning needs the packages torch and torchmetrics, not installed here: pip install "
             "'keras-or-me[lightning]'.")):
        with pytest.raises(UsageError) as error:
            settings.read([SCENARIO, f"frameworks={framework}"])
        assert str(error.value).startswith(message)
    assert settings.read([SCENARIO, "frameworks=keras,reference"]).frameworks == ["keras", "reference"]
    shown = settings.read([SCENARIO], trains=False)
    assert "lightning" in shown.frameworks, "what trains nothing needs no framework"


def test_help_lists_every_framework():
    names = [name for name in settings.CHOICES["frameworks"] if not frameworks.FRAMEWORKS[name].environment]
    assert names == re.split(", |; ", KEYS["frameworks"])[:-1]


SPECIAL = "a (é) ~=,b [c] 'd' \"e\" ${f} \\g"


def test_special_characters_in_paths_are_preserved(tmp_path):
    (tmp_path / SPECIAL).mkdir()
    file = tmp_path / SPECIAL / f"{SPECIAL}.py"
    shutil.copy(HOME / "scenarios" / "missing_activations.py", file)
    code, out, error = compare(tmp_path, f"scenario={file}", "frameworks=reference", "data=sample", "epochs=1",
                               "variants=none_3", f"out={SPECIAL}/{SPECIAL} out")
    assert code == 0, error
    assert (tmp_path / SPECIAL / f"{SPECIAL} out" / "report.md").is_file()
    assert f"run folder: {SPECIAL}/{SPECIAL} out\n" in out
    assert {path.name for path in tmp_path.iterdir()} == {SPECIAL, ".cache"}
    code, out, error = compare(tmp_path, SCENARIO, f"data.dir={SPECIAL}")
    assert (code, out) == (2, "") and f"{SPECIAL} holds no MNIST" in error


def test_keys_are_parsed_into_settings():
    parsed = settings.read(["scenario=lr_scaling, missing_activations", "frameworks=[reference,keras]", "variants=all",
                            "epochs=3", "seeds=2", "init=native", "data=sample", "data.dir=a,b", "out=a=b", "threads=2",
                            "limit=.5", "device=cuda"])
    assert (parsed.scenario, parsed.frameworks, parsed.variants) == (
        ["lr_scaling", "missing_activations"], ["reference", "keras"], ["all"])
    assert (parsed.epochs, parsed.seeds, parsed.init) == (3, 2, "native")
    assert (parsed.threads, parsed.limit, parsed.device) == (2, 0.5, "cuda")
    assert (parsed.data.choice, parsed.data.dir, parsed.out) == ("sample", "a,b", "a=b")
    assert settings.read([SCENARIO]).frameworks == ["keras", "lightning", "reference"]
    parsed = settings.read([SCENARIO, "frameworks=keras,keras"])
    assert parsed.frameworks == ["keras", "reference"], "the reference always runs"


@pytest.mark.parametrize("path", [
    "a\\", "\\", "\\\\", "\\'a", "a\\\\'b", "'", "\"", "a'b\"", "${x}", "a${x}b}", "\\b${oc.env:HOME}", "[a]", "{a: b}",
    "a,b", "a=b", " a ", "é", "null", "true", "1", "1.0", "~/a", "#a", "a: b", "%s", "(a)", "a\tb"])
def test_path_is_taken_literally(path):
    assert settings.read([SCENARIO, f"out={path}"]).out == path


def test_duplicate_scenario_name_is_reported(tmp_path):
    shutil.copy(HOME / "scenarios" / "lr_scaling.py", tmp_path / "mine.py")
    code, out, error = compare(tmp_path, "scenario=lr_scaling,mine.py")
    assert (code, out, error) == (2, "", "compare: Two scenarios are named lr_scaling; give each a name of its own.\n")


@pytest.mark.parametrize("name", ["frameworks", "scenarios"])
@pytest.mark.parametrize("with_init", [True, False], ids=["package", "plain folder"])
def test_folder_that_shadows_a_package_is_reported(tmp_path, name, with_init):
    (tmp_path / name).mkdir()
    if with_init:
        (tmp_path / name / "__init__.py").touch()
    code, out, error = compare(tmp_path, "--help")
    message = (f"compare: {tmp_path / name} stands in the place of keras-or-me's own package {name} ({HOME / name}); "
               "start ")
    if with_init or code:  # an installed package precedes a plain folder, unless it is editable
        assert (code, out) == (2, "") and error.startswith(message) and error.count("\n") == 1
