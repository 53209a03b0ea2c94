"""The command line `python -m compare [COMMAND] key=value …`, parsed with Hydra and OmegaConf.

Hydra's grammar reads `a,b` as a sweep and does not accept `=`, `~` or parentheses in a path, so values are quoted
before Hydra parses them. Hydra composes the settings and checks their types; it does not change the working folder or
the logging.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Collection, Iterable, Mapping, Sequence

from compare.execution.errors import NotInstalled, UsageError
from compare.execution.installed import load_registered, refuse_missing
from frameworks import FRAMEWORKS
from scenarios.spec.checks import nearest

Given = str | int | float | Path | Iterable[str]
"""The value of a setting in a call in Python."""


@dataclass
class DataSettings:
    """The keys data= and data.dir=."""

    choice: str = "auto"
    dir: str | None = None


@dataclass
class RaySettings:
    """The key ray.address=."""

    address: str | None = None


@dataclass
class Settings:
    """Every key of the command line with its default value; `KEYS` describes them."""

    defaults: list[Any] = field(default_factory=lambda: ["_self_", {"data": "auto"}])
    scenario: list[str] = field(default_factory=list)
    frameworks: list[str] = field(default_factory=lambda: ["keras", "lightning", "reference"])
    variants: list[str] = field(default_factory=lambda: ["reported"])
    epochs: int | None = None
    seeds: int = 1
    init: str = "shared"
    data: DataSettings = field(default_factory=DataSettings)
    out: str | None = None
    device: str = "cpu"
    threads: int = 1
    limit: float = 60.0
    confirm: str = "prefix"
    reuse: bool = True
    executor: str = "local"
    ray: RaySettings = field(default_factory=RaySettings)
    install: str = "no"
    behaviour: str | None = None
    port: int | None = None
    variant: str | None = None
    framework: str | None = None


KEYS = {
    "scenario": "one or more of the scenarios below, or files that define one",
    "frameworks": "keras, keras-jax, keras-torch, lightning, reference, reference-float32; default "
                  "keras,lightning,reference",
    "variants": "reported (default: the reported variants in full, others as far as needed), all, or names",
    "epochs": "trains no longer than this",
    "seeds": "number of initializations; default 1",
    "init": "shared (default: the same weights and batches for all) or native (each framework draws its own)",
    "data": "auto (default: MNIST if this machine has it, else the sample), mnist (downloaded if missing) or sample",
    "data.dir": "a folder with MNIST; default the environment variable MNIST_DIR",
    "out": "folder of the results; default runs/DATE_TIME",
    "device": "cpu (default) or cuda",
    "threads": "threads of each framework; default 1",
    "limit": "minutes that one training may take; default 60",
    "confirm": "prefix (default: causes are confirmed on as many epochs as decide) or full (on the whole trainings)",
    "reuse": "true (default: a training that was run before is taken from the store) or false (trains anew)",
    "executor": "local (default: workers run on this machine) or ray (they run on the nodes of a Ray cluster)",
    "ray.address": "with executor=ray: the HOST:PORT of its head, or auto; default a cluster of this machine alone",
    "install": "auto builds missing environments of old Keras versions; with `environments`: names, or all",
    "behaviour": "with `when`: the behaviour to follow through the versions",
    "port": "with `browse`: the port of TensorBoard; default the first free one from 6006 on",
    "variant": "with `code`: the variant to print",
    "framework": "with `code`: the framework of the program; keras, keras-jax, keras-torch or lightning",
}
CHOICES: dict[str, Collection[str]] = {
    "init": ("shared", "native"), "data": ("auto", "mnist", "sample"), "device": ("cpu", "cuda"),
    "confirm": ("prefix", "full"), "reuse": ("true", "false"), "executor": ("local", "ray"), "install": ("no", "auto"),
    "frameworks": FRAMEWORKS}
REFERENCE = "reference"
"""Always runs, which takes seconds: if two frameworks differ, only a third shows which of them departs."""
LIST_KEYS = ("scenario", "frameworks", "variants")
TEXT_KEYS = ("out", "data.dir", "ray.address", "behaviour", "variant", "framework")


def read(arguments: Sequence[str], scenario: bool = True, trains: bool = True) -> Settings:
    """Parses `key=value` arguments. Raises UsageError.

    `scenario` says whether they must name a scenario, `trains` whether the frameworks must be installed.
    """
    load_registered()
    given: dict[str, str] = {}
    for argument in arguments:
        key, equals, value = argument.partition("=")
        if argument in COMMANDS:
            raise UsageError(f"{argument} is a command, which stands once and first.")
        if not equals:
            raise UsageError(f"{argument!r} is no command and no key=value; {nearest(key, [*COMMANDS, *KEYS])}.")
        if key not in KEYS:
            raise UsageError(f"There is no key {key!r}; {nearest(key, KEYS)}.")
        if key in given:
            raise UsageError(f"The key {key} is given twice; give it once, with commas between several values.")
        given[key] = value
    settings = _compose(given, [f"{key}={_quote(key, value)}" for key, value in given.items()])
    if scenario and not settings.scenario:
        raise UsageError("Say which scenario, as in scenario=lr_scaling; --help lists them.")
    for key, number in (("epochs", settings.epochs), ("seeds", settings.seeds), ("threads", settings.threads),
                        ("limit", settings.limit), ("port", settings.port)):
        if number is not None and not number > 0:
            raise UsageError(f"{key} is {number}; allowed: a number above 0.")
    _refuse_executor(settings)
    for framework in settings.frameworks if trains else ():
        refuse_missing(framework, settings.install == "auto")
    if REFERENCE not in settings.frameworks:
        settings.frameworks.append(REFERENCE)
    return settings


COMMANDS = {
    "run": "trains a scenario and says which framework is responsible (the default command)",
    "check": "compares your own two programs: keras=mine.py:build lightning=port.py:Net; check --help has more",
    "upgrade": "says what another version changes: old=LOCK new=LOCK keras=mine.py:build; upgrade --help has more",
    "show": "prints the answer of a finished run again: the newest, or the one in out=FOLDER",
    "browse": "opens a run in TensorBoard: the newest, or the one in out=; variants=controls or seeds shows more",
    "environments": "lists environments; install=NAME builds an old Keras, add NAME python=PATH registers your own, "
                    "remove NAME removes either",
    "when": "bisects Keras versions: when did a behaviour appear and disappear? scenario=… behaviour=…",
    "catalogue": "runs every known difference and checks it against its expected verdict; scenario=FAMILY: one family",
    "store": "lists the stored trainings; store verify reads them all, store prune size=2GB removes the oldest",
    "code": "prints a variant as a program: scenario=… variant=… framework=…",
}


def _quote(key: str, value: str) -> str:
    """The value in Hydra's grammar. Raises UsageError unless the key allows it."""
    items = _split(value) if key in LIST_KEYS else [value]
    if not value or not items:
        raise UsageError(f"{key} is empty; --help says what is allowed.")
    if key in LIST_KEYS:
        for item in items:
            _check(key, item)
        return "[" + ",".join(map(_literal, dict.fromkeys(items))) + "]"
    _check(key, value)
    bare = key not in TEXT_KEYS and value.replace(".", "").replace("-", "").isalnum()
    return value if bare else _literal(value)


def _split(value: str) -> list[str]:
    """The items between the commas of a list; the path of an existing file may contain commas."""
    parts = value.strip("[]").split(",")
    items: list[str] = []
    while parts:
        files = [n for n in range(2, len(parts) + 1) if Path(",".join(parts[:n])).is_file()]
        length = files[0] if files else 1
        items.append(",".join(parts[:length]).strip())
        del parts[:length]
    return [item for item in items if item]


def _refuse_executor(settings: Settings) -> None:
    """Raises UsageError if the settings of Ray do not go together, and NotInstalled without Ray, which is not imported.
    """
    if settings.executor != "ray":
        if settings.ray.address:
            raise UsageError(f"ray.address is {settings.ray.address!r}, but executor is local; set executor=ray.")
        return
    if settings.device != "cpu":
        raise UsageError(f"device is {settings.device!r} with executor=ray; allowed: cpu.")
    if (settings.ray.address or "").startswith("ray://"):
        raise UsageError(f"ray.address is {settings.ray.address!r}, which is a client's; allowed: the HOST:PORT of the "
                         "head, on a machine of the cluster.")
    if not find_spec("ray"):
        raise NotInstalled("executor=ray needs the package ray, not installed here: pip install 'keras-or-me[ray]'.")


def _check(key: str, value: str) -> None:
    if key in CHOICES and value not in CHOICES[key]:
        raise UsageError(f"{key} is {value!r}; {nearest(value, CHOICES[key])}.")


def _literal(text: str) -> str:
    """The text as a quoted string in Hydra's grammar, without interpolation."""
    quoted = re.sub(r"(\\*)('|$)", lambda match: match[1] * 2 + ("\\'" if match[2] else ""), text)
    return "'" + quoted.replace("${", "\\${") + "'"


def _compose(given: dict[str, str], overrides: list[str]) -> Settings:
    """The settings with the overrides. Raises UsageError that quotes the `given` value of the wrong key."""
    from hydra import compose, initialize
    from hydra.core.config_store import ConfigStore
    from hydra.errors import HydraException
    from omegaconf import OmegaConf
    from omegaconf.errors import OmegaConfBaseException
    store = ConfigStore.instance()
    store.store(name="settings", node=Settings)
    for choice in CHOICES["data"]:
        store.store(group="data", name=choice, node=DataSettings(choice))
    try:
        with initialize(version_base=None, config_path=None):
            composed = OmegaConf.to_object(compose("settings", overrides))
    except (HydraException, OmegaConfBaseException) as error:
        cause = error.__cause__ or error
        key = str(getattr(cause, "full_key", "") or "")
        kinds = {**dict.fromkeys(("epochs", "seeds", "threads", "port"), "a whole number"), "limit": "a number"}
        if key in kinds:
            raise UsageError(f"{key} is {given[key]!r}; allowed: {kinds[key]}.") from error
        raise UsageError(f"The arguments cannot be read: {str(error).splitlines()[0]}") from error
    assert isinstance(composed, Settings)
    return composed


KEYWORDS = ("frameworks", "variants", "epochs", "seeds", "init", "data", "data_dir", "device", "threads", "limit",
            "confirm", "reuse", "executor", "ray_address", "install")
"""The keys of the command line that a call in Python can set."""


def read_keywords(given: Mapping[str, Given]) -> Settings:
    """The settings of a call in Python, parsed as on the command line. Raises UsageError."""
    for key in given:
        if key not in KEYWORDS:
            raise UsageError(f"There is no setting {key!r}; {nearest(key, KEYWORDS)}.")
    return read([f"{key.replace('_', '.')}={_text_of(value)}" for key, value in given.items() if value is not None],
                scenario=False)


def _text_of(value: Given) -> str:
    return ",".join(value) if isinstance(value, Iterable) and not isinstance(value, str) else \
        str(value).lower() if isinstance(value, bool) else str(value)
