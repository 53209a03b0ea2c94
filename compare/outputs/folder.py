"""The folder of a run: traces, the report, and TensorBoard's events, one run per framework and variant."""

from __future__ import annotations

from pathlib import Path

from compare.outputs import events, report
from compare.outputs.answer import markdown
from compare.result import Result

ASKED, CONTROLS = "asked", "controls"
"""Folders of what was asked about, few enough to be looked at together, and of everything else."""


def write(result: Result) -> Path:
    """Writes everything but the traces, which are there already; returns the folder for `tensorboard --logdir`."""
    home = result.folder / "tensorboard"
    words = markdown(result)
    report.write(result)
    mark = "" if result.mnist else f"{result.dataset.name}-"
    seeds = {seed for traces in result.traces.values() for _, seed in traces}
    for variant in result.scenario.variants:
        place = home / (ASKED if variant.role == "asked" else CONTROLS) / f"{mark}{variant.name}"
        trained = False
        for framework, traces in result.traces.items():
            for seed in (seed for name, seed in traces if name == variant.name):
                run = framework if len(seeds) == 1 else f"{framework}-{seed}"
                events.write_trace(place / run, traces[variant.name, seed])
                trained = True
        if variant.asked and result.mnist and trained:
            events.write_curves(place / "asked", variant.asked)
    events.write_text(home / ASKED / f"{mark}answer", {"answer": words})
    return home / ASKED
