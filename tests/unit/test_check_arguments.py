"""How the programs of a check are named: the command line, and calls in Python."""
import pytest

from compare.execution import program_arguments
from compare.execution.errors import UsageError


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder with two empty programs, which is the working folder."""
    for name in ("mine.py", "port.py", "port.pt"):
        (tmp_path / name).write_text("")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_two_programs_with_arguments_and_numbers(here):
    question = program_arguments.read(["lightning=port.py:Net(units=3, name='a')", "keras=mine.py:build", "steps=5"])
    assert question.left.framework == "keras" and question.right.framework == "lightning"  # Keras is on the left
    assert question.right.function == {"file": str(here / "port.py"), "name": "Net",
                                       "arguments": {"units": 3, "name": "a"}}
    assert question.steps == 5 and question.batch == 16
    assert question.left.title == "mine.py:build"


def test_two_programs_of_one_framework_stay_in_order(here):
    question = program_arguments.read(["lightning=[mine.py:Net,port.py:Net(a=1,b=2)]"])
    assert [question.left.title, question.right.title] == ["mine.py:Net", "port.py:Net"]
    assert question.right.function["arguments"] == {"a": 1, "b": 2}


def test_a_call_in_python_names_files_relative_to_a_folder(tmp_path):
    (tmp_path / "mine.py").write_text("")
    question = program_arguments.read_keywords({"keras": ["mine.py:one", "mine.py:two"], "steps": 3}, tmp_path)
    assert question.left.function["file"] == str(tmp_path / "mine.py") and question.steps == 3


@pytest.mark.parametrize("arguments, message", [
    (["keras=mine.py:build"], "`check` compares two programs, and 1 is named"),
    (["keras=nowhere.py:build", "lightning=port.py:Net"], "keras names the file nowhere.py, which does not exist."),
    (["keras=mine.py", "lightning=port.py:Net"], "keras is 'mine.py'; allowed: FILE.py:NAME"),
    (["keras=mine.py:build(1)", "lightning=port.py:Net"], "keras has the arguments (1); allowed are keywords"),
    (["keras=mine.py:build", "lightning=port.py:Net", "steps=0"], "steps is '0'; allowed: a whole number above 0."),
    (["keras=mine.py:build", "lightning=port.py:Net", "limit=nan"], "limit is 'nan'; allowed: a number above 0."),
    (["keras=mine.py:build", "lightning=port.py:Net", "seed=4294967296"], "seed is '4294967296'; allowed: a whole"),
    (["keras=mine.py:build", "lightning=port.py:Net", "step=3"], "There is no key 'step'; did you mean steps?"),
    (["keras-2.3=mine.py:build", "keras=mine.py:build"], "keras-2.3 is Keras 2.3, and `check` reads programs of"),
    (["tf-keras=mine.py:build", "keras=mine.py:build"], "tf-keras is tf_keras 2.21, and `check` reads programs of"),
    (["keras=mine.py:build", "lightning=port.py"], "lightning is 'port.py'; allowed: FILE.py:NAME"),
    (["keras=mine.py:build", "lightning=port.pt"], "lightning is 'port.pt'; a file of weights is no program"),
    (["keras=mine.py:build", "lightning=port.py:Net", "weights=[port.pt,port.pt]"], "weights names the file port.pt; "),
    (["keras=mine.py:build", "reference=port.py:Net"], "The NumPy reference has no programs"),
    (["keras=mine.py:build", "lightning=port.py:Net", "data=none.npz"], "data names the file none.npz, which"),
])
def test_a_mistake_is_one_sentence(here, arguments, message):
    with pytest.raises(UsageError) as refusal:
        program_arguments.read(arguments)
    assert str(refusal.value).startswith(message)
