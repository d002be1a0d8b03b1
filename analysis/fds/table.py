"""The fds that most of a program's calls were about, with what was behind them."""

from __future__ import annotations

from itertools import chain
from typing import Final

import numpy as np
import pandas as pd

from analysis.fds.names import FdNames, fd_names_of
from analysis.trace.spools import Records
from analysis.windows.grouping import grouped
from analysis.windows.recording import Recorded
from tracer.shared.message import joined, message, message_n
from tracer.shared.syscalls import by_number_of

FILE: Final = ["pid", "fd", "text"]
"""What identifies the file behind an fd: its name as text, "" if not known."""

WINDOW: Final = 1 << 19
"""Calls of a window: each has a fixed cost."""
MOST_FAMILIES: Final = 3
"""How many families are named for an fd; the rest is left out."""


def busiest_fds(trace: Recorded, most: int) -> pd.DataFrame:
    """Return the fds with most calls, at most ``most``, those with most calls first.

    Columns: pid and fd (int64); name (what was behind it: text, None: not known); calls (int64);
    families, most frequent first (str). An fd whose number was used for several files has a row for
    each. Calls of epoll_ctl count for the instance. Empty where nothing was observed.
    """
    columns = ["pid", "fd", "name", "calls", "families"]
    recording = trace.recording
    if not recording.fds.seen:
        return pd.DataFrame(columns=columns)
    names = fd_names_of(recording)
    nothing = recording.calls.records[:0]
    windows = chain([nothing], recording.calls.windows(WINDOW))
    counts = pd.concat([_counted(window, names) for window in windows])
    counts = counts.groupby([*FILE, "syscall"], sort=False).agg({"name": "first", "calls": "sum"})
    counts = counts.sort_values("calls", ascending=False, kind="stable").reset_index()
    known = by_number_of(recording.manifest.architecture)
    family = counts["syscall"].map({number: call.family for number, call in known.items()})
    groups = counts.assign(families=family.fillna("?")).groupby(FILE, sort=False)
    rows = groups.agg({"name": "first", "calls": "sum", "families": _families})
    return (
        rows.sort_values("calls", ascending=False, kind="stable").head(most).reset_index()[columns]
    )


def _counted(calls: Records, names: FdNames) -> pd.DataFrame:
    """Return how many ``calls`` of each kind are about each file: FILE, syscall, name, calls."""
    about = np.flatnonzero(calls["fd"] >= 0)
    fields = (calls[name].take(about) for name in ("pid", "fd", "syscall", "enter_ns"))
    pids, fds, syscalls, at_ns = fields
    places, words = names.listed(pids, fds, at_ns)
    keys = grouped([pids, fds, syscalls, places])
    numbers, there = pd.factorize(keys.codes)  # in the order in which they come first
    counts = pd.DataFrame(keys.table[there], columns=["pid", "fd", "syscall", "place"])
    counts = counts.assign(calls=np.bincount(numbers, minlength=len(there)))
    named = counts.assign(name=[words[place] for place in counts["place"].tolist()])
    named = named.assign(text=named["name"].fillna("").astype(str))
    groups = named.groupby([*FILE, "syscall"], sort=False)
    return groups.agg(name=("name", "first"), calls=("calls", "sum")).reset_index()


def _families(names: pd.Series[str]) -> str:
    return ", ".join(dict.fromkeys(names[:MOST_FAMILIES]))


def how_known(trace: Recorded) -> str:
    """Return how many observations the names of fds come from, and what was not read."""
    counts = trace.recording.manifest.fd_names or {}
    parts = [
        message_n(
            "{count:,} observation", "{count:,} observations", count=len(trace.recording.fds.seen)
        )
    ]
    if skipped := counts.get("skipped", 0):
        parts.append(message("no time for {count:,} more", count=skipped))
    if unreadable := counts.get("unreadable", 0):
        parts.append(
            message_n(
                "{count:,} process that may not be read",
                "{count:,} processes that may not be read",
                count=unreadable,
            )
        )
    return joined("; ", parts)
