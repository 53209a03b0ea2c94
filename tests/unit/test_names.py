"""Names of Keras and PyTorch: each is refused with code that is valid, and stands in the table of the API page."""

import ast
import dataclasses

import pytest
from test_rules import REQUIRED

import scenarios
from scenarios import spec as vocabulary
from scenarios.spec import names
from scenarios.spec.checks import SpecError, field_types

REQUIRED = {**REQUIRED, "MaxPooling2D": {}, "GroupNormalization": {"groups": 1}, "Dropout": {"rate": 0.5}}
"""The arguments without which a class cannot be made."""
CASES = [pytest.param(entry, owner, id=f"{owner}-{entry.name}") for entry in names.NAMES
         for owner in entry.owners or ("",)]


def value(code):
    """What code of the vocabulary makes; raises an error where it is none."""
    return eval(code, dict(vars(vocabulary)))


@pytest.mark.parametrize("entry, owner", CASES)
def test_a_name_is_refused_with_valid_code_in_one_sentence(entry, owner):
    with pytest.raises(SpecError) as error:
        if owner:
            getattr(vocabulary, owner)(**{entry.name: 1})
        else:
            exec(f"from scenarios.spec import {entry.name}", {})
    message = str(error.value)
    assert entry.ours in message and entry.framework in message and message.endswith(".") and "\n" not in message
    try:
        ast.parse(entry.ours, mode="eval")
    except SyntaxError:  # `field=value`, to be passed to the owner
        kind = getattr(vocabulary, owner)
        passed = value(f"dict({entry.ours})")
        assert passed and set(passed) <= set(field_types(kind)), "a field that the class does not have"
        required = {name: given for name, given in REQUIRED.get(owner, {}).items() if name not in passed}
        assert isinstance(kind(**required, **passed), kind)
    else:
        made = value(entry.ours)
        assert all(map(dataclasses.is_dataclass, made if isinstance(made, tuple) else (made,)))


@pytest.mark.parametrize("entry, owner", CASES)
def test_a_name_is_none_of_the_vocabulary(entry, owner):
    """An entry with a name that the vocabulary has is never used."""
    assert entry.name not in (field_types(getattr(vocabulary, owner)) if owner else vars(vocabulary))


def test_every_name_stands_in_the_table_of_the_docstring():
    for entry in names.NAMES:
        line = next(line for line in names.__doc__.splitlines()
                    if entry.theirs.split(", ")[0] in line and entry.text in line)
        assert line.startswith(f"| {entry.framework} |")


def test_an_unknown_argument_is_refused_with_the_nearest_field():
    with pytest.raises(SpecError, match="^Dense has no field 'unit'; did you mean units\\?"):
        vocabulary.Dense(unit=3)
    with pytest.raises(ImportError, match="cannot import name 'Elephant'"):
        exec("from scenarios.spec import Elephant", {})


def test_a_scenario_file_with_a_name_of_keras_is_refused_at_its_line(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text('from scenarios.spec import Dense\n\nlayers = Dense(10, activation="softmax")\n')
    with pytest.raises(SpecError) as error:
        scenarios.load(str(file))
    assert str(error.value) == (f"The scenario file {file}, line 3, cannot be read: Dense has no activation=, which is "
                                'Keras\'s; write `Activation("relu")` as the next layer.')
