"""Makes results in as many threads as there are processors."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

S = TypeVar("S")
T = TypeVar("T")


def in_threads(make: Callable[[S], T], things: Sequence[S]) -> Iterator[T]:
    """Yield what ``make`` returns for each of ``things``, in order; for one alone without a thread.

    NumPy releases the GIL while it works. Results wait until they are taken: they must be small.
    """
    if len(things) < 2:
        yield from map(make, things)
        return
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as threads:
        yield from threads.map(make, things)
