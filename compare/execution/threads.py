"""Threads beside this one."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Callable, Iterator


@contextmanager
def in_threads(number: int, stop: Callable[[], None] = lambda: None) -> Iterator[ThreadPoolExecutor]:
    """Threads for a block, which waits for them at its end; after Ctrl-C nothing waits for them.

    After an exception `stop` is called, so that what runs in them ends soon.
    """
    executor = ThreadPoolExecutor(number)
    try:
        yield executor
        executor.shutdown()
    except BaseException as error:
        stop()
        executor.shutdown(wait=isinstance(error, Exception), cancel_futures=True)
        raise
