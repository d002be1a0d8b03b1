"""System calls as slices of a timeline, with all that was counted inside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from analysis.export.event import Event, Place, What, rows
from analysis.export.tracks import Thread

BEGINS: Final = 0
ENDS: Final = 2
"""Stages of a call; its steps are between them."""

NOT_ARGS: Final = ("enter_ns", "exit_ns", "pid", "tid", "name")
"""What the slice itself says."""


def call_events(calls: pd.DataFrame, threads: Mapping[Thread, int]) -> tuple[Iterator[Event], ...]:
    """Return the beginnings of calls and their ends, each in order of time.

    Args:
        calls: as analysis.export.records has them.
        threads: the track of each thread.

    An unfinished call has no end, unless its thread's number came back and made another call.
    """
    begun = calls.sort_values(["enter_ns", "seq"], kind="stable")
    return _begins(begun, threads), _ends(_ended(begun), threads)


def _ended(calls: pd.DataFrame) -> pd.DataFrame:
    """Return when calls end: ``ends_ns``, and ``place`` among what is at the same time."""
    ends = calls.assign(
        ends_ns=calls["exit_ns"].fillna(_next_begins(calls)),
        place=calls["seq"].where(calls["exit_ns"].notna(), 0),
    )
    return ends[ends["ends_ns"].notna()].sort_values(["ends_ns", "place"], kind="stable")


def _next_begins(calls: pd.DataFrame) -> pd.Series[int]:
    """Return when the next call of the same thread begins, NA for its last; in order of time."""
    return calls.groupby(["pid", "tid"])["enter_ns"].shift(-1)


def _begins(calls: pd.DataFrame, threads: Mapping[Thread, int]) -> Iterator[Event]:
    for call in rows(calls):
        yield Event(
            ts_ns=call["enter_ns"],
            place=Place(call["seq"], BEGINS),
            what=What.BEGIN,
            track=threads[call["pid"], call["tid"]],
            name=call.get("name", f"system call {call['syscall']}"),
            category="call",
            args=_args(call),
        )


def _args(call: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in call.items() if name not in NOT_ARGS}


def _ends(calls: pd.DataFrame, threads: Mapping[Thread, int]) -> Iterator[Event]:
    columns = ["ends_ns", "place", "pid", "tid"]
    for ends_ns, place, pid, tid in calls[columns].itertuples(index=False):
        yield Event(ends_ns, Place(place, ENDS), What.END, threads[pid, tid])
