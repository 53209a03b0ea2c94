# The types of trace.py, which has no annotations because it runs with Python 3.6 too. This is a comment, since the API
# page takes a docstring of this file for that of trace.py.

from enum import Enum
from typing import Mapping

import numpy as np

from frameworks.facts import Facts, OutcomeFacts

SCHEMA: int

class Outcome(str, Enum):
    """How a training ended."""

    FINISHED = "finished"
    STOPPED = "stopped"
    REFUSED = "refused"
    UNSUPPORTED = "unsupported"
    UNDEFINED = "undefined"
    NAN = "nan"
    WORKER_DIED = "died"

class Trace:
    facts: Facts
    arrays: dict[str, np.ndarray]
    def __init__(self, facts: Facts, arrays: dict[str, np.ndarray]) -> None: ...
    def __getitem__(self, name: str) -> np.ndarray: ...
    def __contains__(self, name: object) -> bool: ...
    @property
    def outcome(self) -> OutcomeFacts: ...
    def below(self, prefix: str) -> dict[str, np.ndarray]: ...
    def at_probed_steps(self, group: str, kind: str) -> dict[int, dict[str, np.ndarray]]: ...
    def probed_steps(self) -> list[int]: ...
    def kept_steps(self) -> list[int]: ...

class NotWritten(OSError):
    """A trace cannot be written, as on a full disk; the message is one sentence."""

def write(trace: Trace, path: str) -> None: ...
def read(path: str) -> Trace: ...
def digest(arrays: Mapping[str, np.ndarray]) -> str: ...
