"""The catalogue: every row is what it says, on the real frameworks; one that departs is told."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rounding import skip_unless_installed

from compare.__main__ import main
from compare.analysis import catalogue as known
from compare.analysis.stages import StageResult
from compare.execution.settings import read
from compare.execution.worker_pool import WorkerPool
from compare.reporting import catalogue as told
from compare.reporting.console import console
from scenarios import catalogue
from scenarios.catalogue import Family
from scenarios.catalogue.unexpressed import UNEXPRESSED
from scenarios.spec.checks import SpecError

FAMILIES = {name: catalogue.load(name) for name in catalogue.names()}
IN_CI = {"loop": ("plateau_patience_off_by_one", "earlystopping_nan"),
         "optimizers": ("rmsprop_eps_inside_sqrt", "adam_epsilon_hat", "weight_decay_decoupled_everywhere",
                        "clipnorm_per_variable", "sgd_momentum"),
         "losses": ("cce_sigmoid_uses_softmax_logits", "bce_linear_out_silently_clipped",
                    "torch_kldiv_mean_per_element", "label_smoothing", "sample_weight_mean_divisor",
                    "class_weights_in_test"),
         "layers": ("leaky_relu_slope", "same_padding_stride", "flatten_order", "bn_momentum_convention",
                    "sklearn_like_dropout_rng", "convolution")}
"""Of a family that is long: the rows that CI asks."""
ROWS = [row for family in FAMILIES.values() for row in family.rows]


def test_every_row_has_a_name_of_its_own_and_is_expressed_once():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) and not set(names) & set(UNEXPRESSED)
    assert all(row.low > -np.inf or row.high < np.inf for row in ROWS), "a number that could be any says nothing"
    assert any(row.agrees for row in ROWS) and all(row.fields for row in ROWS if not row.agrees)


def test_a_family_that_is_not_there_is_named():
    with pytest.raises(SpecError, match="no family 'loses'; .*losses"):
        catalogue.load("loses")


@pytest.fixture(scope="module")
def judged(dataset, tmp_path_factory):
    """A function: the entries of a family; all of them have the same warm workers."""
    home = tmp_path_factory.mktemp("catalogue")
    with WorkerPool((), home, "cpu", 1) as pool:
        def entries(family, name):
            for framework in family.frameworks:
                skip_unless_installed(framework)
                pool.ensure_workers(framework, 1)
            return known.judge(family, dataset, home / name, pool, read([], scenario=False))
        yield entries


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.nightly] if name in IN_CI else [])
                                  for name in FAMILIES])
def test_every_row_is_as_expected(judged, name):
    assert surprises(judged(FAMILIES[name], name).entries) == [(row.name, ()) for row in FAMILIES[name].rows]


@pytest.mark.parametrize("name", IN_CI)
def test_the_rows_that_stand_for_a_family_in_ci_are_as_expected(judged, name):
    rows = tuple(row for row in FAMILIES[name].rows if row.name in IN_CI[name])
    entries = judged(replace(FAMILIES[name], rows=rows), f"{name}-in-ci").entries
    assert surprises(entries) == [(own, ()) for own in IN_CI[name]]


def surprises(entries):
    return [(entry.row.name, entry.surprises) for entry in entries]


def test_what_is_not_as_expected_is_told_and_what_is_found_where_nothing_differs_is_a_false_alarm(judged):
    """Wrong expectations of a real difference, and a gate that opens in a row that agrees."""
    rows = {row.name: row for row in FAMILIES["optimizers"].rows}
    wrong = replace(rows["sgd_default_lr"], belongs_to="Keras", stage="loss", fields=("loss.of",))
    entries = judged(Family("wrong", "Wrong.", (wrong, rows["sgd_momentum"]),
                            frameworks=("lightning", "reference")), "wrong").entries
    said = " ".join(told.sentences(entries, {"a_row": "a reason", "another": "a reason"}))
    assert "! sgd_default_lr: belongs to: defaults differ, expected Keras; parts first in: update, expected loss; " \
           "made by: optimizer.learning_rate, expected loss.of." in said
    assert "2 rows, 1 as expected." in said and "False alarms: 0 of 1" in said
    assert said.endswith("Not expressed, since a reason: a_row and another.")
    accused = replace(entries[1], stages=(StageResult("update", True),))
    assert accused.accused and accused.surprises == ("parts first in: update, expected none",)
    assert "False alarms: 1 of 1" in " ".join(told.sentences([accused], {}))


def test_a_table_has_every_row_with_a_mark_where_it_departs(judged):
    family = replace(FAMILIES["optimizers"], rows=FAMILIES["optimizers"].rows[:1], frameworks=("reference",))
    shown = StringIO()
    console(shown).print(told.rows(judged(family, "table")))
    text = " ".join(shown.getvalue().split())
    assert "! SGD's" in text and "the NumPy" in text and "yes, 0." in text


@pytest.mark.parametrize("arguments, told", [
    (("frameworks=keras",), "Each family of the catalogue names its own frameworks; leave frameworks= out."),
    (("scenario=keras_2",), "keras_2 needs an old Keras: python -m compare environments install=keras-2.3, or say "
                            "install=auto.")])
def test_what_cannot_be_asked_is_said_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, told):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["catalogue", *arguments]) == 2
    assert capsys.readouterr().err == f"compare: {told}\n"


def test_a_worker_that_died_ends_the_command_with_its_own_code(tmp_path, monkeypatch, capsys):
    """The real command around an answer of ours: a family whose worker died has no rows to be surprised of."""
    family = FAMILIES["optimizers"]
    for worker_errors, measure_errors, code in ((("It died.",), (), 4), ((), ("A measure failed.",), 2), ((), (), 0)):
        monkeypatch.setattr(known, "judge", lambda *unused: known.Judged(family, [], worker_errors, measure_errors))  # noqa: B023
        assert main(["catalogue", "scenario=optimizers", "data=sample", f"out={tmp_path / str(code)}"]) == code
        assert all(words in capsys.readouterr().err for words in worker_errors + measure_errors)
