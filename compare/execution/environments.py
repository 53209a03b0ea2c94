"""Virtual environments with old versions of Keras, built with uv in the cache folder.

Each environment is described by a file in `frameworks/environments`: the first line is its title, the second the
required Python version, the others are requirements. The resolved versions are saved beside the environment as a lock
file with the hashes of the packages, which is used when the environment is built again.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Iterable, Iterator, Protocol, Sequence

import frameworks
from compare.execution.cache import cache_folder, environments_folder
from compare.execution.errors import UsageError
from frameworks import FRAMEWORKS
from scenarios.spec.checks import nearest

FILES = Path(frameworks.__file__).parent / "environments"


class NotBuilt(UsageError):
    """An environment cannot be built; the message is one sentence."""


@dataclass(frozen=True)
class Environment:
    """The environment described by one file of `frameworks/environments`."""

    name: str

    @cached_property
    def _lines(self) -> list[str]:
        return (FILES / f"{self.name}.txt").read_text(encoding="utf-8").splitlines()

    @property
    def title(self) -> str:
        return self._lines[0].removeprefix("# ")

    @property
    def version(self) -> str:
        """The required Python version, as in 3.7."""
        return self._lines[1].removeprefix("# python ")

    @property
    def requirements(self) -> list[str]:
        return [line for line in self._lines if not line.startswith("#")]

    @property
    def folder(self) -> Path:
        return environments_folder() / self.name

    @property
    def python(self) -> Path:
        return self.folder / "bin" / "python"

    @property
    def lock(self) -> Path:
        """The lock file: the exact versions that were resolved for the requirements."""
        return self.folder.with_name(f"{self.name}.lock")

    @property
    def header(self) -> str:
        """The first line of the lock file: the requirements for which it was resolved."""
        return "# " + " ".join(self.requirements)

    @property
    def resolved(self) -> list[str]:
        """The lines of the lock file, exact versions and hashes; empty if it was resolved for other requirements."""
        lines = self.lock.read_text(encoding="utf-8").splitlines() if self.lock.exists() else []
        return lines[1:] if lines[:1] == [self.header] else []

    @property
    def installed(self) -> bool:
        return self.python.exists()

    @property
    def versions(self) -> str:
        """The resolved versions of the packages in `requirements`, as text; their own dependencies are left out."""
        required = {re.split("[=<>]", line)[0] for line in self.requirements}
        return ", ".join(line.removesuffix(" \\").replace("==", " ") for line in self.resolved
                         if line.split("==")[0].replace("-", "_") in {name.replace("-", "_") for name in required})


class Interpreter(Protocol):
    """An interpreter other than this one in which a worker runs: an `Environment`, or a registered one."""

    @property
    def python(self) -> Path: ...

    @property
    def installed(self) -> bool: ...


OLD_KERAS = {chosen.environment: Environment(chosen.environment) for chosen in FRAMEWORKS.values()
             if chosen.environment}
"""The environments that this program can build, oldest Keras first."""
ENVIRONMENTS: dict[str, Interpreter] = dict(OLD_KERAS)
"""With the registered ones, which `registered.load` adds."""


def requested(arguments: Sequence[str]) -> list[str]:
    """The environments that `install=NAME` arguments request; `install=all` requests all. Raises UsageError."""
    names: list[str] = []
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if key != "install" or not equals:
            raise UsageError("`environments` takes install=NAME, add NAME python=PATH or remove NAME, not "
                             f"{argument!r}.")
        names += [name for name in value.split(",") if name]
    for name in names:
        if name != "all" and name not in OLD_KERAS:
            raise UsageError(f"There is no environment {name!r}; {nearest(name, [*OLD_KERAS, 'all'])}.")
    return list(OLD_KERAS) if "all" in names else names


def not_installed(names: Iterable[str]) -> list[str]:
    """The frameworks among `names` that need an environment which is not installed."""
    return [name for name in names if FRAMEWORKS[name].environment and
            not ENVIRONMENTS[FRAMEWORKS[name].environment].installed]


def install(name: str) -> None:
    """Builds an environment, unless it is installed already. Raises NotBuilt."""
    environment = OLD_KERAS[name]
    if environment.installed:
        return
    with building(environment.folder, environment.version) as python:
        requirements = python.parents[1] / "requirements.txt"
        requirements.write_text("\n".join(environment.requirements) + "\n", encoding="utf-8")
        resolved = "\n".join(environment.resolved) or uv("pip", "compile", "--quiet", "--no-annotate", "--no-header",
                                                         "--generate-hashes", "--python", str(python),
                                                         str(requirements))
        requirements.write_text(resolved, encoding="utf-8")
        uv("pip", "install", "--python", str(python), "-r", str(requirements))
    environment.lock.write_text(f"{environment.header}\n{resolved}", encoding="utf-8")


@contextlib.contextmanager
def building(folder: Path, version: str) -> Iterator[Path]:
    """Makes a virtual environment of a version of Python, and yields its interpreter, to install packages with.

    It is built in a temporary folder and renamed in the end, so that an interrupted build leaves no incomplete
    environment. Raises NotBuilt.
    """
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}")
    try:
        temporary.parent.mkdir(parents=True, exist_ok=True)
        _sweep(temporary.parent, folder.name)
        uv("venv", "--relocatable", "--python", interpreter(version), str(temporary))
        yield temporary / "bin" / "python"
        shutil.rmtree(folder, ignore_errors=True)  # it has no interpreter, since it is not installed
        temporary.rename(folder)
    except OSError as error:
        raise NotBuilt(f"{folder.name} cannot be built in {folder.parent}: {error.strerror}.") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def interpreter(version: str) -> str:
    """The Python interpreter of a version as an argument for `uv venv --python`.

    This interpreter if it has that version; else pyenv's, since its shims on the PATH only fail; else the version
    itself, which uv finds or downloads.
    """
    home = Path(os.environ.get("PYENV_ROOT") or Path.home() / ".pyenv") / "versions"
    installed = sorted(home.glob(f"{version}.*/bin/python"))
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    return sys.executable if version == running else str(installed[-1]) if installed else version


def _sweep(folder: Path, name: str) -> None:
    """Removes the temporary folders of builds that were interrupted: their process no longer exists."""
    for remnant in folder.glob(f".{name}.*"):
        try:
            os.kill(int(remnant.suffix[1:]), 0)
        except (ProcessLookupError, ValueError):
            shutil.rmtree(remnant, ignore_errors=True)


def uv(*arguments: str) -> str:
    """Runs uv and returns its output. Raises NotBuilt with the reason if it fails."""
    program = shutil.which("uv") or shutil.which("uv", path=str(Path(sys.executable).parent))
    if program is None:
        raise NotBuilt("Environments are built with uv, which is not here; pip install 'keras-or-me[eras]'.")
    variables = {name: value for name, value in os.environ.items() if name not in ("VIRTUAL_ENV", "PIP_CONSTRAINT")}
    process = subprocess.run([program, *arguments], capture_output=True, text=True, env=variables)
    if process.returncode == 0:
        return process.stdout
    message = " ".join(line.strip(" ×├─▶╰│") for line in process.stderr.splitlines()
                       if not line.startswith("warning"))
    raise NotBuilt(_reason(arguments, message.strip()))


def _reason(arguments: tuple[str, ...], message: str) -> str:
    """One sentence on why uv failed, from its arguments and its error message."""
    version = next((word for word in arguments if re.fullmatch(r"3\.\d+", word)), "")
    if "No space left" in message:
        return f"The disk is full: an environment takes up to 2 GB in {cache_folder()}."
    if version:
        return (f"Python {version} is not here and could not be fetched; install it, as with `pyenv install {version}` "
                f"or `uv python install {version}`.")
    if any(error in message for error in ("dns error", "error sending request", "Connection refused")):
        return "The packages could not be fetched: no network, or no package index there; try again with one."
    if mismatch := re.search(r"Hash mismatch for `(.+?)`", message):
        return f"uv could not install it: its hash of {mismatch[1]} is not that of the file on the package index."
    if because := re.findall(r"[Bb]ecause (.+?), we can conclude", message):
        return f"uv could not install it: {' and '.join(dict.fromkeys((because[0], because[-1])))}."
    return f"uv could not install it: {message[max(0, message.find('error: ')):][:300]}"
