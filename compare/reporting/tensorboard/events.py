"""Write TensorBoard event files with TensorBoard's own formats, and without TensorFlow.

A folder is a run, and its path below the logdir is the run's name. What a plugin shows is a `Point`: a step and a value
whose metadata name the plugin. TensorBoard shows the files of a run together, so that a run may get its curves while it
trains and its texts afterwards; a point that is there already is not written again.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from tensorboard.backend.event_processing.event_file_loader import RawEventFileLoader
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.compat.proto.tensor_pb2 import TensorProto
from tensorboard.compat.proto.tensor_shape_pb2 import TensorShapeProto
from tensorboard.compat.proto.types_pb2 import DT_DOUBLE, DT_FLOAT, DT_STRING
from tensorboard.compat.tensorflow_stub.pywrap_tensorflow import masked_crc32c
from tensorboard.plugins.histogram import metadata as histograms
from tensorboard.plugins.image import metadata as images
from tensorboard.plugins.scalar import metadata as scalars
from tensorboard.plugins.text import metadata as texts

Numbers = Sequence[float] | npt.NDArray[np.floating]
Point = tuple[int, Summary.Value]

MOST = 5_000
BUCKETS = 30  # of a histogram
FILES = "events.out.tfevents.*"


def curve(tag: str, values: Numbers, steps: Iterable[int] | None = None, description: str = "",
          most: int = MOST) -> list[Point]:
    """The kept points of a curve, nan and infinity among them, at steps counted from 1 where none are given.

    In float32, and what that cannot hold as infinity: TensorBoard's data server leaves float64 out without a word.
    """
    with np.errstate(over="ignore"):
        singles = np.asarray(values, np.float32)
    places = list(zip(range(1, len(singles) + 1) if steps is None else steps, singles.tolist(), strict=True))
    points = [(int(step), Summary.Value(tag=tag, tensor=TensorProto(dtype=DT_FLOAT, float_val=[value])))
              for step, value in (places[place] for place in kept(singles, most))]
    return _told(points, scalars.create_summary_metadata(display_name="", description=description))


def kept(values: Numbers, most: int = MOST) -> list[int]:
    """The places of a curve that are written: all, or at most `most` of a longer one.

    Of a longer one: every n-th point from the first on, the last, and the first nan, the first infinity and the first
    minus infinity. Points are left out, never averaged or moved; a dip between two kept points can be missed.
    """
    if len(values) <= most:
        return list(range(len(values)))
    stride = -(-len(values) // (most - 4))
    places = {*range(0, len(values), stride), len(values) - 1}
    for kind in (np.isnan, np.isposinf, np.isneginf):
        places.update(np.flatnonzero(kind(values))[:1].tolist())
    return sorted(places)


@np.errstate(all="ignore")
def histogram(tag: str, arrays: Mapping[int, np.ndarray], description: str = "") -> list[Point]:
    """How the finite numbers of an array lie, by step; nothing where there are none."""
    points = []
    for step, array in arrays.items():
        numbers = array[np.isfinite(array)].astype(np.float64)
        if numbers.size:
            edges = np.linspace(numbers.min(), numbers.max(), BUCKETS + 1)
            if not (np.diff(edges) > 0).all():  # too narrow to be cut, or as wide as float64 is
                edges = np.array([numbers.min(), numbers.max()])
            counts = np.histogram(numbers, edges)[0] if len(edges) > 2 else np.array([numbers.size])
            table = np.stack([edges[:-1], edges[1:], counts], axis=1)
            points.append((step, Summary.Value(tag=tag, tensor=_tensor(DT_DOUBLE, table.shape, table.tobytes()))))
    return _told(points, histograms.create_summary_metadata(display_name="", description=description))


def image(tag: str, png: bytes, width: int, height: int, description: str = "") -> list[Point]:
    """One picture."""
    content = TensorProto(dtype=DT_STRING, tensor_shape=_shape([3]), string_val=[b"%d" % width, b"%d" % height, png])
    metadata = images.create_summary_metadata(display_name="", description=description)
    return _told([(0, Summary.Value(tag=tag, tensor=content))], metadata)


def text(tag: str, markdown: str) -> list[Point]:
    """A text in Markdown."""
    return message(tag, markdown.encode(), texts.create_summary_metadata(display_name="", description=""))


def message(tag: str, content: bytes, metadata: SummaryMetadata) -> list[Point]:
    """One string, as some plugins have their settings."""
    return _told([(0, Summary.Value(tag=tag, tensor=TensorProto(dtype=DT_STRING, tensor_shape=_shape([]),
                                                               string_val=[content])))], metadata)


def write(folder: Path, points: Sequence[Point]) -> None:
    """Adds an event file to a run, with the points that the run does not have yet.

    The files are numbered, since a running TensorBoard leaves a file behind for one whose name sorts after it. A writer
    with a queue and a thread, such as EventFileWriter, gains nothing where all points are known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob(FILES))
    there = {key for path in files for key in _keys(path)}
    _append(folder / f"events.out.tfevents.{len(files):06d}",
            [(step, value) for step, value in points if (value.tag, step) not in there] if there else points)


def add(folder: Path, points: Sequence[Point]) -> None:
    """Adds points to the first event file of a run, at once: for curves that grow."""
    folder.mkdir(parents=True, exist_ok=True)
    _append(folder / "events.out.tfevents.000000", points)


def _append(path: Path, points: Sequence[Point]) -> None:
    now, new = time.time(), not path.exists()
    by_step: dict[int, list[Summary.Value]] = {}
    for step, value in points:
        by_step.setdefault(step, []).append(value)
    with open(path, "ab") as file:
        if new:
            file.write(_record(Event(wall_time=now, file_version="brain.Event:2")))
        for step, values in sorted(by_step.items()):
            file.write(_record(Event(wall_time=now, step=step, summary=Summary(value=values))))


def _record(event: Event) -> bytes:
    """An event framed as RecordWriter frames it, which computes the sum of every length anew: half of its time."""
    content = event.SerializeToString()
    return _header(len(content)) + content + struct.pack("<I", masked_crc32c(content))


@lru_cache
def _header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def _keys(path: Path) -> Iterable[tuple[str, int]]:
    """(tag, step) of every point in a file; of one that was cut short, as far as it goes."""
    for record in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(record)
        yield from ((value.tag, event.step) for value in event.summary.value)


def _told(points: list[Point], metadata: SummaryMetadata) -> list[Point]:
    """The points of one tag; TensorBoard wants metadata with the first, and reads them of no other."""
    for _, value in points[:1]:
        value.metadata.CopyFrom(metadata)
    return points


def _tensor(dtype: int, shape: Sequence[int], content: bytes) -> TensorProto:
    return TensorProto(dtype=dtype, tensor_shape=_shape(shape), tensor_content=content)


def _shape(sizes: Sequence[int]) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])
