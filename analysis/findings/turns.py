"""Turns of a thread's loop: what happens between two of its waits, and how often.

In a stretch of a trace turns are numbered from 0, which is what precedes the thread's first wait
there: the rest of a turn that began in the previous stretch.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Self

import numpy as np

from analysis.findings.parts import Parts, Sums, by_key, places_in
from analysis.findings.rows import Flags, Rows
from analysis.windows.grouping import Groups, Numbers, Places, Values

Resolve = Callable[[Rows], Parts]
TURN: Final = ("tid", "turn")


@dataclass(frozen=True, eq=False)
class Turns:
    """The turns of calls, which are in order within each thread: a wait begins its turn.

    ``waits`` are those of the calls, thread by thread; ``until`` is how many of these there are up
    to each call; ``before`` is how many the previous threads have, by a thread's code.
    """

    waits: Places
    until: Numbers
    codes: Places
    before: Numbers

    @classmethod
    def of(cls, groups: Groups, waits: Flags) -> Self:
        """Return the turns of calls grouped by thread (``groups``), of which some are ``waits``."""
        flags = waits.take(groups.order)
        until = flags.astype(np.intp).cumsum()  # on the flags themselves it takes ten times as long
        before = np.zeros(groups.size, np.int64)
        before[groups.present] = until[groups.starts] - flags[groups.starts]
        turns = np.empty(len(waits), np.int64)
        turns[groups.order] = until
        return cls(groups.order.take(np.flatnonzero(flags)), turns, groups.codes, before)

    def at(self, places: Places) -> Numbers:
        """Return the turn of the calls at ``places``."""
        return self.until.take(places) - self.before.take(self.codes.take(places))

    def between(self, earlier: Places, later: Places) -> Numbers:
        """Return how many turns are between calls of the same threads; 0: they are in one turn."""
        return self.until.take(later) - self.until.take(earlier)

    def begun_by(self, values: Values, places: Places, else_: int) -> Numbers:
        """Return, from ``values`` of calls, that of the wait that began the turn at ``places``.

        It is ``else_`` if the turn began before the stretch.
        """
        found = np.full(len(places), else_)
        known = np.flatnonzero(self.at(places))
        waits = self.waits.take(self.until.take(places.take(known)) - 1)
        found[known] = values.take(waits)
        return found


@dataclass(frozen=True, eq=False)
class Runs:
    """``done`` has the results of finished turns; ``open`` are a thread's first and last ones.

    ``open`` has tid, turn, pid, seq, count, first_ns and last_ns: ``count`` calls of one kind, the
    first beginning at first_ns, the last ending at last_ns; seq is that of the first. ``waits`` are
    those of the stretch, by tid.
    """

    done: Parts
    open: Rows
    waits: Sums
    resolve: Resolve

    @classmethod
    def of(cls, calls: Rows, waits: Flags, counted: Flags, resolve: Resolve) -> Self:
        """Return the runs of those ``calls`` that are ``counted``.

        They have pid, tid, seq, enter_ns and exit_ns, and are in order within each thread.
        """
        of_tid = Sums.of(calls.assign(waits=waits), ("tid",), ("waits",))
        if counted.any():
            turns, chosen = Turns.of(calls.groups("tid"), waits), np.flatnonzero(counted)
            calls = calls[chosen].assign(turn=turns.at(chosen))
            rows = {name: calls[name] for name in ("tid", "turn", "pid", "seq")}
        else:
            calls = calls[counted]
            rows = dict.fromkeys(("tid", "turn", "pid", "seq"), calls["tid"])
        rows |= {"count": np.ones(len(calls), np.int64)}
        rows |= {"first_ns": calls["enter_ns"], "last_ns": calls["exit_ns"]}
        runs = _joined(Rows.of(rows))
        over = _over(runs, of_tid)
        return cls(resolve(runs[over]), runs[~over].kept(), of_tid, resolve)

    def combine(self, later: Self, /) -> Self:
        """Return the runs of both stretches: our last turns continue in the first of ``later``."""
        moved = later.open.assign(turn=later.open["turn"] + _waits(later.open, self.waits))
        runs = _joined(self.open.joined(moved))
        waits = self.waits.combine(later.waits)
        over = _over(runs, waits)
        return type(self)(
            self.done.combine(self.resolve(runs[over])).combine(later.done),
            runs[~over].kept(),
            waits,
            self.resolve,
        )

    def finished(self) -> Parts:
        """Return the results of all turns, including those that began or ended with the trace."""
        return self.done.combine(self.resolve(self.open))


def _joined(rows: Rows) -> Rows:
    """Return ``rows`` with those of one turn joined."""
    order, starts = by_key(np.column_stack([rows[name] for name in TURN]))
    if not len(order):
        return rows
    found = {name: rows[name][order[starts]] for name in ("tid", "turn", "pid", "seq")}
    return Rows.of(
        found
        | {
            "count": np.add.reduceat(rows["count"][order], starts),
            "first_ns": np.minimum.reduceat(rows["first_ns"][order], starts),
            "last_ns": np.maximum.reduceat(rows["last_ns"][order], starts),
        }
    )


def _waits(rows: Rows, waits: Sums) -> Numbers:
    """Return how many ``waits`` the thread of each of ``rows`` has."""
    places = places_in(waits.table, rows["tid"][:, None])
    return np.append(waits.sums[:, 0], 0)[places]


def _over(runs: Rows, waits: Sums) -> Flags:
    """Return which turns have both ends in the stretch."""
    return (runs["turn"] > 0) & (runs["turn"] < _waits(runs, waits))
