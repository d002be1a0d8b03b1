"""Numbers that have been given codes, 0 to ``count`` - 1: their order by code, and sums by it."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

_NARROW: Final = 1 << 16
"""So many codes fit in 16 bits, of which NumPy sorts by radix: several times as fast."""


def order_by_code(codes: npt.NDArray[np.intp], count: int) -> npt.NDArray[np.intp]:
    """Return the places of ``codes``, below ``count``, in their order; of like ones as they are."""
    return np.argsort(codes.astype(np.uint16) if count <= _NARROW else codes, kind="stable")


def sums_by_code(
    codes: npt.NDArray[np.intp], count: int, numbers: npt.NDArray[Any]
) -> npt.NDArray[np.int64]:
    """Return by code, below ``count``, the exact sum of ``numbers``, one of each of ``codes``."""
    if numbers.dtype == bool:
        return np.bincount(codes[numbers], minlength=count)
    sums = np.zeros(count, np.int64)
    there = np.flatnonzero(numbers != 0)  # most columns are 0 in most calls
    np.add.at(sums, codes[there], numbers[there].astype(np.int64))
    return sums
