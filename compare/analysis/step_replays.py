"""Replays of recorded steps: a framework, or the NumPy reference, takes a step from a state that a training kept."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Iterable, Mapping

import numpy as np

from compare.analysis.causes.cause import SEARCH_FRAMEWORK
from compare.analysis.causes.questions import resolved_spec
from compare.execution import npz_files, trials
from compare.execution.data import Dataset
from compare.execution.initialization import REFERENCE
from compare.execution.output_folder import NARROWED, REPLAYS
from compare.execution.trials import Trial
from compare.execution.worker_pool import WorkerPool, traces_of
from frameworks.environment import Environments
from frameworks.job import Mode
from frameworks.runtime.trace import Trace

BY_DEFAULTS = "by its defaults"  # replays by the reference, resolved with the side's own defaults
BY_REFERENCE = "by the reference"  # replays by the reference, resolved with the reference's defaults


@dataclass(frozen=True)
class Again:
    """What is needed to repeat the steps of a training.

    `folder` is the folder of traces, `limit` the seconds allowed for one job.
    """

    traces: Mapping[Trial, Trace]
    environments: Environments
    dataset: Dataset
    folder: Path
    pool: WorkerPool
    limit: float


def repeated(owner: Trial, framework: str, kept: Mapping[str, np.ndarray], again: Again, on: int = 0,
             layers: Mode | None = None) -> Trace:
    """One step of a framework from each kept state of a training, or `on` consecutive steps from a single state.

    With `layers`, the outputs of every layer in these steps, or in the evaluations before them, instead.
    """
    place = again.folder.parent / NARROWED
    place.mkdir(parents=True, exist_ok=True)
    trial = replace(owner, variant=f"{owner.variant}.{len(list(place.iterdir()))}", framework=framework)
    states = place / f"{trial.name}.of.npz"
    npz_files.write(states, kept)
    job = trials.replay(trial, again.dataset, again.folder, states, place, on, layers)
    return traces_of(again.pool, {trial: job}, again.limit)[trial]


def replays(planned: Mapping[Trial, Trace], pairs: list[tuple[Trial, Trial]], environments: Environments,
            dataset: Dataset, folder: Path, pool: WorkerPool, limit: float) -> dict[tuple[Trial, str], Trace]:
    """Replay each trial's recorded steps.

    They are replayed by its partner in `pairs`, by the reference with the trial's defaults, and by the reference with
    its own defaults. `folder` is that of the traces, `limit` the seconds allowed for one job. Returns the replays by
    (trial, framework or `BY_DEFAULTS` or `BY_REFERENCE`).
    """
    requested: dict[tuple[Trial, str], Trial] = {}
    for trial in of_real_frameworks(planned, environments):
        resolved = resolved_spec(trial.spec, environments[trial.framework], trial.init)
        by_defaults = replace(trial, variant=f"{trial.variant}.{trial.framework}.resolved", framework=SEARCH_FRAMEWORK,
                              spec=resolved)
        reference = replace(resolved_spec(trial.spec, REFERENCE, trial.init), training=resolved.training)
        requested[trial, BY_DEFAULTS] = by_defaults
        requested[trial, BY_REFERENCE] = by_defaults if reference == resolved else replace(
            by_defaults, variant=f"{trial.variant}.{trial.framework}.reference", spec=reference)
    for pair in pairs:
        if len({planned[trial].facts["steps_per_epoch"] for trial in pair}) == 1:
            for owner, taker in (pair, pair[::-1]):
                requested[owner, taker.framework] = replace(taker, variant=f"{owner.variant}.{owner.framework}")
    place = folder.parent / REPLAYS
    place.mkdir(parents=True, exist_ok=True)
    jobs = {replay: trials.replay(replay, dataset, folder, folder / f"{owner.name}.npz", place)
            for (owner, _), replay in requested.items()}
    done = traces_of(pool, jobs, limit)
    return {key: done[replay] for key, replay in requested.items()}


def of_real_frameworks(candidates: Iterable[Trial], environments: Environments) -> list[Trial]:
    """The trials that are examined for unexplained differences: all but the reference's own."""
    return [trial for trial in candidates if environments[trial.framework]["framework"] != "reference"]


def with_facts(replay: Trace, trace: Trace) -> Trace:
    """The arrays of a replay with those of a training that it does not repeat: the batch checksums, initial weights,
    reported losses and the epoch that weights were restored from; and with its facts."""
    kept = {name: value for name, value in trace.arrays.items()
            if name.startswith(("state/0/weight/", "batch_checksum/")) or name in ("reported/train/loss", "restored")}
    return Trace(trace.facts, {**replay.arrays, **kept})


def kept_states(trace: Trace, places: Iterable[int]) -> dict[str, np.ndarray]:
    """The arrays of the states before the steps `places`, in the form that a replay reads: with a probe at each."""
    prefixes = tuple(f"state/{place}/" for place in places)
    arrays = {name: value for name, value in trace.arrays.items() if name.startswith((*prefixes, "reported/"))}
    return {**arrays, **{f"probe/{place}/loss": np.array(np.nan) for place in places}}
