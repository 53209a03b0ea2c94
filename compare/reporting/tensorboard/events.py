"""Writes TensorBoard event files in TensorBoard's own formats, without importing TensorFlow.

A folder is a run; its path below the log directory is the name of the run. A `Point` is a step and a summary value,
with metadata that name the plugin that shows it. TensorBoard merges the files of a run. A run can therefore get its
curves during training and its texts afterwards; `write` skips points that the run already has.
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

from compare.reporting.tensorboard.checksums import masked_checksums

Numbers = Sequence[float] | npt.NDArray[np.floating]
Point = tuple[int, Summary.Value]

MOST = 5_000  # points per curve
BUCKETS = 30  # per histogram
FILES = "events.out.tfevents.*"


def curve(tag: str, values: Numbers, steps: Iterable[int] | None = None, description: str = "",
          most: int = MOST) -> list[Point]:
    """The points of a curve, thinned to at most `most`; nan and infinity are kept.

    `steps` defaults to 1, 2, …. Values are written as float32, and values beyond its range as infinity, because
    TensorBoard's data server silently drops float64.
    """
    with np.errstate(over="ignore"):
        singles = np.asarray(values, np.float32)
    pairs = list(zip(range(1, len(singles) + 1) if steps is None else steps, singles.tolist(), strict=True))
    points = [(int(step), Summary.Value(tag=tag, tensor=TensorProto(dtype=DT_FLOAT, float_val=[value])))
              for step, value in (pairs[index] for index in kept(singles, most))]
    return _with_metadata(points, scalars.create_summary_metadata(display_name="", description=description))


def kept(values: Numbers, most: int = MOST) -> list[int]:
    """The indices of the points to write: all of them, or at most `most` of a longer curve.

    A longer curve keeps every n-th point from the first one on, the last point, and the first nan, infinity and minus
    infinity. Points are dropped, never averaged or moved, so a dip between two kept points can be missed.
    """
    if len(values) <= most:
        return list(range(len(values)))
    stride = -(-len(values) // (most - 4))
    indices = {*range(0, len(values), stride), len(values) - 1}
    for is_special in (np.isnan, np.isposinf, np.isneginf):
        indices.update(np.flatnonzero(is_special(values))[:1].tolist())
    return sorted(indices)


@np.errstate(all="ignore")
def histogram(tag: str, arrays: Mapping[int, np.ndarray], description: str = "") -> list[Point]:
    """The histograms of an array's finite values, by step; steps without finite values are omitted."""
    points = []
    for step, array in arrays.items():
        finite = array[np.isfinite(array)].astype(np.float64)
        if finite.size:
            edges = np.linspace(finite.min(), finite.max(), BUCKETS + 1)
            if not (np.diff(edges) > 0).all():  # range too narrow to divide, or wider than the range of float64
                edges = np.array([finite.min(), finite.max()])
            counts = np.histogram(finite, edges)[0] if len(edges) > 2 else np.array([finite.size])
            table = np.stack([edges[:-1], edges[1:], counts], axis=1)
            points.append((step, Summary.Value(tag=tag, tensor=_tensor(DT_DOUBLE, table.shape, table.tobytes()))))
    return _with_metadata(points, histograms.create_summary_metadata(display_name="", description=description))


def image(tag: str, png: bytes, width: int, height: int, description: str = "") -> list[Point]:
    """An image, given as the content of a PNG file and its size in pixels."""
    content = TensorProto(dtype=DT_STRING, tensor_shape=_shape([3]), string_val=[b"%d" % width, b"%d" % height, png])
    metadata = images.create_summary_metadata(display_name="", description=description)
    return _with_metadata([(0, Summary.Value(tag=tag, tensor=content))], metadata)


def text(tag: str, markdown: str) -> list[Point]:
    """A Markdown text."""
    content = markdown.encode(errors="backslashreplace")
    return message(tag, content, texts.create_summary_metadata(display_name="", description=""))


def message(tag: str, content: bytes, metadata: SummaryMetadata) -> list[Point]:
    """A single string value; some plugins store their configuration this way."""
    tensor = TensorProto(dtype=DT_STRING, tensor_shape=_shape([]), string_val=[content])
    return _with_metadata([(0, Summary.Value(tag=tag, tensor=tensor))], metadata)


def write(folder: Path, points: Sequence[Point]) -> None:
    """Adds an event file to a run, with the points that the run does not have yet.

    File names are numbered because a running TensorBoard moves on to the file with the next name in sorted order.
    A writer with a queue and a thread, such as EventFileWriter, has no advantage when all points are known.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted(folder.glob(FILES))
    existing = {key for path in files for key in _keys(path)}
    _append(folder / f"events.out.tfevents.{len(files):06d}",
            [(step, value) for step, value in points if (value.tag, step) not in existing] if existing else points)


def add(folder: Path, points: Sequence[Point]) -> None:
    """Appends points to the first event file of a run immediately; for curves that grow during training."""
    folder.mkdir(parents=True, exist_ok=True)
    _append(folder / "events.out.tfevents.000000", points)


def _append(path: Path, points: Sequence[Point]) -> None:
    now, is_new = time.time(), not path.exists()
    by_step: dict[int, list[Summary.Value]] = {}
    for step, value in points:
        by_step.setdefault(step, []).append(value)
    written = [Event(wall_time=now, file_version="brain.Event:2")] * is_new + [
        Event(wall_time=now, step=step, summary=Summary(value=values)) for step, values in sorted(by_step.items())]
    contents = [event.SerializeToString() for event in written]
    with open(path, "ab") as file:  # in the TFRecord framing of RecordWriter
        file.write(b"".join(part for content, checksum in zip(contents, masked_checksums(contents))
                            for part in (_header(len(content)), content, struct.pack("<I", checksum))))


@lru_cache
def _header(length: int) -> bytes:
    packed = struct.pack("<Q", length)
    return packed + struct.pack("<I", masked_crc32c(packed))


def _keys(path: Path) -> Iterable[tuple[str, int]]:
    """(tag, step) of every point in a file; a truncated file is read as far as it is complete."""
    for record in RawEventFileLoader(str(path)).Load():
        event = Event.FromString(record)
        yield from ((value.tag, event.step) for value in event.summary.value)


def _with_metadata(points: list[Point], metadata: SummaryMetadata) -> list[Point]:
    """The points of one tag. Only the first one gets the metadata: TensorBoard needs them there and ignores others."""
    for _, value in points[:1]:
        value.metadata.CopyFrom(metadata)
    return points


def _tensor(dtype: int, shape: Sequence[int], content: bytes) -> TensorProto:
    return TensorProto(dtype=dtype, tensor_shape=_shape(shape), tensor_content=content)


def _shape(sizes: Sequence[int]) -> TensorShapeProto:
    return TensorShapeProto(dim=[TensorShapeProto.Dim(size=size) for size in sizes])
