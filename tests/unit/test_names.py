"""Names of Keras and PyTorch: each is refused with code that is valid, and stands in the table of the API page."""

import ast
import dataclasses

import pytest
from test_rules import REQUIRED

import scenarios
from scenarios import spec as vocabulary
from scenarios.spec import names, values
from scenarios.spec.checks import SpecError, alternatives, field_types

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


@pytest.mark.parametrize("code, sentence", [
    ("from scenarios.spec import Elephant", "A spec has no Elephant; `python -m compare check` compares your own two "
                                            "programs without a spec."),
    ("from scenarios.spec import Adamax", "A spec has no Adamax; did you mean Adam?"),
    ("from scenarios.spec import AUC", "AUC is a metric; write `metrics.AUC()`."),
    ("Dense(10, 'relu')", 'Dense.kernel is \'relu\'; write `Activation("relu")` as the next layer.'),
    ("Dense(10, use_bias=False)", "Dense has no use_bias=, which is Keras's; leave it out: every layer has a bias."),
    ("Dense(10, kernel_regularizer='l2')", "Dense.kernel_regularizer is 'l2'; write `L2(0.01)`."),
    ("Conv2D(32, (3, 3))", "Conv2D.kernel_size is (3, 3); write `kernel_size=3`."),
    ("SGD(0.1, weight_decay=0.01)", "SGD.weight_decay is 0.01; write `weight_decay=WeightDecay(0.01, True)`."),
    ("EarlyStopping('val_loss')", "EarlyStopping.monitor is 'val_loss'; write `\"test/loss\"`."),
    ("Spec(Data(), [Flatten()], Huber(), SGD(), Training(1))", "Spec.layers is a list; write a tuple, with parentheses "
                                                               "in place of brackets."),
    ("Spec(Data(), (Flatten(),), 'mse', SGD(), Training(1))", "Spec.loss is 'mse'; write `MeanSquaredError()`."),
    ("Spec(Data(), (Flatten(),), Huber(), 'adam', Training(1))", "Spec.optimizer is 'adam'; write `Adam()`.")])
def test_what_a_user_of_keras_writes_is_refused_with_what_to_write(code, sentence):
    with pytest.raises(SpecError) as error:
        exec(code, dict(vars(vocabulary)))
    assert str(error.value) == sentence


@pytest.mark.parametrize("field, string", [(field, string) for field, strings in values.STRINGS.items()
                                           for string in strings])
def test_what_is_to_be_written_for_a_string_is_allowed_there(field, string):
    owner, name = field.split(".")
    kind, ours = getattr(vocabulary, owner), values.STRINGS[field][string].split("`")[0]
    required = {} if owner == "Spec" else REQUIRED.get(owner, {})
    if owner == "Spec":
        assert value(ours).__class__ in alternatives(field_types(kind)[name])
    else:
        assert isinstance(kind(**{**required, name: value(ours)}), kind)
    with pytest.raises(SpecError, match="write"):
        kind(**{**required, name: string})


def test_a_scenario_file_with_a_name_of_keras_is_refused_at_its_line(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text('from scenarios.spec import Dense\n\nlayers = Dense(10, activation="softmax")\n')
    with pytest.raises(SpecError) as error:
        scenarios.load(str(file))
    assert str(error.value) == (f"The scenario file {file}, line 3, cannot be read: Dense has no activation=, which is "
                                'Keras\'s; write `Activation("relu")` as the next layer.')
