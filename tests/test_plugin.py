"""The pytest plugin in suites as users write them: what passes, what fails and how it reads, golden verdicts.

Most suites run in this process with stand-ins of Keras and Lightning, in which changes are planted.
"""

import pytest
import scipy.stats  # noqa: F401 - pytester would take away again what a suite imports first
from stand_ins import KERAS, WITHOUT_THE_QUIRK, Planted, crew_of

import compare.outputs.console  # noqa: F401
import compare.plugin.asking  # noqa: F401

pytest_plugins = "pytester"

MINE = '''
from scenarios.scenario import Behaviour, Scenario, Variant
from scenarios.spec import SGD, Activation, CategoricalCrossentropy, Data, Dense, Flatten, Spec, Training

SPEC = Spec(Data(divisor=1.0), (Flatten(), Dense(10), Activation("sigmoid")), CategoricalCrossentropy(), SGD(0.01),
            Training(1, 32))

def loss(trace):
    return float(trace["reported/train/loss"][-1])

SCENARIO = Scenario("mine", "Mine", "Is it?", (Variant("sigmoid", "Sigmoid", SPEC, "asked"),), (
    Behaviour("beyond", "the loss is beyond 16.118", ("sigmoid",), loss, low=16.118),))
'''
RUN = '''
def test_ours(compare):
    found = compare("mine.py", frameworks=["keras", "lightning"], data="digits")
'''
GOLDEN = RUN + "    found.assert_golden()\n"


@pytest.fixture
def planted():
    return Planted()


@pytest.fixture
def suite(pytester, planted, monkeypatch):
    """A function: the result of a suite with `test_it.py`, run with these options."""
    monkeypatch.setattr("compare.plugin.session.Crew", crew_of(planted))
    pytester.makepyfile(mine=MINE)

    def ran(*options, text=None):
        if text:
            pytester.makepyfile(test_it=text)
        return pytester.runpytest_inprocess("-p", "keras_or_me", "-p", "no:cacheprovider", *options)
    return ran


def test_what_is_so_passes(suite):
    result = suite(text=RUN + """
    found.assert_holds("beyond", "keras")
    found.assert_holds("beyond", "lightning", holds=False)
    found.assert_same("keras", "lightning", up_to="forward")
    found.assert_cause("beyond", {"loss.of"})
""")
    result.assert_outcomes(passed=1)
    assert result.ret == 0
