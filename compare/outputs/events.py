"""Write TensorBoard event files with TensorBoard's own classes, and without TensorFlow.

A folder is a run, and its path below the logdir is the run's name. Every call adds one file, and TensorBoard shows a
run's files together: its texts may come after its curves. TensorBoard groups cards by what stands before a tag's first
slash, so that the names of a trace make four groups: step, reported, frozen and rule.
"""

import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.plugins.scalar import metadata as scalar
from tensorboard.plugins.text import metadata as text
from tensorboard.summary.writer.record_writer import RecordWriter
from tensorboard.util.tensor_util import make_tensor_proto

from frameworks.trace import Trace

Numbers = Sequence[float] | npt.NDArray[np.floating]
Point = tuple[int, Summary.Value]

COUNTED = ("step/", "reported/")  # by step or by epoch, from 1 on
FROZEN = ("frozen/", "rule/")  # at the epochs of the array `epoch`
MOST = 5_000


def write_trace(folder: Path, trace: Trace) -> None:
    """One run: every curve of a trace, in `folder`, which becomes the run's name. Step 0 of a trace is shown at 1."""
    points: list[Point] = []
    for name, values in trace.arrays.items():
        if name.startswith(COUNTED):
            points += _curve(name, values)
        elif name.startswith(FROZEN):
            points += _curve(name, values, steps=trace["epoch"])
    _write(folder, points)


def write_curves(folder: Path, curves: Mapping[str, Sequence[float | None]]) -> None:
    """A run of curves by epoch, counted from 1, with their tags as keys; None stands where there is no number."""
    points: list[Point] = []
    for tag, values in curves.items():
        known = {epoch: value for epoch, value in enumerate(values, 1) if value is not None}
        points += _curve(tag, list(known.values()), steps=list(known))
    _write(folder, points)


def write_text(folder: Path, texts: Mapping[str, str]) -> None:
    """Markdown texts by tag, shown in TensorBoard's Text tab."""
    metadata = text.create_summary_metadata(display_name="", description="")
    _write(folder, [(0, _value(tag, markdown, metadata)) for tag, markdown in texts.items()])


def kept(values: Numbers) -> list[int]:
    """The places of a curve that are written: all, or at most 5,000 of a longer one.

    Of a longer one: every n-th point from the first on, the last, and the first nan, the first infinity and the first
    minus infinity. Points are left out, never averaged or moved; a dip between two kept points can be missed.
    """
    if len(values) <= MOST:
        return list(range(len(values)))
    stride = -(-len(values) // (MOST - 4))
    places = {*range(0, len(values), stride), len(values) - 1}
    for kind in (np.isnan, np.isposinf, np.isneginf):
        places.update(np.flatnonzero(kind(values))[:1].tolist())
    return sorted(places)


def _curve(tag: str, values: Numbers, steps: Sequence[int] | None = None) -> Iterator[Point]:
    """The kept points of a curve, nan and infinity among them, at steps counted from 1 where none are given.

    In float32, and what that cannot hold as infinity: TensorBoard's data server leaves float64 out without a word.
    """
    metadata = scalar.create_summary_metadata(display_name="", description="")
    with np.errstate(over="ignore"):
        singles = np.asarray(values, np.float32)
    points = list(zip(range(1, len(singles) + 1) if steps is None else steps, singles, strict=True))
    for step, value in (points[place] for place in kept(singles)):
        yield int(step), _value(tag, value, metadata)


def _value(tag: str, content: np.float32 | str, metadata: object) -> Summary.Value:
    return Summary.Value(tag=tag, tensor=make_tensor_proto(content), metadata=metadata)


def _write(folder: Path, points: Sequence[Point]) -> None:
    """Adds an event file to a run.

    The files are numbered, since a running TensorBoard leaves a file behind for one whose name sorts after it. A writer
    with a queue and a thread, such as EventFileWriter, gains nothing where all points are known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    number = sum(1 for _ in folder.glob("events.out.tfevents.*"))
    now = time.time()
    with open(folder / f"events.out.tfevents.{number:06d}", "xb") as file:
        records = RecordWriter(file)
        records.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
        for step, value in points:
            records.write(Event(wall_time=now, step=step, summary=Summary(value=[value])).SerializeToString())
