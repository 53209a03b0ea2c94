"""The README states the values that the tests have measured."""

from pathlib import Path

from measured import SMALLEST

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_states_the_smallest_changes_that_are_detected():
    sentence = (f"{SMALLEST['evaluation']:g} in an evaluation, {SMALLEST['evaluate']:g} in how `evaluate` combines its "
                f"batches and {SMALLEST['evaluation within fit']:g} in an evaluation within `fit`; in a step of `fit`, "
                f"{SMALLEST['weights']:g} in the weights, {SMALLEST['rate']:g} in the learning rate and "
                f"{SMALLEST['gradient']:g} in the gradient")
    assert sentence in " ".join(README.split())
