"""Generated programs run as scripts and report what the recorded trial reports."""

import json
import os
import subprocess
import sys
from math import inf, nan

import numpy as np
import pytest
import run_programs
from generated.specs import LONG, REPORTED, SPECS, UNSUPPORTED
from miniatures import write_idx
from rounding import SUMMED, skip_unless_installed

from compare.execution import data, initialization
from frameworks.codegen.program import program
from frameworks.runtime import samples
from frameworks.runtime.errors import Unsupported
from scenarios.spec.fields import to_json


def each_program():
    for framework in ("keras", "lightning", "keras-jax", "keras-torch"):
        for name in SPECS if "-" not in framework else ("lr_scaling.lr_0_01",):
            for init in ("shared", "native") if name in REPORTED else ("shared",):
                marks = [pytest.mark.nightly] if name in LONG or "-" in framework else []
                yield pytest.param(framework, name, init, marks=marks)


@pytest.fixture(scope="module")
def ran(request, dataset, folder):
    """A function: (output, error) of a framework's program of a spec; all selected programs run together."""
    results = {}
    selected = [tuple(item.callspec.params.values()) for item in request.session.items
                if item.path == request.path and hasattr(item, "callspec") and "init" in item.callspec.params]

    def of_one(framework, name, init):
        skip_unless_installed(framework)
        if framework not in results:
            arrays = {part: np.load(folder / f"{part}.npy") for part in data.PARTS}
            write_idx(folder / "idx", arrays)
            jobs = {}
            for _, each, how in (case for case in selected if case[0] == framework and case[:2] not in UNSUPPORTED):
                path = folder / f"program-{framework}-{len(jobs)}.py"
                path.write_text(program(SPECS[each], framework), encoding="utf-8")
                jobs[f"{each} {how}"] = [str(path), *(files(SPECS[each], dataset, folder) if how == "shared" else [])]
            results[framework] = run(jobs, folder, framework)
        return results[framework][f"{name} {init}"]
    return of_one


def recorded(name):
    """What is recorded of a training: of a reported variant all that a run records, else what a program prints."""
    return {} if name in REPORTED else {"record": {"steps": 0, "states": 0,
                                                   "evaluated": not SPECS[name].training.validate}}


def files(spec, dataset, folder):
    order = initialization.order(spec, samples.count(str(dataset.folder), "train", to_json(spec)["data"]), 0, folder)
    return [str(initialization.weights(spec, 0, folder))] + ([str(order)] if order else [])


def run(jobs, folder, framework):
    (folder / "jobs.json").write_text(json.dumps(jobs))
    result = folder / f"programs-{framework}.json"
    one_thread = dict.fromkeys(("OMP_NUM_THREADS", "MKL_NUM_THREADS", "TF_NUM_INTRAOP_THREADS",
                                "TF_NUM_INTEROP_THREADS"), "1")
    environment = dict(os.environ, MNIST_DIR=str(folder / "idx"), CUDA_VISIBLE_DEVICES="",
                       PYTHONPATH=os.pathsep.join(sys.path), **one_thread)
    subprocess.run([sys.executable, run_programs.__file__, str(folder / "jobs.json"), str(result)], check=True,
                   env=environment, capture_output=True)
    return json.loads(result.read_text())


def printed_metrics(printed):
    """The metrics that a program printed, by epoch or `test`."""
    lines = [line.partition(" ") for line in printed.splitlines() if line[:1].isdigit() or line.startswith("test ")]
    return {head: eval(rest, {"nan": nan, "inf": inf}) for head, _, rest in lines}


@pytest.mark.parametrize("framework, name, init", list(each_program()))
def test_program_reports_the_metrics_of_the_trace(ran, train, framework, name, init):
    trace = train(framework, SPECS[name], init=init, **recorded(name))
    if (framework, name) in UNSUPPORTED:
        with pytest.raises(Unsupported) as refusal:
            program(SPECS[name], framework)
        assert trace.outcome["kind"] == "unsupported" and str(refusal.value) == trace.outcome["message"]
        return
    printed, error = ran(framework, name, init)
    if trace.outcome["kind"] == "refused":
        assert len(printed_metrics(printed)) == len(trace.arrays.get("reported/train/loss", ())), "the epochs before it"
        assert error and error.split(": ", 1)[1] == trace.outcome["message"].split(": ", 1)[1]
        return
    assert not error
    epochs, reported = printed_metrics(printed), trace.below("reported")
    evaluated = epochs.pop("test", None)
    assert list(epochs) == [str(epoch + 1) for epoch in range(len(reported["train/loss"]))]
    for key, values in reported.items():
        actual = [epochs[epoch][key.replace("train/", "").replace("test/", "val_")] for epoch in epochs]
        np.testing.assert_allclose(actual, values, 0 if name in REPORTED else SUMMED, err_msg=key)
    assert (evaluated is None) is SPECS[name].training.validate
    if evaluated is not None:
        actual = {key.replace("val_", ""): value for key, value in evaluated.items()}
        np.testing.assert_allclose(actual["accuracy"], trace["evaluated/test/accuracy"][-1], SUMMED)
        np.testing.assert_allclose(actual["loss"], trace["evaluated/test/loss"][-1], SUMMED)


def test_program_with_another_initialization_reports_other_metrics(train):
    """Otherwise the files that programs are given would prove nothing."""
    for framework in ("keras", "lightning"):
        shared, native = (train(framework, REPORTED["lr_scaling.lr_0_01"], init=init) for init in ("shared", "native"))
        assert shared["reported/train/loss"][0] != native["reported/train/loss"][0]
