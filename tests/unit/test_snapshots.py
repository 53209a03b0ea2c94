"""What every output says, as text, of one answer that is written down in `fixed_answer`: one file an output.

To improve a sentence, change it and run `pytest tests/unit/test_snapshots.py --snapshot-update`; the difference of
the files in `snapshots/` is then what is to be reviewed.
"""

import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import fixed_answer
import pytest
from rich.console import Console
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode

from compare.analysis.first_divergence import FirstDivergence
from compare.analysis.releases import Location, Side
from compare.analysis.stages import FirstLayer, StageResult
from compare.analysis.unexplained import UnexplainedDifference
from compare.analysis.upgrade import Change, Key, Kind
from compare.pytest_plugin import messages
from compare.pytest_plugin.golden import Differing, Row
from compare.reporting import answer_plot, plots, report, upgrade_text
from compare.reporting.cells import first_difference
from compare.reporting.console import print_answer, print_result
from compare.reporting.open_questions import unexplained_text
from compare.reporting.record import record
from compare.reporting.step_record import stage_record
from compare.reporting.tensorboard import tables
from compare.reporting.tensorboard.text import markdown
from compare.reporting.upgrade import Covered, End, Facts, Located, Verdict, verdict_of

BLOCKS = {"p", "h1", "h2", "h3", "h4", "li", "tr", "summary", "pre", "nav", "title", "figcaption", "div"}
PROGRAM = "print('the program of this variant')\n"


class TextFile(SingleFileSnapshotExtension):
    """Each snapshot is a text file with the name of its test."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"

    @classmethod
    def dirname(cls, *, test_location):
        return str(Path(test_location.filepath).parent / "snapshots" / test_location.basename)


@pytest.fixture
def snapshot(snapshot):
    return snapshot.use_extension(TextFile)


@pytest.fixture(scope="module")
def result():
    return fixed_answer.result()


@pytest.fixture
def data(result, monkeypatch):
    """The record, with a date and without the programs, which `tests/contract/test_programs.py` runs."""
    monkeypatch.setattr("compare.reporting.variant_record.program", lambda *arguments: PROGRAM)
    written = record(result)
    written["program"].update(version="1.2.3", date="2026-01-31 12:00")
    return written


class Lines(HTMLParser):
    """The text that a page shows: one line for each paragraph, row or item; cells are separated by a bar."""

    def __init__(self, text):
        super().__init__()
        self.lines, self.hidden = [""], 0
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        self.hidden += tag in ("style", "svg")
        if tag in BLOCKS:
            self.lines.append("## " if tag in ("h1", "h2", "h3", "h4") else "- " if tag == "li" else "")
        self.lines[-1] += "| " if tag in ("td", "th") else "`" if tag == "code" else ""

    def handle_endtag(self, tag):
        self.hidden -= tag in ("style", "svg")
        self.lines[-1] += "`" if tag == "code" else ""
        if tag in BLOCKS:
            self.lines.append("")

    def handle_data(self, content):
        self.lines[-1] += "" if self.hidden else re.sub(r"\s+", " ", content)

    @property
    def text(self):
        return "\n".join(filter(None, (" ".join(line.split()) for line in self.lines))) + "\n"


@pytest.mark.parametrize("width", [80, 140])
def test_terminal(data, snapshot, width):
    out = Console(file=io.StringIO(), force_terminal=True, color_system=None, width=width, highlight=False,
                  markup=False, emoji=False)
    print_result(data, out)
    text = re.sub(r" +\n", "\n", out.file.getvalue())
    assert text == snapshot


def test_report_md(data, snapshot):
    assert report.markdown(data) == snapshot


def test_report_html(result, data, snapshot):
    legend = [(side["title"], f"--side-{place}") for place, side in enumerate(data["frameworks"])]
    plot = answer_plot.of_result(result)
    assert Lines(report.page(data, {}, legend, report.Figure(plot, plots.of_answer(plot)))).text == snapshot


def test_tensorboard(result, snapshot):
    assert f"{markdown(result)}\n{tables.differences(result)}\n" == snapshot


def test_plugin(result, snapshot):
    rows = (Row(("loss_follows_rate", "keras"), "yes, 1 ± 0.01",
                "yes, 1.2: 0.2 away, and the rounding tolerance is 0.01"),)
    differing = Differing(Path("golden/test_ours.yaml"), "keras 3.15", "keras 3.15", rows)
    first, *_ = result.divergences.values()
    without_entry = Differing(differing.place, "keras 3.16", "", ())
    messages_by_name = {
        "assert_holds": messages.holding(result, "loss_follows_rate", ["lightning"], True),
        "assert_same": messages.diverged(result, first, "update", ("data", "forward", "loss", "update")),
        "assert_cause": messages.causing(result, "loss_follows_rate", {"data.divisor"}, result.causes[:1]),
        "assert_golden": messages.changed_from_golden(result, differing),
        "assert_golden without an entry": messages.not_recorded(without_entry),
        "any failure": "\n".join(messages.problems(result))}
    assert "\n".join(f"== {name}\n{text}\n" for name, text in messages_by_name.items()) == snapshot


def test_first_layer(snapshot):
    values = {"index": (3, 7), "size": 0.03125, "noise": 2.5e-7, "step": 2}
    compared = StageResult("forward", True, "layer/2", values=(0.5, 0.53125), **values)
    layer = FirstLayer(2, "BatchNormalization", compared)
    known = StageResult("forward", True, "logits", values=(1.5, 1.625), layer=layer, **values)
    unknown = replace(known, layer=None, layer_reason="the outputs of layer 2 could not be read on both sides")
    in_evaluation = replace(known, name="evaluation", tensor="evaluated/logits")
    sides, stages = ("keras", "lightning"), (known, unknown, in_evaluation)
    lines = [first_difference(FirstDivergence("a", sides, [stage], 3)) for stage in stages]
    lines += [unexplained_text(UnexplainedDifference("a", "keras", stage)) for stage in stages]
    assert "\n".join([*lines, json.dumps(stage_record(known), indent=1), ""]) == snapshot


OLD = End("old.txt", "3.11", {"keras": "3.12.0", "tensorflow": "2.20.0"})
NEW = End("new.txt", "3.12", {"keras": "3.15.1", "tensorflow": "2.21.0"})
COVERED = Covered("keras", "mine.py:build", (("parameters", 4), ("forward", 1), ("loss", 1)), smallest=1e-7,
                  remarks=("Dropout was switched off.",))
OF_SCENARIOS = Covered("keras", "optimizers", (("forward", 9), ("update", 9)), 108, 9, 6e-6, (("optimizers/lion", ""),))


def changed(kind, subject, name, what, *values, size=None, place="", location=None):
    """A change with its location."""
    return Located("keras", Change(Key(kind, subject, name), what, place, *values, size=size), location)


@pytest.mark.parametrize("changes, covered, verdict", [
    pytest.param((), (COVERED,), Verdict.NOTHING, id="nothing"),
    pytest.param((changed(Kind.STAGE, "mine.py:build", "loss", "", "2.25282", "1.42667", size=0.37,
                          location=Location("keras", Side.OLD, "3.13.2", "3.14.0")),
                  *(changed(Kind.INITIALIZATION, "mine.py:build", f"attention.{name}/kernel", f"the initial values of "
                            f"`attention.{name}/kernel`", "uniform within ±0.192", "uniform within ±0.286 "
                            "(glorot_uniform)", location=Location("keras", Side.NEW, "3.14.1", "3.15.0"))
                    for name in ("query", "key"))), (COVERED,), Verdict.EXPLAINED, id="a_program"),
    pytest.param((changed(Kind.FAILURE, "mine.py:build", "run", "whether the program runs", "fails", "runs",
                          place="ValueError: `strides > 1` not supported in conjunction with `dilation_rate > 1`.",
                          location=Location("keras", Side.OLD, "3.14.1", "3.15.1", ("3.15.0",))),),
                 (Covered("keras", "mine.py:build", ()),), Verdict.EXPLAINED, id="a_failure"),
    pytest.param((*(changed(Kind.STAGE, f"optimizers/{name}", "update", "the update of the weights", "0.1", "0.2",
                            size=0.5, place="step 1", location=Location()) for name in ("adam", "nadam")),
                  changed(Kind.BEHAVIOUR, "optimizers", "learns", "whether it learns", "no, 0.1", "yes, 0.9",
                          location=Location("keras", Side.OLD, "3.13.2", "3.14.0"))),
                 (OF_SCENARIOS,), Verdict.UNEXPLAINED, id="scenarios")])
def test_upgrade(snapshot, changes, covered, verdict):
    not_measured = ("tensorflow 2.21.0 cannot be combined with the other packages of the environment old.txt: "
                    "… .",) if changes else ()
    assert verdict_of(changes, covered) is verdict
    facts = Facts(verdict, OLD, NEW, changes, covered, (("h5py", "3.14.0", "3.16.0"),), not_measured, ())
    out = Console(file=io.StringIO(), width=100)
    print_answer(upgrade_text.text(facts).record, {}, out)
    assert len(upgrade_text.text(facts).verdict.split()) <= 15
    assert out.file.getvalue() == snapshot
