"""The key of a stored training: everything that its trace depends on, as JSON values."""

from __future__ import annotations

import functools
import os
from pathlib import Path
from typing import Any, Mapping

from compare.execution.data import PARTS
from compare.execution.identity import digest_of, sha256_of
from frameworks.environment import Environment
from frameworks.job import FILES, Job
from frameworks.quirks.resolution import resolve
from frameworks.runtime import trace
from scenarios.spec import Spec
from scenarios.spec.checks import SpecError
from scenarios.spec.fields import to_json

WITHOUT_INFLUENCE = {"id", "out"}
"""Keys of a job that name its files and events."""
BY_CONTENT = {*FILES, "data"}
"""Keys of a job that name files; their content is part of the key, not their path."""


def key_of(job: Job, spec: Spec, framework: str, identity: Mapping[str, Any],
           environment: Environment) -> dict[str, Any]:
    """Returns the key of a job for a worker with this identity, which reported this environment.

    `spec` is that of the job. Every key of a job counts, a new one too. Raises OSError if a file cannot be read.
    """
    fields: dict[str, Any] = {name: value for name, value in job.items() if name not in WITHOUT_INFLUENCE | BY_CONTENT}
    files = {name: content_of(str(path)) for name in FILES if (path := job.get(name))}
    folder = job["data"]["folder"]
    return {"job": fields, "files": files, "resolved": _resolved(spec, environment), "trace": trace.SCHEMA,
            "data": {"sha256": job["data"]["sha256"],
                     "content": [content_of(str(Path(folder, f"{part}.npy"))) for part in PARTS]},
            "worker": digest_of(identity), "environment": environment,
            "about": {"framework": framework, "kind": job["verb"]}}


def _resolved(spec: Spec, environment: Environment) -> Any:
    try:
        return to_json(resolve(spec, environment))
    except SpecError:  # no rule is known: the spec as given, and the packages, say the same
        return None


def content_of(path: str) -> str:
    """The sha256 of a file."""
    status = os.stat(path)
    return _hashed(path, status.st_size, status.st_mtime_ns, status.st_ino)


@functools.lru_cache(maxsize=4096)
def _hashed(path: str, size: int, changed: int, inode: int) -> str:
    """The sha256 of a file. It is read again when its size, time of change or place on the disk differs."""
    return sha256_of(path)
