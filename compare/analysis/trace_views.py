"""Traces as a scenario's measure gets them: with the accuracy of another rule, recounted, as copies, or watched."""

from __future__ import annotations

import numpy as np

from frameworks.runtime.trace import Trace

REPORTED = "reported/train/accuracy"


class ByRule:
    """A trace with the accuracy of the evaluated weights under another rule, in place of its reported accuracy."""

    def __init__(self, trace: Trace, rule: str) -> None:
        self.trace, self.rule = trace, rule

    def __getitem__(self, name: str) -> np.ndarray:
        return self.trace[f"accuracy_by_rule/train/{self.rule}" if name == REPORTED else name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace


class Recounted:
    """A trace in which every accuracy counts `samples` more correct samples, or fewer if negative.

    An accuracy of fewer than `fewest` samples is unchanged.
    """

    def __init__(self, trace: Trace, samples: int, fewest: int = 0) -> None:
        self._trace, self._samples, self._fewest = trace, samples, fewest

    def __getitem__(self, name: str) -> np.ndarray:
        values = self._trace[name]
        if not name.startswith("accuracy_by_rule/") and not name.endswith("/accuracy"):
            return values
        n = self._trace["correct/test"].size if "/test/" in name else self._trace.facts["samples"]
        return values if n < self._fewest else np.asarray(values, float) + self._samples / max(n, 1)

    def __contains__(self, name: str) -> bool:
        return name in self._trace


class Copies:
    """A trace with writable copies of its arrays."""

    def __init__(self, trace: Trace | ByRule) -> None:
        self.trace = trace
        self.copies: dict[str, np.ndarray] = {}

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.copies:
            self.copies[name] = self.trace[name].copy()
        return self.copies[name]

    def __contains__(self, name: str) -> bool:
        return name in self.trace

    @property
    def changed(self) -> bool:
        """Whether a copy was changed."""
        return any(not np.array_equal(copy, self.trace[name], equal_nan=True) for name, copy in self.copies.items())


class Reading:
    """A trace that records the names of the arrays that are read."""

    def __init__(self, trace: Trace, names: set[str]) -> None:
        self.trace, self.names = trace, names

    def __getitem__(self, name: str) -> np.ndarray:
        self.names.add(name)
        return self.trace[name]

    def __contains__(self, name: str) -> bool:
        self.names.add(name)
        return name in self.trace
