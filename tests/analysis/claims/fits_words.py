"""Functions in which conditions on a verdict's numbers are written."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

Numbers = Mapping[str, Any]
Fits = Callable[[Numbers], bool]


def between(numbers: Numbers, part: str, whole: str) -> bool:
    """Return whether ``part`` is some of ``whole``, but not all."""
    return bool(0 < numbers[part] < numbers[whole])


def found(numbers: Numbers, *names: str) -> Any:
    """Return the first of ``names`` that exists."""
    return next(numbers[name] for name in names if name in numbers)


def times(numbers: Numbers, words: str, *, least: float = -1e18, most: float = 1e18) -> list[bool]:
    """Return for each metric containing ``words`` whether it is from ``least`` to ``most``."""
    values = [value for metric, value in numbers.items() if words in metric]
    assert values, words
    return [least <= value <= most for value in values]


def chain(numbers: Numbers) -> list[Any]:
    """Return the counts of a chain's links: all metrics but the first, which is the whole."""
    return list(numbers.values())[1:]
