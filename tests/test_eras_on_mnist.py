"""Timelines on the real MNIST: where a behaviour holds, and what makes it begin and end.

`pytest -m long -n 0 --timeout=3000 tests/test_eras_on_mnist.py` keeps what was found in tests/golden/when-*.json.
"""

import pytest
from measured import keep, needs_mnist

import scenarios
from compare import data, when
from compare.behaviours import told
from compare.crew import Crew
from compare.environments import ENVIRONMENTS
from compare.settings import read

BUILT = all(one.installed for one in ENVIRONMENTS.values())
pytestmark = [needs_mnist, pytest.mark.long, pytest.mark.skipif(
    not BUILT, reason="needs all old Kerases: python -m compare environments install=all")]
SINCE_2_4 = ["tf-keras-2.4", "tf-keras-2.8", "tf-keras-2.15", "tf-keras", "keras-3.3"]

BOUNDARIES = {
    ("lr_scaling", "loss_beyond_bound"): ([*SINCE_2_4, "keras"], {("tf-keras-2.3", "tf-keras-2.4"): ["loss.of"]}),
    ("lr_scaling", "reported_accuracy_high"): (SINCE_2_4, {("tf-keras-2.3", "tf-keras-2.4"): ["loss.of"],
                                                          ("keras-3.3", "keras"): ["accuracy.rule"]}),
}
"""Who shows a behaviour, and which fields make it change between two neighbours."""


@pytest.mark.parametrize("scenario, behaviour", BOUNDARIES)
def test_every_boundary_is_found_and_made_by_its_quirk_alone(tmp_path, scenario, behaviour):
    settings = read([f"scenario={scenario}", f"behaviour={behaviour}", "data=mnist"])
    asked, mnist = scenarios.load(scenario), data.load("mnist")
    one = when.behaviour_of(asked, behaviour)
    with Crew((), tmp_path, "cpu", 1) as crew:
        found = when.found(asked, one, when.timeline(), mnist, tmp_path, crew, settings)
        versions = {name: environment["versions"] for name, environment in crew.environments.items()}
    kept = {"command": f"python -m compare when scenario={scenario} behaviour={behaviour}",
            "holds": {name: [answer.holds, told(one, answer.number)] for name, answer in found.answers.items()},
            "boundaries": [[each.before, each.after, [quirk.path for quirk in each.quirks], each.known]
                           for each in found.boundaries],
            "versions of each": versions}
    keep(f"when-{scenario}-{behaviour}", kept)
    shown, boundaries = BOUNDARIES[scenario, behaviour]
    assert [name for name, answer in found.answers.items() if answer.holds] == shown
    assert all(answer.holds is not None for answer in found.answers.values())
    assert {(each.before, each.after): [quirk.path for quirk in each.quirks]
            for each in found.boundaries} == boundaries
    assert all(each.known for each in found.boundaries)
