"""What a command costs, and records of such figures; their ratios are compared.

A record keeps seconds, which depend on the machine, and ratios of two of them in one run, which hardly do. A ratio
counts as worse above `MOST` times that of the record, or above its aim where the record does not have it yet.
"""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

RECORDS = Path(__file__).parents[1] / "records"
MOST = 1.5


@dataclass(frozen=True)
class Cost:
    """What a command cost, with the processes that it started and waited for."""

    seconds: float
    processor_seconds: float
    peak_mb: int
    """Of its largest process."""
    seconds_to: tuple[float, ...]
    """When each line of its output came, in seconds since it began."""
    lines: tuple[str, ...]


class Command:
    """A command of this interpreter that runs; several can run side by side."""

    def __init__(self, *arguments, cores=None, **variables):
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *map(str, arguments)], stdout=subprocess.PIPE, text=True,
            env={**os.environ, **variables}, preexec_fn=cores and (lambda: os.sched_setaffinity(0, cores)))

    def cost(self):
        """Waits for its end; it must succeed."""
        lines, seconds_to = [], []
        for line in self.process.stdout:
            lines.append(line)
            seconds_to.append(time.monotonic() - self.began)
        _, status, usage = os.wait4(self.process.pid, 0)
        assert os.waitstatus_to_exitcode(status) == 0, self.process.args
        return Cost(time.monotonic() - self.began, usage.ru_utime + usage.ru_stime, usage.ru_maxrss // 1024,
                    tuple(seconds_to), tuple(lines))


def run(*arguments, **options):
    """The cost of a command of this interpreter, alone."""
    return Command(*arguments, **options).cost()


def noted(record, aims, measured, updating):
    """Prints figures, writes them to a record or compares those with an aim, the ratios, with it."""
    path = RECORDS / f"{record}.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    figures = {name: round(value, 3) if isinstance(value, float) else value for name, value in measured.items()}
    print(json.dumps(figures, indent=2))
    if updating:
        path.write_text(json.dumps({**kept, **figures}, indent=2) + "\n", encoding="utf-8")
        return
    for name in aims.keys() & figures.keys():
        assert figures[name] < MOST * kept.get(name, aims[name]), name
