from __future__ import annotations

from collections.abc import Iterable
from functools import reduce

import numpy as np
import pytest

from analysis.windows.distribution import MOST_VALUES, Distribution

SHARES = (0, 0.25, 0.5, 0.75, 0.99, 1)


def spread(numbers: Iterable[int]) -> Distribution:
    return Distribution.of(np.array(list(numbers), np.int64))


def facts(found: Distribution) -> tuple[object, ...]:
    return (found.values.tolist(), found.counts.tolist(), found.rounded, found.total, found.least,
            found.most)  # fmt: skip


def numbers(name: str, count: int) -> list[int]:
    random = np.random.default_rng(23)
    if name == "times":
        return random.lognormal(9, 2, count).astype(np.int64).tolist()
    if name == "few":
        return random.choice([0, 7, 1 << 40], count).tolist()
    return random.integers(0, 1 << 61, count).tolist()


@pytest.mark.parametrize("name", ["times", "few", "huge"])
@pytest.mark.parametrize(
    ("size", "count"),
    [
        *((size, count) for size in (7, 1000, 10_000) for count in (1, 23)),
        *((size, 3 * MOST_VALUES) for size in (1000, 10_000)),
        pytest.param(7, 3 * MOST_VALUES, marks=pytest.mark.slow),
    ],
)
def test_windows_make_no_difference(name: str, size: int, count: int) -> None:
    values = numbers(name, count)
    parts = [spread(values[first : first + size]) for first in range(0, count, size)]
    whole = facts(spread(values))
    assert facts(reduce(Distribution.combine, parts)) == whole
    from_the_right = reduce(lambda later, earlier: earlier.combine(later), reversed(parts))
    assert facts(from_the_right) == whole


@pytest.mark.parametrize("name", ["times", "few", "huge"])
def test_few_values_are_exact(name: str) -> None:
    values = numbers(name, MOST_VALUES)
    found = spread(values)
    assert not found.rounded
    assert [found.quantile(share) for share in SHARES] == pytest.approx(
        np.quantile(values, SHARES).tolist(), rel=1e-12
    )


def test_a_value_more_and_they_are_rounded() -> None:
    assert not spread(range(MOST_VALUES)).rounded
    assert spread(range(MOST_VALUES + 1)).rounded


def test_rounded_values_are_within_a_256th() -> None:
    values = numbers("times", 20 * MOST_VALUES)
    found = spread(values)
    assert found.rounded
    expected = np.quantile(values, SHARES).tolist()
    assert [found.quantile(share) for share in SHARES] == pytest.approx(expected, rel=1 / 256)
    assert (found.quantile(0), found.quantile(1)) == (min(values), max(values))
    assert found.mean == sum(values) / len(values)
    assert found.count == len(values)


def test_memory_is_bounded() -> None:
    every = [1 << power for power in range(62)]
    found = spread(every + [value + each for value in every for each in range(1000)])
    assert found.rounded
    assert len(found.values) < 7300
    assert found.total == sum(every) + sum(value + each for value in every for each in range(1000))


def test_small_numbers_stay_as_they_are_when_rounded() -> None:
    found = spread([*range(256), *range(1 << 20, (1 << 20) + 2 * MOST_VALUES)])
    assert found.values[:256].tolist() == list(range(256))
