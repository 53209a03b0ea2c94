"""Generated programs run as scripts and report what the recorded trial reports.

All programs of a framework run in one process, `python test_programs.py JOBS RESULTS`, one after the other as
`python PROGRAM.py` would run each: imports take longer than these trainings.
"""

import contextlib
import dataclasses
import io
import json
import os
import runpy
import subprocess
import sys
from math import inf, nan
from pathlib import Path

import numpy as np
import pytest
from miniatures import write_idx
from rounding import SUMMED, skip_unless_installed

import scenarios
from compare import HOME
from compare.__main__ import main
from compare.execution import data, initialization
from frameworks import FRAMEWORKS
from frameworks.codegen.program import INSTEAD, PROGRAMS, QUIRK, program
from frameworks.codegen.source import WIDTH
from frameworks.quirks.resolution import resolved
from frameworks.runtime import samples
from frameworks.runtime.errors import Unsupported
from scenarios.spec import (
    GELU,
    SGD,
    Accumulation,
    Accuracy,
    Activation,
    Adadelta,
    Adagrad,
    Adam,
    AdamW,
    AveragePooling2D,
    BatchNormalization,
    BinaryCrossentropy,
    CategoricalCrossentropy,
    CategoricalHinge,
    ClassWeights,
    Clip,
    Conv2D,
    CosineDecay,
    Data,
    Dense,
    Dropout,
    EarlyStopping,
    ExponentialDecay,
    FanInUniform,
    Flatten,
    GlorotUniform,
    HardSigmoid,
    Hinge,
    Huber,
    InverseTimeDecay,
    KLDivergence,
    LayerNormalization,
    LeakyReLU,
    LeakyReLUByName,
    MaxPooling2D,
    MeanAbsoluteError,
    MeanSquaredError,
    Nadam,
    Normal,
    QuadraticCost,
    ReduceOnPlateau,
    RMSprop,
    SampleWeights,
    Spec,
    Training,
    WeightDecay,
    Zeros,
    metrics,
)
from scenarios.spec import regularizers as vocabulary
from scenarios.spec.fields import changed, to_json

REPORTED = {f"{name}.{variant.name}": changed(variant.spec, {"data.first": 200, "training.epochs": 2})
            for name in scenarios.names() for variant in scenarios.load(name).variants if variant.role == "reported"}
MULTI = Spec(Data((7, 3, 1), first=200, divisor=255.0), (Flatten(), Dense(3), Activation("sigmoid")),
             CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
ONE_OUTPUT = Spec(Data((0, 1), first=200, divisor=0.5, flatten=True, labels="index"), (Dense(1), Activation("sigmoid")),
                  BinaryCrossentropy(), SGD(0.001), Training(1, 32))
LINEAR = changed(ONE_OUTPUT, {"layers": (Dense(1),), "data.divisor": 255.0})
DRAWN = (Flatten(), Dense(4, Normal(0.0, 0.1), Zeros()), Activation("relu"), Activation("tanh"),
         Dense(4, GlorotUniform(), FanInUniform()), Dense(3, FanInUniform(), Normal(0.1, 0.1)), Activation("softmax"))
CLIP, L2 = 0.2, WeightDecay(1.0, False)
REGULARIZED = (Flatten(), Dense(4, None, None, True, vocabulary.L2(0.1), vocabulary.L1(0.2), vocabulary.L1(0.1)),
               Activation("tanh"), Dense(3, Zeros(), None, True, vocabulary.L1(0.1), "none", vocabulary.L2(0.3)),
               Activation("softmax"))
IMAGE = Data((7, 3, 1), first=200, divisor=255.0, channel=True)
METRICS = (metrics.MeanAbsoluteError(), metrics.MeanSquaredError())
HEAVY = ClassWeights((0.5, 2.0, 8.0))
UNEVEN = Training(2, 32, sample_weight=SampleWeights((0.5, 2.0, 8.0, 1.0)))
NUMBERS = Data((7, 3, 1), first=200, divisor=255.0, labels="index")


def of(base, **parts):
    return changed(base, parts)


VOCABULARY = {
    "open": of(MULTI, optimizer=SGD(), training=Training(1)),
    "drawn": of(MULTI, layers=DRAWN),
    "frozen": of(MULTI, layers=(Flatten(), Dense(9, trainable=False), Activation("tanh"), *MULTI.layers[1:])),
    "regularized": of(MULTI, layers=REGULARIZED),
    "regularized, reported": of(MULTI, layers=(*REGULARIZED[:3], Dense(3, None, None, True, vocabulary.L2(0.1, True)),
                                               Activation("softmax"))),
    "linear": of(MULTI, layers=MULTI.layers[:-1]),
    "momentum": of(MULTI, optimizer=SGD(0.1, 0.5, True), training=Training(2, 50, False, validate=False)),
    "shuffled": of(MULTI, training=Training(2, 32, True)),
    "stops": of(MULTI, training=Training(9, 32, stop_below=0.9)),
    "rmsprop": of(MULTI, optimizer=RMSprop(0.01, 0.8, 0.1, 1e-3)),
    "rmsprop inside": of(MULTI, optimizer=RMSprop(epsilon_place="inside_root")),
    "rmsprop outside": of(MULTI, optimizer=RMSprop(epsilon_place="outside_root")),
    "adam": of(MULTI, optimizer=Adam(beta_1=0.8)),
    "adam before": of(MULTI, optimizer=Adam(epsilon_place="before_correction", epsilon=1e-3)),
    "adam after": of(MULTI, optimizer=Adam(epsilon_place="after_correction", epsilon=1e-3)),
    "adagrad": of(MULTI, optimizer=Adagrad(0.01, 0.0, 1e-3, "outside_root", L2, Clip(0.01))),
    "adagrad inside": of(MULTI, optimizer=Adagrad(0.01, 0.1, 1e-3, "inside_root", L2, Clip(0.01, "variable", 0.1))),
    "accumulated": of(MULTI, optimizer=SGD(0.5, 0.5, accumulation=Accumulation(2))),
    "adadelta": of(MULTI, optimizer=Adadelta(1.0, 0.8, 1e-3, WeightDecay(1.0), Clip(0.01, "all"))),
    "adamw": of(MULTI, optimizer=AdamW(clip=Clip(0.01, "all", 0.1))),
    "adamw before": of(MULTI, optimizer=AdamW(0.01, epsilon_place="before_correction", epsilon=1e-3)),
    "adamw after": of(MULTI, optimizer=AdamW(0.01, epsilon_place="after_correction", epsilon=1e-3)),
    "nadam": of(MULTI, optimizer=Nadam(beta_2=0.9, momentum_decay=1.0, weight_decay=WeightDecay(1.0, True))),
    "nadam grows": of(MULTI, optimizer=Nadam(momentum_decay=0.004)),
    "decays": of(MULTI, optimizer=SGD(ExponentialDecay(0.5, 0.5, 2), 0.5)),
    "decays by epochs": of(MULTI, optimizer=SGD(ExponentialDecay(0.5, 0.5, 1, True, "epoch", False), 0.5, True)),
    "decays by steps": of(MULTI, optimizer=SGD(ExponentialDecay(0.5, 0.5, 2, True, "step", True), 0.5, True)),
    "prints the rate": of(MULTI, optimizer=SGD(CosineDecay(0.5, 9, per="step")), training=Training(
        2, 32, False, printed_rate=None)),
    "prints the rate, set": of(MULTI, optimizer=SGD(CosineDecay(0.5, 9, per="step")), training=Training(
        2, 32, False, printed_rate="first_step")),
    "inverse time": of(MULTI, optimizer=SGD(InverseTimeDecay(0.5, 0.5), 0.5)),
    "inverse time, set": of(MULTI, optimizer=SGD(InverseTimeDecay(0.5, 0.5, 2, True, "step"))),
    "cosine": of(MULTI, optimizer=Adam(CosineDecay(0.1, 3)), training=Training(2)),
    "cosine that rises": of(MULTI, optimizer=AdamW(CosineDecay(0.1, 1, "rises", "epoch")), training=Training(3, "all")),
    "cosine that stays": of(MULTI, optimizer=SGD(CosineDecay(0.1, 3, "stays", "step"))),
    "plateau": of(MULTI, optimizer=SGD(ReduceOnPlateau(0.5, 0.1, 1, threshold=0.5), 0.5), training=Training(5)),
    "plateau, set": of(MULTI, optimizer=Adam(ReduceOnPlateau(0.1, 0.1, 1, "train/loss", 0.5, "ratio", "one_more")),
                       training=Training(6, "all")),
    "plateau, patient": of(MULTI, optimizer=Adam(ReduceOnPlateau(0.1, 0.1, 1, "test/loss", 0.5, "difference",
                                                                 "patience")), training=Training(4)),
    "stops early": of(MULTI, optimizer=SGD(1e-30), training=Training(6, 32, early_stopping=EarlyStopping())),
    "stops early, set": of(MULTI, training=Training(9, early_stopping=EarlyStopping("train/loss", 2, "stops", "bad")),
                           optimizer=SGD(1e-30), data=changed(MULTI.data, {"divisor": 1e-29})),
    "stops early, counts": of(MULTI, training=Training(9, early_stopping=EarlyStopping("train/loss", 2, "counts",
                                                                                       "best")),
                              optimizer=SGD(1e-30), data=changed(MULTI.data, {"divisor": 1e-29})),
    "stops early, restored": of(MULTI, optimizer=SGD(1.0), loss=MeanSquaredError(), layers=MULTI.layers[:-1],
                                training=Training(4, 32, validate=False, early_stopping=EarlyStopping(
                                    "train/loss", 2, restore_best_weights=True))),
    "stops early, restored when stopped": of(
        MULTI, optimizer=SGD(1.0), loss=MeanSquaredError(), layers=MULTI.layers[:-1],
        training=Training(3, 32, validate=False, early_stopping=EarlyStopping("train/loss", 9, "counts", "bad", True,
                                                                              "when_stopped"))),
    "logged": of(MULTI, training=Training(2, 32, epoch_loss=None)),
    "logged, mean of steps": of(MULTI, training=Training(2, 32, epoch_loss="mean_of_steps")),
    "logged, last step": of(MULTI, training=Training(2, 32, epoch_loss="last_step")),
    "decays in rmsprop": of(MULTI, optimizer=RMSprop(ExponentialDecay(0.01, 0.5, in_momentum=True), momentum=0.5)),
    "decays beside rmsprop": of(MULTI, optimizer=RMSprop(ExponentialDecay(0.01, 0.5, in_momentum=False), momentum=0.5)),
    "mean": of(MULTI, loss=MeanSquaredError()),
    "absolute": of(MULTI, loss=MeanAbsoluteError()),
    "mean, counted before": of(MULTI, loss=MeanSquaredError(), accuracy=Accuracy("argmax_logits")),
    "quadratic": of(MULTI, loss=QuadraticCost(), accuracy=Accuracy("argmax_outputs")),
    "of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits")),
    "of logits, linear": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), layers=MULTI.layers[:-1]),
    "counted": of(MULTI, metrics=(metrics.BinaryAccuracy(), metrics.Precision(), metrics.Recall(),
                                  metrics.F1Score("micro"), metrics.CategoricalAccuracy())),
    "ranked": of(ONE_OUTPUT, metrics=(metrics.AUC(), metrics.RootMeanSquaredError())),
    "ranked, set": of(ONE_OUTPUT, metrics=(metrics.AUC(50),)),
    "counted, set": of(MULTI, metrics=(metrics.BinaryAccuracy(0.4, "never"), metrics.Precision("largest"),
                                       metrics.Recall("above_half"), metrics.F1Score("macro", "zero"))),
    "counted beside logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), metrics=(
        metrics.BinaryAccuracy(sigmoid="outside"), metrics.Precision("above_half"))),
    "measured": of(MULTI, metrics=METRICS),
    "measured, of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits"), metrics=METRICS),
    "numbers": of(MULTI, data=NUMBERS),
    "numbers of logits": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy("softmax_of_logits"),
                            accuracy=Accuracy("argmax_outputs")),
    "numbers, divided after": of(MULTI, data=NUMBERS, accuracy=Accuracy("argmax_outputs"),
                                 loss=CategoricalCrossentropy("outputs", "after_clip", CLIP, False)),
    "numbers, smoothed": of(MULTI, data=NUMBERS,
                            loss=CategoricalCrossentropy("softmax_of_outputs", "after_clip", CLIP, True, 0.1)),
    "smoothed": of(MULTI, loss=CategoricalCrossentropy(label_smoothing=0.1)),
    "smoothed, of logits": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits", label_smoothing=0.1)),
    "weighted": of(MULTI, loss=CategoricalCrossentropy(class_weights=HEAVY)),
    "weighted numbers": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(class_weights=HEAVY)),
    "weighted, set": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy("softmax_of_logits", class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": True}))),
    "weighted, set otherwise": of(MULTI, loss=CategoricalCrossentropy("softmax_of_logits", class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": False}))),
    "weighted, written": of(MULTI, loss=CategoricalCrossentropy("outputs", True, CLIP, False, class_weights=changed(
        HEAVY, {"divisor": "weights", "in_test": True}))),
    "weighted, open loss": of(MULTI, loss=CategoricalCrossentropy(class_weights=changed(HEAVY, {
        "divisor": "weights"}))),
    "weighted, accuracy": of(MULTI, loss=CategoricalCrossentropy(class_weights=changed(HEAVY, {"in_accuracy": True}))),
    "weighted, accuracy not of test": of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(class_weights=changed(
        HEAVY, {"in_accuracy": True, "in_test": False}))),
    "weighted, one output, accuracy": of(ONE_OUTPUT, loss=BinaryCrossentropy(class_weights=ClassWeights(
        (0.5, 4.0), in_accuracy=True))),
    "weighted, one output": of(ONE_OUTPUT, loss=BinaryCrossentropy(class_weights=ClassWeights((0.5, 4.0)))),
    "weighted, one output, set": of(ONE_OUTPUT, loss=BinaryCrossentropy(
        "sigmoid_of_logits", "clip", 0.0, -inf, True, 0.0, ClassWeights((0.5, 4.0), "weights", True))),
    "samples weighed": of(MULTI, training=UNEVEN, loss=MeanSquaredError()),
    "samples weighed, set": of(MULTI, data=NUMBERS, training=changed(UNEVEN, {
        "sample_weight.divisor": "weights", "sample_weight.in_accuracy": True, "shuffle": False})),
    "samples weighed, one output": of(ONE_OUTPUT, training=changed(UNEVEN, {"sample_weight.in_accuracy": True})),
    "samples weighed, written": of(MULTI, loss=KLDivergence("outputs", 0.0, "samples"), training=changed(UNEVEN, {
        "sample_weight.divisor": "weights", "validate": False})),
    "activations": of(MULTI, layers=(
        Flatten(), Dense(4), Activation(LeakyReLU()), Dense(4), Activation(LeakyReLUByName()), Dense(4),
        Activation(GELU()), Dense(4), Activation("elu"), Dense(3), Activation(HardSigmoid())), loss=Huber()),
    "activations, set": of(MULTI, layers=(
        Flatten(), Dense(4), Activation(LeakyReLU(0.1)), Dense(4), Activation(LeakyReLUByName(0.1)), Dense(4),
        Activation(GELU(True)), Dense(4), Activation(HardSigmoid(0.3)), Dense(3), Activation(LeakyReLU(0.5))),
        loss=Huber(0.2, True), accuracy=Accuracy("argmax_logits")),
    "image": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 5, 2, "same"), Activation("relu"), MaxPooling2D(), AveragePooling2D(3, "same"), Flatten(),
        LayerNormalization(), Dense(3))),
    "averaged": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 5, 4), BatchNormalization(), Activation("relu"), Flatten(), Dense(4), BatchNormalization(0.1, 0.5),
        Dense(3))),
    "dropped": of(MULTI, layers=(Flatten(), Dense(4), Dropout(0.0), Dense(3))),
    "image, set": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 3, 2, "same", "as_needed", FanInUniform(), Normal(0.1, 0.1)), AveragePooling2D(),
        AveragePooling2D(3, "same", True), Flatten("channels_last"), Dense(4), LayerNormalization(0.1), Dense(3))),
    "image, set otherwise": of(MULTI, data=IMAGE, loss=MeanSquaredError(), layers=(
        Conv2D(2, 3, 2, "same", "symmetric", GlorotUniform(), Zeros()), AveragePooling2D(3, "same", False),
        Flatten("channels_first"), Dense(3))),
    "huber, set": of(MULTI, loss=Huber(0.2)),
    "huber, counted before": of(MULTI, loss=Huber(0.2, False), accuracy=Accuracy("argmax_logits")),
    "divergence": of(MULTI, loss=KLDivergence()),
    "divergence, counted before": of(MULTI, loss=KLDivergence(), accuracy=Accuracy("argmax_logits")),
    **{f"divergence {i}": of(MULTI, loss=loss) for i, loss in enumerate(
        [KLDivergence("outputs", 0.0, "samples"), KLDivergence("powers_of_outputs", CLIP, "elements"),
         KLDivergence("powers_of_outputs", 0.0, "elements")])},
    "hinge": of(MULTI, loss=Hinge()), "hinge, set": of(MULTI, loss=Hinge(False)),
    "hinge, signs": of(MULTI, loss=Hinge(True)), "margin": of(MULTI, loss=CategoricalHinge()),
    "margin, set": of(MULTI, loss=CategoricalHinge(False)), "margin, from 0": of(MULTI, loss=CategoricalHinge(True)),
    "binary of ten": of(MULTI, loss=BinaryCrossentropy()),
    "one": ONE_OUTPUT, "one, linear": LINEAR,
    "one of logits": of(ONE_OUTPUT, loss=BinaryCrossentropy("sigmoid_of_logits")),
    "one of logits, linear": of(LINEAR, loss=BinaryCrossentropy("sigmoid_of_logits"), accuracy=Accuracy(None, 0.0)),
    **{f"rule {rule}": of(LINEAR, loss=MeanSquaredError(), accuracy=Accuracy(rule, threshold))
       for rule, threshold in (("threshold", 0.3), ("round", None), ("sigmoid_first", 0.6))},
    **{f"categorical {i}": of(MULTI, loss=loss) for i, loss in enumerate(
        CategoricalCrossentropy(which, divided, clip, form) for which in
        ("outputs", "softmax_of_logits", "softmax_of_outputs") for divided in (False, True) for clip in (0.0, CLIP)
        for form in (False, True))},
    **{f"binary {i}": of(ONE_OUTPUT, loss=loss) for i, loss in enumerate(
        BinaryCrossentropy(which, domain, clip, -inf, form, offset) for which in
        ("outputs", "sigmoid_of_logits", "sigmoid_of_outputs") for domain, clip, offset in
        (("clip", 0.0, 0.0), ("clip", CLIP, 0.0), ("undefined", CLIP, 0.01)) for form in (False, True))},
    "a floor": of(ONE_OUTPUT, loss=BinaryCrossentropy("outputs", "refuse", 0.0, -100.0, False, 0.0)),
    "refuses": of(LINEAR, loss=BinaryCrossentropy("outputs", "refuse", CLIP, -inf, False, 0.0)),
}
SPECS = {**REPORTED, **VOCABULARY}
UNSUPPORTED = {("lightning", "decays in rmsprop"), ("keras", "decays beside rmsprop"), ("keras", "a floor"),
               ("keras", "refuses"), ("keras", "nadam grows"), ("keras", "logged, mean of steps"),
               ("keras", "logged, last step"),
               *(("lightning", name) for name in ("hinge", "hinge, set", "hinge, signs", "margin", "margin, set",
                                                  "margin, from 0"))}
"""What a framework does not support; its recorded trial is refused as well."""
LONG = [name for name in VOCABULARY if isinstance(getattr(SPECS[name].loss, "clip", None), float) and
        name.startswith(("categorical", "binary")) and
        (not SPECS[name].loss.clip or not getattr(SPECS[name].loss, "row_division", SPECS[name].loss.clip) or
         not getattr(SPECS[name].loss, "log_offset", 1))]
LONG += ["logged, mean of steps", "logged, last step", "numbers of logits", "numbers, divided after", "smoothed",
         "smoothed, of logits", "divergence 2", "hinge",
         "margin", "huber, set", "huber, counted before", "hinge, signs", "decays beside rmsprop", "cosine",
         "plateau, patient", "stops early", "divergence, counted before", "margin, from 0", "divergence 0",
         "decays in rmsprop", "adam before", "adam after", "numbers, smoothed", "hinge, set", "weighted",
         "weighted numbers", "weighted, written", "weighted, one output", "weighted, open loss", "linear", "mean",
         "of logits", "of logits, linear", "binary of ten", "one", "one, linear", "one of logits", "categorical 6",
         "binary 5", "samples weighed, one output", "samples weighed, written"]
"""Specs that are nightly: their programs define no class that a program of another spec does not."""


def parts_of(name):
    """The parts in which a spec is not `MULTI`."""
    spec = SPECS[name]
    return {part.name for part in dataclasses.fields(spec) if getattr(spec, part.name) != getattr(MULTI, part.name)}


def paired():
    """(name of a spec with another optimizer, name of a spec that differs from `MULTI` in something else)."""
    refused = {name for _, name in UNSUPPORTED}
    parts = {name: parts_of(name) for name in VOCABULARY if name not in LONG and name not in refused}
    optimizers = [name for name, which in parts.items() if {"optimizer"} <= which <= {"optimizer", "training"}]
    specs = [name for name, which in parts.items() if not which & {"optimizer", "training"}]
    return list(zip(optimizers, specs))


PAIRS = paired()
SPECS.update({f"{optimizer} + {spec}": of(SPECS[spec], optimizer=SPECS[optimizer].optimizer,
                                          training=SPECS[optimizer].training) for optimizer, spec in PAIRS})
LONG += [name for pair in PAIRS for name in pair]
"""In CI, one program has the optimizer of a spec and the loss, layers or metrics of another; each alone is nightly."""


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
    subprocess.run([sys.executable, __file__, str(folder / "jobs.json"), str(result)], check=True, env=environment,
                   capture_output=True)
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


@pytest.mark.parametrize("name", REPORTED)
@pytest.mark.parametrize("framework", PROGRAMS)
def test_defaults_of_unset_fields_are_explained_once_in_comments(name, framework):
    spec, text = REPORTED[name], program(REPORTED[name], framework)
    chosen = FRAMEWORKS[framework]
    environment = {"framework": chosen.realization, "backend": chosen.backend or "torch", "series": ()}
    explanations = {rule.explanation for rule in resolved(spec, environment).values() if rule.explanation}
    comments = [line.strip() for line in text.splitlines() if line.strip().startswith(("#   ", QUIRK, INSTEAD))]
    joined = " ".join(comment.removeprefix("#   ").removeprefix("# ") for comment in comments)
    assert joined.count("Quirk: ") == len(explanations)
    for rule in (rule for rule in resolved(spec, environment).values() if rule.explanation):
        assert joined.count(rule.explanation.replace("{activation}", "sigmoid") + ".") == 1 and rule.fix in joined
    assert explanations or (framework[:5], spec.loss) == ("keras", MeanSquaredError())
    lines = text.splitlines()
    for place, line in enumerate(lines):
        if line.strip().startswith(INSTEAD):
            code = next(each for each in lines[place:] if not each.strip().startswith("#"))
            assert "(" in code or "loss" in code


@pytest.mark.parametrize("framework", ["keras", "lightning"])
def test_every_class_of_a_nightly_program_is_in_one_that_ci_runs(framework):
    classes = {name: {line.strip() for line in program(SPECS[name], framework).splitlines() if "class " in line[:6]}
               for name in SPECS if (framework, name) not in UNSUPPORTED}
    in_ci = set().union(*(of_program for name, of_program in classes.items() if name not in LONG))
    assert set(LONG) <= set(SPECS)
    assert {name: of_program - in_ci for name, of_program in classes.items() if of_program - in_ci} == {}


@pytest.mark.parametrize("framework", PROGRAMS)
@pytest.mark.parametrize("name", SPECS)
def test_program_of_json_equals_that_of_the_spec_and_fits_the_width(framework, name):
    if (framework.split("-")[0], name) in UNSUPPORTED:
        pytest.skip("unsupported")
    text = program(SPECS[name], framework, "One question, as reported")
    assert text == program(to_json(SPECS[name]), framework, "One question, as reported")
    assert name not in REPORTED or max(map(len, text.splitlines())) <= WIDTH
    assert text.endswith("\n") and "\n\n\n\n" not in text and '"""One question, as reported, with ' in text
    compile(text, name, "exec")


def test_unset_field_is_an_omitted_argument():
    text = program(VOCABULARY["open"], "keras") + program(VOCABULARY["open"], "lightning")
    assert "keras.optimizers.SGD()," in text and "torch.optim.SGD(self.parameters())\n" in text
    assert "x_train, y_train, epochs=1, validation_data=(x_test, y_test)" in text
    assert "DataLoader(samples)\n" in text
    text = "\n".join(line for line in text.splitlines() if not line.lstrip().startswith("#"))
    assert not [word for word in ("batch_size", "shuffle=True", "lr=", "initializer") if word in text]


@pytest.mark.parametrize("framework, hint", [("reference", "allowed: keras, "), ("keras-2.3", "did you mean keras"),
                                             ("torch", "did you mean keras-torch? ")])
def test_framework_without_programs_is_reported(framework, hint):
    with pytest.raises(Unsupported, match="^There is no program for '" + framework) as refusal:
        program(MULTI, framework)
    assert hint in str(refusal.value) and "\n" not in str(refusal.value)


def test_unsupported_spec_is_reported_in_one_sentence():
    partly = of(MULTI, loss=CategoricalCrossentropy(clip=0.1))
    smoothed = of(MULTI, data=NUMBERS, loss=CategoricalCrossentropy(label_smoothing=0.1))
    before = of(MULTI, accuracy=Accuracy("argmax_logits"))
    averaged = of(MULTI, layers=(Flatten(), Dense(4), BatchNormalization(variance="twice"), Dense(3)))
    cases = (("keras", partly, "Keras needs all fields of CategoricalCrossentropy unset, all "),
             ("lightning", partly, "Lightning needs all fields of CategoricalCrossentropy unset"),
             ("keras", smoothed, "This Keras's sparse_categorical_crossentropy does not support l"),
             ("keras", averaged, "Keras's BatchNormalization has no argument"),
             ("lightning", averaged, "PyTorch's batch normalization has no argument"),
             ("keras", before, "Keras does not support accuracy.rule=argmax_logits beside an open"))
    for framework, spec, start in cases:
        with pytest.raises(Unsupported) as refusal:
            program(spec, framework)
        assert str(refusal.value).startswith(start) and str(refusal.value).count(".") <= 2
    assert "z.argmax(-1)" in program(before, "lightning")


def test_command_prints_one_program_only(capsys):
    chosen = ["code", "scenario=lr_scaling", "variant=lr_0_03", "framework=lightning"]
    assert main(chosen) == 0
    out, error = capsys.readouterr()
    scenario = scenarios.load("lr_scaling")
    assert not error and out == program(scenario.variant("lr_0_03").spec, "lightning",
                                        "lr_0_03 of lr_scaling: as reported, rate 0.03")
    assert "lr=0.03" in out and "max_epochs=10" in out
    assert main([*chosen, "epochs=3"]) == 0 and "max_epochs=3" in capsys.readouterr().out


@pytest.mark.parametrize("arguments, message", [
    (["scenario=lr_scaling"], "Say which variant, as in variant=lr_0_01; allowed: lr_0_01, "),
    (["scenario=lr_scaling", "variant=lr_0_01"], "Say which framework, as in framework=keras; allowed: keras, "),
    (["scenario=lr_scaling", "variant=lr_01", "framework=keras"], "lr_scaling has no variant 'lr_01'; did you mean "),
    (["scenario=lr_scaling", "variant=lr_0_01", "framework=kears"], "There is no program for 'kears'; did you mean "),
    (["scenario=lr_scaling", "variant=lr_0_01", "framework=reference"], "There is no program for 'reference'; allow"),
    (["scenario=lr_scaling,missing_activations", "variant=lr_0_01"], "`code` prints a program of one scenario; name "),
    (["variant=lr_0_01"], "Say which scenario, "),
])
def test_usage_error_is_one_sentence(tmp_path, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(tmp_path)
    assert main(["code", *arguments]) == 2
    out, error = capsys.readouterr()
    assert not out and error.startswith(f"compare: {message}") and error.count("\n") == 1


def test_program_is_generated_without_a_deep_learning_framework():
    script = "import sys; from compare.__main__ import main; main(sys.argv[1:]); print(*sys.modules, file=sys.stderr)"
    child = subprocess.run([sys.executable, "-c", script, "code", "scenario=lr_scaling", "variant=lr_0_01",
                            "framework=keras"], cwd=HOME, capture_output=True, text=True)
    loaded = set(child.stderr.split())
    assert "frameworks.keras.codegen" in loaded and "import keras" in child.stdout
    assert not loaded & {"keras", "tensorflow", "torch", "jax", "pytorch_lightning"}


if __name__ == "__main__":
    results = {}
    for job, arguments in json.loads(Path(sys.argv[1]).read_text()).items():
        out, error = io.StringIO(), ""
        before, sys.argv = sys.argv, arguments
        with contextlib.redirect_stdout(out):
            try:
                runpy.run_path(arguments[0], run_name="__main__")
            except Exception as caught:
                error = f"{type(caught).__name__}: {caught}"
        sys.argv, results[job] = before, (out.getvalue(), error)
    Path(sys.argv[2]).write_text(json.dumps(results))
