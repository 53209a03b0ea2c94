"""Reads npz files. Python 3.6 and NumPy 1.16.

NumPy evaluates the header of every array as Python code. A trace has hundreds of small arrays, and that takes longer
than all the rest of reading them.
"""
import errno
import io
import re
import threading
import zipfile

import numpy as np

START = b"\x93NUMPY\x01\x00"
"""The first bytes of an npy file of format version 1.0 (numpy/lib/format.py)."""
HEADER = re.compile(rb"\{'descr': '([<>|][a-zA-Z]\d+)', 'fortran_order': False, 'shape': \(([\d, ]*)\), \} *\n")
"""The header that NumPy writes for an array of numbers in C order; any other one is left to NumPy."""
# One header at a time: NumPy parses it with `ast`, and in CPython 3.11 two threads that both create an AST can raise
# "AST constructor recursion depth mismatch" (github.com/python/cpython/issues/106905).
PARSING = threading.Lock()


def read(path, prefix=""):
    """Returns the arrays of a file with names that begin with `prefix`, by the rest of their names.

    Raises OSError where the file cannot be opened, and exceptions of many types where it is damaged (`is_damage`).
    """
    with zipfile.ZipFile(path) as archive:
        return {name[len(prefix):-len(".npy")]: _array(archive.read(name)) for name in archive.namelist()
                if name.startswith(prefix)}


def is_damage(error):
    """Returns whether an exception of `read` says that the file is damaged.

    zipfile and NumPy raise many types for a damaged file. An OSError says that the file cannot be read, except for
    EINVAL: a damaged table of contents makes zipfile seek before the beginning of the file. A MemoryError says that
    there is no memory.
    """
    return not isinstance(error, (EnvironmentError, MemoryError)) or getattr(error, "errno", None) == errno.EINVAL


def os_error(error):
    """Returns the OSError behind an exception of zipfile, such as that of a full disk; None if there is none."""
    while error is not None and not isinstance(error, EnvironmentError):
        error = error.__context__
    return error


def _array(content):
    """Returns the array of an npy file, which is given as bytes."""
    end = 10 + int.from_bytes(content[8:10], "little")
    header = HEADER.match(content[10:end]) if content.startswith(START) else None
    if header is None:
        with PARSING:
            return np.lib.format.read_array(io.BytesIO(content), allow_pickle=False)
    shape = tuple(int(size) for size in header.group(2).split(b",") if size.strip())
    return np.ndarray(shape, header.group(1).decode(), content, end).copy()
