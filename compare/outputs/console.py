"""What is read in the terminal: results on stdout, progress on stderr, no colours or bars where it is piped."""

from __future__ import annotations

import math
import sys
import threading
from typing import Any, Mapping, Sequence

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.table import Table

from compare.behaviours import Answer, told
from compare.data import Dataset
from compare.evidence import mcnemar_told, paired_told
from compare.outputs import numbers
from compare.proofs import listed
from compare.result import Cost, Result
from compare.trials import Trial
from compare.verdict import ELSEWHERE, title
from compare.words import sentences
from compare.workers import Event
from frameworks.accuracy import TITLES
from frameworks.quirks import versions_told
from frameworks.trace import Trace
from scenarios.scenario import Scenario, Variant

MOST_ROWS = 12
WIDTH = 120  # of output that is piped


def console(stream: object = None) -> Console:
    """A console on stdout (or `stream`) with a fixed width where it is no terminal."""
    plain: dict[str, Any] = {"file": stream, "highlight": False, "markup": False, "emoji": False}
    made = Console(**plain)
    return made if made.is_terminal else Console(**plain, width=WIDTH)


def asked_rows(scenario: Scenario, dataset: Dataset, out: Console, traces: Mapping[Trial, Trace]) -> None:
    """Loss and accuracy of the asked variants, epoch by epoch; on full MNIST, the question's own numbers first."""
    for variant in scenario.variants:
        sides = {trial.framework: trace for trial, trace in sorted(traces.items(), key=lambda side: side[0].framework)
                 if trial.variant == variant.name and trial.seed == 0}
        if variant.role == "asked" and sides:
            data = dataset.place and f"; {dataset.place}"
            out.print(f"{variant.name}: {variant.title} (training loss / accuracy{data})", soft_wrap=True)
            out.print(_asked_table(variant, sides, beside=not data and bool(variant.asked)))


def print_result(result: Result, out: Console) -> None:
    """The behaviours, where two sides first differ, and the sentences."""
    out.print()
    if result.scenario.behaviours:
        out.print(_behaviours(result))
    if differences := numbers.table(result):
        out.print(differences)
    covered = [f"{one.variant}: {numbers.coverage_told(one)}" for one in result.coverage]
    for line in numbers.first_differences(result) + covered + paired_told(result) + mcnemar_told(result):
        out.print(line, soft_wrap=True)
    if result.cost:
        out.print(cost_told(result.cost), soft_wrap=True)
    out.print()
    for number, sentence in enumerate(sentences(result), 1):
        out.print(f"{number}. {sentence}", soft_wrap=True)


def cost_told(cost: Cost) -> str:
    """What the run took so far."""
    return f"Time: frameworks imported after {cost.imports:.0f} s, the reported variants trained after " \
           f"{cost.asked:.0f} s, all after {cost.trained:.0f} s; then {cost.causes:.0f} s for comparing steps and " \
           f"for the causes ({cost.questions} questions, {cost.trainings} trainings)."


class Display:
    """Progress of all frameworks at once, on stderr: bars on a terminal, elsewhere a line for every training."""

    def __init__(self) -> None:
        columns = TextColumn("{task.description:<20}"), BarColumn(30), TextColumn("{task.fields[now]}")
        screen = Console(stderr=True)
        self.progress = Progress(*columns, console=screen, transient=True, disable=not screen.is_terminal)
        self.tasks: dict[str, TaskID] = {}
        self.ended, self.expected, self.counting = 0, 0, threading.Lock()

    def __enter__(self) -> Display:
        self.progress.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.progress.stop()

    def expect(self, planned: Sequence[Trial]) -> None:
        """Adds one bar per framework, as long as its epochs."""
        self.expected += len(planned)
        for framework in dict.fromkeys(trial.framework for trial in planned):
            epochs = sum(trial.spec.training.epochs for trial in planned if trial.framework == framework)
            self.tasks[framework] = self.progress.add_task(title(framework), total=epochs, now="importing")

    def say(self, what: str) -> None:
        """Adds a line that moves for as long as the rest takes."""
        self.tasks[what] = self.progress.add_task(what, total=None, now="")

    def listen(self, trial: Trial, event: Event) -> None:
        """Moves a framework's bar on, or says that a training has ended."""
        if event["event"] == "epoch":
            now = f"{trial.variant}  epoch {event['epoch']}/{event['epochs']}  loss {event['train_loss']:.4g}"
            self.progress.update(self.tasks[trial.framework], advance=1, now=now)
        if event["event"] == "done" and self.progress.disable:
            with self.counting:  # every framework's thread comes here
                self.ended += 1
                start = f", start {trial.seed}" if trial.seed else ""
                notice(f"compare: {self.ended} of {self.expected} trained: {trial.variant}{start}, "
                       f"{title(trial.framework)}")


def cell(result: Result, name: str, answer: Answer) -> str:
    """yes or no with the number, of several starts the median, or why it cannot be asked."""
    if answer.holds is None and not math.isfinite(answer.number):
        return f"- {answer.reason}"
    number = told(result.behaviour(name), answer.number)
    word = {True: "yes", False: "no", None: "-"}[answer.holds]
    several = f" (median of {len(answer.numbers)} starts)" if len(answer.numbers) > 1 else ""
    return f"{word}, {number}{several}" + (f" ({answer.reason})" if answer.reason else "")


def seen_where(result: Result, name: str) -> str:
    """Whose a behaviour is, with where the table knows it if nobody here shows it."""
    verdict = result.verdicts[name]
    if verdict.belongs_to == ELSEWHERE:
        return f"{ELSEWHERE}; {listed(versions_told(row) for row in verdict.elsewhere)}"
    return verdict.belongs_to


def _behaviours(result: Result) -> Table:
    place = result.dataset.place and f" ({result.dataset.place})"
    reported = result.mnist and any(behaviour.asked is not None for behaviour in result.scenario.behaviours)
    table = Table("behaviour", *(["asked"] if reported else []), *map(title, result.traces), "belongs to",
                  title=result.scenario.title + place, title_justify="left")
    for behaviour in result.scenario.behaviours:
        asked = [] if not reported else ["" if behaviour.asked is None else told(behaviour, behaviour.asked)]
        cells = [cell(result, behaviour.name, answer) for answer in result.answers[behaviour.name].values()]
        table.add_row(behaviour.title, *asked, *cells, seen_where(result, behaviour.name))
        for rule, answers in result.old_rules.get(behaviour.name, {}).items():
            cells = [cell(result, behaviour.name, answer) for answer in answers.values()]
            table.add_row(f"  … counted as it was then: {TITLES[rule]}", *([""] if reported else []), *cells, "")
    return table


def _asked_table(variant: Variant, sides: Mapping[str, Trace], beside: bool) -> Table:
    """One column a side, and `beside` them the question's own numbers."""
    table = Table("epoch", *(["you"] if beside else []), *map(title, sides), caption_justify="left")
    longest = max(len(trace.below("reported").get("train/loss", ())) for trace in sides.values())
    for epoch in _shown_epochs(variant, longest):
        yours = [_at(variant.asked.get(f"reported/train/{name}", ()), epoch) for name in ("loss", "accuracy")]
        ours = [[_at(trace[key] if (key := f"reported/train/{name}") in trace else (), epoch)
                 for name in ("loss", "accuracy")] for trace in sides.values()]
        table.add_row(str(epoch), *map(_pair, [yours, *ours] if beside else ours))
    for name, trace in sides.items():
        if trace.outcome["kind"] not in ("finished", "stopped"):
            table.caption = f"{table.caption or ''}{title(name)}: {trace.outcome['kind']}. {_first_line(trace)}\n"
    return table


def _shown_epochs(variant: Variant, longest: int) -> list[int]:
    """The epochs that were asked about, and the first and last; a dozen at most."""
    asked = [i + 1 for i, value in enumerate(variant.asked.get("reported/train/loss", ())) if value is not None]
    epochs = sorted({epoch for epoch in [1, *asked, longest] if 0 < epoch <= longest})
    return thinned(epochs, longest, MOST_ROWS)


def thinned(epochs: Sequence[int], longest: int, most: int) -> list[int]:
    """Every n-th of the epochs, and the last of a training, so that there are about `most`."""
    stride = -(-len(epochs) // most)
    return [epoch for i, epoch in enumerate(epochs) if i % stride == 0 or epoch == longest]


def _at(values: Sequence[float | None], epoch: int) -> float | None:
    return values[epoch - 1] if epoch <= len(values) else None


def _pair(pair: Sequence[float | None]) -> str:
    loss, accuracy = pair
    return "" if loss is None or accuracy is None else f"{loss:.4g} / {accuracy:.4f}"


def _first_line(trace: Trace) -> str:
    return str(trace.outcome["message"]).strip().splitlines()[0] if trace.outcome["message"] else ""


def notice(text: str) -> None:
    """A word to the person on stderr."""
    print(text, file=sys.stderr)
