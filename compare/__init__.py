"""Finds what differs between frameworks and why; run by `python -m compare`. Imports no deep-learning framework."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


def refuse_shadows() -> None:
    """Ends the program with exit code 2 and one sentence if another package shadows one of ours.

    The names of our packages are common words: a folder `frameworks` in the working folder would be imported instead.
    """
    for name in ("scenarios", "frameworks", "compare"):
        spec = importlib.util.find_spec(name)
        places = list(spec.submodule_search_locations or []) if spec else []
        if not places or Path(places[0]).resolve() != HOME / name:
            place = places[0] if places else spec.origin if spec else "nothing"
            print(f"compare: {place} stands in the place of keras-or-me's own package {name} ({HOME / name}); start "
                  "from another folder, or rename it.", file=sys.stderr)
            sys.exit(2)


refuse_shadows()
