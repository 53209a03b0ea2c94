"""The NumPy reference: it decides which framework follows the definitions, and tests and the cause analysis use it.

It computes every resolved spec, with the math of `frameworks.parts`. For an unset field it uses the
published definition, which is a default argument there. It differs from the frameworks in three ways: it computes in
float64 unless it is configured with float32, it computes the loss of an epoch itself, and a training ends as
`undefined` where a definition has no value.
"""


from __future__ import annotations

from frameworks.job import Settings


def prepare(settings: Settings) -> None:
    """Do nothing: the number of threads is set in the environment of the process before NumPy is imported."""
