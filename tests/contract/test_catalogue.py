"""The catalogue: every row gives its expected verdict on the real frameworks; deviations are reported."""

from dataclasses import replace
from io import StringIO

import numpy as np
import pytest
from rounding import skip_unless_installed

from compare.__main__ import main
from compare.analysis import catalogue as analysis
from compare.analysis.stages import StageResult
from compare.execution.settings import read
from compare.execution.worker_pool import WorkerPool
from compare.reporting import catalogue as reporting
from compare.reporting.console import console
from scenarios import catalogue
from scenarios.catalogue import Family
from scenarios.catalogue.unexpressed import UNEXPRESSED
from scenarios.spec.checks import SpecError

FAMILIES = {name: catalogue.load(name) for name in catalogue.names()}
IN_CI = {"loop": ("plateau_patience_off_by_one", "earlystopping_nan"),
         "optimizers": ("rmsprop_eps_inside_sqrt", "weight_decay_decoupled_everywhere", "sgd_momentum"),
         "losses": ("cce_sigmoid_uses_softmax_logits", "bce_linear_out_silently_clipped", "label_smoothing",
                    "sample_weight_mean_divisor"),
         "losses_of_outputs": ("cce_renormalises_rows",),
         "initializations": ("dense_init", "default_shuffle"),
         "metrics": ("tm_auto_sigmoid", "largest_output"),
         "keras_2": ("hard_sigmoid_definition", "restore_without_an_early_stop"),
         "epochs": ("train_metric_in_training_mode", "logged_on_step"),
         "counts": ("binary_accuracy_of_logits", "precision_of_the_largest"),
         "layers": ("same_padding_stride", "bn_momentum_convention", "sklearn_like_dropout_rng")}
"""The rows of families that CI runs: of each, one difference at least. The other rows are nightly; the rules they are
about are in CI in `test_honesty` and `test_transplant`."""
ROWS = [row for family in FAMILIES.values() for row in family.rows]


def test_row_names_are_unique_and_every_row_has_a_bound():
    names = [row.name for row in ROWS]
    assert len(set(names)) == len(names) and not set(names) & set(UNEXPRESSED)
    assert all(row.low > -np.inf or row.high < np.inf for row in ROWS), "an unbounded number checks nothing"
    assert any(row.agrees for row in ROWS) and all(row.fields for row in ROWS if not row.agrees)


def test_unknown_family_is_reported_with_the_known_ones():
    with pytest.raises(SpecError, match="no family 'loses'; .*losses"):
        catalogue.load("loses")


@pytest.fixture(scope="module")
def judged(dataset, tmp_path_factory):
    """A function: the entries of a family; all families share the warm workers."""
    home = tmp_path_factory.mktemp("catalogue")
    with WorkerPool((), home, "cpu", 1) as pool:
        def entries(family, name):
            for framework in family.frameworks:
                skip_unless_installed(framework)
                pool.ensure_workers(framework, 1)
            return analysis.run_family(family, dataset, home / name, pool, read([], scenario=False))
        yield entries


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.nightly] if name in IN_CI else [])
                                  for name in FAMILIES])
def test_every_row_is_as_expected(judged, name):
    assert surprises(judged(FAMILIES[name], name).entries) == [(row.name, ()) for row in FAMILIES[name].rows]


@pytest.mark.parametrize("name", IN_CI)
def test_ci_rows_of_a_long_family_are_as_expected(judged, name):
    rows = tuple(row for row in FAMILIES[name].rows if row.name in IN_CI[name])
    entries = judged(replace(FAMILIES[name], rows=rows), f"{name}-in-ci").entries
    assert surprises(entries) == [(row_name, ()) for row_name in IN_CI[name]]


def surprises(entries):
    return [(entry.row.name, entry.surprises) for entry in entries]


def test_surprises_and_false_alarms_are_reported(judged):
    """Wrong expectations of a real difference, and a stage that differs in a row without a difference."""
    rows = {row.name: row for row in FAMILIES["optimizers"].rows}
    wrong = replace(rows["sgd_default_lr"], belongs_to="Keras", stage="loss", fields=("loss.of",))
    entries = judged(Family("wrong", "Wrong.", (wrong, rows["sgd_momentum"]),
                            frameworks=("lightning", "reference")), "wrong").entries
    text = " ".join(reporting.sentences(entries, {"a_row": "a reason", "another": "a reason"}))
    assert "! sgd_default_lr: belongs to: defaults differ, expected Keras; differs first in: update, expected loss; " \
           "because of: optimizer.learning_rate, expected loss.of." in text
    assert "2 rows, 1 as expected." in text and "False alarms: 0 of 1" in text
    assert text.endswith("Not expressed, since a reason: a_row and another.")
    accused = replace(entries[1], stages=(StageResult("update", True),))
    assert accused.accused and accused.surprises == ("differs first in: update, expected none",)
    assert "False alarms: 1 of 1" in " ".join(reporting.sentences([accused], {}))


def test_table_marks_rows_that_are_not_as_expected(judged):
    family = replace(FAMILIES["optimizers"], rows=FAMILIES["optimizers"].rows[:1], frameworks=("reference",))
    stream = StringIO()
    console(stream).print(reporting.rows(judged(family, "table")))
    text = " ".join(stream.getvalue().split())
    assert "! SGD's" in text and "the NumPy" in text and "yes, 0." in text


@pytest.mark.parametrize("arguments, message", [
    (("frameworks=keras",), "Each family of the catalogue names its own frameworks; leave frameworks= out."),
    (("scenario=keras_2",), "keras_2 needs an old Keras: python -m compare environments install=keras-2.3, or set "
                            "install=auto.")])
def test_unsupported_arguments_are_reported_in_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert main(["catalogue", *arguments]) == 2
    assert capsys.readouterr().err == f"compare: {message}\n"


def test_worker_error_has_its_own_exit_code(tmp_path, monkeypatch, capsys):
    """The real command with a stubbed result: a family with a worker error has no rows to compare."""
    family = FAMILIES["optimizers"]
    for worker_errors, measure_errors, code in ((("It died.",), (), 4), ((), ("A measure failed.",), 2), ((), (), 0)):
        result = analysis.FamilyResult(family, [], worker_errors, measure_errors)
        monkeypatch.setattr(analysis, "run_family", lambda *unused, result=result: result)
        assert main(["catalogue", "scenario=optimizers", "data=sample", f"out={tmp_path / str(code)}"]) == code
        assert all(message in capsys.readouterr().err for message in worker_errors + measure_errors)
