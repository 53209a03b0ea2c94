"""`python run_programs.py JOBS RESULTS` runs programs one after the other, each as `python PROGRAM.py` would run.

All programs of a framework run in one process, since imports take longer than their trainings.
"""

import contextlib
import io
import json
import runpy
import sys
from pathlib import Path

if __name__ == "__main__":
    results = {}
    for job, arguments in json.loads(Path(sys.argv[1]).read_text()).items():
        out, error = io.StringIO(), ""
        before, sys.argv = sys.argv, arguments
        with contextlib.redirect_stdout(out):
            try:
                runpy.run_path(arguments[0], run_name="__main__")
            except Exception as caught:
                error = f"{type(caught).__name__}: {caught}"
        sys.argv, results[job] = before, (out.getvalue(), error)
    Path(sys.argv[2]).write_text(json.dumps(results))
