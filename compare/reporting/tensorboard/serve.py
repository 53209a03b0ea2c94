"""`python -m compare browse`: TensorBoard over a run's folder, on this machine only, without TensorFlow."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from compare.execution.settings import UsageError
from compare.reporting import past_runs
from compare.reporting.tensorboard import run_names
from compare.reporting.tensorboard.events import MOST

HOST = "127.0.0.1"
COLOURS = "regex:/(.*?)(-[0-9]+)?$"  # by framework: TensorBoard has seven, and names stand beside the curves
PINNED = ("reported/train/loss", "reported/train/accuracy")
"""The curves that everybody asks about: TensorBoard shows them above all others."""
TRAININGS = "^(?!(.*-)?answer)"  # the column beside the curves: what the answer's runs hold has pages of its own
SAMPLES = f"scalars={MOST},histograms=200,images=20,text=20"  # points of each card that the page gets


def find(out: str | None, scenario: str | None, view: str) -> Path:
    """The folder to look at: of the run in `out`, or else of the newest one. Raises UsageError where there is none."""
    home = past_runs.chosen(out, run_names.FOLDER, [scenario] if scenario else [])
    there = [name for name in run_names.VIEWS if (home / name).is_dir()]
    if view != "all" and view not in there:
        raise UsageError(f"variants is {view!r}, and {home.parent} has {', '.join([*there, 'all'])}; name one of them.")
    return home if view == "all" else home / view


def serve(folder: Path, port: int | None, tell: Callable[[str], None]) -> None:
    """Serves a folder until it is interrupted; `tell` gets the address. Raises UsageError where the port is taken."""
    from tensorboard.default import get_static_plugins
    from tensorboard.program import TensorBoard, TensorBoardServerException
    board = TensorBoard(plugins=get_static_plugins())
    chosen = [] if port is None else ["--port", str(port)]  # without one, the first free port from 6006 on
    fast = "true" if find_spec("tensorboard_data_server") else "false"  # "auto" says every time that it is experimental
    board.configure(argv=["tensorboard", "--logdir", str(folder), "--host", HOST, *chosen, "--load_fast", fast,
                          "--reload_interval", "2", "--samples_per_plugin", SAMPLES,
                          "--window_title", folder.resolve().parent.parent.name])
    ended = threading.Event()
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: ended.set())
    try:
        address = board.launch()
    except TensorBoardServerException as error:
        raise UsageError(f"port is {port}, where TensorBoard cannot listen ({str(error).rstrip('.')}); name another "
                         "one, or none.") from error
    cards = json.dumps([{"plugin": "scalars", "tag": tag} for tag in PINNED], separators=(",", ":"))
    look = f"smoothing=0&pinnedCards={quote(cards, safe='')}&runColorGroup={quote(COLOURS, safe='')}" \
           f"&runFilter={quote(TRAININGS, safe='')}"
    tell(f"{folder} in TensorBoard; Ctrl-C ends it.\n"
         f"  the answer  {address}#text\n"
         f"  the curves  {address}?{look}#timeseries\n"
         f"  a page for each behaviour  {address}#custom_scalars&_smoothingWeight=0")
    ended.wait()
