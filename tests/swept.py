"""A sweep of a small scenario, run on Ray and here, for tests that compare the two."""

import json
from collections import Counter

import numpy as np

from scenarios import load
from scenarios.spec.fields import to_json

SEEDS = 2
SCENARIO = """
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

def loss(trace):
    return float(trace["reported/train/loss"][-1])

SCENARIO = Scenario("mine", "Mine", "Does it learn?", tuple(
    Variant(f"v{n}", f"rate 0.1 / {n}", Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")),
            CategoricalCrossentropy(), SGD(0.1 / n), Training(6, 32)), "reported") for n in (1, 2, 3)),
    (Behaviour("learns", "the model learns", ("v1",), loss, high=1.0, epochs=6),))
"""
FACTS = ("summary", "behaviours", "divergences", "unexplained")


def times_kept(store, scenario, frameworks):
    """How many entries of a store each trial of a scenario file has, by the file name of its trace."""
    entries = [json.loads(path.read_text())["document"] for path in store.glob("trials/*/*.json")]
    kept = Counter((document["about"]["framework"], document["job"]["seed"], str(document["job"]["spec"]))
                   for document in entries if document["about"]["kind"] == "train")
    specs = {variant.name: str(json.loads(json.dumps(to_json(variant.spec), sort_keys=True)))
             for variant in load(str(scenario)).variants}
    return {f"{name}.{framework}.{seed}.npz": kept[framework, seed, spec] for name, spec in specs.items()
            for framework in frameworks for seed in range(SEEDS)}


def assert_same(remote, local, close=()):
    """Asserts that traces, by file name, are equal bit by bit; those of the frameworks in `close` within rounding."""
    assert set(remote) == set(local)
    for name, trace in remote.items():
        assert set(trace.arrays) == set(local[name].arrays), name
        for key, array in local[name].arrays.items():
            if name.split(".")[1] in close:
                np.testing.assert_allclose(trace.arrays[key], array, rtol=1e-4, atol=1e-5, err_msg=f"{name} {key}")
            else:
                assert np.array_equal(trace.arrays[key], array, equal_nan=array.dtype.kind == "f"), (name, key)
