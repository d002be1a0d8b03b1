"""What a thing was at a moment: what its last change made of it."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.fds.changes import BITS, Changes, Some


def some(changes: list[tuple[int, int, int]]) -> Some:
    keys, at_ns, sort = np.array(changes, np.int64).reshape(-1, 3).T
    return Some.of(keys, at_ns, sort, 100 * at_ns + sort)


@pytest.mark.parametrize("size", [1, 7, 1000])
def test_the_last_change_counts_however_they_came(size: int) -> None:
    random = np.random.default_rng(size)
    keys = random.choice([3, 5 << 32, 5 << 32 | 9], 200)
    numbers = (keys, random.integers(0, 100, 200), random.integers(0, 1 << BITS, 200))
    changes = [*zip(*(each.tolist() for each in numbers), strict=True)]
    parts = [some(changes[first : first + size]) for first in range(0, len(changes), size)]
    found = Changes.of(parts)
    assert not parts
    at_ns = np.array([5, *range(-1, 101), 20])
    for key in (3, 4, 5 << 32, 5 << 32 | 9):
        codes = found.at(np.full(len(at_ns), key), at_ns, -1)
        for moment, code in zip(at_ns.tolist(), codes.tolist(), strict=True):
            before = [100 * at + sort for of, at, sort in changes if of == key and at <= moment]
            assert code == max(before, default=-1)


def test_of_nothing_nothing_is_known() -> None:
    found = Changes.of([some([])])
    assert found.at(np.array([3]), np.array([10]), -7).tolist() == [-7]
    assert len(found.some.changes) == 0


def test_changes_up_to_a_moment() -> None:
    found = Changes.of([some([(1, 10 * number, 0) for number in range(8)])])
    at_ns = np.array([-1, 0, 35, 70, (1 << 63) - 1])
    ends = found.ends(np.zeros(5, np.intp), at_ns)
    assert ends.tolist() == [0, 1, 4, 8, 8]
    assert (found.changes[ends[1:] - 1] >> BITS).tolist() == [0, 30, 70, 70]
