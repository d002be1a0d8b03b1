"""Reads of an fd beside the read of it before, by the same thread: what was left to read?

A read that gets all that it asked for may leave something. The next read of the fd fetches that:
in the same turn of the loop, or behind a wait that returned at once, since the fd was still ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Self

import numpy as np
import pandas as pd

from analysis.findings.parts import Largest, Parts, Sums
from analysis.findings.selecting import WAITS, are_of, calls
from analysis.findings.turns import turns_of
from analysis.windows.window import Window

COLUMNS: Final = ("pid", "tid", "seq", "fd", "family", "wall_ns")
IF_KNOWN: Final = ("ret", "nr", "sleeps")
"""What a wait or a read need not have to be one: it comes between others all the same."""
FILE: Final = ["tid", "fd"]
AT_ONCE, SLEPT, UNSEEN = 1, 0, -1
"""Whether the wait that began a turn returned events without sleeping; UNSEEN: it was before."""


@dataclass(frozen=True, eq=False)
class Rereads:
    """``done`` is what came of reads whose read before was known; ``first`` those of which not.

    ``last`` has the last read by tid and fd: turn, and the bytes it asked for if it got them all, 0
    if not. ``waits`` has by tid their number in the stretch (``waits``) and how the last of them
    returned (``at_once``).
    """

    first: pd.DataFrame
    last: pd.DataFrame
    waits: pd.DataFrame
    done: Parts

    @classmethod
    def of(cls, rows: pd.DataFrame) -> Self:
        """Return what comes of ``rows``: reads, closes and waits, in order."""
        wait = are_of(rows, *WAITS)
        turn, count = turns_of(rows["tid"].to_numpy(), wait)
        at_once = ((rows["ret"] > 0) & (rows["sleeps"] == 0)).astype("float64")
        begun = at_once.where(wait).groupby(rows["tid"]).ffill().fillna(UNSEEN).astype("int64")
        rows = rows.assign(turn=turn, at_once=begun)
        waits = rows.groupby("tid")["at_once"].last().to_frame().assign(waits=count)
        full = (rows["ret"] > 0) & (rows["ret"] == rows["nr"])
        reads = rows.assign(full=rows["nr"].where(full, 0))[~wait]
        before = reads.groupby(FILE)[["turn", "full"]].shift()
        return cls(
            first=reads[before["turn"].isna()],
            last=reads.groupby(FILE)[["turn", "full"]].last(),
            waits=waits,
            done=_resolved(reads, before["turn"], before["full"]),
        )

    def combine(self, later: Self, /) -> Self:
        """Return what comes of both stretches; the first reads of ``later`` meet our last ones."""
        heads = later.first
        ours = self.waits.reindex(heads["tid"])
        at_once = ours["at_once"].fillna(UNSEEN).to_numpy(np.int64)
        heads = heads.assign(
            at_once=np.where(heads["turn"] == 0, at_once, heads["at_once"]),
            turn=heads["turn"] + ours["waits"].fillna(0).to_numpy(np.int64),
        )
        before = self.last.reindex(pd.MultiIndex.from_frame(heads[FILE]))
        before = before.set_index(heads.index)
        new = heads[before["turn"].isna()]
        last = later.last.copy()
        moved = self.waits["waits"].reindex(last.index.get_level_values(0), fill_value=0)
        last["turn"] += moved.to_numpy()
        return type(self)(
            first=new if self.first.empty else pd.concat([self.first, new], ignore_index=True),
            last=last.combine_first(self.last).astype("int64"),
            waits=_joined(self.waits, later.waits),
            done=self.done.combine(_resolved(heads, before["turn"], before["full"])).combine(
                later.done
            ),
        )


def _joined(ours: pd.DataFrame, theirs: pd.DataFrame) -> pd.DataFrame:
    tids = ours.index.union(theirs.index)
    a, b = (each["waits"].reindex(tids, fill_value=0) for each in (ours, theirs))
    last = theirs["at_once"].where(theirs["waits"] > 0).reindex(tids)
    at_once = last.fillna(ours["at_once"].reindex(tids)).fillna(UNSEEN).astype("int64")
    return pd.DataFrame({"at_once": at_once, "waits": a + b})


def _resolved(reads: pd.DataFrame, turn: pd.Series[float], full: pd.Series[float]) -> Parts:
    """Return what comes of ``reads`` beside the turn and the full size of those before them."""
    got = reads.assign(asked=full)[(full > 0) & (reads["ret"] > 0)]
    before = turn[got.index]
    again = got.assign(again=1)[got["turn"] == before]
    left = got.assign(left=1)[(got["turn"] == before + 1) & (got["at_once"] == AT_ONCE)]
    return Parts(
        {
            "again": Sums.of(again, ("pid", "fd"), ("again", "asked", "wall_ns")),
            "left": Sums.of(left, ("pid", "fd"), ("left", "asked", "wall_ns")),
            "again_longest": Largest.of(again, ("pid", "fd"), "wall_ns"),
            "left_longest": Largest.of(left, ("pid", "fd"), "wall_ns"),
        }
    )


@lru_cache(maxsize=2)
def gather_rereads(window: Window) -> Parts:
    """Return the reads of ``window`` beside those before them, and what else is asked of both.

    ``reads``: by process and fd reads and bytes; ``events``: of its waits, by process; ``watched``:
    by process and fd how often it was asked for in epoll, and how often edge-triggered.
    """
    # Behind a close the number of an fd is another file's: nothing of it was left.
    rows = calls(window, ("read", "close", *WAITS), COLUMNS, IF_KNOWN)
    wait, read = are_of(rows, *WAITS), are_of(rows, "read")
    counted = rows.assign(reads=1, got=rows["ret"].clip(lower=0))
    ctl = calls(window, ("epoll_ctl",), ("pid", "target", "op", "nr", "ret"))
    ctl = ctl[(ctl["ret"] == 0) & (ctl["nr"] > 0)].rename(columns={"target": "fd"})
    return Parts(
        {
            "rereads": Rereads.of(rows),
            "reads": Sums.of(counted[read], ("pid", "fd"), ("reads", "got")),
            "events": Sums.of(counted[wait], ("pid",), ("got",)),
            "watched": Sums.of(
                ctl.assign(asked=1, edge=(ctl["nr"] & EDGE) != 0), ("pid", "fd"), ("asked", "edge")
            ),
        }
    )


EDGE: Final = 1 << 31
"""EPOLLET."""


def came_of_reads(parts: Parts) -> Parts:
    """Return what came of the reads of all windows."""
    found = parts.by_name["rereads"]
    assert isinstance(found, Rereads)
    return found.done
