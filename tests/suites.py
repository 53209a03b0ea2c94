"""Test suites as users of the pytest plugin write them, and the environments of the stand-ins."""

from pathlib import Path

MINE = '''
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

SPEC = Spec(Data(divisor=255.0), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.1),
            Training(1, 32))

def loss(trace):
    return float(trace["reported/train/loss"][-1])

SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("sigmoid", "Sigmoid", SPEC, "reported"),), (
    Behaviour("learns", "the loss falls below 2", ("sigmoid",), loss, high=2.0),))
'''
RUN = '''
def test_ours(compare):
    result = compare("mine.py", frameworks=["keras", "lightning"], data="sample")
'''
GOLDEN = RUN + "    result.assert_golden()\n"
PLACE = Path("golden", "test_it", "test_ours.yaml")
QUIET = ("-p", "keras_or_me", "-p", "no:cacheprovider")
TODAY = "keras 3.15, tensorflow 2.21, torch 2.15, pytorch-lightning 2.6; sample"

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"],
         "versions": {"python": "3.11.4", "keras": "3.15.1", "tensorflow": "2.21.0"}}
LIGHTNING = {"framework": "lightning", "backend": "torch", "device": "cpu",
             "versions": {"python": "3.11.4", "torch": "2.15.0", "pytorch-lightning": "2.6.6"}}
WITHOUT_THE_QUIRK = {**KERAS, "backend": "jax"}
"""Keras with the rules of another backend, where the loss is computed of the outputs."""
