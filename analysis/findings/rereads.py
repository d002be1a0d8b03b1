"""Each read of an fd, paired with the same thread's previous one: what was left to read?

A read that gets all that it requested may leave data. The next read of the fd fetches it: in the
same turn of the loop, or after a wait that returned at once, since the fd was still ready.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.findings.following import latest, shifted
from analysis.findings.parts import Largest, Parts, Sums, by_key, places_in
from analysis.findings.rows import Flags, Rows
from analysis.findings.selecting import WAITS, are_of, calls
from analysis.findings.turns import Turns
from analysis.windows.grouping import Groups, Numbers, Places
from analysis.windows.window import Window

COLUMNS: Final = ("pid", "tid", "seq", "fd", "family", "wall_ns")
IF_KNOWN: Final = ("ret", "nr", "sleeps")
"""Columns that a wait or a read may lack: it counts as one all the same."""
NAMED: Final = ("pid", "fd", "tid", "seq", "wall_ns")
"""Columns that a finding needs to identify a read."""
FILE: Final = ("tid", "fd")
AT_ONCE, SLEPT, UNSEEN = 1, 0, -1
"""Whether the wait that began a turn returned events without sleeping; UNSEEN: not known yet."""


@dataclass(frozen=True, eq=False)
class Rereads:
    """``done`` has the results of reads whose previous read is known, ``first`` the others.

    ``files`` are tid and fd of all reads, ``last`` the last read of each: its turn, and the bytes
    it requested if it got them all, else 0. ``waits`` are those of the stretch.
    """

    first: Rows
    files: Numbers
    last: Numbers
    waits: Waits
    done: Parts

    @classmethod
    def of(cls, rows: Rows) -> Self:
        """Return the result of ``rows``: reads, closes and waits, in order."""
        wait = are_of(rows, *WAITS)
        turns = Turns.of(rows.groups("tid"), wait)
        others = np.flatnonzero(~wait)
        reads = rows[others]
        full = reads["nr"] * ((reads["ret"] > 0) & (reads["ret"] == reads["nr"]))
        groups = reads.groups(*FILE)
        before = np.empty(len(reads), np.intp)
        before[groups.order] = shifted(groups.order, groups)
        first = np.flatnonzero(before < 0)
        ends = groups.order.take(groups.ends - 1)
        # The turns of most reads don't matter: nothing was left before them.
        behind = np.flatnonzero((full.take(before) > 0) & (before >= 0) & (reads["ret"] > 0))
        what = before.take(behind)
        at_once = (rows["ret"] > 0) & (rows["sleeps"] == 0)
        at = others.take(first)
        begun = {"turn": turns.at(at), "at_once": turns.begun_by(at_once, at, UNSEEN)}
        waited = turns.between(others.take(what), others.take(behind))
        again, next_ = behind[waited == 0], behind[waited == 1]
        left = next_[turns.begun_by(at_once, others.take(next_), UNSEEN) == AT_ONCE]

        def results(places: Places) -> Rows:
            return reads[places].assign(asked=full.take(before.take(places)))

        return cls(
            first=reads[first].assign(**begun, full=full.take(first)).kept(),
            files=groups.keys,
            last=np.column_stack([turns.at(others.take(ends)), full.take(ends)]),
            waits=Waits.of(rows.groups("tid"), turns, at_once),
            done=_resolved_reads(results(again), results(left)),
        )

    def combine(self, later: Self, /) -> Self:
        """Return the results of both stretches; first reads of ``later`` follow our last ones."""
        heads = later.first
        at_once, waits = self.waits.at(heads["tid"][:, None])
        heads = heads.assign(
            at_once=np.where(heads["turn"] == 0, at_once, heads["at_once"]),
            turn=heads["turn"] + waits,
        )
        places = places_in(self.files, np.column_stack([heads[name] for name in FILE]))
        met = places >= 0
        moved = later.last.copy()
        moved[:, 0] += self.waits.at(later.files[:, :1])[1]
        files, last = latest(later.files, moved, self.files, self.last)
        found = _resolved(heads[met], self.last[places[met]])
        return type(self)(
            first=self.first.joined(heads[~met].kept()),
            files=files,
            last=last,
            waits=self.waits.combine(later.waits),
            done=self.done.combine(found).combine(later.done),
        )


@dataclass(frozen=True, eq=False)
class Waits:
    """For each of ``tids`` how the last wait returned (``at_once``), and how many there were."""

    tids: Numbers
    at_once: Numbers
    count: Numbers

    @classmethod
    def of(cls, groups: Groups, turns: Turns, at_once: Flags) -> Self:
        """Return the waits of calls, grouped by tid (``groups``) and with these ``turns``."""
        ends = groups.order.take(groups.ends - 1)
        return cls(groups.keys, turns.begun_by(at_once, ends, UNSEEN), turns.at(ends))

    def at(self, tids: Numbers) -> tuple[Numbers, Numbers]:
        """Return ``at_once`` and the number of waits of ``tids``."""
        places = places_in(self.tids, tids)
        return np.append(self.at_once, UNSEEN)[places], np.append(self.count, 0)[places]

    def combine(self, later: Self, /) -> Self:
        """Return the waits of both stretches."""
        both = np.concatenate([self.tids, later.tids])
        order, starts = by_key(both)
        tids = both[order[starts]]
        (ours, count), (theirs, more) = self.at(tids), later.at(tids)
        return type(self)(tids, np.where(more > 0, theirs, ours), count + more)


def _resolved(reads: Rows, before: Numbers) -> Parts:
    """Return the results of ``reads``, given turn and full size of those ``before`` them."""
    turn, full = before.T
    got = (full > 0) & (reads["ret"] > 0)
    reads = reads.assign(asked=full)
    again = reads[got & (reads["turn"] == turn)]
    left = reads[got & (reads["turn"] == turn + 1) & (reads["at_once"] == AT_ONCE)]
    return _resolved_reads(again, left)


def _resolved_reads(again: Rows, left: Rows) -> Parts:
    """Return the results of reads ``again`` in a turn, and of those that fetch what was ``left``.

    ``asked`` is what the previous read requested, and got.
    """
    again, left = again.assign(again=1), left.assign(left=1)
    return Parts(
        {
            "again": Sums.of(again, ("pid", "fd"), ("again", "asked", "wall_ns")),
            "left": Sums.of(left, ("pid", "fd"), ("left", "asked", "wall_ns")),
            "again_longest": Largest.of(again.only(*NAMED), ("pid", "fd"), "wall_ns"),
            "left_longest": Largest.of(left.only(*NAMED), ("pid", "fd"), "wall_ns"),
        }
    )


def gather_rereads(window: Window) -> Parts:
    """Return the reads of ``window`` with those before them, and what else both rules need.

    ``reads``: reads and bytes by process and fd; ``events``: events of waits by process;
    ``watched``: by process and fd how often it was registered with epoll, and how often
    edge-triggered.
    """
    # After a close, the fd number is another file's: nothing was left there.
    rows = calls(window, ("read", "close", *WAITS), COLUMNS, IF_KNOWN)
    wait, read = are_of(rows, *WAITS), are_of(rows, "read")
    counted = rows.assign(reads=1, got=np.maximum(rows["ret"], 0))
    ctl = calls(window, ("epoll_ctl",), ("pid", "target", "op", "nr", "ret"))
    ctl = ctl[(ctl["ret"] == 0) & (ctl["nr"] > 0)]
    ctl = ctl.assign(fd=ctl["target"], asked=1, edge=(ctl["nr"] & EDGE) != 0)
    return Parts(
        {
            "rereads": Rereads.of(rows),
            "reads": Sums.of(counted[read], ("pid", "fd"), ("reads", "got")),
            "events": Sums.of(counted[wait], ("pid",), ("got",)),
            "watched": Sums.of(ctl, ("pid", "fd"), ("asked", "edge")),
        }
    )


EDGE: Final = 1 << 31
"""EPOLLET."""


def results_of_reads(parts: Parts) -> Parts:
    """Return the results of the reads of all windows."""
    found = parts.by_name["rereads"]
    assert isinstance(found, Rereads)
    return found.done
