"""The two environments of an upgrade, and those in between: from a lock file or a name, built with uv.

The environment of a lock file is built once, in the cache; its folder is named by a hash of the file. An environment in
between has the packages of one of the two, with some versions replaced; uv keeps the other versions if it can.
"""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Mapping

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from compare.execution import built, registered
from compare.execution.environments import ENVIRONMENTS, NotBuilt, building, uv
from compare.execution.errors import UsageError
from frameworks import FRAMEWORKS
from scenarios.spec.checks import nearest

PACKAGES: Mapping[str, tuple[str, ...]] = {
    "keras": ("keras",), "tensorflow": ("tensorflow", "tensorflow-cpu"), "jax": ("jax",), "torch": ("torch",),
    "lightning": ("pytorch-lightning", "lightning"), "torchmetrics": ("torchmetrics",), "tf_keras": ("tf-keras",)}
"""The packages that can make a change, in the order in which they are tried, each with its names on the index."""
OF_A_KIND: Mapping[str, tuple[str, ...]] = {
    "keras": ("keras", "tensorflow", "tf_keras"), "keras-jax": ("keras", "jax"), "keras-torch": ("keras", "torch"),
    "lightning": ("torch", "lightning", "torchmetrics")}
"""The packages of each kind of framework."""
PYTHONS = ("3.13", "3.12", "3.11", "3.10")
PYTHON = re.compile(r"^#.*\bpython(?:-version)?\s+(3\.\d+)", re.IGNORECASE | re.MULTILINE)
"""The version of Python in a comment: our own `# python 3.11`, and what uv and pip-compile write."""


@dataclass(frozen=True)
class Installed:
    """An environment that has been built."""

    title: str
    """How messages name it."""
    python: Path
    version: str
    """The version of Python, as in 3.11."""
    packages: Mapping[str, str]
    """The version of everything that is installed from an index, by the name under which it is."""
    frameworks: Mapping[str, str]
    """The names in `FRAMEWORKS` of what it has, by kind: keras, keras-jax, keras-torch and lightning."""
    roots: tuple[str, ...]
    """The packages that it has by itself; the others are only what these depend on."""

    def name_of(self, package: str) -> str:
        """The name under which one of `PACKAGES` is installed; empty if it is not."""
        return next((name for name in PACKAGES[package] if name in self.packages), "")

    def version_of(self, package: str) -> str:
        """The version of one of `PACKAGES`; empty if it is not installed."""
        return self.packages.get(self.name_of(package), "")


def given(key: str, text: str) -> Installed:
    """The environment that a name or a lock file stands for, which is built if it is not there. Raises UsageError."""
    if text in FRAMEWORKS:
        return _named(text)
    path = Path(text).expanduser()
    if os.path.isfile(path):  # not where a name is too long to ask for it
        return _locked(text, path.resolve())
    if "/" in text or path.suffix:
        raise UsageError(f"{key} is {text!r}, and there is no such file; allowed: requirements.txt, uv.lock, "
                         "pylock.toml, or the name of an environment.")
    raise UsageError(f"{key} is {text!r}; {nearest(text, FRAMEWORKS)}, or a lock file.")


def _named(name: str) -> Installed:
    """The environment of a framework, which exists."""
    entry = FRAMEWORKS[name]
    if entry.realization == "reference":
        raise UsageError("The NumPy reference has no packages to upgrade; allowed are Keras, Lightning and lock files.")
    python = ENVIRONMENTS[entry.environment].python if entry.environment else Path(sys.executable)
    kind = "lightning" if entry.realization == "lightning" else \
        "keras" if entry.backend == "tensorflow" else f"keras-{entry.backend}"
    packages = _packages(python)
    is_registered = entry.environment in registered.REGISTERED
    names = [name for package in OF_A_KIND[kind] for name in PACKAGES[package] if name in packages]
    return Installed(name, python, _python_version(python), packages, {kind: name},
                     tuple(packages if is_registered else names))


def _locked(title: str, path: Path) -> Installed:
    """The environment of a lock file. Raises UsageError."""
    text = path.read_text(encoding="utf-8", errors="replace")
    version = python_of(path.name, text)
    folder = _folder(f"{version}\n{text}")
    if not (folder / "bin" / "python").exists():
        with building(folder, version) as python:
            try:
                uv("pip", "install", "--python", str(python), "-r", str(_requirements(path, python.parents[1])))
            except NotBuilt as error:
                reason = str(error).removeprefix("uv could not install it: ")
                other = "a line `# python 3.11` in it" if path.suffix == ".txt" else "another requires-python in it"
                raise NotBuilt(f"{path.name} cannot be installed with Python {version} ({other} asks for another "
                               f"one): {reason}") from None
    return _installed(title, folder, version)


def _requirements(path: Path, folder: Path) -> Path:
    """A file that `uv pip install -r` reads: the lock file, or what uv exports from a uv.lock."""
    if path.name != "uv.lock":
        return path
    if not path.with_name("pyproject.toml").is_file():
        raise UsageError(f"{path} has no pyproject.toml beside it, which uv needs to read it.")
    exported = folder / "requirements.txt"
    exported.write_text(uv("export", "--quiet", "--frozen", "--no-emit-project", "--no-header", "--project",
                           str(path.parent)), encoding="utf-8")
    return exported


def with_versions(base: Installed, versions: Mapping[str, str]) -> Installed:
    """The packages of an environment with other versions of some of `PACKAGES`.

    Raises NotBuilt, in one sentence, where these cannot be combined.
    """
    pins = {base.name_of(package): base.version_of(package) for package in PACKAGES if base.name_of(package)}
    pins.update({base.name_of(package): version for package, version in versions.items()})
    requested = [f"{name}=={pins[name]}" if name in pins else name for name in base.roots]
    label = ", ".join(f"{package} {version}" for package, version in versions.items())
    kept = [f"{name}=={version}" for name, version in base.packages.items() if name not in pins]
    folder = _folder("\n".join([base.version, *requested, *kept]))
    if not (folder / "bin" / "python").exists():
        with tempfile.TemporaryDirectory() as place:
            requirements, resolved = Path(place, "requirements.in"), Path(place, "requirements.txt")
            requirements.write_text("\n".join(requested) + "\n", encoding="utf-8")
            resolved.write_text("\n".join(kept) + "\n", encoding="utf-8")  # uv prefers what stands there
            try:
                uv("pip", "compile", "--quiet", "--no-annotate", "--no-header", "--python", str(base.python),
                   str(requirements), "-o", str(resolved))
                with building(folder, base.version) as python:
                    uv("pip", "install", "--python", str(python), "-r", str(resolved))
            except NotBuilt as error:
                raise NotBuilt(not_combined(versions, base, str(error))) from None
    return _installed(label, folder, base.version)


def not_combined(versions: Mapping[str, str], base: Installed, message: str) -> str:
    """One sentence on why these versions cannot be combined with the others, from that of uv."""
    reason = message.removeprefix("uv could not install it: ").rstrip(".").replace(" and you require", ", and here is")
    what = " and ".join(f"{package} {version}" for package, version in versions.items())
    return f"{what} cannot be combined with the other packages of the environment {base.title}: {reason}."


def releases(package: str, name: str, after: str, until: str) -> list[str]:
    """The released versions between two, without these, oldest first; no pre-releases. Raises UsageError."""
    arguments = ("pip", "index", "versions", name)
    output = subprocess.run([sys.executable, "-m", *arguments], capture_output=True, text=True).stdout \
        if find_spec("pip") else uv("tool", "run", *arguments)
    listed = re.search(r"Available versions: (.+)", output)
    if not listed:
        raise UsageError(f"The releases of {package} cannot be listed: `pip index versions {name}` fails.")
    released = [Version(version) for version in listed[1].split(", ")]
    low, high = sorted((Version(after), Version(until)))
    return [str(version) for version in sorted(released) if low < version < high and not version.is_prerelease and
            version.public not in (low.public, high.public)]


def is_older(first: str, second: str) -> bool:
    """Whether the first version is before the second."""
    return Version(first) < Version(second)


def python_of(name: str, text: str) -> str:
    """The version of Python for a lock file: what it asks for, the running one where it allows it."""
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    if name.endswith(".txt"):
        return match[1] if (match := PYTHON.search(text)) else running
    required = re.search(r'^requires-python = "(.+)"', text, re.MULTILINE)
    try:
        allowed = SpecifierSet(required[1]) if required else SpecifierSet()
    except InvalidSpecifier:
        allowed = SpecifierSet()
    return next((version for version in (running, *PYTHONS) if f"{version}.99" in allowed), running)


def differing(old: Installed, new: Installed) -> tuple[str, ...]:
    """The packages of `PACKAGES` that both have, in other versions."""
    return tuple(package for package in PACKAGES if old.name_of(package) and new.name_of(package) and
                 _public(old.version_of(package)) != _public(new.version_of(package)))


def _public(version: str) -> str:
    try:
        return Version(version).public
    except InvalidVersion:
        return version


def _folder(text: str) -> Path:
    return built.locks_folder() / hashlib.sha256(text.encode()).hexdigest()[:16]


def _installed(title: str, folder: Path, version: str) -> Installed:
    """A built environment; what it has is known as frameworks of this process."""
    python = folder / "bin" / "python"
    packages = _packages(python)
    names = {}
    for kind, entry in registered.frameworks_of(python, title).items():
        names[kind] = f"{re.sub(r'[^A-Za-z0-9.]+', '-', Path(title).stem)}-{kind}-{folder.name[:4]}"
        registered.use(registered.Registered(names[kind], str(python), entry.realization, entry.backend, entry.module,
                                             entry.title, {"python": version}))
    return Installed(title, python, version, packages, names, tuple(packages))


def _packages(python: Path) -> dict[str, str]:
    """What is installed from an index."""
    lines = uv("pip", "freeze", "--python", str(python)).splitlines()
    pairs = (line.partition("==") for line in lines if "==" in line and not line.startswith("-e"))
    return {name: version for name, _, version in pairs}


def _python_version(python: Path) -> str:
    """The version of an interpreter, as in 3.11."""
    return subprocess.run([str(python), "-c", "import sys; print('%d.%d' % sys.version_info[:2])"],
                          capture_output=True, text=True).stdout.strip()
