"""The pytest plugin in suites as users write them: what passes, what fails and how it reads, and golden verdicts.

Most suites run in this process, with stand-ins of Keras and Lightning in which changes are planted.
"""

import os
import re
import subprocess
import sys
import xml.etree.ElementTree
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest
import scipy.stats  # noqa: F401
import yaml
from stand_ins import KERAS, WITHOUT_THE_QUIRK, Company, Planted

from compare import HOME, workers
from compare.crew import Crew
from compare.noise import FACTOR, UNIT
from compare.outputs import console  # noqa: F401
from compare.plugin import asking  # noqa: F401
from compare.plugin.bands import Bands
from compare.plugin.session import Session
from compare.settings import read
from frameworks import trace
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

pytest_plugins = "pytester"

MINE = '''
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

SPEC = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
            Training(1, 32))

def loss(trace):
    return float(trace["reported/train/loss"][-1])

SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("sigmoid", "Sigmoid", SPEC, "asked"),), (
    Behaviour("learns", "the loss falls below 2", ("sigmoid",), loss, high=2.0),))
'''
RUN = '''
def test_ours(compare):
    found = compare("mine.py", frameworks=["keras", "lightning"], data="digits")
'''
GOLDEN = RUN + "    found.assert_golden()\n"
PLACE = Path("golden", "test_it", "test_ours.yaml")
TODAY = "keras 3.15, tensorflow 2.21, torch 2.15, pytorch-lightning 2.6; digits"


PATCHED = GOLDEN.replace('"keras", "lightning"', '"lightning", "reference"')


@pytest.fixture(scope="module")
def company(tmp_path_factory):
    """One crew of stand-ins for all suites of this process: it is closed in the end, and not by them."""
    made = Company(tmp_path_factory.mktemp("company"))
    yield made
    Crew.close(made)


@pytest.fixture
def planted(company):
    company.planted = Planted()
    return company.planted


@pytest.fixture
def suite(pytester, planted, company, monkeypatch):
    """A function: the result of a suite with `test_it.py`, run with these options; `told` is what it printed."""
    monkeypatch.setattr("compare.plugin.session.Crew", lambda *settings: company)
    monkeypatch.setattr(Session, "_new", company.remembered(Session._new))
    pytester.makepyfile(mine=MINE)

    def ran(*options, text=None):
        if text:
            pytester.makepyfile(test_it=text)
        result = pytester.runpytest_inprocess("-p", "keras_or_me", "-p", "no:cacheprovider", *options)
        result.told = result.stdout.str()
        return result
    return ran


@pytest.fixture
def recorded(suite, pytester):
    """The file of a golden verdict that a suite has written."""
    assert suite("--compare-update", text=GOLDEN).ret == 0
    return pytester.path / PLACE


def test_what_is_so_passes(suite):
    result = suite(text=RUN + """
    found.assert_holds("learns", "keras")
    found.assert_holds("learns", "lightning", holds=False)
    found.assert_same("keras", "lightning", up_to="forward")
    found.assert_same("lightning", "keras", up_to="metric", variant="sigmoid")
    found.assert_cause("learns", {"loss.of"})
    found.assert_cause("learns", "loss.of", showing="keras", missing="lightning")
""")
    result.assert_outcomes(passed=1)
    assert result.ret == 0


def test_what_is_not_so_is_explained_as_a_person_would(suite):
    result = suite("-W", "error", text="""
import pytest

@pytest.fixture
def found(compare):
    return compare("mine.py", frameworks=["keras", "lightning"], data="digits")

def test_holds(found):
    found.assert_holds("learns")

def test_holds_not(found):
    found.assert_holds("learns", "keras", holds=False)

def test_same(found):
    found.assert_same("keras", "lightning")

def test_cause(found):
    found.assert_cause("learns", {"data.divisor", "loss.of"})
""")
    result.assert_outcomes(failed=4)
    assert result.ret == 11
    told = {name: text for name, text in re.findall(r"_ (test_\w+) _+\n(.*?)(?=\n_____|\n=====)", result.told, re.S)}
    differ = r"E +(sigmoid: )?Keras on TensorFlow and PyTorch Lightning have the same data, start, outputs and " \
        r"accuracy; first they differ in the loss: [\d.]+ against [\d.]+ \(rounding explains [\d.e-]+, the known " \
        r"differences [\d.]+\)"
    because = "Keras on TensorFlow passes your sigmoid by: categorical_crossentropy takes the numbers before it"
    assert all(re.search(differ, text) and because in text for text in told.values())
    assert re.search(r"E +compare\.plugin\.BehaviourChanged: learns \(the loss falls below 2\) is asserted to hold "
                     r"with PyTorch Lightning, which does not show it: no, 2\.\d+ \(it holds to 2\)\.\n"
                     r"E +The others: Keras on TensorFlow yes, 0\.\d+\.\n"
                     r"E +Belongs to: Keras on TensorFlow\.\n", told["test_holds"])
    assert "is asserted not to hold with Keras on TensorFlow, which shows it: yes, 0." in told["test_holds_not"]
    assert "sigmoid: Keras on TensorFlow and PyTorch Lightning are not the same up to the update of the weights.\n" in \
        told["test_same"]
    assert "Suspect, from the loss on: loss.of is softmax_of_logits with Keras on TensorFlow and softmax_of_outputs " \
        "with PyTorch Lightning: Keras on TensorFlow passes" in told["test_same"]
    assert "training.shuffle" not in told["test_same"], "a shared start decides it"
    assert "shows learns by loss.of, and not by data.divisor and loss.of: to add loss.of makes it, to take away " \
        "loss.of ends it." in told["test_cause"]
    assert "asking.py" not in result.told and "found.py" not in result.told, "no traceback of ours"


MISTAKES = {
    'compare("mine.py", frameworks="kears")': "frameworks is 'kears'; did you mean keras?  Allowed: keras, ",
    'compare("mine.py", epoch=1)': "There is no setting 'epoch' in a test; did you mean epochs?  Allowed: frameworks, ",
    'compare("other.py")': "There is no scenario file ",
    'compare("lr_scalin")': "There is no scenario 'lr_scalin'; did you mean lr_scaling?",
    'compare("mine.py", variants="tanh", frameworks="keras")': "mine has no variant 'tanh'; allowed: sigmoid, ",
    'found.assert_holds("learn")': "This run has no behaviour 'learn'; did you mean learns?  Allowed: learns.",
    'found.assert_holds("learns", "reference")': "This run has no framework 'reference'; allowed: keras, lightning.",
    'found.assert_same("keras", "lightning", "los")': "This run has no gate 'los'; did you mean loss?",
    'found.assert_same("keras", "lightning", variant="tanh")': "This run has no trained variant 'tanh'; allowed: "}


def test_a_mistake_is_told_in_a_sentence(suite):
    result = suite(text="".join(RUN.replace("test_ours", f"test_{n}") + f"    {call}\n"
                                for n, call in enumerate(MISTAKES)))
    assert result.ret == 1, "a mistake is no change of behaviour"
    told = re.findall("E +Failed: (.*)", result.told)
    assert [one.startswith(begins) for one, begins in zip(told, MISTAKES.values())] == [True] * len(MISTAKES)
    assert "asking.py" not in result.told and "found.py" not in result.told, "no traceback of ours"


def test_a_golden_verdict_is_made_reviewed_and_kept(suite, pytester):
    first = suite(text=GOLDEN)
    assert first.ret == 1 and f"There is no golden verdict yet of {TODAY}: pytest --compare-update writes it into " \
        f"{PLACE}" in first.told and not PLACE.exists()
    second = suite("--compare-update")
    assert second.ret == 0 and f"{PLACE}: new, {TODAY}\n" in second.told
    text = PLACE.read_text()
    assert re.search(r"\n" + TODAY + r""":
  run: frameworks=keras,lightning variants=asked epochs=all seeds=1 start=shared
  behaviours:
    learns:
      belongs to: Keras on TensorFlow
      keras: yes, 0\.99\d+ ± [\de.-]+
      lightning: no, 2\.10?\d* ± [\de.-]+
      cause:
        keras, not lightning: loss\.of
  first difference:
    sigmoid: loss \(keras, lightning\)
  quirks:
    loss\.of: keras softmax_of_logits; lightning softmax_of_outputs
$""", text), text
    assert suite().ret == 0
    again = suite("--compare-update")
    assert again.ret == 0 and PLACE.read_text() == text and "has written" not in again.told


def test_a_changed_verdict_and_a_vanished_quirk_fail_with_old_and_new_side_by_side(suite, recorded, planted):
    planted.environments["keras"] = {**WITHOUT_THE_QUIRK}
    result = suite()
    assert result.ret == 11
    for row in (r"learns, belongs to +Keras on TensorFlow +Keras\n",
                r"learns, keras +yes, 0\.99\d* ± \S+ +yes, 1\.2\d+: 0\.29 away, where \S+ is let pass as rounding\n",
                r"quirks, loss\.of +keras softmax_of_logits; lightning softmax_of_outputs +keras outputs; lightning ",
                r"quirks, loss\.clip +\(not there\) +keras 1e-07; lightning 0"):
        assert re.search("E +" + row, result.told), row
    assert "first they differ in the loss" in result.told


def test_a_number_beyond_its_noise_fails_and_one_within_does_not(suite, recorded, pytester):
    text = recorded.read_text()
    told, number, band = re.search(r"keras: yes, ((\S+) ± (\S+))", text).groups()
    recorded.write_text(text.replace(told, f"{float(number) + 0.9 * float(band):.12g} ± {band}"))
    assert suite().ret == 0
    recorded.write_text(text.replace(told, f"{float(number) + 1.1 * float(band):.12g} ± {band}"))
    result = suite()
    assert result.ret == 11
    row = re.search(r"E +learns, keras +yes, \S+ ± \S+ +yes, \S+: (\S+) away, where (\S+) is let pass as rounding\n",
                    result.told)
    assert row and float(row[1]) == pytest.approx(1.1 * float(band), rel=0.1) and float(row[2]) == float(band)
    recorded.write_text(text)
    pytester.makepyfile(mine=MINE.replace("SGD(0.1)", "SGD(0.1001)"))
    assert suite().ret == 11, "a thousandth of the rate is seen"
    assert suite("--compare-fail-on=unexplained,died").ret == 0


def test_another_series_is_neither_matched_nor_rewritten(suite, recorded, planted):
    reviewed = recorded.read_text() + "  # looked through: the sigmoid is passed by\n"
    recorded.write_text(reviewed)
    later = {**KERAS, "versions": {"keras": "3.16.0", "tensorflow": "2.22.1"}}
    planted.environments["keras"] = later
    same = suite()
    assert same.ret == 1 and f"{PLACE} says nothing of keras 3.16, tensorflow 2.22, " in same.told
    assert f"Nothing has changed beside {TODAY}, the nearest. pytest --compare-update adds it" in same.told
    planted.environments["keras"] = {**later, "backend": "jax"}
    changed = suite()
    assert changed.ret == 11 and f"Beside {TODAY}, the nearest:" in changed.told
    assert re.search(r"E +learns, keras +yes, 0\.99\d* ± \S+ +yes, 1\.2\d+: 0\.29 away", changed.told)
    updated = suite("--compare-update")
    assert updated.ret == 0
    assert re.search(r"\n +learns, keras +yes, 0\.99\d* ± \S+ +yes, 1\.2\d+: 0\.29 away", updated.told)
    assert recorded.read_text().startswith(reviewed) and suite().ret == 0
    planted.environments["keras"] = {**KERAS, "versions": {"keras": "3.15.9", "tensorflow": "2.21.3"}}
    assert suite().ret == 0, "of one series, and the older entry is what it was"
    recorded.write_text(recorded.read_text().replace("run: ", "run: [", 1))
    broken = suite()
    assert broken.ret == 1
    assert re.search(rf"Failed: The golden file .*{PLACE} cannot be read \(.*\); mend it, ", broken.told)


def test_two_golden_verdicts_of_a_test_have_names(suite):
    both = suite("--compare-update", text=GOLDEN + "    found.assert_golden()\n")
    assert both.ret == 1 and "would both lie in test_ours.yaml; give one a name" in both.told
    named = suite("--compare-update", "-o", "compare_golden=kept", text=GOLDEN + '    found.assert_golden("again")\n')
    assert named.ret == 0
    assert {path.name for path in Path("kept", "test_it").iterdir()} == {"test_ours.yaml", "test_ours.again.yaml"}


def test_what_is_unexplained_fails_whatever_is_asserted(suite, recorded, planted):
    planted.done["keras"] = WITHOUT_THE_QUIRK
    golden = suite()
    assert golden.ret == 13
    assert re.search(r"E +unexplained, sigmoid, keras +\(not there\) +loss\n", golden.told)
    unexplained = r"E +Unexplained: sigmoid, step 1: Keras on TensorFlow has loss [\d.]+ \(loss\) where the table " \
        r"says [\d.]+ \(rounding explains \S+\), and nothing that is known explains it\."
    assert re.search(unexplained, golden.told)
    holds = suite(text=RUN + "    found.assert_same('keras', 'lightning', 'forward')\n")
    assert holds.ret == 13 and re.search(unexplained.removeprefix("E +"), holds.told)
    assert "\nmine: what the test asserts holds, but something differs that nothing known explains.\n" in holds.told
    left_out = suite("--compare-fail-on", "changed,died")
    assert left_out.ret == 0 and re.search(r"LeftOut: mine: .* \(compare-fail-on leaves out what is unexplained\)",
                                           left_out.told)


def test_a_worker_that_dies_fails_the_test_and_the_next_one_gets_another(suite, planted):
    planted.dies = "lightning"
    result = suite("--compare-update", text=GOLDEN + """
def test_next(compare, request):
    import gc, stand_ins
    company, = [one for one in gc.get_objects() if isinstance(one, stand_ins.Company)]
    company.planted.dies = ""
    compare("mine.py", frameworks=["keras", "lightning"], data="digits", epochs=1).assert_holds("learns", "keras")
""")
    result.assert_outcomes(passed=1, failed=1)
    assert result.ret == 14
    assert re.search(r"E +compare\.plugin\.WorkerDied: mine: a worker died, so that not all was asked\.\n"
                     r"E +The reference-float32 worker ended \(signal 9\)\. The end of its log, ", result.told)
    assert not PLACE.exists(), "what was found without a worker is not golden"


def test_another_failure_keeps_the_exit_code_of_pytest(suite):
    result = suite(text=RUN + "    found.assert_holds('learns')\n\ndef test_other():\n    assert 1 == 2\n")
    result.assert_outcomes(failed=2)
    assert result.ret == 1 and "exit code" not in result.told


def test_a_framework_that_is_not_here_skips_the_test_with_what_builds_it(suite, monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    result = suite("-rs", text='def test_ours(compare):\n    compare("mine.py", frameworks="tf-keras-2.4,reference")\n')
    result.assert_outcomes(skipped=1)
    assert "tf-keras-2.4 needs an interpreter of its own, not built yet: python -m compare environments " \
        "install=tf-keras-2.4" in " ".join(result.told.split())
    assert "test_it.py:2" in result.told


def test_workers_and_runs_are_shared_by_all_tests(suite, company):
    for name in list(company._workers):
        for worker in company._workers.pop(name):
            worker.close()
    company.started.clear()
    company.runs.clear()
    result = suite("-v", "-k", "ours or longer", "-o", "compare_fixture=frameworks_of", text="""
from mine import SCENARIO

def test_ours(frameworks_of):
    first = frameworks_of("mine.py", frameworks="keras,lightning", data="digits")
    assert frameworks_of("mine.py", frameworks=["keras", "lightning"], data="digits").result is first.result

def test_longer(frameworks_of):
    found = frameworks_of(SCENARIO, frameworks="keras,lightning", data="digits", seeds=2)
    assert len(found.result.answers["learns"]["keras"].numbers) == 2

def test_never(frameworks_of):
    assert False
""")
    result.assert_outcomes(passed=2, deselected=1)
    assert [company.started.count(name) for name in ("keras", "lightning")] == [1, 1]


REAL = '''
import pytest

@pytest.mark.parametrize("holds", [True, False])
def test_ours(compare, holds):
    found = compare("mine.py", frameworks="reference", data="digits")
    found.assert_holds("learns", holds=holds)
    found.assert_golden()
'''


def run(pytester, *options, **variables):
    """What a suite of another process ended with, and printed."""
    home = {"PYTHONPATH": str(HOME), **variables}
    plugins = [word for name in ("keras_or_me", "no:cacheprovider", "no:hydra_pytest") for word in ("-p", name)]
    child = subprocess.run([sys.executable, "-m", "pytest", *plugins, *options], cwd=pytester.path, timeout=300,
                           capture_output=True, text=True, env={**os.environ, **home})
    return child.returncode, child.stdout + child.stderr


def test_other_processes_tell_and_junit_has_it(pytester):
    text = MINE.replace('"sigmoid")), Cat', '"softmax")), Cat')
    pytester.makepyfile(mine=text, test_it=REAL)
    code, told = run(pytester, "-n", "2", "-k", "ours", "--junitxml=junit.xml", "--compare-update")
    assert code == 11 and "1 failed, 1 passed" in told
    kept, = Path("golden", "test_it").iterdir()
    assert f"{kept}: new, the textbook; digits\n" in told and "reference: yes, " in kept.read_text()
    assert "compare: exit code 11: a behaviour is not what was asserted" in told
    cases = {case.get("name"): case for case in xml.etree.ElementTree.parse("junit.xml").iter("testcase")}
    assert {name: case.find("failure") is not None for name, case in cases.items()} == {
        "test_ours[True]": False, "test_ours[False]": True}
    failed = cases["test_ours[False]"]
    assert failed.find("failure").get("message").startswith("compare.plugin.BehaviourChanged: learns (the loss falls ")
    assert failed.find("properties/property").attrib == {"name": "compare", "value": "changed"}


def test_a_suite_that_does_not_use_it_loads_nothing_of_it(pytester):
    """Not even where it has folders and modules of our names."""
    for name in ("compare", "frameworks", "scenarios"):
        pytester.mkpydir(name)
    pytester.makepyfile(test_it="""
import sys

def test_ours():
    assert not {"compare", "frameworks", "scenarios", "numpy", "yaml", "hydra", "rich"} & set(sys.modules)
    assert "keras_or_me" in sys.modules

def test_theirs(compare):
    pass
""")
    path = os.pathsep.join((str(pytester.path), str(HOME)))
    code, told = run(pytester, "-k", "ours", PYTHONPATH=path)
    assert code == 0 and "1 passed" in told, told
    for name in ("compare", "frameworks"):
        pytester.path.joinpath(name, "__init__.py").unlink()
        pytester.path.joinpath(name).rmdir()
    code, told = run(pytester, "-k", "theirs", PYTHONPATH=path)
    assert code == 1 and "\nThis suite has a folder in the place of one of keras-or-me's packages; what " in told
    assert f"{pytester.path / 'scenarios'} stands in the place of keras-or-me's own package scenarios" in told


def test_a_kind_that_is_not_there_is_a_usage_error(pytester):
    code, told = run(pytester, "--compare-fail-on=changed,dead")
    assert code == pytest.ExitCode.USAGE_ERROR
    assert "compare-fail-on names 'dead'; allowed: one or more of changed, unexplained, died." in told


def test_pytest_is_told_of_the_plugin():
    config = ConfigParser()
    config.read(HOME / "setup.cfg")
    assert config["options.entry_points"]["pytest11"].split() == ["keras_or_me", "=", "keras_or_me"]
    assert config["options"]["py_modules"] == "keras_or_me"


def test_a_band_is_measured_on_the_framework_itself(planted, company, monkeypatch, tmp_path):
    monkeypatch.setattr("compare.plugin.session.Crew", lambda *settings: company)
    spec = Spec(Data(divisor=255.0, first=100), (Flatten(), Dense(10), Activation("sigmoid")),
                CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
    scenario = Scenario("mine", "Mine", "Is it?", (Variant("a", "A", spec, "asked"),), (
        Behaviour("loss", "the loss is", ("a",), lambda trace: trace["reported/train/loss"][-1], low=0.0),
        Behaviour("accuracy", "the accuracy is", ("a",), lambda trace: trace["reported/train/accuracy"][-1], low=0.0),
        Behaviour("sides", "it has no number", ("a",), lambda trace: float("nan"))))
    found = Session(tmp_path).run(scenario, read(["frameworks=keras", "data=digits"], scenario=False))
    own = []
    work = company.work
    monkeypatch.setattr(company, "work", lambda jobs, *rest: own.append(jobs) or work(jobs, *rest))
    bands = Bands(found)
    loss, accuracy, none = (bands.band(one, "keras") for one in scenario.behaviours)
    jobs, = own
    assert [trial.framework for trial in jobs] == ["keras"] * 3 + ["reference-float32", "reference"]
    starts = [np.load(job["weights"])["1.kernel"] for job in jobs.values()]
    unit = np.spacing(np.abs(starts[-1]).max())
    assert all(0 < np.abs(start - starts[-1]).max() <= unit for start in starts[:3])
    numbers = [float(trace.read(job["out"])["reported/train/loss"][-1]) for job in jobs.values()]
    answer = found.result.answers["loss"]["keras"].number
    moved = max(abs(number - answer) for number in numbers)
    assert loss == pytest.approx(FACTOR * max(moved, UNIT * answer)) and 0 < loss < 1e-4
    assert accuracy == pytest.approx(2 / 100) and np.isnan(none)


def blocks(language="python"):
    """The fenced blocks of the README."""
    return re.findall(rf"^```{language}\n(.*?)^```$", (HOME / "README.md").read_text(encoding="utf-8"), re.M | re.S)


def test_the_lines_of_the_readme_run_with_real_frameworks(pytester, tmp_path, monkeypatch):
    """On the scenario of the section before: first the golden verdict is made, then the workflow's command is run."""
    scenario, = [text for text in blocks() if "SCENARIO = " in text]
    lines, = [text for text in blocks() if "def test_" in text]
    pytester.makepyfile(mine=scenario, test_it=lines)
    workflow = yaml.safe_load(*blocks("yaml"))
    command, = [words for step in workflow["jobs"]["frameworks"]["steps"]
                if (words := step.get("run", "").split()) and words[0] == "pytest"]
    with Crew((), tmp_path, "cpu", 1) as crew:
        monkeypatch.setattr("compare.plugin.session.Crew", lambda *settings: crew)
        with monkeypatch.context() as patch:
            patch.setattr(crew, "close", lambda: None)  # the second suite has the workers of the first
            for options in (["--compare-update"], command[1:]):
                result = pytester.runpytest_inprocess("-p", "keras_or_me", "-p", "no:cacheprovider", *options)
                assert result.ret == 0
                result.assert_outcomes(passed=1)
    kept, = Path("golden", "test_it").iterdir()
    assert re.search(r"\n      keras: yes, 0\.8\d+ ± ", kept.read_text()) and Path("frameworks.xml").is_file()


@pytest.mark.long
def test_a_patch_of_the_real_lightning_fails_as_unexplained(pytester, monkeypatch):
    pytester.makepyfile(mine=MINE, test_it=PATCHED)
    options = "-p", "keras_or_me", "-p", "no:cacheprovider"
    assert pytester.runpytest_inprocess(*options, "--compare-update").ret == 0
    monkeypatch.setattr(workers, "SCRIPT", Path(__file__).parent / "patched_worker.py")
    monkeypatch.setenv("PATCH", "loss")
    result = pytester.runpytest_inprocess(*options)
    assert result.ret == 13
    told = result.stdout.str()
    assert re.search(r"E +learns, lightning +no, \S+ ± \S+ +no, \S+: \S+ away, where \S+ is let pass as rounding\n",
                     told)
    assert re.search(r"E +unexplained, sigmoid, lightning +\(not there\) +loss and accuracy\n", told)
    assert re.search(r"E +Unexplained: sigmoid, step \d+: PyTorch Lightning has loss [\d.]+ \(loss\) where the table "
                     r"says [\d.]+ \(rounding explains \S+\), and nothing that is known explains it\.\n", told)
