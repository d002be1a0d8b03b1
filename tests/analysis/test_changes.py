"""What a thing was at a moment: what its last change made of it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.changes import BITS, WHAT, Changes, Some


def some(changes: list[tuple[int, int, int]]) -> Some:
    keys, at_ns, what = np.array(changes, np.int64).reshape(-1, 3).T
    return Some.of(keys, at_ns, what.astype(np.int8))


def last(found: Changes, key: int, at_ns: int) -> int | None:
    (number,) = found.numbers(np.array([key]))
    if number < 0:
        return None
    (end,) = found.ends(np.array([number]), np.array([at_ns]))
    return int(found.changes[end - 1]) & WHAT if end > found.starts[number] else None


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_last_change_counts_however_they_came(size: int) -> None:
    random = np.random.default_rng(size)
    keys = random.choice([3, 5 << 32, 5 << 32 | 9], 200)
    numbers = (keys, random.integers(0, 100, 200), random.integers(0, 16, 200))
    changes = [*zip(*(each.tolist() for each in numbers), strict=True)]
    parts = [some(changes[first : first + size]) for first in range(0, len(changes), size)]
    found = Changes.of(parts)
    assert not parts
    for key in (3, 4, 5 << 32, 5 << 32 | 9):
        for at_ns in range(-1, 101):
            before = [each[1:] for each in changes if each[0] == key and each[1] <= at_ns]
            assert last(found, key, at_ns) == (max(before)[1] if before else None)


def test_of_nothing_nothing_is_known() -> None:
    found = Changes.of([])
    assert last(found, 3, 10) is None
    assert len(found.some.changes) == 0


def test_the_search_may_be_limited_to_a_range() -> None:
    found = Changes.of([some([(1, 10 * number, number) for number in range(8)])])
    at_ns = np.array([0, 35, 70])
    ends = found.ends(np.zeros(3, np.intp), at_ns)
    assert ends.tolist() == [1, 4, 8]
    again = found.ends_between(np.array([0, 2, 7]), np.array([3, 4, 8]), at_ns)
    assert again.tolist() == ends.tolist()
    assert (found.changes[ends - 1] >> BITS).tolist() == [0, 30, 70]
