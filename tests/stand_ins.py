"""Quick stand-ins for frameworks: the reference under their names, which does what the table says of each."""

import itertools
from dataclasses import dataclass, field
from typing import Any

from compare.crew import Crew
from compare.questions import closed
from compare.workers import Worker
from scenarios.fields import from_json, to_json

KERAS = {"framework": "keras", "backend": "tensorflow", "device": "cpu", "series": ["Keras", "3.15.1"],
         "versions": {"python": "3.11.4", "keras": "3.15.1", "tensorflow": "2.21.0"}}
LIGHTNING = {"framework": "lightning", "backend": "torch", "device": "cpu",
             "versions": {"python": "3.11.4", "torch": "2.15.0", "pytorch-lightning": "2.6.6"}}
WITHOUT_THE_QUIRK = {**KERAS, "backend": "jax"}
"""Keras with the rows of another backend: it takes the loss of what the model puts out."""


@dataclass
class Planted:
    """What stands in for the frameworks now."""

    environments: dict[str, Any] = field(default_factory=lambda: {"keras": KERAS, "lightning": LIGHTNING})
    """As the workers tell them, by name."""
    done: dict[str, Any] = field(default_factory=dict)
    """As which environment a worker really trains, where that is not what it tells."""
    dies: str = ""
    """The framework whose worker ends before a job."""


class StandIn(Worker):
    """A worker of the reference that has another name, and is told what the table knows of it."""

    def __init__(self, framework, crew):
        super().__init__("reference-float32", crew.folder)
        self.name, self.crew = framework, crew

    @property
    def environment(self):
        return {**super().environment, **self.crew.planted.environments[self.name]}

    def run(self, job, *rest):
        if self.crew.planted.dies == self.name:
            self.process.kill()
            self.process.wait()
        does = self.crew.planted.done.get(self.name, self.environment)
        super().run({**job, "spec": to_json(closed(from_json(job["spec"]), does, job["start"]))}, *rest)


class Company(Crew):
    """Stand-ins that stay when a suite closes them; `started` has the names of all workers.

    What was run with the same planted is remembered over suites, so that each of them takes a second less.
    """

    def __init__(self, folder):
        super().__init__((), folder, "cpu", 1)
        self.folder, self.planted, self.started, self.runs = folder, Planted(), [], {}
        self.count = itertools.count(1)
        self._start = self._started

    def _started(self, name):
        self.started.append(name)
        return StandIn(name, self) if name in self.planted.environments else Worker(name, self.folder)

    def remembered(self, own):
        """`Session._new`, but for runs that were there."""
        def new(session, scenario, settings):
            key = repr((self.planted, scenario.variants, settings))
            if key not in self.runs:
                session._folder, session._count = self.folder, self.count  # a suite's own is removed some suites later
                self.runs[key] = own(session, scenario, settings)
            return self.runs[key]
        return new

    def close(self):
        pass
