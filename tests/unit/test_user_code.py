"""Code of a user that loops, exits, forks or raises is a sentence, in scenarios, behaviours and data."""

import os
import sys
import time

import numpy as np
import pytest
from short_runs import SPEC

from compare.analysis import behaviours
from compare.analysis.programs import samples
from compare.execution import trials
from compare.execution.errors import UsageError
from compare.execution.programs import Program, Question
from frameworks.runtime.trace import Trace
from frameworks.runtime.user_program import loaded
from scenarios import load, user_code
from scenarios.scenario import Behaviour, Claim
from scenarios.spec.checks import SpecError

SCENARIOS = {
    "while True: pass": "TimeoutError: it did not end within 1 s",
    "raise SystemExit(0)": "SystemExit: 0",
    "import sys; sys.exit('bye')": "SystemExit: bye",
    "import os; os.fork() or os._exit(0); print('text'); x = 1": "defines no SCENARIO",
    "raise ValueError('mine')": "line 1, cannot be read: ValueError: mine.",
    "import os; os._exit(3)": "SystemExit: os._exit(3)",
    "class Mine(BaseException): pass\nraise Mine('mine')": "cannot be read: Mine: mine.",
    "class Mine(Exception):\n    def __str__(self): return 1 / 0\nraise Mine":
        "its message cannot be read, ZeroDivisionError.",
}


@pytest.mark.parametrize("text", SCENARIOS, ids=lambda text: text[:20])
def test_scenario_file_that_loops_exits_forks_or_raises_is_a_sentence(tmp_path, monkeypatch, text):
    monkeypatch.setattr("scenarios.SECONDS", 1.0)
    path = tmp_path / "mine.py"
    path.write_text(text + "\n")
    with pytest.raises(SpecError) as error:
        load(str(path))
    assert SCENARIOS[text] in str(error.value) and "\n" not in str(error.value)


def loops(curves):
    while True:
        pass


def leaves(curves):
    raise SystemExit(3)


def ends(curves):
    os._exit(3)


class NotAnException(BaseException):
    """No Exception."""


def raises(curves):
    raise NotAnException("mine")


DONE = Trace({"spec": trials.to_json(SPEC), "outcome": {"kind": "finished", "step": 4, "message": ""}},
             {"reported/train/loss": np.zeros(2), "step/loss": np.zeros(4)})


def forks(curves):
    os.fork()
    return 1.0


def prints(curves):
    print("text")
    return 1.0


@pytest.mark.parametrize("function", [forks, prints])
@pytest.mark.parametrize("field", ["measure", "condition"])
def test_function_of_a_behaviour_may_print_and_fork(function, field):
    facts = {"measure": prints, "condition": prints, "condition_title": "it is", field: function}
    behaviour = Behaviour("it_is", "it is so", ("a",), low=0.0, epochs=1, **facts)
    assert behaviours.answer_of(behaviour, {("a", 0): DONE}).number == 1.0


@pytest.mark.parametrize("function, text", [(loops, "TimeoutError: "), (leaves, "SystemExit: 3"),
                                            (ends, "SystemExit: os._exit(3)"), (raises, "NotAnException: mine")])
@pytest.mark.parametrize("field", ["measure", "condition"])
def test_function_of_a_behaviour_that_loops_exits_or_raises_is_a_sentence(monkeypatch, function, text, field):
    monkeypatch.setattr(behaviours, "SECONDS", 0.5)
    facts = {"measure": prints, "condition": prints, "condition_title": "it is", field: function}
    behaviour = Behaviour("it_is", "it is so", ("a",), low=0.0, epochs=1, **facts)
    answer = behaviours.answer_of(behaviour, {("a", 0): DONE})
    assert answer.holds is None and text in answer.measure_error
    claim = Claim("Do so.", "a", "a", behaviour)
    assert any(text in error for error in behaviours.claim_result(claim, "reference", {("a", 0): DONE}).measure_errors)


def test_process_that_a_measure_forks_does_not_go_on_with_the_run(tmp_path):
    with pytest.raises(KeyError), user_code.limited(60, "late"):
        child = os.fork()
        raise KeyError
    assert child, "this process is the parent"
    assert os.waitpid(child, 0)[1] == 0


@pytest.mark.parametrize("change, text", [
    ({"measure": None}, "Behaviour.measure is None; allowed: a function."), ({"low": "a"}, "a number"),
    ({"unit": "{:d}"}, "allowed: a format of one number"), ({"unit": "{x}"}, "a format of one number"),
    ({"epochs": 0}, "a whole number above 0 or None"), ({"title": 3}, "a text"),
    ({"variants": ["a"]}, "a tuple of names"), ({"role": "cause"}, "allowed: '', 'reason', 'cure', 'warning'")],
    ids=str)
def test_field_of_a_behaviour_of_another_kind_is_a_sentence(change, text):
    with pytest.raises(SpecError) as error:
        Behaviour(**{"name": "it_is", "title": "it is", "variants": ("a",), "measure": leaves, **change})
    assert text in str(error.value)


DATA = {
    "while True: pass": "took longer than 0.05 minutes, which is limit=.",
    "raise ValueError('mine')": "failed: ValueError: mine",
    "import os; os._exit(3)": "failed: exit code 3",
    "import sys; sys.exit(0)": "ended its process, and returned no arrays.",
    "return [1]": "failed: ValueError: it returns one value; needed: (inputs, targets)",
    "return [object()], [1]": "returns what is no array of numbers",
    "print('x'); import os, numpy; os.fork(); return numpy.ones(3), numpy.zeros(3)": "",
    "input(); return [1.0], [2.0]": "failed: EOFError",
}


@pytest.mark.parametrize("body", DATA, ids=lambda body: body[:20])
def test_function_of_data_that_loops_exits_forks_or_raises_is_a_sentence(tmp_path, body):
    file = tmp_path / "data.py"
    file.write_text(f"def data():\n    {body}\n", encoding="utf-8")
    program = Program("keras", {"file": str(file), "name": "data", "arguments": {}})
    question = Question(program, program, data=program.function, limit=0.05)
    if not DATA[body]:
        ((x,), (y,)), names = samples.made_by_the_user(question)
        assert names == () and len(x) == len(y) == 3
        return
    with pytest.raises(UsageError) as error:
        samples.made_by_the_user(question)
    assert str(error.value).startswith("data of data.py ") and DATA[body] in str(error.value)
    assert "\n" not in str(error.value)


def test_time_limit_is_lifted_afterwards():
    with user_code.limited(0.2, "late"):
        pass
    time.sleep(0.4)
    with pytest.raises(TimeoutError, match="late"), user_code.limited(0.2, "late"):
        time.sleep(5)


def test_a_file_that_is_written_again_within_the_same_second_is_loaded_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "dont_write_bytecode", False)
    program, scenario = tmp_path / "program.py", tmp_path / "scenario.py"
    for value in (1, 2):  # texts of the same length
        program.write_text(f"VALUE = {value}\n", encoding="utf-8")
        assert value == loaded(str(program)).VALUE
        scenario.write_text(f"raise ValueError({value})\n", encoding="utf-8")
        with pytest.raises(SpecError, match=f"ValueError: {value}"):
            load(str(scenario))
    assert not (tmp_path / "__pycache__").exists()
