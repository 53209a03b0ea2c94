"""Words that no key of a file may have: those that no Python file may have either, and more.

A reader of the documentation of Keras and PyTorch would not know them, or they no longer name anything here.
"""

from pathlib import Path

FORMER = frozenset(word for name in ("former_words.txt", "replaced_words.txt")
                   for word in (Path(__file__).parent / name).read_text(encoding="utf-8").split())
