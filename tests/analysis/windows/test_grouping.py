"""Groups are by value, in the order of values, however far these lie from each other."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from analysis.windows.grouping import coded, grouped, sums_by_code

RANDOM = np.random.default_rng(23)


@pytest.mark.parametrize("widest", [1, 100, 3000, 100_000, 1 << 40])
@pytest.mark.parametrize("least", [0, -1, 1 << 20])
def test_a_code_stands_for_a_value(widest: int, least: int) -> None:
    numbers = least + RANDOM.integers(0, widest, 997)
    codes, values = coded(numbers)
    assert values[codes].tolist() == numbers.tolist()
    assert (np.diff(values) > 0).all()


def test_nothing_has_no_groups() -> None:
    none = grouped([np.zeros(0, np.int32), np.zeros(0, np.uint32)])
    assert not len(none.keys)
    assert not len(none.order)
    assert not len(none.starts)
    assert none.split(np.zeros(0)) == []


@pytest.mark.parametrize("widest", [3, 700, 1 << 30])
def test_groups_of_several_columns(widest: int) -> None:
    tids = RANDOM.integers(1, widest, 997).astype(np.uint32)
    fds = RANDOM.integers(-1, 23, 997).astype(np.int32)
    pairs = list(zip(tids.tolist(), fds.tolist(), strict=True))
    groups = grouped([tids, fds])
    counts = Counter(pairs)
    assert list(map(tuple, groups.keys.tolist())) == sorted(counts)
    assert groups.lengths.tolist() == [counts[key] for key in sorted(counts)]
    assert groups.order.tolist() == sorted(range(997), key=lambda place: (pairs[place], place))
    assert [part[0] for part in groups.split(np.arange(997))] == [
        pairs.index(key) for key in sorted(counts)
    ]
    assert groups.last.tolist() == [996 - pairs[::-1].index(key) for key in sorted(counts)]
    few = groups.at(np.array([5, 7, 5]))
    assert list(map(tuple, few.keys.tolist())) == sorted({pairs[5], pairs[7]})


def test_sums_are_exact() -> None:
    codes = np.array([2, 0, 2, 2])
    large = np.array([(1 << 60) + 1, 5, -7, 0])
    assert sums_by_code(codes, 4, large).tolist() == [5, 0, (1 << 60) - 6, 0]
    assert sums_by_code(codes, 4, large > 0).tolist() == [1, 0, 1, 0]
