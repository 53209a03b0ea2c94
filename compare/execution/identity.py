"""The identity of a worker, known without starting it: everything that influences the numbers of a training besides its
job.

Two workers with the same identity are the same program with the same libraries on the same kind of processor. An
identity is read from files and variables in a fraction of a second, so that a run with only stored trainings starts no
worker. When in doubt, identities differ: the same package, installed at another time, gives another identity.
"""

from __future__ import annotations

import functools
import hashlib
import json
import os
import platform
import subprocess
from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping

import frameworks
from compare import HOME
from compare.execution import inherited, room, workers
from frameworks import FRAMEWORKS

SOURCES = Path(frameworks.__file__).parent
OWN_WORKER = SOURCES / "runtime" / "worker.py"
CODE = (".py", ".pth", ".pyd", ".dll", ".dylib", ".bc", ".zip", ".egg")
"""Endings of files with code; those of shared libraries also have a version behind `.so`."""
LEFT_OUT = frozenset({"__pycache__", "include", "site-packages", "dist-packages", ".git"})
"""Folders inside of those of `sys.path` in which no code is loaded from; other packages are in `sys.path` themselves.
"""
INSTALLED = ("site-packages", "dist-packages")
"""Where our own packages stand beside others; anywhere else, they are a checkout."""
OURS = ("compare", "frameworks", "scenarios")
PROCESSOR = ("vendor_id", "cpu family", "model", "model name", "stepping", "cache size", "flags", "CPU implementer",
             "CPU part", "CPU variant", "Features")
SEARCHED = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "DYLD_FALLBACK_LIBRARY_PATH")
NVIDIA = Path("/proc/driver/nvidia")
STARTED = "import json, sys; print(json.dumps([sys.version, sys.executable, sys.path, sorted(sys.modules)]))"
"""A program that prints facts about its interpreter; `sitecustomize` and `.pth` files have run before it."""

Identity = dict[str, Any]
"""JSON values."""


class NoIdentity(Exception):
    """The identity of a worker cannot be determined, so that nothing of it is stored."""


def identity(framework: str, device: str, threads: int) -> Identity:
    """Returns the identity of a worker. Raises NoIdentity."""
    if workers.SCRIPT != OWN_WORKER:
        raise NoIdentity("The worker is another program than ours.")
    entry = FRAMEWORKS[framework]
    variables = inherited.variables(entry.backend, threads, "")
    if variables.get("LD_PRELOAD"):
        raise NoIdentity("LD_PRELOAD puts other code into every process.")
    interpreter = _interpreter(workers.interpreter(entry), tuple(sorted(variables.items())))
    places = tuple(dict.fromkeys(interpreter[2]))
    return {"settings": {"realization": entry.realization, **workers.settings(entry, device, threads)},
            "variables": variables, "interpreter": interpreter, "packages": packages(places), "sources": _sources(),
            "libraries": _libraries(variables), "processor": processor(), "processors": room.processors(),
            "libc": list(platform.libc_ver()), "gpus": _gpus() if device != "cpu" else []}


def interpreter_of(framework: str) -> tuple[str, tuple[str, ...]]:
    """(version, sys.path) of the interpreter of a framework. Raises NoIdentity."""
    entry = FRAMEWORKS[framework]
    variables = inherited.variables(entry.backend, 1, "")
    version, _, places, _ = _interpreter(workers.interpreter(entry), tuple(sorted(variables.items())))
    return str(version), tuple(places)


def distributions(places: tuple[str, ...]) -> list[str]:
    """The packages that are installed in the folders of an interpreter, as in numpy-2.4.6."""
    return sorted(name.rpartition(".")[0] for place in places if os.path.isdir(place) for name in os.listdir(place)
                  if name.endswith((".dist-info", ".egg-info")))


def program() -> str:
    """A hash of all files of this program."""
    paths = (path for package in OURS for path in sorted((HOME / package).rglob("*")))
    return _content_of((path for path in paths if path.is_file() and "__pycache__" not in path.parts), HOME)


def digest_of(document: Any) -> str:
    """The sha256 of JSON values in canonical form."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()


def sha256_of(path: str | Path) -> str:
    """The sha256 of a file."""
    total = hashlib.sha256()
    with open(path, "rb") as file:
        while block := file.read(1 << 20):
            total.update(block)
    return total.hexdigest()


def forget() -> None:
    """Discards the cached identities, since packages can have changed during a run."""
    packages.cache_clear()
    _sources.cache_clear()
    _interpreter.cache_clear()


@functools.cache
def _interpreter(python: str, variables: tuple[tuple[str, str], ...]) -> list[Any]:
    """[version, executable, sys.path, modules loaded at the start] of an interpreter, started as a worker is."""
    try:
        output = subprocess.run([python, "-I", "-c", STARTED], env=dict(variables), capture_output=True, text=True,
                                timeout=60, check=True).stdout
        answer: list[Any] = json.loads(output.splitlines()[-1])
        return answer
    except (OSError, subprocess.SubprocessError, ValueError, IndexError) as error:
        raise NoIdentity(f"{python} does not say what it is ({type(error).__name__}).") from error


@functools.cache
def packages(places: tuple[str, ...]) -> str:
    """A hash of names, sizes and times of change of all files with code that an interpreter can import."""
    total = hashlib.sha256()
    for place in places:
        ours = Path(place).resolve() == HOME  # our own sources are hashed by content
        if ours and HOME.name not in INSTALLED:
            continue
        if os.path.isfile(place):
            status = os.stat(place)
            total.update(f"{place} {status.st_size} {status.st_mtime_ns}\n".encode())
        elif os.path.isdir(place):
            lines = sorted(line for line in _files(place) if not ours or line.split("/")[1] not in OURS)
            total.update("\n".join([place, *lines, ""]).encode(errors="surrogateescape"))
    return total.hexdigest()


def _files(root: str) -> Iterator[str]:
    """Name, size and time of change of every file with code below a folder."""
    waiting, linked = [root], set()
    while waiting:
        try:
            entries = list(os.scandir(waiting.pop()))
        except OSError as error:
            raise NoIdentity(f"{error.filename} cannot be read.") from error
        for entry in entries:
            name = entry.name
            if name.endswith(CODE) or ".so" in name:
                try:
                    status = entry.stat()
                except OSError:  # a link that leads nowhere
                    continue
                yield f"{entry.path[len(root):]} {status.st_size} {status.st_mtime_ns}"
            elif name not in LEFT_OUT and entry.is_dir():
                if entry.is_symlink():
                    if (real := os.path.realpath(entry.path)) in linked:
                        continue
                    linked.add(real)
                waiting.append(entry.path)


def _libraries(variables: Mapping[str, str]) -> list[str]:
    """Name, size and time of change of the shared libraries in the folders that variables name."""
    folders = [folder for name in SEARCHED for folder in variables.get(name, "").split(os.pathsep) if folder]
    return sorted(f"{file} {status.st_size} {status.st_mtime_ns}" for folder in folders
                  for file in Path(folder).glob("*.so*") if (status := file.stat() if file.exists() else None))


@functools.cache
def _sources() -> str:
    """A hash of our own source files that a worker imports."""
    return _content_of(sorted(SOURCES.rglob("*.py")), SOURCES)


def _content_of(paths: Iterable[Path], root: Path) -> str:
    """A hash of the contents of files, and of their places in a folder."""
    total = hashlib.sha256()
    for path in paths:
        total.update(f"{path.relative_to(root)}\n".encode())
        total.update(path.read_bytes())
    return total.hexdigest()


@functools.cache
def processor() -> list[str]:
    """What decides which machine code a library chooses; the first processor stands for all."""
    try:
        first = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").split("\n\n")[0]
    except OSError:
        return [platform.machine(), platform.processor()]
    pairs = (line.partition(":") for line in first.splitlines())
    return [platform.machine(), *(f"{name.strip()}: {value.strip()}" for name, _, value in pairs
                                  if name.strip() in PROCESSOR)]


def _gpus() -> list[str]:
    """The driver and the models of all GPUs. Raises NoIdentity where the driver does not tell."""
    try:
        lines = [(NVIDIA / "version").read_text(encoding="utf-8")]
        lines += [line for file in sorted((NVIDIA / "gpus").glob("*/information"))
                  for line in file.read_text(encoding="utf-8").splitlines() if line.startswith(("Model", "Video BIOS"))]
    except OSError as error:
        raise NoIdentity("It cannot be said which GPU this is.") from error
    return lines
