"""Where the files of a test are: its golden verdict, and its report if it fails."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from typing import Protocol

LONGEST = 150
"""The most bytes of a file's name that come from the name of a test; systems allow 255 in all."""


class Node(Protocol):
    """A test of pytest."""

    path: Path
    nodeid: str


def golden(node: Node, folder: str) -> Path:
    """The path of the golden verdict of a test: `folder`, beside the test file, has a subfolder per test file."""
    return node.path.parent / folder / node.path.stem / f"{_name(node)}.yaml"


def reports(node: Node, folder: Path) -> Path:
    """The folder of the reports of a test; one per test file would clash between folders of tests."""
    file = node.nodeid.partition("::")[0].removesuffix(".py")
    return folder / _file_name(file) / _name(node)


def _name(node: Node) -> str:
    """The name of a test as a file name, without that of its file."""
    return _file_name(node.nodeid.partition("::")[2].replace("::", "."))


def _file_name(name: str) -> str:
    """A name with the characters of a file's name; a long one is cut off, and ends with its hash."""
    whole = re.sub(r"[^-.\w]+", "-", name).strip("-")
    short = whole.encode()[:LONGEST].decode(errors="ignore")
    return whole if short == whole else f"{short}-{hashlib.sha256(whole.encode()).hexdigest()[:8]}"
