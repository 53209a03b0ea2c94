"""What can run here: registered frameworks by name, and whether packages are installed."""

from __future__ import annotations

from compare.execution.errors import NotInstalled
from frameworks import FRAMEWORKS


def load_registered() -> None:
    """Makes the frameworks of `environments add` known by name."""
    from compare.execution import registered
    registered.load()


OURS = ("compare", "frameworks", "scenarios", "keras_or_me")


def of_a_package(error: BaseException) -> bool:
    """Whether an error says that a package other than this program cannot be imported."""
    return isinstance(error, ImportError) and (error.name or "").partition(".")[0] not in OURS


EXTRAS = {"jax": "jax", "keras": "keras", "tensorflow": "keras"}
"""The extra of setup.cfg that brings a package; the others come with PyTorch Lightning."""


def refuse_missing(framework: str, build: bool) -> None:
    """Raises NotInstalled if the packages of a framework are missing; imports none of them.

    `build` says that missing environments will be built.
    """
    if FRAMEWORKS[framework].environment:
        from compare.execution import environments, registered
        absent = environments.not_installed([framework])
        if absent and framework in registered.REGISTERED:
            raise NotInstalled(f"{framework} is registered with {registered.REGISTERED[framework].interpreter}, which "
                               "is no longer there: `environments add` it again, or `environments remove` it.")
        if absent and not build:
            raise NotInstalled(f"{framework} needs an interpreter of its own, not built yet: python -m compare "
                               f"environments install={framework}, or set install=auto.")
    packages = FRAMEWORKS[framework].missing_packages
    if packages:
        extras = ",".join(dict.fromkeys(EXTRAS.get(package, "lightning") for package in packages))
        raise NotInstalled(f"{framework} needs the package{'s' * (len(packages) > 1)} {' and '.join(packages)}, not "
                           f"installed here: pip install 'keras-or-me[{extras}]'.")
