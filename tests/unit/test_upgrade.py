"""The search for the package and the release that make a change, and how lock files are read; no package is built."""

import json
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest
from former_words import FORMER

from compare.__main__ import main as command_line
from compare.analysis import releases
from compare.analysis.releases import Location, Mixtures, Side
from compare.analysis.upgrade import Change, Comparison, Key, Kind
from compare.commands import upgrade
from compare.commands.upgrade import main, separated
from compare.execution import locks
from compare.execution.environments import NotBuilt, _reason
from compare.execution.errors import UsageError
from compare.execution.locks import Installed
from compare.execution.workers import WorkerDied
from compare.reporting import upgrade as reporting
from compare.reporting import upgrade_folder
from scenarios.spec.checks import SpecError

LOSS, OUTPUTS = (Key(Kind.STAGE, "mine.py:build", name) for name in ("loss", "forward"))
KERAS = ["3.12.0", "3.12.1", "3.13.0", "3.13.1", "3.14.0", "3.14.1", "3.15.0"]


@pytest.mark.parametrize("first", range(1, 10))
def test_a_change_is_bisected(first):
    measured = []
    assert releases.halved(10, lambda i: measured.append(i) or i >= first, 8) == (first - 1, first)
    assert len(measured) == len(set(measured)) <= 4 and not {0, 9} & set(measured), "the ends are known"


def test_places_that_cannot_be_measured_are_stepped_around_and_named():
    assert releases.halved(10, lambda i: None if i in (4, 5) else i >= 5, 8) == (3, 6)
    assert releases.halved(10, lambda i: None, 100) == (0, 9)
    assert releases.halved(2, lambda i: pytest.fail("nothing is between them"), 8) == (0, 1)


def test_a_search_ends_after_as_many_environments_as_are_allowed():
    low, high = releases.halved(1000, lambda i: i >= 700, 3)
    assert low < 700 <= high and high - low > 1


def environment(title, **packages):
    """An environment with these versions; its interpreter is never started."""
    names = {package: package.replace("_", "-") for package in packages}
    return Installed(title, Path(title), "3.11", {names[package]: version for package, version in packages.items()},
                     {"keras": title}, tuple(names.values()))


@pytest.fixture
def mixtures(monkeypatch):
    """A function: the environments between Keras 3.12 and 3.15, of which those have a change that `shows` says; a
    version that `impossible` names cannot be combined with the packages of a side."""
    def made(shows, impossible=lambda side, versions: False):
        old = environment("old", keras="3.12.0", tensorflow="2.20.0")
        new = environment("new", keras="3.15.0", tensorflow="2.21.0")

        def with_versions(base, versions):
            if impossible(base.title, versions):
                raise NotBuilt(f"{versions} cannot be combined.")
            packages = {**base.packages, **versions}
            return SimpleNamespace(frameworks={"keras": "between"}, packages=packages)

        monkeypatch.setattr(locks, "with_versions", with_versions)
        monkeypatch.setattr(locks, "releases", lambda package, name, after, until: {
            "keras": KERAS[1:-1], "tensorflow": []}[package])
        return Mixtures(old, new, lambda between: frozenset(shows(between.packages)), 8)
    return made


def test_the_package_and_the_release_that_make_a_change_are_found(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] >= "3.14"))
    assert releases.located(between, LOSS) == Location("keras", Side.OLD, "3.13.1", "3.14.0")
    measured = len(between.measured)
    assert releases.located(between, LOSS).exact and len(between.measured) == measured, "each is measured once"
    assert releases.located(between, OUTPUTS) == Location(excluded=("keras", "tensorflow")), \
        "another change is not that of these"


def test_a_package_that_needs_the_others_new_is_swapped_beside_the_new_ones(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] >= "3.13.1"),
                       impossible=lambda side, versions: side == "old")
    assert releases.located(between, LOSS) == Location("keras", Side.NEW, "3.13.0", "3.13.1")


def test_the_second_package_is_found_and_one_that_does_nothing_is_not_accused(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["tensorflow"] == "2.21.0"))
    assert releases.located(between, LOSS) == Location("tensorflow", Side.OLD, "2.20.0", "2.21.0")


def test_a_change_that_needs_two_packages_belongs_to_none(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] == "3.15.0" and packages["tensorflow"] == "2.21.0"))
    assert releases.located(between, LOSS) == Location(excluded=("keras", "tensorflow"))


def test_packages_that_cannot_be_swapped_alone_are_not_excluded(mixtures):
    between = mixtures(lambda packages: [LOSS], impossible=lambda side, versions: True)
    assert releases.located(between, LOSS) == Location()
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] == "3.15.0" and packages["tensorflow"] == "2.21.0"),
                       impossible=lambda side, versions: "tensorflow" in versions)
    assert releases.located(between, LOSS) == Location(excluded=("keras",))


def test_only_packages_of_the_compared_frameworks_can_make_a_change(mixtures):
    between = mixtures(lambda packages: [])
    new = replace(between.new, packages={**between.new.packages, "torch": "2.15.0"})
    facts = reporting.facts(between.old, new, [reporting.Measured("keras", ("old", "new"), Comparison(()), {})])
    assert dict(facts.new.packages) == {"keras": "3.15.0", "tensorflow": "2.21.0"}
    assert facts.remaining_packages == (("torch", "", "2.15.0"),)


def test_releases_that_cannot_be_combined_are_named(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] >= "3.13"),
                       impossible=lambda side, versions: versions.get("keras") == "3.13.0")
    assert releases.located(between, LOSS) == Location("keras", Side.OLD, "3.12.1", "3.13.1", ("3.13.0",))
    assert "cannot be combined" in between.not_measured["keras 3.13.0"]


def test_without_a_list_of_releases_the_package_is_found(mixtures, monkeypatch):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] >= "3.13"))

    def releases_of(*arguments):
        raise UsageError("The releases of keras cannot be listed.")

    monkeypatch.setattr(locks, "releases", releases_of)
    location = releases.located(between, LOSS)
    assert (location.package, location.exact) == ("keras", False)
    assert between.not_measured["keras"] == "The releases of keras cannot be listed."


def test_result_json_has_what_was_measured_of_every_kind_of_framework(mixtures):
    between = mixtures(lambda packages: [LOSS] * (packages["keras"] >= "3.14"),
                       impossible=lambda side, versions: versions.get("keras") == "3.13.1")
    change = Change(LOSS, "", "`out`", "1", "2", float("inf"))
    measurements = [reporting.Measured("keras", ("old", "new"), Comparison((change,)), {
                        LOSS: releases.located(between, LOSS)}, tuple(between.not_measured.values())),
                    reporting.Measured("lightning", ("old", "new"), Comparison((), worker_errors=("It ended.",)), {})]
    data = reporting.record(reporting.facts(
        replace(between.old, packages={**between.old.packages, "h5py": "3.14.0"}), between.new, measurements), "…")
    located, = data["changes"]
    assert (located["framework"], located["kind"], located["name"], located["size"]) == ("keras", "stage", "loss", None)
    assert located["explained"] and located["location"]["between"] == ("3.13.1",)
    assert [covered["framework"] for covered in data["covered"]] == ["keras", "lightning"]
    assert data["remaining_packages"] == [["h5py", "3.14.0", ""]] and data["worker_errors"] == ["It ended."]
    assert data["not_measured"] == list(between.not_measured.values()) and len(data["not_measured"]) == 1
    text = json.dumps(data, allow_nan=False)
    assert not {word for key in re.findall(r'"(\w+)":', text) for word in key.split("_")} & FORMER


@pytest.mark.parametrize("argument", ["scenario=none_such", "seed=1", "epochs=none"])
def test_wrong_usage_of_scenarios_is_refused_before_an_environment_is_built(monkeypatch, argument):
    monkeypatch.setattr(locks, "given", lambda key, text: pytest.fail(f"{key} was built"))
    with pytest.raises((UsageError, SpecError)):
        main(["old=requirements.txt", "new=keras", argument])


def test_a_record_that_cannot_be_written_is_one_sentence_and_the_answer_is_still_there(mixtures, tmp_path):
    between = mixtures(lambda packages: [])
    (tmp_path / "result.json").mkdir()
    problem, = upgrade_folder.write(reporting.facts(between.old, between.new, []), [], tmp_path, "…")
    assert problem.startswith("result.json could not be written: ")


class Ended:
    """A program with a loss that changes; something ends every comparison with an environment between the two."""

    def __init__(self, error):
        self.error = error

    names = ("mine.py:build",)

    def changes(self, old, new, say):
        yield Comparison((Change(LOSS, "", "`out`", "1", "2", 0.5),))

    def recognized(self, old, between, requested):
        raise self.error

    def close(self):
        pass


@pytest.mark.parametrize("error, code, text", [
    (KeyboardInterrupt(), 130, "compare: interrupted; environments that were built, and trainings of scenarios, are"),
    (OSError(28, "No space left on device"), 2, "compare: the run ends here: No space left on device; environments"),
    (WorkerDied("The keras worker ended (signal 9)."), 4, "compare: The keras worker ended (signal 9).")], ids=str)
def test_what_was_compared_is_printed_if_the_search_for_releases_ends_early(mixtures, monkeypatch, tmp_path, capsys,
                                                                            error, code, text):
    between = mixtures(lambda packages: [])
    monkeypatch.setattr(locks, "given", lambda key, name: getattr(between, key))
    monkeypatch.setattr(upgrade, "refuse", lambda *of: None)
    monkeypatch.setattr(upgrade, "of_program", lambda *of: lambda place: Ended(error))
    assert command_line(["upgrade", "old=a", "new=b", "keras=mine.py:build", f"out={tmp_path}"]) == code
    out, printed = capsys.readouterr()
    assert "The loss: 1 before, 2 after" in out and printed.splitlines()[-1].startswith(text)
    assert json.loads((tmp_path / "result.json").read_text())["changes"][0]["name"] == "loss"


@pytest.mark.parametrize(("name", "text", "version"), [
    ("requirements.txt", "# python 3.10\nkeras==3.3.3\n", "3.10"),
    ("requirements.txt", "#    uv pip compile --python-version 3.12 in\nkeras==3.3.3\n", "3.12"),
    ("requirements.txt", "# This file is autogenerated by pip-compile with Python 3.10\n", "3.10"),
    ("uv.lock", 'version = 1\nrequires-python = "==3.12.*"\n', "3.12"),
    ("pylock.toml", 'requires-python = ">=3.10,<3.11"\n', "3.10")])
def test_a_lock_file_says_for_which_python_it_is(name, text, version):
    assert locks.python_of(name, text) == version


def test_a_lock_file_without_a_python_takes_the_running_one():
    running = locks.python_of("requirements.txt", "keras==3.3.3\n")
    assert running == locks.python_of("uv.lock", 'requires-python = ">=3.10"\n') and running.startswith("3.")


def test_why_versions_cannot_be_combined_is_one_sentence():
    message = _reason((), "error: No solution found when resolving dependencies cause: Because tensorflow-cpu==2.15.0 "
                          "depends on keras>=2.15.0,<2.16 and you require keras==3.14.0, we can conclude that your "
                          "requirements and tensorflow-cpu==2.15.0 are incompatible. And because you require")
    assert locks.not_combined({"keras": "3.14.0"}, environment("old"), message) == (
        "keras 3.14.0 cannot be combined with the other packages of the environment old: tensorflow-cpu==2.15.0 "
        "depends on "
        "keras>=2.15.0,<2.16, and here is keras==3.14.0.")


def test_packages_differ_whatever_their_build_is_called():
    old, new = environment("old", torch="2.13.0+cpu", keras="3.14.0"), environment("new", torch="2.13.0", keras="3.15")
    assert locks.differing(old, new) == ("keras",)


@pytest.mark.parametrize(("arguments", "message"), [
    (["new=keras"], "Say which old environment, as in upgrade old=requirements.txt new=keras."),
    (["old=keras", "new=keras-jax", "bisect=no"], "bisect is 'no'; allowed: true or false."),
    (["old=keras", "new=keras-jax", "keras=a.py:f", "scenario=lr_scaling"],
     "keras names a program; give one program, or scenarios."),
    (["old=keras", "old=keras"], "The key old is given twice; give it once."),
    (["old"], "'old' is no key=value; did you mean old?")])
def test_wrong_usage_is_one_sentence(arguments, message):
    with pytest.raises(UsageError) as error:
        separated(arguments)
    assert str(error.value).split(";")[0] == message.split(";")[0]


@pytest.mark.parametrize(("old", "message"), [
    ("keras-9", "old is 'keras-9'"), ("missing.txt", "there is no such file"), ("reference", "has no packages")])
def test_an_environment_that_does_not_exist_is_one_sentence(old, message):
    with pytest.raises(UsageError, match=message):
        locks.given("old", old)


def test_wrong_usage_is_reported_without_importing_numpy():
    code = "import sys; from compare.__main__ import main; print(main(['upgrade', 'x']), 'numpy' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert process.stdout.split() == ["2", "False"] and "'x' is no key=value" in process.stderr
