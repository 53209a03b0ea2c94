"""Quick stand-ins for frameworks: the reference under their names, which does what the table says of each.

What is planted in one is done by its worker alone: nobody else knows of it.
"""

from dataclasses import dataclass, field
from typing import Any, Callable

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
    """What stands in for the two frameworks now."""

    environments: dict[str, Any] = field(default_factory=lambda: {"keras": KERAS, "lightning": LIGHTNING})
    """As the workers tell them, by name."""
    done: dict[str, Any] = field(default_factory=dict)
    """As what a worker really trains, where that is not what it tells."""
    dies: str = ""
    started: list[str] = field(default_factory=list)


def crew_of(planted: Planted) -> Callable[..., Crew]:
    """The class of a crew whose frameworks are stand-ins."""
    class StandIn(Worker):
        def __init__(self, framework, folder):
            super().__init__("reference-float32", folder)
            self.name = framework
            planted.started.append(framework)

        @property
        def environment(self):
            return {**super().environment, **planted.environments[self.name]}

        def run(self, job, *rest):
            if planted.dies == self.name:
                self.process.kill()
                self.process.wait()
            does = planted.done.get(self.name, self.environment)
            super().run({**job, "spec": to_json(closed(from_json(job["spec"]), does, job["start"]))}, *rest)

    class Company(Crew):
        def __init__(self, frameworks, folder, device, threads):
            super().__init__((), folder, device, threads)
            self._start = lambda name: StandIn(name, folder) if name in planted.environments else Worker(name, folder)
            for name in frameworks:
                self.hire(name, 1)
    return Company
