"""Makes items in a thread, one ahead of their consumer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TypeVar

T = TypeVar("T")


def ahead(things: Iterable[T]) -> Iterator[T]:
    """Yield ``things`` in their order; the next is made while the one before is used.

    NumPy and Arrow let others run while they work, so that two processors have something to do.
    What making one raises is raised where it would have been yielded. Whoever stops early waits for
    the one that is being made.
    """
    rest = iter(things)

    def make() -> list[T]:
        return list(islice(rest, 1))

    with ThreadPoolExecutor(1, thread_name_prefix="ahead") as thread:
        coming = thread.submit(make)
        while made := coming.result():
            coming = thread.submit(make)
            yield made[0]
