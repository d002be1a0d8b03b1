"""Makes items in a thread, one ahead of their consumer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def ahead(things: Iterable[T]) -> Iterator[T]:
    """Yield ``things`` in order; the next one is made while the current one is used.

    NumPy and Arrow release the GIL while they work, so two processors can be used. An exception
    from making one is raised where it would have been yielded. A consumer that stops early waits
    for the one being made.
    """
    rest = iter(things)

    def make() -> list[T]:
        return list(islice(rest, 1))

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(make)
        while made := coming.result():
            coming = thread.submit(make)
            yield made[0]
