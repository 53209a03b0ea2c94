"""The trainings that a run needs, and the jobs that are sent to the workers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Collection, Iterable

from compare.execution import initialization
from compare.execution.data import Dataset, Part
from frameworks.job import Job, Mode
from frameworks.runtime import batching
from scenarios.scenario import Scenario
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError, nearest
from scenarios.spec.fields import changed, to_json

FIRST_STEPS = 5  # the first steps, of which probes are recorded; each starts from the state after the one before
LATER_STATES = 8  # states recorded later in the training, each probed by one more step
RECORDINGS = ("probes", "evaluated")
"""Optional parts of a trace: probes of single steps, and evaluations with the weights at the end of each epoch."""


@dataclass(frozen=True)
class Trial:
    """One training of one variant. `whole` is False if only the epochs that behaviours need are trained."""

    scenario: str
    variant: str
    framework: str
    seed: int
    init: str
    spec: Spec
    whole: bool

    @property
    def name(self) -> str:
        return f"{self.variant}.{self.framework}.{self.seed}"


def plan(scenario: Scenario, frameworks: Iterable[str], variants: tuple[str, ...], epochs: int | None, seeds: int,
         init: str) -> list[Trial]:
    """The trials of a run, those of the reported variants first.

    `variants` are names, or `reported` or `all`. With `reported`, other variants are trained for as many epochs as the
    behaviours and claims need. `epochs` is an upper limit for all. Raises SpecError for an unknown variant.
    """
    lengths = _lengths(scenario, variants)
    trials = []
    for name in sorted(lengths, key=lambda name: scenario.variant(name).role != "reported"):
        length, whole = lengths[name]
        spec = changed(scenario.variant(name).spec, {"training.epochs": min(length, epochs or length)})
        trials += [Trial(scenario.name, name, framework, seed, init, spec, whole)
                   for seed in range(seeds) for framework in frameworks]
    return trials


def _lengths(scenario: Scenario, chosen: tuple[str, ...]) -> dict[str, tuple[int, bool]]:
    """(epochs, whether these are all) by name of the variants to train."""
    variants = {variant.name: variant for variant in scenario.variants}
    full = [name for name, variant in variants.items() if "all" in chosen or name in chosen or
            ("reported" in chosen and variant.role == "reported")]
    unknown = set(chosen) - set(variants) - {"reported", "all"}
    if unknown:
        raise SpecError(f"{scenario.name} has no variant {min(unknown)!r}; "
                        f"{nearest(min(unknown), [*variants, 'reported', 'all'])}.")
    lengths = {name: (variants[name].spec.training.epochs, True) for name in full}
    if "reported" in chosen:
        cures = [replace(claim.cures, variants=(claim.variant, claim.reported_variant, *claim.controls))
                 for claim in scenario.claims]
        for behaviour in [*scenario.behaviours, *cures]:
            for name in behaviour.variants:
                if name not in full:
                    needed = behaviour.epochs or variants[name].spec.training.epochs
                    lengths[name] = (max(needed, lengths.get(name, (0, False))[0]), False)
    return lengths


def refuse_empty(trials: Iterable[Trial], dataset: Dataset) -> None:
    """Raises SpecError if no training sample or no test sample of a trial is left."""
    for trial in trials:
        kinds: dict[Part, str] = {"train": "training", "test": "test"}
        for part, kind in kinds.items():
            if dataset.count(part, trial.spec.data) == 0:
                raise SpecError(f"{trial.scenario}.{trial.variant} keeps no {kind} image of {dataset.source}: "
                                f"Data.classes is {trial.spec.data.classes}; allowed: digits that are there.")


def job(trial: Trial, dataset: Dataset, folder: Path, recordings: Collection[str] = RECORDINGS) -> Job:
    """The job that a worker gets for a trial: JSON values, with arrays by path.

    `folder` gets the trace, and the shared initialization. The trace has the reported metrics and the `recordings`.
    """
    shared = trial.init == "shared"
    n = samples_of(trial, dataset)
    probes = "probes" in recordings
    order = initialization.order(trial.spec, n, trial.seed, folder) if shared else None
    return {"verb": "train", "id": trial.name, "spec": to_json(trial.spec), "seed": trial.seed, "init": trial.init,
            "weights": str(initialization.weights(trial.spec, trial.seed, folder)) if shared else None,
            "order": str(order) if order else None, "data": {"folder": str(dataset.folder), "sha256": dataset.sha256},
            "record": {"steps": FIRST_STEPS if probes else 0, "states": LATER_STATES if probes else 0,
                       "evaluated": "evaluated" in recordings}, "prefix": "once",
            "out": str(folder / f"{trial.name}.npz")}


def replay(trial: Trial, dataset: Dataset, folder: Path, of: Path, out: Path, on: int = 0,
           layers: Mode | None = None) -> Job:
    """The job in which a worker takes the steps of another training from the states that the file `of` records.

    The trace is written to the folder `out`; `folder` has the shared initialization. With `on`, so many steps are taken
    in a row from the one recorded state. With `layers`, the trace has the outputs of every layer in this mode instead,
    also of those before the first trained one.
    """
    again: Job = {**job(trial, dataset, folder), "verb": "replay", "of": str(of), "out": str(out / f"{trial.name}.npz")}
    if layers:
        return {**again, "layers": layers, "prefix": "every"}
    return {**again, "on": on} if on else again


def samples_of(trial: Trial, dataset: Dataset) -> int:
    """The number of training samples of a trial."""
    return dataset.count("train", trial.spec.data)


def steps(trial: Trial, n: int) -> int:
    """The number of training steps of a trial with n samples, to estimate its duration; an unset batch size is 1."""
    return trial.spec.training.epochs * batching.steps_of(n, trial.spec.training.samples_per_step(n) or 1)
