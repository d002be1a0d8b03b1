"""Rows, each seen together with the previous one under the same key.

"Removed, then added again", "read again after a short read", "accepted nothing right after a wait":
a row may leave a state under its key, which the next row there finds. At the beginning of a window
the state is unknown; such rows wait until the previous window is combined with it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

import numpy as np

from analysis.findings.parts import Parts, by_key, places_in
from analysis.findings.rows import Flags, Rows
from analysis.windows.grouping import Groups, Numbers, Places, last_of
from analysis.windows.window import Window

Resolve = Callable[[Rows], Parts]
"""Turns rows with the column ``before``, int64, into results; also for no rows."""

AS_IT_WAS: Final = np.iinfo(np.int64).min
"""The state left by a row that changes nothing."""


@dataclass(frozen=True, eq=False)
class Following:
    """``done`` has the results of rows whose previous state is known, ``first`` the others.

    ``last`` has the final state of each key of ``table``. ``begins``: there is nothing before the
    stretch, so no row waits.
    """

    first: Rows
    table: Numbers
    last: Numbers
    done: Parts
    keys: tuple[str, ...]
    resolve: Resolve
    begins: bool

    @classmethod
    def of(
        cls, window: Window, rows: Rows, keys: Sequence[str], resolve: Resolve, asking: Flags
    ) -> Self:
        """Return the results of those of ``rows`` of ``window`` that are ``asking``, in order.

        ``rows`` have the column ``after``, int64: the state that a row leaves, or AS_IT_WAS.
        """
        begins = window.begins
        if not asking.any():  # only the states left behind matter
            rows = rows[rows["after"] != AS_IT_WAS]
            rows = rows[np.sort(rows.groups(*keys).last)]
            asking = np.zeros(len(rows), bool)
        groups, after = rows.groups(*keys), rows["after"]
        place = states_at(groups, after)
        before = np.empty(len(rows), np.intp)
        before[groups.order] = shifted(place, groups)
        ends = place[groups.ends - 1]
        known = ends >= 0
        met = np.flatnonzero((before >= 0) & asking)
        unmet = np.flatnonzero((before < 0) & asking)
        return cls(
            first=rows[unmet[: 0 if begins else None]].kept(),
            table=groups.keys[known],
            last=after[ends[known]],
            done=resolve(rows[met].assign(before=after.take(before.take(met)))),
            keys=tuple(keys),
            resolve=resolve,
            begins=begins,
        )

    def combine(self, later: Self, /) -> Self:
        """Return the results of both stretches; first rows of ``later`` find our last states."""
        wanted = np.column_stack([later.first[key] for key in self.keys])
        places = places_in(self.table, wanted)
        met = places >= 0
        heads = later.first[met].assign(before=self.last[places[met]])
        table, last = latest(later.table, later.last, self.table, self.last)
        return replace(
            self,
            first=self.first if self.begins else self.first.joined(later.first[~met].kept()),
            table=table,
            last=last,
            done=self.done.combine(self.resolve(heads)).combine(later.done),
        )


def states_at(groups: Groups, after: Numbers) -> Places:
    """Return, in the order of ``groups``, which row left the state after each.

    -1: no row of the group has left one yet.
    """
    order = groups.order
    leaves = after.take(order) != AS_IT_WAS
    if leaves.all():
        return order
    last = last_of(leaves)
    found = order.take(last)
    found[last < np.repeat(groups.starts, groups.lengths)] = -1
    return found


def shifted(places: Places, groups: Groups) -> Places:
    """Return for each row of ``places``, in the order of ``groups``, the one before it."""
    before = np.empty_like(places)
    before[1:] = places[:-1]
    before[groups.starts] = -1
    return before


def latest(table: Numbers, last: Numbers, before: Numbers, old: Numbers) -> tuple[Numbers, Numbers]:
    """Return the ``last`` states of ``table``, and ``old`` ones for keys that it lacks."""
    if np.array_equal(table, before):
        return table, last
    both = np.concatenate([table, before])
    order, starts = by_key(both)
    places = order[starts]
    return both[places], np.concatenate([last, old])[places]


def results_of(parts: Parts, name: str) -> Parts:
    """Return the results of the ``Following`` called ``name``."""
    found = parts.by_name[name]
    assert isinstance(found, Following)
    return found.done
