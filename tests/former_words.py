"""Words that no key of a file may have.

A reader of the documentation of Keras and PyTorch would not know them, or they no longer name anything here.
"""

from pathlib import Path

FORMER = frozenset(Path(__file__).with_suffix(".txt").read_text(encoding="utf-8").split())
