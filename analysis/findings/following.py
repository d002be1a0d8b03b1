"""Rows of which each is seen beside what came before it under the same key.

"Removed, then added again", "read again after a short read", "accepted nothing right after a wait":
a row may leave a state under its key, and the next row there meets it. Where a window begins
nothing is known of the state; such rows wait until the window before is joined on.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd

from analysis.findings.parts import Parts

Resolve = Callable[[pd.DataFrame], Parts]
"""Takes rows with the column ``before``, int64; gives what comes of them. Of no rows too."""


@dataclass(frozen=True, eq=False)
class Following:
    """``done`` is what came of rows whose state before was known; ``first`` those of which not.

    ``last`` has the state that stands at the end, by key.
    """

    first: pd.DataFrame
    last: pd.Series[int]
    done: Parts
    keys: tuple[str, ...]
    resolve: Resolve

    @classmethod
    def of(cls, rows: pd.DataFrame, keys: Sequence[str], resolve: Resolve) -> Self:
        """Return what comes of ``rows``, in their order.

        They have the column ``after``, float64: the state that a row leaves, NaN if it leaves it
        as it was.
        """
        stands = rows.assign(after=rows.groupby(list(keys))["after"].ffill())
        groups = stands.groupby(list(keys))["after"]
        before = groups.shift()
        return cls(
            first=rows[before.isna()],
            last=groups.last().dropna().astype("int64"),
            done=resolve(_with(rows, before)),
            keys=tuple(keys),
            resolve=resolve,
        )

    def combine(self, later: Self, /) -> Self:
        """Return what comes of both stretches; the first rows of ``later`` meet our last states."""
        if later.first.empty:
            before = pd.Series(dtype=np.float64)
        else:
            wanted = pd.MultiIndex.from_frame(later.first[list(self.keys)])
            known = self.last if self.last.index.nlevels > 1 else _as_multi(self.last)
            before = pd.Series(known.reindex(wanted).to_numpy(np.float64), later.first.index)
        return replace(
            self,
            first=_joined(self.first, later.first[before.isna()]),
            last=later.last.combine_first(self.last).astype("int64"),
            done=self.done.combine(self.resolve(_with(later.first, before))).combine(later.done),
        )


def _with(rows: pd.DataFrame, before: pd.Series[float]) -> pd.DataFrame:
    known = before.notna()
    return rows[known].assign(before=before[known].astype("int64"))


def _as_multi(states: pd.Series[int]) -> pd.Series[int]:
    index = pd.MultiIndex.from_arrays([states.index])
    return pd.Series(states.to_numpy(), index)


def _joined(one: pd.DataFrame, other: pd.DataFrame) -> pd.DataFrame:
    if one.empty or other.empty:
        return other if one.empty else one
    return pd.concat([one, other], ignore_index=True)


def came_of(parts: Parts, name: str) -> Parts:
    """Return what came of the rows of the ``Following`` called ``name``."""
    found = parts.by_name[name]
    assert isinstance(found, Following)
    return found.done
