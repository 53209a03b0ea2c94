"""The folder of a run: traces, `answer.md`, and TensorBoard's events, one run per framework and variant."""

from __future__ import annotations

from pathlib import Path

from compare.outputs import events
from compare.outputs.answer import markdown
from compare.result import Result


def write(result: Result) -> Path:
    """Writes everything but the traces, which are there already; returns the folder for `tensorboard --logdir`."""
    logdir = result.folder / "tensorboard"
    words = markdown(result)
    (result.folder / "answer.md").write_text(words, encoding="utf-8")
    mark = "" if result.mnist else f"{result.dataset.name}-"
    seeds = {seed for traces in result.traces.values() for _, seed in traces}
    for framework, traces in result.traces.items():
        for (trained, seed), trace in traces.items():
            name = framework if len(seeds) == 1 else f"{framework}-{seed}"
            events.write_trace(logdir / f"{mark}{trained}" / name, trace)
    for variant in result.scenario.variants:
        if variant.asked and result.mnist and any((variant.name, 0) in traces for traces in result.traces.values()):
            events.write_curves(logdir / variant.name / "asked", variant.asked)
    events.write_text(logdir / f"{mark}answer", {"answer": words})
    return logdir
