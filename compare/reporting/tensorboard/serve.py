"""`python -m compare browse`: serves TensorBoard for the folder of a run, on localhost only and without TensorFlow."""

from __future__ import annotations

import json
import re
import signal
import threading
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from compare.execution.errors import UsageError
from compare.execution.output_folder import TENSORBOARD
from compare.reporting import past_runs
from compare.reporting.tensorboard import loopback, run_names
from compare.reporting.tensorboard.events import MOST

HOST = "127.0.0.1"
MOST_LINKS = 8  # to single variants
MOST_COLOURS = 7  # TensorBoard repeats its colours after so many
BY_FRAMEWORK = "regex:/(.*?)(-[0-9]+)?$"
"""One colour per framework: for one variant, and where there are more trainings than colours."""
BY_TRAINING = "regex:^(?!(?:.*-)?answer)(?:(.*/(?!reported).*)|.*/(reported))$"
"""One colour per variant and framework, and one for all reported numbers; none for the runs of the answer."""
PINNED = ("reported/train/loss", "log10/reported/train/loss", "reported/train/accuracy")
"""The curves that are pinned above all others, as far as the run has them."""
TRAININGS = "^(?!(.*-)?answer)"  # run filter: the answer's runs are shown by other dashboards
SAMPLES = f"scalars={MOST},histograms=200,images=20,text=20"  # the number of points that the server sends per card


class Ended(Exception):
    """TensorBoard's data server has ended; the message is one sentence."""


def find(out: str | None, scenario: str | None, view: str) -> Path:
    """The TensorBoard folder of the run in `out`, by default of the newest run, or the folder of one of its views.

    `view` is one of `run_names.VIEWS` or "all". Raises UsageError if there is no such run or view.
    """
    home = past_runs.chosen(out, TENSORBOARD, [scenario] if scenario else [])
    available = [name for name in run_names.VIEWS if (home / name).is_dir()]
    if view != "all" and view not in available:
        raise UsageError(f"variants is {view!r}, and {home.parent} has {', '.join([*available, 'all'])}; name one "
                         "of them.")
    return home if view == "all" else home / view


def serve(folder: Path, port: int | None, show: Callable[[str], None]) -> None:
    """Serves a folder until SIGINT or SIGTERM; `show` gets a text with the address.

    Raises UsageError if TensorBoard cannot listen on the port, and Ended if its data server ends.
    """
    from tensorboard.default import get_static_plugins
    from tensorboard.program import (
        TensorBoard,
        TensorBoardServerException,
        create_port_scanning_werkzeug_server,
    )
    board = TensorBoard(plugins=get_static_plugins(), server_class=lambda application, flags:
                        create_port_scanning_werkzeug_server(loopback.only(application), flags))
    port_option = [] if port is None else ["--port", str(port)]  # the default is the first free port from 6006 on
    load_fast = "true" if find_spec("tensorboard_data_server") else "false"  # "auto" prints a notice every time
    board.configure(argv=["tensorboard", "--logdir", str(folder), "--host", HOST, *port_option,
                          "--load_fast", load_fast, "--reload_interval", "2", "--samples_per_plugin", SAMPLES,
                          "--window_title", folder.resolve().parent.parent.name])
    interrupted, over = threading.Event(), threading.Event()

    def interrupt(*_: object) -> None:
        interrupted.set()
        over.set()

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, interrupt)
    try:
        address = board.launch()
    except TensorBoardServerException as error:
        raise UsageError(f"port is {port}, where TensorBoard cannot listen ({str(error).rstrip('.')}); name another "
                         "one, or none.") from error
    signal.signal(signal.SIGCHLD, lambda *_: over.set())  # the data server is the only child
    trainings = _trainings(folder)
    variants = list(dict.fromkeys(variant for variant, _ in trainings))
    lines = [f"{folder} in TensorBoard; Ctrl-C ends it.", f"  the answer  {address}#text",
             f"  the curves  {address}?{_query(_colours(trainings), TRAININGS)}#timeseries",
             f"  a page for each behaviour  {address}#custom_scalars&_smoothingWeight=0"]
    if 1 < len(variants) <= MOST_LINKS:
        lines += [f"  only {variant}  {address}?{_query(BY_FRAMEWORK, f'^{variant}/')}#timeseries"
                  for variant in variants]
    show("\n".join(lines))
    over.wait()
    if not interrupted.is_set():  # Ctrl-C reaches the data server too, and this process first
        raise Ended("TensorBoard's data server has ended, so that no curves can be shown; run browse again.")


def _query(colours: str, runs: str) -> str:
    """The query of the time series dashboard: how runs are coloured, and a regular expression of those to show."""
    cards = json.dumps([{"plugin": "scalars", "tag": tag} for tag in PINNED], separators=(",", ":"))
    return f"smoothing=0&pinnedCards={quote(cards, safe='')}&runColorGroup={quote(colours, safe='')}" \
           f"&runFilter={quote(runs, safe='')}"


def _trainings(folder: Path) -> list[tuple[str, str]]:
    """(variant, framework) of every training in a view; empty for the folder of all views."""
    return [(path.parent.name, path.name) for path in sorted(folder.glob("*/*"))
            if folder.name in run_names.VIEWS and path.is_dir() and re.match(TRAININGS, path.parent.name)]


def _colours(trainings: Sequence[tuple[str, str]]) -> str:
    """A colour for each training if there are enough colours, else one for each framework."""
    groups = {name if name == run_names.QUESTION else (variant, name) for variant, name in trainings}
    return BY_TRAINING if 0 < len(groups) <= MOST_COLOURS else BY_FRAMEWORK
