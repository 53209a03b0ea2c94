"""What a golden verdict keeps of a model, and how a changed model, number and tolerance are said."""

from dataclasses import replace

import pytest
import yaml
from suites import KERAS, LIGHTNING

from compare.pytest_plugin import model
from compare.pytest_plugin.golden import Golden
from compare.pytest_plugin.golden_entry import number_text, series_of, versions
from scenarios.spec import SGD, Activation, Adam, CategoricalCrossentropy, Data, Dense, Dropout, Flatten, Spec, Training
from scenarios.spec.fields import changed

SPEC = Spec(Data(divisor=255.0), (Flatten(), Dense(64), Activation("relu"), Dense(10), Activation("sigmoid")),
            CategoricalCrossentropy(), SGD(0.1), Training(2, 32))
LAYERS = SPEC.layers
PROGRAM = {"layers": [{"is": "Dense", "name": "dense", "units": 10}], "operations": ["Dense"],
           "optimizer": {"is": "SGD", "lr": 0.1}, "parameters": {"dense.kernel": [784, 10, True]}, "groups": [],
           "penalties": [{}, {}]}


def kept(spec):
    """The model of a spec as it is read from a file."""
    return yaml.safe_load(yaml.safe_dump({"ours": model.of_spec(spec, {"keras": KERAS})}))


@pytest.mark.parametrize("values, expected", [
    ({"optimizer.learning_rate": 0.11}, ["SGD.learning_rate 0.1 → 0.11"]),
    ({"optimizer.learning_rate": 0.1 + 1e-12}, ["SGD.learning_rate 0.1 → 0.10000000000100001"]),
    ({"optimizer.momentum": 0.9}, ["SGD.momentum unset → 0.9"]),
    ({"optimizer": Adam(0.1)}, ["optimizer SGD(learning_rate=0.1) → Adam(learning_rate=0.1)"]),
    ({"layers.1.units": 65}, ["Dense.units (layers.1) 64 → 65"]),
    ({"layers.4.function": "softmax"}, ["Activation.function (layers.4) sigmoid → softmax"]),
    ({"layers": (*LAYERS[:1], Dropout(0.5), *LAYERS[1:])}, ["layers.1: Dropout(rate=0.5) is new"]),
    ({"layers": (*LAYERS[:2], *LAYERS[3:])}, ["layers.2: Activation(function=relu) is gone"]),
    ({"data.divisor": 1.0, "training.batch_size": 64},
     ["data.divisor 255.0 → unset", "training.batch_size 32 → 64"])])
def test_a_changed_spec_is_named(values, expected):
    old, new = kept(SPEC), kept(changed(SPEC, values))
    assert model.changes(old, new) == expected
    assert model.changed_digests(old, new) == ["ours in keras"], "the digest of the resolved spec sees it too"
    assert model.changes(old, old) == model.changed_digests(old, old) == []


def test_a_changed_default_is_another_digest():
    old = kept(replace(SPEC, loss=CategoricalCrossentropy(clip=1e-7)))
    new = yaml.safe_load(yaml.safe_dump(old))
    new["ours"][model.DIGEST]["keras"] = "0" * model.DIGITS
    assert model.changes(old, new) == [] and model.changed_digests(old, new) == ["ours in keras"]


def test_a_changed_program_is_named():
    old = {"mine.py:build": model.of_program(PROGRAM)}
    faster = {"mine.py:build": model.of_program({**PROGRAM, "optimizer": {"is": "SGD", "lr": 0.2}})}
    assert model.changes(old, faster) == ["SGD.lr 0.1 → 0.2"]
    later = {"mine.py:build": model.of_program({**PROGRAM, "optimizer": {"is": "SGD", "lr": 0.1, "fused": False}})}
    assert model.changes(old, later) == ["SGD.fused unset → False"]
    assert model.changes(old, later, same_versions=False) == [], "a setting that a new version of PyTorch has"
    frozen = {"mine.py:build": model.of_program({**PROGRAM, "parameters": {"dense.kernel": [784, 10, False]}})}
    assert model.changes(old, frozen) == [] and model.changed_digests(old, frozen) == ["mine.py:build"]


@pytest.mark.parametrize("tolerance, expected", [
    (None, "168.5"), (0.001, "168.5 ± 0.001"), (20.2, "168.5 ± 20, which is 12% of it"),
    (300.0, "1.7e+02 ± 3e+02, which pins no digit"), (float("nan"), "168.5 ± ?")])
def test_a_wide_tolerance_is_said_and_read(tolerance, expected, tmp_path):
    assert number_text(168.5, tolerance) == expected
    golden = Golden(tmp_path / "golden.yaml")
    golden.write("keras 3.15; sample", {"behaviours": {"learns": {"keras": f"yes, {expected}"}}})
    allowed = 1e9 if tolerance is None or tolerance != tolerance else float(f"{tolerance:.2g}")
    for away, differs in ((0.9 * allowed, False), (1.1 * allowed, True)):
        entry = {"behaviours": {"learns": {"keras": f"yes, {float(expected.split()[0]) + away!r}"}}}
        differing = golden.differing("keras 3.15; sample", entry)
        assert tolerance is None or tolerance != tolerance or differing.changed == differs


def test_an_exact_0_is_pinned(tmp_path):
    assert number_text(0.0, 0.0) == "0 ± 0" and number_text(0.0, 0.1) == "0 ± 0.1, which pins no digit"
    golden = Golden(tmp_path / "golden.yaml")
    golden.write("keras 3.15; sample", {"behaviours": {"loss": {"keras": "yes, 0 ± 0"}}})
    for number, differs in (("0 ± 0", False), ("1e-12", True)):
        differing = golden.differing("keras 3.15; sample", {"behaviours": {"loss": {"keras": f"yes, {number}"}}})
        assert differing.changed is differs


def test_only_an_entry_of_the_same_data_is_compared(tmp_path):
    golden = Golden(tmp_path / "golden.yaml")
    golden.write("keras 3.15, torch 2.15; sample", {"verdict": "a"})
    golden.write("keras 3.14, torch 2.15; sample", {"verdict": "b"})
    assert golden.differing("keras 3.16, torch 2.15; sample", {}).beside == "keras 3.14, torch 2.15; sample"
    assert golden.differing("keras 3.15, torch 2.16; sample", {}).beside == "keras 3.15, torch 2.15; sample"
    assert golden.differing("keras 3.15, torch 2.15; custom 1f2e3d4c", {}).beside == ""


def test_another_order_of_the_packages_is_not_another_series(tmp_path):
    """A worker names its packages in another order than the store does."""
    stored = [{**environment, "versions": dict(sorted(environment["versions"].items(), reverse=True))}
              for environment in (KERAS, LIGHTNING)]
    assert series_of(stored) == series_of([KERAS, LIGHTNING]) == "keras 3.15, tensorflow 2.21, torch 2.15, " \
        "pytorch-lightning 2.6"
    assert versions(stored) == versions([KERAS, LIGHTNING])
    golden = Golden(tmp_path / "golden.yaml")
    written = {"versions": "torch 2.15.0, keras 3.15.1", "model": {}}
    golden.write("torch 2.15, keras 3.15; sample", written)
    assert golden.differing("keras 3.15, torch 2.15; sample", written) is None
    changed_entry = {"versions": "keras 3.15.1, torch 2.15.0", "model": {}, "verdict": "another"}
    differing = golden.differing("keras 3.15, torch 2.15; sample", changed_entry)
    assert differing.recorded and differing.versions == ("", "")
    golden.write("keras 3.15, torch 2.15; sample", changed_entry)
    assert golden.place.read_text().count("; sample:") == 1


def test_a_package_in_two_versions_is_named_once():
    environments = [{"versions": {"keras": "3.3.3", "numpy": "1.26.4"}}, {"versions": {"numpy": "2.4.6"}}]
    assert versions(environments) == "keras 3.3.3, numpy 1.26.4 and 2.4.6"
