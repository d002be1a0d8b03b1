"""Counters of a timeline: entries that hang on wait queues, fds that a call found ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import pandas as pd

from analysis.export.event import Event, Place, What
from analysis.export.tracks import Thread
from analysis.frames import Trace
from tracer.shared.records import StepKind


def queued_entries(trace: Trace, track: int | None) -> Iterator[Event]:
    """Return how many entries hang, at each change, in order of time; nothing without a track.

    An entry hangs from its insertion to its removal, known by its address; one queued anew at the
    same address is the same. Entries that were taken off unseen (analysis.ledger) stay.
    """
    if track is None:
        return
    kinds = (StepKind.INSERTION, StepKind.REMOVAL)
    steps = trace.steps[trace.steps["kind"].isin(kinds)].sort_values("ts_ns", kind="stable")
    queued_now: set[int] = set()
    for ts_ns, kind, entry in steps[["ts_ns", "kind", "entry"]].itertuples(index=False):
        before = len(queued_now)
        if kind == StepKind.INSERTION:
            queued_now.add(entry)
        else:
            queued_now.discard(entry)
        if len(queued_now) != before:
            yield Event(ts_ns, Place(), What.COUNT, track, value=len(queued_now))


def ready_fds(calls: pd.DataFrame, tracks: Mapping[Thread, int]) -> Iterator[Event]:
    """Return what each waiting call found ready, when it returned, in order of time.

    Calls that failed found nothing out and are left out.
    """
    here = [thread in tracks for thread in zip(calls["pid"], calls["tid"], strict=True)]
    found = calls[pd.Series(here, index=calls.index) & (calls["ret"] >= 0).fillna(False)]
    found = found.sort_values("exit_ns", kind="stable")
    for pid, tid, ret, exit_ns in found[["pid", "tid", "ret", "exit_ns"]].itertuples(index=False):
        yield Event(exit_ns, Place(), What.COUNT, tracks[pid, tid], value=ret)
