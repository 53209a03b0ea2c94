"""The NumPy reference: the published definitions, with which frameworks are compared.

Tests and the cause search use it, too. It computes every spec, with the math of `frameworks.parts`. For an unset field
it uses the published definition, which is a default argument there. It differs from the frameworks in three ways: it
computes in float64 unless it is configured with float32, it computes the loss of an epoch itself, and a training ends
as `undefined` where a definition has no value.
"""

from __future__ import annotations

from frameworks.job import Settings


def prepare(settings: Settings) -> None:
    """Do nothing: environment variables of the process set the number of threads before NumPy is imported."""
