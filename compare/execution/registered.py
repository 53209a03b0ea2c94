"""A user's own virtual environments, registered as frameworks: `environments add NAME python=PATH`.

What is registered is the interpreter and what a worker in it has reported. It needs only its framework and NumPy, so a
team compares exactly what it ships. The register is a JSON file in the cache folder; `load` adds its entries to
`FRAMEWORKS` and `ENVIRONMENTS`, and is called where names of frameworks are read.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Mapping

from compare.execution.cache import environments_folder
from compare.execution.environments import ENVIRONMENTS
from compare.execution.errors import UsageError
from compare.execution.files import write_text
from compare.execution.misfit import misfit
from frameworks import FRAMEWORKS, Framework
from scenarios.spec.checks import nearest

PROBE = """
import json, sys
from importlib.util import find_spec
try:
    from importlib.metadata import version, PackageNotFoundError
except ImportError:  # before Python 3.8
    from pkg_resources import get_distribution, DistributionNotFound as PackageNotFoundError
    version = lambda name: get_distribution(name).version
versions = {}
for name in ("numpy", "keras", "tensorflow", "tf_keras", "jax", "torch", "torchmetrics", "lightning",
             "pytorch_lightning"):
    if find_spec(name):
        for distribution in (name.replace("_", "-"), name, name + "-cpu"):
            try:
                versions[name] = version(distribution)
                break
            except PackageNotFoundError:
                versions.setdefault(name, "")
print(json.dumps(versions))
"""
"""Prints the version of every package of interest, found without importing it."""
NAME = re.compile(r"[A-Za-z][\w.-]*")
BUILT_IN = frozenset(FRAMEWORKS)


@dataclass(frozen=True)
class Registered:
    """A registered environment. Its attributes are those of `environments.Environment`."""

    name: str
    interpreter: str
    realization: str
    backend: str
    module: str
    title: str
    packages: Mapping[str, str]
    """Versions by package, as the worker has reported them."""

    @property
    def python(self) -> Path:
        return Path(self.interpreter)

    @property
    def installed(self) -> bool:
        return self.python.exists()

    @property
    def version(self) -> str:
        """The version of Python."""
        return self.packages.get("python", "")

    @property
    def versions(self) -> str:
        return ", ".join(f"{name} {version}" for name, version in self.packages.items() if name != "python")

    @property
    def framework(self) -> Framework:
        return Framework(self.realization, f"{self.title} ({self.name})", self.backend, self.module,
                         environment=self.name)


REGISTERED: dict[str, Registered] = {}
"""By name, as `load` has read them."""


def register() -> Path:
    """The file of registered environments."""
    return environments_folder() / "registered.json"


def load() -> None:
    """Adds the registered environments to `FRAMEWORKS` and `ENVIRONMENTS`, and removes those that are so no longer."""
    file = register()
    try:
        entries = json.loads(file.read_text(encoding="utf-8")) if file.exists() else []
    except (OSError, ValueError, RecursionError) as error:
        raise UsageError(f"The register {file} cannot be read ({error}); remove it and add your environments "
                         "again.") from error
    if place := misfit(entries, list[Registered], "entries"):
        raise UsageError(f"The register {file} is damaged: its {place} is not what was written; remove it and add your "
                         "environments again.")
    registered = [Registered(**entry) for entry in entries]
    for name in REGISTERED:
        del FRAMEWORKS[name], ENVIRONMENTS[name]
    REGISTERED.clear()
    for environment in registered:
        REGISTERED[environment.name] = ENVIRONMENTS[environment.name] = environment
        FRAMEWORKS[environment.name] = environment.framework


def add(name: str, python: str, framework: str = "") -> Registered:
    """Registers the interpreter at a path, or of a virtual environment's folder, and returns what it has.

    `framework` says which, where an environment has several: keras, keras-jax, keras-torch or lightning. Raises
    UsageError.
    """
    load()
    if not NAME.fullmatch(name):
        raise UsageError(f"The name {name!r} cannot be used; allowed: a letter, then letters, digits, '.', '_', '-'.")
    if name in BUILT_IN:
        raise UsageError(f"{name} is a framework already; choose another name.")
    interpreter = interpreter_of(python)
    choices = frameworks_of(interpreter, str(interpreter))
    if framework and framework not in choices:
        raise UsageError(f"{interpreter} has no {framework!r}; {nearest(framework, choices)}.")
    if not framework and len(choices) > 1:
        raise UsageError(f"{interpreter} has {', '.join(choices)}; say which, as in framework={min(choices)}.")
    chosen = choices[framework or next(iter(choices))]
    entry = Registered(name, str(interpreter), chosen.realization, chosen.backend, chosen.module, chosen.title, {})
    entry = replace(entry, packages=reported(entry))
    _write([*(registered for registered in REGISTERED.values() if registered.name != name), entry])
    return entry


def remove(name: str) -> None:
    """Removes an environment from the register; its folder is left as it is."""
    _write([registered for registered in REGISTERED.values() if registered.name != name])


def use(entry: Registered) -> None:
    """Makes an environment known to this process alone; it is not registered."""
    FRAMEWORKS[entry.name], ENVIRONMENTS[entry.name] = entry.framework, entry


def _write(entries: list[Registered]) -> None:
    file = register()
    file.parent.mkdir(parents=True, exist_ok=True)
    write_text(file, json.dumps([asdict(entry) for entry in entries], indent=1) + "\n")
    load()


def interpreter_of(python: str) -> Path:
    """The interpreter at a path, or of a virtual environment's folder. Raises UsageError.

    Links are not followed: the interpreter of a virtual environment is one, and finds its packages by its place.
    """
    path = Path(python).expanduser().absolute()
    candidates = [path] if path.is_file() else [path / "bin" / "python", path / "Scripts" / "python.exe"]
    interpreter = next((candidate for candidate in candidates if candidate.is_file()), None)
    if interpreter is None:
        raise UsageError(f"python is {python!r}, which is no Python interpreter and no virtual environment.")
    return interpreter


def packages_of(interpreter: Path) -> dict[str, str]:
    """The versions of the packages of interest that an interpreter has. Raises UsageError if it does not run."""
    try:
        process = subprocess.run([str(interpreter), "-I", "-c", PROBE], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{interpreter} does not run: {error}.") from error
    try:
        packages: dict[str, str] = json.loads(process.stdout.splitlines()[-1])
    except (IndexError, ValueError):
        reason = (process.stderr.strip().splitlines() or ["it prints nothing"])[-1]
        raise UsageError(f"{interpreter} does not run: {reason}.") from None
    return packages


def frameworks_of(interpreter: Path, title: str) -> dict[str, Framework]:
    """The frameworks that an interpreter has, as `possible` names them. Raises UsageError if it has none."""
    packages = packages_of(interpreter)
    choices = possible(packages)
    if not choices:
        only = " and ".join(f"{name} {version}".strip() for name, version in packages.items())
        raise UsageError(f"{title} has no framework{only and f', only {only}'}; it needs NumPy, and Keras with "
                         "TensorFlow, JAX or PyTorch, or PyTorch with lightning or pytorch-lightning.")
    return choices


def possible(packages: Mapping[str, str]) -> dict[str, Framework]:
    """The frameworks that packages make up, by the name of the built-in framework of the same kind."""
    if "numpy" not in packages:
        return {}
    keras_3 = packages.get("keras", "").split(".")[0] not in ("", "0", "1", "2")
    frameworks: dict[str, Framework] = {}
    if "tensorflow" in packages:
        before_tf_keras = "keras" in packages and packages["tensorflow"].startswith("1.")
        module = "keras" if keras_3 or before_tf_keras else "tensorflow.keras"
        title = "Keras on TensorFlow" if module == "keras" else "tf.keras"
        frameworks["keras"] = Framework("keras", title, "tensorflow", module)
    for backend in ("jax", "torch"):
        if keras_3 and backend in packages:
            frameworks[f"keras-{backend}"] = FRAMEWORKS[f"keras-{backend}"]
    if "torch" in packages and {"lightning", "pytorch_lightning"} & set(packages):
        frameworks["lightning"] = FRAMEWORKS["lightning"]
    return frameworks


def reported(entry: Registered) -> dict[str, str]:
    """The versions that a worker in this environment reports, which starts it as every run does. Raises UsageError."""
    from compare.execution.workers import Worker, WorkerDied
    use(entry)
    try:
        with tempfile.TemporaryDirectory() as folder, Worker(entry.name, Path(folder)) as worker:
            return dict(worker.environment["versions"])
    except WorkerDied as error:
        lines = str(error).splitlines()
        raise UsageError(f"No worker starts in {entry.interpreter}: {lines[-1].strip()}") from error
    finally:
        del FRAMEWORKS[entry.name], ENVIRONMENTS[entry.name]
        REGISTERED.pop(entry.name, None)
