"""A port: its folder, what is expected of it, its data, and its programs as ported and as fixed."""
import importlib.util
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

PORTS = Path(__file__).parent
BATCH = 16
BUILDS = 30  # of which initial distributions are measured
SAME = 1e-9  # relative, float64


@dataclass(frozen=True)
class Port:
    folder: Path
    expected: dict[str, Any]

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def epochs(self) -> int:
        return self.expected.get("epochs", 1)

    @property
    def steps(self) -> int:
        """Batches an epoch."""
        return self.expected.get("steps", 8)

    @property
    def same(self) -> float:
        """What counts as the same: larger where an operation cannot be computed in float64."""
        return self.expected.get("float32_inside", {}).get("same", SAME)

    @property
    def fixes_keras(self) -> bool:
        return any(edit["file"] == "keras_program.py" for edit in self.expected["fix"])

    @property
    def faults(self) -> int:
        """How many are fixed one after the other: 1 + the largest `of` of an edit."""
        return 1 + max((edit.get("of", 0) for edit in self.expected["fix"]), default=0)

    def program(self, file: str, fixed: int) -> ModuleType:
        """The program as a module of its own, with the first `fixed` faults fixed: by edits, or its torch_fixed.py."""
        path = self.folder / file
        if fixed and file == "torch_program.py" and (self.folder / "torch_fixed.py").exists():
            path = self.folder / "torch_fixed.py"
        edits = [e for e in self.expected["fix"] if e["file"] == path.name and e.get("of", 0) < fixed]
        return from_text(f"{self.name}_{path.stem}_{fixed}", edited(path.read_text(), edits), path)

    def optional(self, file: str) -> ModuleType | None:
        path = self.folder / file
        return from_text(f"{self.name}_{path.stem}", path.read_text(), path) if path.exists() else None

    def batches(self, *arrays: Any) -> list[tuple[Any, ...]]:
        """Consecutive batches; an array may be a list or a dict of arrays (several inputs or outputs)."""
        cut = lambda a, i: [cut(b, i) for b in a] if isinstance(a, list) else \
            {name: cut(b, i) for name, b in a.items()} if isinstance(a, dict) else a[i * BATCH:(i + 1) * BATCH]
        return [tuple(cut(a, i) for a in arrays) for i in range(self.steps)]


def edited(text: str, edits: list[dict[str, str]]) -> str:
    for edit in edits:
        if text.count(edit["old"]) != 1:
            raise ValueError(f"the text to replace must stand exactly once: {edit['old']!r}")
        text = text.replace(edit["old"], edit["new"])
    return text


def from_text(name: str, text: str, path: Path) -> ModuleType:
    spec = importlib.util.spec_from_loader(name, loader=None, origin=str(path))
    module = importlib.util.module_from_spec(spec)
    module.__file__ = str(path)
    sys.modules[name] = module
    exec(compile(text, str(path), "exec"), module.__dict__)
    return module


def ports(names: list[str]) -> list[Port]:
    folders = [PORTS / n for n in names] or sorted(p.parent for p in PORTS.glob("*/expected.json"))
    return [Port(folder, json.loads((folder / "expected.json").read_text())) for folder in folders]


class Masks:
    """The same random numbers in both frameworks, by the number of the call: their streams cannot be compared."""

    def __init__(self) -> None:
        self.calls = 0

    def keep(self, shape: tuple[int, ...], rate: float) -> np.ndarray:
        return (self.uniform(shape) >= rate) / (1 - rate)

    def uniform(self, shape: tuple[int, ...]) -> np.ndarray:
        self.calls += 1
        return np.random.default_rng(self.calls).random(shape)

    def normal(self, shape: tuple[int, ...]) -> np.ndarray:
        self.calls += 1
        return np.random.default_rng(self.calls).normal(size=shape)
