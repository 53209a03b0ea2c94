"""Terminal output: results on stdout, progress on stderr; no colours or progress bars in piped output."""

from __future__ import annotations

import os
import sys
import threading
from typing import Any, Collection, Mapping, Sequence

import numpy as np
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Column, Table
from rich.text import Text

from compare.analysis.attribution import title
from compare.execution.data import Dataset
from compare.execution.trials import Trial
from compare.execution.workers import Event
from compare.reporting.answer import sentence
from compare.reporting.run_schema import CostRecord
from compare.reporting.schema import AnswerRecord, Record
from compare.reporting.training_notes import chance_note
from frameworks.runtime.trace import Outcome, Trace
from scenarios.scenario import Scenario, Variant

MOST_ROWS = 12
LEGEND = "yes or no: whether the behaviour was observed, and the measured number. belongs to: its cause; universal " \
         "means that the NumPy reference and every framework with an answer show it."
WIDTH = 120  # of piped output if COLUMNS is not set


def console(stream: object = None) -> Console:
    """Returns a console on stdout (or `stream`), as wide as COLUMNS if it is set, else as the terminal or `WIDTH`."""
    options: dict[str, Any] = {"file": stream, "highlight": False, "markup": False, "emoji": False}
    default = Console(**options)
    return default if default.is_terminal or os.environ.get("COLUMNS", "").isdigit() else \
        Console(**options, width=WIDTH)


def reported_rows(scenario: Scenario, dataset: Dataset, out: Console, traces: Mapping[Trial, Trace]) -> None:
    """Prints loss and accuracy of the reported variants by epoch; on full MNIST, the question's numbers first."""
    for variant in scenario.variants:
        sides = {trial.framework: trace for trial, trace in sorted(traces.items(), key=lambda item: item[0].framework)
                 if trial.variant == variant.name and trial.seed == 0}
        if variant.role == "reported" and sides:
            data = dataset.place and f"; {dataset.place}"
            out.print(f"{variant.name}: {variant.title} (training loss / accuracy{data})", soft_wrap=True)
            out.print(_reported_table(variant, sides, with_reported=not data and bool(variant.reported)))


def print_result(record: Record, out: Console) -> None:
    """Prints the answer, then behaviours, differing numbers, first divergences, statistics and the cost of the run."""
    names = [side["title"] for side in record["frameworks"]]
    out.print()
    print_answer(record["summary"], {side["name"]: side["title"] for side in record["frameworks"]}, out)
    if record["behaviours"]:
        out.print(_behaviours(record, names))
    if record["differences"]:
        out.print(_differences(record, names))
    divergences = [f"{entry['variant']}: {entry['text']}" for entry in record["divergences"]]
    parts = {"Where two frameworks first differ": divergences,
             "How much was compared": [f"{entry['variant']}, {entry['text']}" for entry in record["coverage"]],
             "Over several seeds, and between two trained models": [sentence(text) for text in record["statistics"]]}
    for heading, lines in parts.items():
        _print_section(heading, lines, out)
    if record["cost"]:
        out.print()
        print_text(cost_text(record["cost"]), out)


def print_answer(answer: AnswerRecord, frameworks: Mapping[str, str], out: Console) -> None:
    """Prints an answer: verdict, detail, the reported numbers beside those of the frameworks (titles by name), and the
    sections."""
    print_text(Text(answer["verdict"], style="bold"), out)
    print_text(answer["detail"], out)
    if answer["numbers"]:
        out.print("\nThe reported numbers beside ours")
        table = plain_table("", "reported", *frameworks.values())
        for row in answer["numbers"]:
            table.add_row(row["quantity"], row["reported"], *(row["ours"].get(name, "") for name in frameworks))
        out.print(table)
    for section in answer["sections"]:
        _print_section(section["title"], section["items"], out)
    out.print()


def _print_section(heading: str, lines: Sequence[str], out: Console) -> None:
    """Prints a heading and its sentences; where lines are wrapped, their continuation is indented."""
    if lines:
        print_text(f"\n{heading}", out)
    for line in lines:
        if _wraps(out):
            grid = Table.grid(padding=(0, 1))
            grid.add_row(" -", line)
            out.print(grid)
        else:
            out.print(f"  - {line}", soft_wrap=True)


def print_text(text: str | Text, out: Console) -> None:
    """Prints a sentence, wrapped where `_wraps` says so."""
    out.print(text, soft_wrap=not _wraps(out))


def _wraps(out: Console) -> bool:
    """Whether sentences are wrapped: on a terminal, and where COLUMNS asks for it. Piped lines stay whole, for grep."""
    return out.is_terminal or os.environ.get("COLUMNS", "").isdigit()


def plain_table(*columns: str, **options: Any) -> Table:
    """A table without vertical lines and without truncated cells."""
    return Table(*(Column(name, overflow="fold") for name in columns), box=SIMPLE_HEAD, title_justify="left",
                 caption_justify="left", pad_edge=False, padding=(0, 1, 0, 0), **options)


def cost_text(cost: CostRecord) -> str:
    """Returns the cost of a run as text."""
    reused = cost.get("reused", 0)  # a record of an earlier version has none
    stored = f" {reused} of its trainings and replays were run before and are taken from the store." if reused else ""
    return f"Time: frameworks imported after {cost['imports']:.0f} s, the reported variants trained after " \
           f"{cost['reported']:.0f} s, all after {cost['trained']:.0f} s; then {cost['causes']:.0f} s for comparing " \
           f"steps and for the causes ({cost['questions']:.0f} questions, {cost['trainings']:.0f} trainings).{stored}"


class Display:
    """Progress of all frameworks on stderr: bars on a terminal, otherwise one line per finished training."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description:<20}"), BarColumn(30), TextColumn("{task.fields[now]}")
        screen = Console(stderr=True)
        self.progress = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
        self.tasks: dict[str, TaskID] = {}
        self.said: TaskID | None = None
        self.ended, self.expected, self.counting = 0, 0, threading.Lock()

    def __enter__(self) -> Display:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def expect(self, planned: Sequence[Trial]) -> None:
        """Adds one bar per framework; its length is the total number of epochs of the planned trials."""
        self.expected += len(planned)
        for framework in dict.fromkeys(trial.framework for trial in planned):
            epochs = sum(trial.spec.training.epochs for trial in planned if trial.framework == framework)
            self.tasks[framework] = self.progress.add_task(title(framework), total=epochs, now="importing")

    def say(self, what: str) -> None:
        """Adds a line for a task of unknown length, in the place of the last one."""
        if self.said is not None:
            self.progress.remove_task(self.said)
        self.said = self.progress.add_task(what, total=None, now="")

    def on_event(self, trial: Trial, event: Event) -> None:
        """Advances a framework's bar, or prints that a training has ended."""
        if event["event"] == "epoch":
            now = f"{trial.variant}  epoch {event['epoch']}/{event['epochs']}  loss {event['train_loss']:.4g}"
            self.progress.update(self.tasks[trial.framework], advance=1, now=now)
        if event["event"] == "done" and self.progress.disable:
            with self.counting:  # the threads of all frameworks call this method
                self.ended += 1
                seed = f", seed {trial.seed}" if trial.seed else ""
                notice(f"{self.ended} of {self.expected} trained: {trial.variant}{seed}, "
                       f"{title(trial.framework)}")


def _behaviours(record: Record, names: list[str]) -> Table:
    """The table of behaviours: each framework's answer and the attribution."""
    place = record["data"]["place"] and f" ({record['data']['place']})"
    reported = any(behaviour["reported_text"] for behaviour in record["behaviours"])
    seeds = f" Numbers are the medians of {len(record['seeds'])} seeds." if len(record["seeds"]) > 1 else ""
    table = plain_table("behaviour", *(["reported"] if reported else []), *names, "belongs to",
                        title=record["scenario"]["title"] + place, caption=f"{LEGEND}{seeds}\n")
    for behaviour in record["behaviours"]:
        sides = [side["name"] for side in record["frameworks"]]
        cells = [behaviour["answers"][side]["text"] for side in sides]
        table.add_row(behaviour["title"], *([behaviour["reported_text"]] if reported else []), *cells,
                      behaviour["belongs_text"])
        for old in behaviour["old_rules"]:
            cells = [old["answers"][side]["text"] for side in sides]
            table.add_row(f"  … by an old accuracy rule: {old['title']}", *([""] if reported else []), *cells, "")
    return table


def _differences(record: Record, names: list[str]) -> Table:
    """The table of losses and accuracies of the reported variants by framework, and why they differ."""
    table = plain_table("variant", "number", *names, "because of", title="Do the numbers differ between frameworks?")
    for difference in record["differences"]:
        cells = [difference["numbers_text"][side["name"]] for side in record["frameworks"]]
        table.add_row(difference["variant"], difference["label"], *cells,
                      difference["text"])
    return table


def _reported_table(variant: Variant, sides: Mapping[str, Trace], with_reported: bool) -> Table:
    """One column per framework; `with_reported` adds a column with the question's own numbers."""
    table = plain_table("epoch", *(["reported"] if with_reported else []), *map(title, sides))
    lengths = {len(trace.below("reported").get("train/loss", ())) for trace in sides.values()}
    for epoch in _shown_epochs(variant, lengths):
        reported = [_at(variant.reported.get(f"reported/train/{name}", ()), epoch) for name in ("loss", "accuracy")]
        ours = [[_at(trace[key] if (key := f"reported/train/{name}") in trace else (), epoch)
                 for name in ("loss", "accuracy")] for trace in sides.values()]
        table.add_row(str(epoch), *map(_pair, [reported, *ours] if with_reported else ours))
    for name, trace in sides.items():
        if trace.outcome["kind"] not in (Outcome.FINISHED, Outcome.STOPPED):
            table.caption = f"{table.caption or ''}{title(name)}: {_ended(trace)}\n"
        losses, accuracies = (list(map(float, trace.arrays.get(f"reported/train/{kind}", ())))
                              for kind in ("loss", "accuracy"))
        if note := chance_note(losses, accuracies, len(variant.spec.data.classes)):
            table.caption = f"{table.caption or ''}{title(name)}: {note}.\n"
    return table


def _shown_epochs(variant: Variant, lengths: Collection[int]) -> list[int]:
    """The epochs with reported numbers, the first and the last epoch of each framework; about `MOST_ROWS` at most."""
    longest = max(lengths)
    reported = [i + 1 for i, value in enumerate(variant.reported.get("reported/train/loss", ())) if value is not None]
    epochs = sorted({epoch for epoch in [1, *reported, *lengths] if 0 < epoch <= longest})
    return thinned(epochs, longest, MOST_ROWS)


def thinned(epochs: Sequence[int], longest: int, most: int) -> list[int]:
    """Returns every n-th of the epochs, and always the epoch `longest`, so that about `most` epochs remain."""
    stride = -(-len(epochs) // most)
    return [epoch for i, epoch in enumerate(epochs) if i % stride == 0 or epoch == longest]


def _at(values: Sequence[float | None] | np.ndarray, epoch: int) -> float | None:
    return values[epoch - 1] if epoch <= len(values) else None


def _pair(pair: Sequence[float | None]) -> str:
    loss, accuracy = pair
    return "" if loss is None or accuracy is None else f"{loss:.4g} / {accuracy:.4f}"


def _ended(trace: Trace) -> str:
    """How a training ended, and the first line of its message."""
    kind, lines = trace.outcome["kind"], str(trace.outcome["message"]).strip().splitlines()
    return str(kind) if not lines else lines[0] if kind == Outcome.NAN else f"{kind} ({lines[0].rstrip('.')})"


def notice(text: str) -> None:
    """Prints a message to the user on stderr, with the name of this program before it."""
    print(f"compare: {text}", file=sys.stderr)
