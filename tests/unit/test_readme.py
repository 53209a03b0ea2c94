"""The README states the values that the tests have measured."""

from pathlib import Path

from measured import SMALLEST

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_states_the_smallest_changes_that_are_detected():
    sentence = (f"{SMALLEST['evaluation']:g} in an evaluation, {SMALLEST['weights']:g} in the weights and in the "
                f"gradient of a step, {SMALLEST['rate']:g} in the learning rate")
    assert SMALLEST["weights"] == SMALLEST["gradient"], "the README states one number for both"
    assert sentence in " ".join(README.split())
