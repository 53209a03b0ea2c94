"""Which trainings a run needs, and the jobs that workers get."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Collection, Iterable

from compare.execution import initialization
from compare.execution.data import Dataset
from frameworks.runtime import samples, training
from scenarios.scenario import Scenario
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError, nearest
from scenarios.spec.fields import changed, to_json

FIRST_STEPS = 5  # steps whose probes are kept, chained from the start
LATER_STATES = 8  # recorded states later in the training that are probed again
RECORDINGS = ("probes", "evaluated")
"""At what of a training can be looked beyond what it reports: single steps, and the weights of epoch ends, frozen."""


@dataclass(frozen=True)
class Trial:
    """One training of one variant; `whole` says that it is trained as it stands, else only a deciding prefix is."""

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
    """The trials of a run, those of asked variants first; `epochs` shortens all. Raises SpecError.

    `variants` are names, or `asked` or `all`. With `asked`, the others are trained as far as behaviours need them.
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
    names = {variant.name: variant for variant in scenario.variants}
    full = [name for name, variant in names.items() if "all" in chosen or name in chosen or
            ("reported" in chosen and variant.role == "reported")]
    unknown = set(chosen) - set(names) - {"reported", "all"}
    if unknown:
        raise SpecError(f"{scenario.name} has no variant {min(unknown)!r}; "
                        f"{nearest(min(unknown), [*names, 'reported', 'all'])}.")
    lengths = {name: (names[name].spec.training.epochs, True) for name in full}
    if "reported" in chosen:
        claimed = [replace(claim.cures, variants=(claim.variant, claim.reported_variant, *claim.others))
                   for claim in scenario.claims]
        for behaviour in [*scenario.behaviours, *claimed]:
            for name in behaviour.variants:
                if name not in full:
                    needed = behaviour.epochs or names[name].spec.training.epochs
                    lengths[name] = (max(needed, lengths.get(name, (0, False))[0]), False)
    return lengths


def refuse_empty(trials: Iterable[Trial], dataset: Dataset) -> None:
    """Raises SpecError where a trial keeps no sample to train on or to test with."""
    for one in trials:
        data = to_json(one.spec)["data"]
        for part, words in (("train", "training"), ("test", "test")):
            if samples.count(str(dataset.folder), part, data) == 0:
                raise SpecError(f"{one.scenario}.{one.variant} keeps no {words} image of {dataset.source}: "
                                f"Data.classes is {one.spec.data.classes}; allowed: digits that are there.")


def job(one: Trial, dataset: Dataset, folder: Path, looked_at: Collection[str] = RECORDINGS) -> dict[str, Any]:
    """The job of a trial: plain JSON with arrays by path. `folder` holds starts and traces of the run.

    It leaves what the training itself reports, and what it is looked at beyond that.
    """
    plain = to_json(one.spec)
    shared = one.init == "shared"
    n = samples_of(one, dataset)
    probes = "probes" in looked_at
    order = initialization.order(one.spec, n, one.seed, folder) if shared else None
    return {"verb": "train", "id": one.name, "spec": plain, "seed": one.seed, "init": one.init,
            "weights": str(initialization.weights(one.spec, one.seed, folder)) if shared else None,
            "order": str(order) if order else None, "data": {"folder": str(dataset.folder), "sha256": dataset.sha256},
            "record": {"steps": FIRST_STEPS if probes else 0, "states": LATER_STATES if probes else 0,
                       "evaluated": "evaluated" in looked_at}, "prefix": "once",
            "out": str(folder / f"{one.name}.npz")}


def samples_of(one: Trial, dataset: Dataset) -> int:
    """How many training samples a trial keeps."""
    return samples.count(str(dataset.folder), "train", to_json(one.spec)["data"])


def steps(one: Trial, dataset: Dataset) -> int:
    """Training steps of a trial, for the estimate of its time."""
    n = samples_of(one, dataset)
    size = one.spec.training.batch_size
    batch = n if size == "all" else size or 1
    return one.spec.training.epochs * training.steps_of(n, int(batch))
