"""Interpreters of their own for old Kerases: listed, built with uv into the cache, found again.

Each is a file of `frameworks/environments`: its first line says what it is, its second which Python it needs, the rest
are requirements. What was resolved is kept beside it in the cache, and reused when it is built again.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Iterable, Sequence

import frameworks
from compare.execution.data import cache_folder
from compare.execution.settings import UsageError
from frameworks import FRAMEWORKS
from scenarios.spec.checks import nearest

FILES = Path(frameworks.__file__).parent / "environments"


class NotBuilt(UsageError):
    """An environment that is not there or cannot be built; one sentence."""


@dataclass(frozen=True)
class Environment:
    """One file of `frameworks/environments`."""

    name: str

    @cached_property
    def _lines(self) -> list[str]:
        return (FILES / f"{self.name}.txt").read_text(encoding="utf-8").splitlines()

    @property
    def title(self) -> str:
        return self._lines[0].removeprefix("# ")

    @property
    def version(self) -> str:
        """Of Python, as in 3.7."""
        return self._lines[1].removeprefix("# python ")

    @property
    def requirements(self) -> list[str]:
        return [line for line in self._lines if not line.startswith("#")]

    @property
    def folder(self) -> Path:
        return cache_folder() / "environments" / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def lock(self) -> Path:
        """The exact versions that were resolved for these requirements."""
        return self.folder.with_name(f"{self.name}.lock")

    @property
    def header(self) -> str:
        """The first line of a lock: what it was resolved for."""
        return "# " + " ".join(self.requirements)

    @property
    def resolved(self) -> list[str]:
        """The exact versions of a lock for just these requirements; none where there is none."""
        lines = self.lock.read_text(encoding="utf-8").splitlines() if self.lock.exists() else []
        return lines[1:] if lines[:1] == [self.header] else []

    @property
    def installed(self) -> bool:
        return self.python.exists()

    @property
    def size(self) -> int:
        """In MB; 0 where it is not installed."""
        files = (Path(place) / name for place, _, names in os.walk(self.folder) for name in names)
        return round(sum(file.lstat().st_size for file in files) / 1e6)

    @property
    def versions(self) -> str:
        """What was resolved of what its file asks for."""
        asked = {re.split("[=<>]", line)[0] for line in self.requirements}
        return ", ".join(line.replace("==", " ") for line in self.resolved
                         if line.split("==")[0].replace("-", "_") in {name.replace("-", "_") for name in asked})


ENVIRONMENTS = {chosen.environment: Environment(chosen.environment) for chosen in FRAMEWORKS.values()
                if chosen.environment}


def wanted(arguments: Sequence[str]) -> list[str]:
    """The names that the arguments `install=` ask for; all of them where one says so. Raises UsageError."""
    names: list[str] = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if key != "install" or not equals:
            raise UsageError(f"`environments` takes install=NAME only, not {argument!r}.")
        names += [name for name in value.split(",") if name]
    for name in names:
        if name != "all" and name not in ENVIRONMENTS:
            raise UsageError(f"There is no environment {name!r}; {nearest(name, [*ENVIRONMENTS, 'all'])}.")
    return list(ENVIRONMENTS) if "all" in names else names


def missing(names: Iterable[str]) -> list[str]:
    """Those of the frameworks `names` whose environment is not installed."""
    return [name for name in names if FRAMEWORKS[name].environment and
            not ENVIRONMENTS[FRAMEWORKS[name].environment].installed]


def install(name: str) -> None:
    """Builds one, beside its place and then moved there, so that an interrupted one leaves nothing half-made.

    One that is there is left alone. Raises NotBuilt.
    """
    one = ENVIRONMENTS[name]
    if one.installed:
        return
    building = one.folder.with_name(f".{name}.{os.getpid()}")
    try:
        building.parent.mkdir(parents=True, exist_ok=True)
        _sweep(building.parent, name)
        _uv("venv", "--relocatable", "--python", interpreter(one.version), str(building))
        wanted = building / "requirements.txt"
        wanted.write_text("\n".join(one.resolved or one.requirements) + "\n", encoding="utf-8")
        _uv("pip", "install", "--python", str(building / "bin" / "python"), "-r", str(wanted))
        resolved = _uv("pip", "freeze", "--python", str(building / "bin" / "python"))
        shutil.rmtree(one.folder, ignore_errors=True)  # what has no interpreter
        building.rename(one.folder)
        one.lock.write_text(f"{one.header}\n{resolved}", encoding="utf-8")
    except OSError as error:
        raise NotBuilt(f"{name} cannot be built in {one.folder.parent}: {error.strerror}.") from error
    finally:
        shutil.rmtree(building, ignore_errors=True)


def interpreter(version: str) -> str:
    """An interpreter of a version: pyenv's, whose shims on the PATH only fail, or else what uv finds or fetches."""
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    own = sorted(home.glob(f"{version}.*/bin/python"))
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if version == here else str(own[-1]) if own else version


def _sweep(folder: Path, name: str) -> None:
    """Removes what builds have left whose process is gone."""
    for left in folder.glob(f".{name}.*"):
        try:
            os.kill(int(left.suffix[1:]), 0)
        except (ProcessLookupError, ValueError):
            shutil.rmtree(left, ignore_errors=True)


def _uv(*arguments: str) -> str:
    """What uv prints. Raises NotBuilt with the reason that it gives."""
    uv = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if uv is None:
        raise NotBuilt("Environments are built with uv, which is not here; pip install 'keras-or-me[eras]'.")
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PIP_CONSTRAINT")}
    done = subprocess.run([uv, *arguments], capture_output=True, text=True, env=variables)
    if done.returncode == 0:
        return done.stdout
    said = " ".join(line.strip(" ×├─▶╰│") for line in done.stderr.splitlines() if not line.startswith("warning"))
    raise NotBuilt(_reason(arguments, said.strip()))


def _reason(arguments: tuple[str, ...], said: str) -> str:
    wanted = next((word for word in arguments if re.fullmatch(r"3\.\d+", word)), "")
    if "No space left" in said:
        return f"The disk is full: an environment takes up to 2 GB in {cache_folder()}."
    if wanted:
        return (f"Python {wanted} is not here and could not be fetched; install it, as with `pyenv install {wanted}` "
                f"or `uv python install {wanted}`.")
    if "dns error" in said or "error sending request" in said or "Connection refused" in said:
        return "The packages could not be fetched: no network, or no package index there; try again with one."
    return f"uv could not install it: {said[:300]}"
