"""Which fds a program's calls were about most, with what was behind them."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.frames import MOST_WHOLE, Trace, trace_of
from analysis.windows.recording import Recorded
from tracer.shared.message import joined, message, message_n

MOST_FAMILIES: Final = 3
"""Families that are named for an fd; the rest is left out."""


def busiest_fds(trace: Recorded, most: int) -> pd.DataFrame:
    """Return the fds with most calls, at most ``most``, those with most calls first.

    Columns: pid and fd (int64); name (what was behind it: text, None where that is not known);
    calls (int64); families, most frequent first (str). An fd whose number was used for several
    files has a row for each. Calls of epoll_ctl count for the instance. Empty where
    nothing was observed, and of a trace that is too long for frames.
    """
    columns = ["pid", "fd", "name", "calls", "families"]
    if not trace.recording.fds.seen or too_long(trace):
        return pd.DataFrame(columns=columns)
    trace = trace if isinstance(trace, Trace) else trace_of(trace.recording)
    calls = trace.calls.loc[trace.calls["fd"] >= 0, ["pid", "fd", "enter_ns", "family"]]
    calls = calls.assign(name=trace.fds.names(calls.rename(columns={"enter_ns": "at_ns"})))
    named = calls.assign(text=calls["name"].fillna("").astype(str))
    groups = named.groupby(["pid", "fd", "text"], sort=False)
    rows = groups.agg(name=("name", "first"), calls=("fd", "size"))
    rows = rows.sort_values("calls", ascending=False, kind="stable").head(most).reset_index()
    kept = named.merge(rows[["pid", "fd", "text"]], on=["pid", "fd", "text"])
    families = kept.groupby(["pid", "fd", "text"])["family"].agg(_families)
    return rows.join(families.rename("families"), on=["pid", "fd", "text"])[columns]


def _families(names: pd.Series[str]) -> str:
    return ", ".join(names.value_counts().index[:MOST_FAMILIES])


def too_long(trace: Recorded) -> bool:
    """Whether ``trace`` has more calls and steps than are put into frames for this."""
    return trace.recording.records > MOST_WHOLE


def how_known(trace: Recorded) -> str:
    """Return how many observations names of fds come from, and what was not read."""
    counts = trace.recording.manifest.fd_names or {}
    told = [
        message_n(
            "{count:,} observation", "{count:,} observations", count=len(trace.recording.fds.seen)
        )
    ]
    if skipped := counts.get("skipped", 0):
        told.append(message("no time for {count:,} more", count=skipped))
    if unreadable := counts.get("unreadable", 0):
        told.append(
            message_n(
                "{count:,} process that may not be read",
                "{count:,} processes that may not be read",
                count=unreadable,
            )
        )
    return joined("; ", told)
