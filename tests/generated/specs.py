"""The specs of all generated programs that tests run or read, by name."""

import dataclasses

import scenarios
from generated import losses, trainings
from generated.networks import MULTI, of
from scenarios.spec.fields import changed

REPORTED = {f"{name}.{variant.name}": changed(variant.spec, {"data.first": 200, "training.epochs": 2})
            for name in scenarios.names() for variant in scenarios.load(name).variants if variant.role == "reported"}
VOCABULARY = {**trainings.SPECS, **losses.SPECS}
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
