"""`python -m compare browse`: serves TensorBoard for the folder of a run, on localhost only and without TensorFlow."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from compare.execution.errors import UsageError
from compare.reporting import past_runs
from compare.reporting.tensorboard import run_names
from compare.reporting.tensorboard.events import MOST

HOST = "127.0.0.1"
COLOURS = "regex:/(.*?)(-[0-9]+)?$"  # one color per framework: TensorBoard has only seven, and runs are labeled
PINNED = ("reported/train/loss", "reported/train/accuracy")
"""The curves that are pinned above all others."""
TRAININGS = "^(?!(.*-)?answer)"  # run filter: the answer's runs are shown by other dashboards
SAMPLES = f"scalars={MOST},histograms=200,images=20,text=20"  # the number of points that the server sends per card


def find(out: str | None, scenario: str | None, view: str) -> Path:
    """The TensorBoard folder of the run in `out`, by default of the newest run, or the folder of one of its views.

    `view` is one of `run_names.VIEWS` or "all". Raises UsageError if there is no such run or view.
    """
    home = past_runs.chosen(out, run_names.FOLDER, [scenario] if scenario else [])
    available = [name for name in run_names.VIEWS if (home / name).is_dir()]
    if view != "all" and view not in available:
        raise UsageError(f"variants is {view!r}, and {home.parent} has {', '.join([*available, 'all'])}; name one "
                         "of them.")
    return home if view == "all" else home / view


def serve(folder: Path, port: int | None, show: Callable[[str], None]) -> None:
    """Serves a folder until SIGINT or SIGTERM; `show` gets a text with the address.

    Raises UsageError if TensorBoard cannot listen on the port.
    """
    from tensorboard.default import get_static_plugins
    from tensorboard.program import TensorBoard, TensorBoardServerException
    board = TensorBoard(plugins=get_static_plugins())
    port_option = [] if port is None else ["--port", str(port)]  # the default is the first free port from 6006 on
    load_fast = "true" if find_spec("tensorboard_data_server") else "false"  # "auto" prints a notice every time
    board.configure(argv=["tensorboard", "--logdir", str(folder), "--host", HOST, *port_option,
                          "--load_fast", load_fast, "--reload_interval", "2", "--samples_per_plugin", SAMPLES,
                          "--window_title", folder.resolve().parent.parent.name])
    interrupted = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: interrupted.set())
    try:
        address = board.launch()
    except TensorBoardServerException as error:
        raise UsageError(f"port is {port}, where TensorBoard cannot listen ({str(error).rstrip('.')}); name another "
                         "one, or none.") from error
    cards = json.dumps([{"plugin": "scalars", "tag": tag} for tag in PINNED], separators=(",", ":"))
    query = f"smoothing=0&pinnedCards={quote(cards, safe='')}&runColorGroup={quote(COLOURS, safe='')}" \
            f"&runFilter={quote(TRAININGS, safe='')}"
    show(f"{folder} in TensorBoard; Ctrl-C ends it.\n"
         f"  the answer  {address}#text\n"
         f"  the curves  {address}?{query}#timeseries\n"
         f"  a page for each behaviour  {address}#custom_scalars&_smoothingWeight=0")
    interrupted.wait()
