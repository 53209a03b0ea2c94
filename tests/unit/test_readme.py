"""The README states the values that the tests have measured."""

from pathlib import Path

from measured import SMALLEST

README = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")


def test_the_readme_states_the_smallest_changes_that_are_detected():
    sentence = (f"an evaluation that is off by {SMALLEST['evaluation']:g}, in what `evaluate` makes of its "
                f"batches by {SMALLEST['evaluate']:g}, within `fit` alone by "
                f"{SMALLEST['evaluation within fit']:g}; in a step of `fit`, weights that are off by "
                f"{SMALLEST['weights']:g}, a rate by {SMALLEST['rate']:g} and a gradient by {SMALLEST['gradient']:g}")
    assert sentence in " ".join(README.split())
