"""Numbers from calls: sums by phase and family, spreads over calls, linear fits.

Nothing here reads a file or judges; NA stays NA (a sum over a missing column is missing).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from analysis.windows.distribution import Distribution
from analysis.windows.families import Key
from analysis.windows.totals import SUMMED, TIMES, Total, Totals

_TIMES: Final = tuple(f"{column}_{figure}" for column in TIMES for figure in ("median", "mean"))


@dataclass(frozen=True)
class Spread:
    """How a column is spread over ``count`` calls, in the column's unit.

    The middle half is between ``lower`` and ``upper``, the quartiles (linear between two calls).
    """

    count: int
    least: float
    lower: float
    median: float
    upper: float
    most: float
    mean: float

    @property
    def constant(self) -> bool:
        """Whether it is the same in every call."""
        return self.least == self.most

    @property
    def middle_half(self) -> float:
        """The width of the middle half: 0 if most calls have the same value."""
        return self.upper - self.lower


@dataclass(frozen=True)
class Fit:
    """A straight line ``y = intercept + slope * x`` and the share of variance it explains."""

    slope: float
    intercept: float
    r2: float


def summary(totals: Totals) -> pd.DataFrame:
    """Return one row per phase and family that was called, in order.

    Columns: ``calls``, ``unfinished`` and ``slept`` (calls that slept; NA without sched_switch),
    the sum of every count (fd_polls ... bytes_out, as in the calls frame), and for wall_ns,
    off_cpu_ns and kernel_ns the ``_median`` (within 1/256 if there are more than 4,096 different
    times) and ``_mean`` over finished calls.
    """
    rows = [_row(key, total) for key, total in sorted(totals.by_key.items())]
    columns = ["phase", "family", "calls", "unfinished", "slept", *SUMMED, *_TIMES]
    table = pd.DataFrame(rows, columns=columns)
    whole = dict.fromkeys(("slept", *SUMMED), "Int64") | dict.fromkeys(_TIMES, "Float64")
    return table.astype({"phase": "int64", "calls": "int64", "unfinished": "int64", **whole})


def _row(key: Key, total: Total) -> list[object]:
    sums = [
        amount if known else None
        for amount, known in zip(total.sums.tolist(), total.known.tolist(), strict=True)
    ]
    times = [
        number
        for column in TIMES
        for time in (total.times.get(column),)
        for number in ((time.quantile(0.5), time.mean) if time else (None, None))
    ]
    return [*key, total.calls, total.unfinished, total.slept, *sums, *times]


def spread(values: pd.Series[int]) -> Spread | None:
    """Return the spread of ``values``, without NA; None if there are none."""
    known = values.dropna().astype("float64")
    if known.empty:
        return None
    least, lower, median, upper, most = known.quantile([0, 0.25, 0.5, 0.75, 1]).tolist()
    return Spread(len(known), least, lower, median, upper, most, mean=float(known.mean()))


def spread_of(found: Distribution) -> Spread:
    """Return the spread of the distribution ``found``, as exact as its quantiles."""
    least, lower, median, upper, most = map(found.quantile, (0, 0.25, 0.5, 0.75, 1))
    return Spread(found.count, least, lower, median, upper, most, mean=found.mean)


def fit(x: pd.Series[int], y: pd.Series[int]) -> Fit | None:
    """Return the least-squares line through the points; None with fewer than two different x.

    ``r2`` is 1 if y doesn't vary: the line is exact.
    """
    xs, ys = x.to_numpy(dtype=np.float64), y.to_numpy(dtype=np.float64)
    if len(np.unique(xs)) < 2:
        return None
    slope, intercept = np.polyfit(xs, ys, 1)
    rest = float(np.sum((ys - intercept - slope * xs) ** 2))
    whole = float(np.sum((ys - ys.mean()) ** 2))
    return Fit(float(slope), float(intercept), 1.0 - rest / whole if whole else 1.0)
