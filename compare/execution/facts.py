"""The facts of a trace that are values of ours: the spec of its training."""

from __future__ import annotations

import functools
import json

from frameworks.runtime.trace import Trace
from scenarios.spec import Spec
from scenarios.spec.fields import from_json


def spec_of(trace: Trace) -> Spec:
    """The spec of the training that a trace records, as the job gave it. Raises KeyError for a replay, which has none.
    """
    return _decoded(json.dumps(trace.facts["spec"]))


@functools.lru_cache(maxsize=1024)
def _decoded(text: str) -> Spec:
    """Cached, because a cause search asks for the specs of the same trainings again and again."""
    return from_json(json.loads(text))
