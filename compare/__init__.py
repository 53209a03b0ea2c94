"""What differs and whose doing it is. Imports no deep-learning framework: `python -m compare` is the program."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

HOME = Path(__file__).resolve().parent.parent


def refuse_shadows() -> None:
    """Ends the program in one sentence where another folder stands in the place of one of our packages.

    Their names are common words: a folder `frameworks` where the program is started would be imported instead of ours.
    """
    for name in ("scenarios", "frameworks", "compare"):
        found = importlib.util.find_spec(name)
        places = list(found.submodule_search_locations or []) if found else []
        if not places or Path(places[0]).resolve() != HOME / name:
            place = places[0] if places else found.origin if found else "nothing"
            print(f"compare: {place} stands in the place of keras-or-me's own package {name} ({HOME / name}); start "
                  "from another folder, or rename it.", file=sys.stderr)
            sys.exit(2)


refuse_shadows()
