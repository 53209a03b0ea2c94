"""The data of a check: the user's own, or random data that the Keras program accepts."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any, Mapping, Sequence

import numpy as np

from compare.analysis.programs import drawn_samples, mnist
from compare.analysis.programs.description import Array, Run, loss_name
from compare.analysis.programs.runs import Pair
from compare.execution import npz_files, user_data
from compare.execution.errors import UsageError
from compare.execution.programs import AS_THEY_ARE, Question

Samples = tuple[list[Array], list[Array]]
CHANNELS_FIRST, CHANNELS_AFTER_TIME = "channels_first", "channels_after_time"
WORDS = {CHANNELS_FIRST: "channels first", CHANNELS_AFTER_TIME: "channels after the time"}


def prepare(pair: Pair, left: Run, right: Run) -> str:
    """Writes the data for both programs and chooses its conversion; returns where it is from, in words."""
    question = pair.question
    (inputs, targets), names, source = chosen(pair, left, right)
    refuse_unusable(inputs, targets, source)
    inputs, moved = as_keras_has_them(inputs, left)
    source += moved
    path = pair.write("data", {f"{kind}/{i}": array if len(array) >= question.batch else
                               np.resize(array, (question.batch, *array.shape[1:]))  # fewer samples are repeated
                               for kind, arrays in (("input", inputs), ("target", targets))
                               for i, array in enumerate(arrays)})
    how = None if question.inputs == AS_THEY_ARE else question.inputs or layout(inputs, right)
    all_names = {**({"input": names} if names else {}), **(left.signature.get("names") or {})}
    pair.left = replace(pair.left, data=path, names=all_names)
    pair.right = replace(pair.right, data=path, inputs=how, targets=question.targets, names=all_names)
    return source


def refuse_unusable(inputs: Sequence[Array], targets: Sequence[Array], source: str) -> None:
    """Raises UsageError for data that are no samples, since nothing would be compared with them."""
    for name, arrays in (("inputs", inputs), ("targets", targets)):
        for array in arrays:
            if array.dtype.kind not in "biuf":
                raise UsageError(f"The data {source} have {name} of the type {array.dtype}; needed: numbers.")
            if not array.ndim or not len(array):
                raise UsageError(f"The data {source} have no samples in their {name}; needed: one at least.")
    numbers = sorted({len(array) for array in (*inputs, *targets)})
    if len(numbers) > 1:
        raise UsageError(f"The data {source} have {' and '.join(map(str, numbers))} samples in their arrays; needed: "
                         "the same number in each.")


def fitted(pair: Pair, right: Run) -> tuple[Run, str]:
    """Tries the other layout of the inputs if the right program rejects the first, and fits the targets.

    Returns the run with the layout that is used, and a description of the layout.
    """
    if not right.is_torch:
        return right, ""
    if right.failure and right.failure.when == "forward" and not pair.question.inputs:
        right = in_another_layout(pair, right)
    layout = WORDS.get(str(pair.right.inputs))
    remark = f"; PyTorch gets the inputs with the {layout}" if layout else ""
    if not (right.failure or pair.question.targets) and pair.right.data:
        remark += fitted_targets(pair, right)
    return right, remark


def in_another_layout(pair: Pair, right: Run) -> Run:
    """The right program with the first layout of the inputs that it takes; of a video, (time, height, width, channels),
    the channels may stand after the time."""
    first = pair.right
    videos = any(array.ndim == 5 for name, array in arrays_of(pair).items() if name.startswith("input/"))
    for layout in (None, CHANNELS_FIRST, *([CHANNELS_AFTER_TIME] if videos else [])):
        if layout != first.inputs:
            pair.right = replace(first, inputs=layout)
            second = pair.run("right", until=0)
            if not second.failure:
                return second
    pair.right = first
    return right


def fitted_targets(pair: Pair, right: Run) -> str:
    """Gives the targets the layout and the shape of the right program's outputs; returns that in words."""
    arrays, remark = arrays_of(pair), ""
    targets = [array.shape for name, array in arrays.items() if name.startswith("target/")]
    outputs = [value.shape for value in right.arrays("predicted").values()]
    if any(len(target) > 2 and any(len(target) == len(output) and target[1:] != output[1:] and
                                   (target[-1], *target[1:-1]) == output[1:] for output in outputs)
           for target in targets):
        pair.right = replace(pair.right, targets=CHANNELS_FIRST)
        remark = ", and the targets too"
    if pair.question.data is None and any(target[1:] == (1,) for target in targets) and \
            all(len(output) == 1 for output in outputs):
        arrays.update({name: array[:, 0] for name, array in arrays.items()
                       if name.startswith("target/") and array.shape[1:] == (1,)})
        path = pair.write("data", arrays)
        pair.left, pair.right = replace(pair.left, data=path), replace(pair.right, data=path)
        remark += "; the labels have the shape of PyTorch's outputs, (n,)"
    return remark


def chosen(pair: Pair, left: Run, right: Run) -> tuple[Samples, tuple[str, ...], str]:
    """The inputs and targets, the names of the inputs if they have any, and their source."""
    question = pair.question
    count = question.steps * question.batch
    if isinstance(question.data, dict):
        return *made_by_the_user(question), f"from `{question.data['name']}` in {Path(question.data['file']).name}"
    if question.data is not None:
        return read(question), (), f"from {question.data.name}"
    shapes = input_shapes(left, right)
    if left.is_torch or not shapes:
        raise UsageError("The data cannot be drawn, since the left program does not say what it takes; give "
                         "data=arrays.npz with x and y.")
    outputs = left.signature["outputs"]
    if len(shapes) == 1 and tuple(shapes[0]["shape"]) in mnist.SHAPES and "float" in shapes[0]["dtype"]:
        images = mnist.samples(count, tuple(shapes[0]["shape"]), outputs, "sparse" in loss_name(left.loss))
        if images:
            return images[0], (), images[1]
    rng = np.random.default_rng(question.seed)
    inputs = [drawn_samples.inputs(rng, count, tuple(fact["shape"]), fact) for fact in shapes]
    outputs = outputs or output_shapes(pair, inputs)
    return (inputs, drawn_samples.targets(rng, count, outputs, left.losses)), (), \
        f"drawn from the shapes of the inputs, with seed {question.seed}"


def input_shapes(left: Run, right: Run) -> Sequence[Mapping[str, Any]]:
    """What the left program says that it takes; else what the right one says, with the channels last."""
    first = right.signature.get("first") or {}
    inputs: Sequence[Mapping[str, Any]] = left.signature.get("inputs") or ()
    if inputs or left.is_torch:
        return inputs
    example = right.signature.get("example") or []
    if first.get("kind") == "convolution":
        example = [{**fact, "shape": [*fact["shape"][1:], fact["shape"][0]]} for fact in example]
    if example:
        return example
    if first.get("kind") == "linear":
        return [{"shape": [first["size"]], "dtype": "float32", "indices": 0}]
    return [{"shape": [8], "dtype": "int32", "indices": first["size"]}] if first.get("kind") == "embedding" else []


def output_shapes(pair: Pair, inputs: Sequence[Array]) -> list[tuple[int, ...]]:
    """The shapes of the left program's outputs for one sample, from a run; empty if it fails."""
    path = pair.write("shapes", {f"input/{i}": array[:2] for i, array in enumerate(inputs)})
    run = pair.run("left", until=0, setup=replace(pair.left, data=path))
    return [value.shape[1:] for value in run.arrays("predicted").values()]


def as_keras_has_them(inputs: Sequence[Array], left: Run) -> tuple[list[Array], str]:
    """The inputs in the layout of the Keras program if only the position of the channels is wrong; and a remark."""
    shapes = [tuple(fact["shape"]) for fact in left.signature.get("inputs") or []]
    fitted, remark = list(inputs), ""
    for i, (array, shape) in enumerate(zip(inputs, shapes)):
        if (*array.shape[1:], 1) == shape:
            fitted[i] = array[..., None]
        elif array.ndim == len(shape) + 1 > 2 and array.shape[1:] != shape == np.moveaxis(array, 1, -1).shape[1:]:
            fitted[i], remark = np.moveaxis(array, 1, -1), "; Keras gets the inputs with the channels last"
    return fitted, remark


def read(question: Question) -> Samples:
    """The arrays of an npz: x and y, or x0, x1, …, y0, y1, …. Raises UsageError."""
    assert question.data is not None and not isinstance(question.data, dict)
    try:
        arrays = npz_files.read(question.data)
    except (OSError, ValueError) as error:
        raise UsageError(f"{question.data.name} cannot be read as an npz of arrays: {error}.") from None
    inputs, targets = in_order(arrays)
    if not inputs:
        raise UsageError(f"{question.data.name} has the arrays {', '.join(arrays) or 'none'}; needed: x and y, or x0, "
                         "x1, …, y0, y1, ….")
    return inputs, targets


def in_order(arrays: Mapping[str, Array]) -> Samples:
    """The arrays x, x0, x1, … and y, y0, y1, … by their number."""
    names = sorted(arrays, key=lambda name: (len(name), name))
    return [arrays[name] for name in names if name[:1] == "x"], [arrays[name] for name in names if name[:1] == "y"]


def made_by_the_user(question: Question) -> tuple[Samples, tuple[str, ...]]:
    """The result of the user's function, called in a process of its own, and the names of the inputs if they are a
    dict. Raises UsageError."""
    assert isinstance(question.data, dict)
    function = question.data
    named = f"{function['name']} of {Path(function['file']).name}"
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "data.npz"
        try:
            done = subprocess.run([sys.executable, "-I", user_data.__file__, function["file"], function["name"],
                                   json.dumps(function["arguments"]), str(out)], stdin=subprocess.DEVNULL,
                                  capture_output=True, timeout=question.limit * 60)
        except subprocess.TimeoutExpired:
            raise UsageError(f"{named} took longer than {question.limit:g} minutes, which is limit=.") from None
        if done.returncode:
            last = (done.stderr.decode(errors="replace").strip().splitlines() or [f"exit code {done.returncode}"])[-1]
            raise UsageError(f"{named} failed: {last}")
        if not out.exists():
            raise UsageError(f"{named} ended its process, and returned no arrays.")
        try:
            names = out.with_suffix(".json")
            return in_order(npz_files.read(out)), tuple(json.loads(names.read_text(encoding="utf-8"))) if \
                names.exists() else ()
        except ValueError as error:
            raise UsageError(f"{named} returns what is no array of numbers: {error}.") from None


def layout(inputs: Sequence[Array], right: Run) -> str | None:
    """The layout of inputs for PyTorch: channels first if its first layer is a convolution over images."""
    if not right.is_torch:
        return None
    first = right.signature["first"]
    axes = first["axes"]
    fitting = any(array.ndim == axes + 2 and array.shape[-1] == first["size"] for array in inputs)
    return CHANNELS_FIRST if first["kind"] == "convolution" and fitting and axes > 1 else None


def with_results_of_keras(pair: Pair, left: Run) -> str:
    """The data with the masks of Keras's outputs, and with its weights in the order of `model.get_weights()`, for the
    user's own copying function."""
    return pair.write("data", {**arrays_of(pair), **{f"{kind}/{name}": value for kind in ("listed", "mask")
                                                     for name, value in left.arrays(kind).items()}})


def arrays_of(pair: Pair) -> dict[str, Array]:
    """The data of the right program, by the names of `prepare`."""
    assert pair.right.data
    with np.load(pair.right.data) as file:
        return {name: file[name] for name in file.files}


def targets_of(pair: Pair) -> list[Array]:
    """The targets of the right program."""
    return [array for name, array in arrays_of(pair).items() if name.startswith("target/")]
