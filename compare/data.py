"""Find MNIST, check it, and lay it out as .npy files that worker processes map into memory.

Looked for in this order: the folder that the caller names, the environment variable MNIST_DIR, our cache, Keras's own
copy, a download by torchvision. A place that somebody names must hold usable files: nothing else is tried then. What
is and what is not MNIST is decided by the hash of the content alone, so the source's format makes no difference.
"""

import atexit
import functools
import hashlib
import importlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from compare.layouts import LAYOUTS, Bytes, DataError, read

CHOICES = ("auto", "mnist", "digits")
PARTS = ("train_images", "train_labels", "test_images", "test_labels")
REMEDY = "give its folder as data.dir=FOLDER or as MNIST_DIR, or connect to the network"

# content_sha256 of the official 60,000 + 10,000 images, and of scikit-learn's digits as laid out here.
MNIST_SHA256 = "25c98f992c005963b7428e1f38418b233c9b286cc403519287eb8063f0bcfe07"
DIGITS_SHA256 = "566b1309a761b14e85c7c90fa24eaa15b5d5626809f7c05a8299ef86b4c13aa1"

# Run in processes of their own: torch must not come into this one. The first asks torchvision's mirrors whether there
# is a network at all: the answer takes 0.1 s, and importing torchvision only to get it takes seconds.
_REACH = """
import sys, urllib.request
for mirror in "https://ossci-datasets.s3.amazonaws.com/mnist/", "http://yann.lecun.com/exdb/mnist/":
    try:
        sys.exit(urllib.request.urlopen(mirror + "train-labels-idx1-ubyte.gz", timeout=5).close())
    except OSError as error:
        print(error, file=sys.stderr)
sys.exit(1)
"""
_DOWNLOAD = """
import socket, sys, torchvision
socket.setdefaulttimeout(10)
torchvision.datasets.MNIST(sys.argv[1], download=True)
"""


@dataclass(frozen=True)
class Dataset:
    """A checked data set on disk: images (n, 28, 28) and labels (n,) from 0 to 9, all uint8."""

    name: str  # "mnist" if the content is the official MNIST, "digits" if scikit-learn's, else "custom"
    folder: Path  # holds train_images.npy, train_labels.npy, test_images.npy and test_labels.npy
    sha256: str  # of the content, the same from whatever source format
    source: str  # where it came from, for a person
    notice: str  # "" for MNIST, else one sentence saying why this is not MNIST and how to provide it


def load(choice: str = "auto", directory: str | None = None) -> Dataset:
    """The data set that `choice` names: found, checked, and laid out in the cache folder.

    "auto": what the named folder holds; if none is named, MNIST, or with a notice scikit-learn's digits if it cannot be
    had. "mnist": the official MNIST and nothing else. "digits": the digits, whatever folder is named.
    `directory`, or else the environment variable MNIST_DIR, names a folder or an mnist.npz.
    If the cache cannot be written, `folder` is a temporary one that this process removes when it exits.

    Raises DataError: unknown choice, a named place without usable files, MNIST asked for and not to be had.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}; choose one of {', '.join(CHOICES)}")
    if choice == "digits":
        return _digits(f"These are scikit-learn's digits, as asked for, and not MNIST; to have MNIST, {REMEDY}")
    origin, place = ("data.dir", directory) if directory else ("MNIST_DIR", os.environ.get("MNIST_DIR"))
    if place:
        try:
            return _prepare(Path(os.path.abspath(os.path.expanduser(place))), official=choice == "mnist")
        except DataError as error:
            raise DataError(f"{origin} names no usable data: {error}; {LAYOUTS}") from error
    try:
        return _official()
    except DataError as error:
        if choice == "mnist":
            raise
        return _digits(f"These are scikit-learn's digits, since {error}")


def cache_folder() -> Path:
    """The folder "keras-or-me" under $XDG_CACHE_HOME, or else where the operating system keeps caches."""
    custom = {"darwin": "~/Library/Caches", "win32": "~/AppData/Local"}.get(sys.platform, "~/.cache")
    xdg = os.environ.get("XDG_CACHE_HOME", "")  # to be ignored if relative, says its specification
    return Path(xdg if os.path.isabs(xdg) else os.path.expanduser(custom), "keras-or-me")


def content_sha256(arrays: Iterable[Bytes]) -> str:
    """Hash of the shapes and bytes of the four uint8 arrays, in the order of PARTS."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _official() -> Dataset:
    """The official MNIST from our cache, from Keras's, or from the network; DataError says why from none of them."""
    if folder := _whole(cache_folder(), MNIST_SHA256):
        return Dataset("mnist", folder, MNIST_SHA256, f"the cache {cache_folder()}", "")
    keras_home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    try:
        return _prepare(Path(keras_home, "datasets", "mnist.npz"), official=True)
    except DataError as error:
        keras = error
    try:
        return _download()
    except DataError as error:
        reasons = f"no whole copy is in {cache_folder()}; {keras}; {error}"
        raise DataError(f"MNIST cannot be had ({reasons}); {REMEDY}") from error


def _download() -> Dataset:
    with tempfile.TemporaryDirectory(prefix="keras-or-me-") as folder:
        _child(_REACH, 10)
        _child(_DOWNLOAD, 300, folder)
        return _prepare(Path(folder), official=True, source="torchvision's download")


def _child(script: str, seconds: float, *arguments: str) -> None:
    command = [sys.executable, "-P", "-c", script, *arguments]
    try:
        ended = subprocess.run(command, check=False, stdin=subprocess.DEVNULL, capture_output=True, timeout=seconds)
    except subprocess.TimeoutExpired as error:
        raise DataError(f"the download had not ended after {seconds:g} s") from error
    if ended.returncode:
        words = ended.stderr.decode(errors="replace").strip().splitlines()
        raise DataError(f"the download failed ({words[-1] if words else f'exit code {ended.returncode}'})")


def _digits(notice: str) -> Dataset:
    """scikit-learn's 1,797 digits: the first 1,500 to train, the last 297 to test."""
    source = "scikit-learn's digits, upsampled"
    if folder := _whole(cache_folder(), DIGITS_SHA256):
        return Dataset("digits", folder, DIGITS_SHA256, source, notice)
    try:
        digits = importlib.import_module("sklearn.datasets").load_digits()
    except ImportError as error:
        raise DataError(f"{notice}; nor can scikit-learn be imported ({error}), so there is no data at all") from error
    images, labels = _upsample(digits.images.astype(np.int64)), digits.target.astype(np.uint8)
    arrays = (images[:1500], labels[:1500], images[1500:], labels[1500:])
    sha256 = content_sha256(arrays)
    return Dataset("digits", _store(arrays, sha256), sha256, source, notice)


def _upsample(images: npt.NDArray[np.int64]) -> Bytes:
    """(n, 8, 8) of 0..16 to (n, 28, 28) of 0..255: bilinear between pixel centres, the outermost pixels continued.

    In whole numbers, so that every machine gets the same bytes: pixel i of 28 lies at (4i - 5) / 14 among the 8.
    """
    position = np.clip(4 * np.arange(28) - 5, 0, 7 * 14)
    weight = np.maximum(0, 14 - np.abs(position[:, None] - 14 * np.arange(8)))
    largest = 16 * 14 * 14
    sums = weight @ images @ weight.T
    return np.asarray((sums * 255 + largest // 2) // largest, np.uint8)


def _prepare(place: Path, official: bool, source: str = "") -> Dataset:
    """What `place` holds, read, checked and laid out; if it must be `official`, nothing but MNIST is accepted."""
    arrays, read_from = read(place)
    sha256, name, notice = content_sha256(arrays), "mnist", ""
    if sha256 != MNIST_SHA256:
        name = "custom"
        notice = (
            f"{place} holds {len(arrays[0]):,} training and {len(arrays[2]):,} test images which are not the official "
            f"MNIST (content {sha256[:16]} instead of {MNIST_SHA256[:16]}); to have MNIST, {REMEDY}"
        )
        if official:
            raise DataError(notice)
    return Dataset(name, _store(arrays, sha256), sha256, source or read_from, notice)


def _whole(root: Path, sha256: str) -> Path | None:
    """The folder under `root` that holds this content whole; it is hashed each time, 0.05 s for MNIST."""
    folder = root / "arrays" / sha256[:16]
    try:
        arrays = [np.lib.format.open_memmap(folder / f"{part}.npy", mode="r") for part in PARTS]
    except Exception:  # over a damaged header NumPy raises a dozen kinds
        return None
    whole = all(array.dtype == np.uint8 for array in arrays) and content_sha256(arrays) == sha256
    return folder if whole else None


def _store(arrays: Sequence[Bytes], sha256: str) -> Path:
    """The folder that holds these arrays as .npy files, written if it is not whole already."""
    for root in (cache_folder, _temporary_folder):
        try:
            return _whole(root(), sha256) or _write(root() / "arrays" / sha256[:16], arrays)
        except OSError as error:
            reason = error
    raise DataError(f"The images can be written neither to {cache_folder()} nor to a temporary folder ({reason})")


def _write(folder: Path, arrays: Sequence[Bytes]) -> Path:
    """File by file, each renamed into place when whole: another process may be reading, or writing the same."""
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=folder) as drafts:
        for part, array in zip(PARTS, arrays):
            draft = Path(drafts, f"{part}.npy")
            np.save(draft, array)
            os.replace(draft, folder / draft.name)
    return folder


@functools.cache
def _temporary_folder() -> Path:
    folder = tempfile.mkdtemp(prefix="keras-or-me-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return Path(folder)
