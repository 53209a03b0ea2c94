"""The variants of a run as JSON data: their numbers, the files that reproduce them, and their programs."""

from __future__ import annotations

from pathlib import Path

from compare.analysis.result import Result
from compare.execution import initialization
from compare.execution.facts import spec_of
from compare.reporting.schema import ProgramRecord, Training, VariantRecord
from compare.reporting.step_schema import curve
from frameworks import FRAMEWORKS
from frameworks.codegen.program import PROGRAMS, about, program
from frameworks.runtime.errors import Refused
from frameworks.runtime.trace import Trace
from scenarios.scenario import Variant
from scenarios.spec import Spec
from scenarios.spec.fields import changed, to_json


def variant_record(result: Result, variant: Variant) -> VariantRecord:
    """Returns a variant with its trainings and programs; only the reported variants have trainings in the record."""
    is_reported = variant.role == "reported"
    traces = {(framework, seed): trace for framework, by_trial in result.traces.items()
              for (name, seed), trace in by_trial.items() if name == variant.name and is_reported}
    record: VariantRecord = {
        "name": variant.name, "title": variant.title, "role": variant.role, "spec": to_json(variant.spec),
        "reported": {name: curve(values) for name, values in variant.reported.items()} if result.mnist else {},
        "trainings": [_training(framework, seed, trace) for (framework, seed), trace in traces.items()],
        "programs": [], "files": []}
    first = next(iter(traces.values()), None)
    spec = variant.spec if first is None or "spec" not in first.facts else \
        changed(variant.spec, {"training.epochs": spec_of(first).training.epochs})
    if is_reported:
        record["programs"] = [_program(result, variant, spec, framework)
                              for framework in _program_frameworks(result)]
    if result.init == "shared" and first is not None:
        record["files"] = _files(spec, first.facts.get("samples", 0), result.folder)
    return record


def _training(framework: str, seed: int, trace: Trace) -> Training:
    outcome = trace.outcome
    return {"framework": framework, "seed": seed,
            "outcome": {"kind": str(outcome["kind"]), "step": outcome["step"], "message": outcome["message"]},
            "seconds": trace.facts.get("seconds", {}).get("all"),
            "reported": {name: curve(values) for name, values in trace.below("reported").items()}}


def _files(spec: Spec, n: int, folder: Path) -> list[str]:
    """The files with the shared initial weights and the sample order of seed 0, if the run's folder has them."""
    names = [initialization.weights_name(spec, 0), initialization.order_name(spec, n, 0)]
    return [f"traces/{name}" for name in names if name and (folder / "traces" / name).is_file()]


def _program_frameworks(result: Result) -> list[str]:
    """The frameworks for which programs are generated: those of the run, and in any case Keras and Lightning."""
    names = [name for name in result.environments if name in PROGRAMS]
    realizations = {FRAMEWORKS[name].realization for name in names}
    return names + [name for name in ("keras", "lightning") if FRAMEWORKS[name].realization not in realizations]


def _program(result: Result, variant: Variant, spec: Spec, framework: str) -> ProgramRecord:
    epochs = None if spec == variant.spec else spec.training.epochs
    try:
        text = program(spec, framework, about(result.scenario, variant))
        return {"framework": framework, "text": text, "refusal": "", "epochs": epochs}
    except Refused as refusal:
        return {"framework": framework, "text": "", "refusal": str(refusal), "epochs": epochs}
    except Exception as error:  # an error in code generation must not lose the answer
        return {"framework": framework, "text": "", "epochs": epochs,
                "refusal": f"This program could not be written ({type(error).__name__}: {error}): a fault of this "
                           "program, please report it."}
