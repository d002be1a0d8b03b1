"""Counters of a timeline: entries on wait queues, fds that a call found ready."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from analysis.export.event import Events, What
from analysis.export.tracks import Thread, counts_ready, tracks_at
from analysis.export.values import Numbers, numbered
from analysis.windows.window import Window
from tracer.shared.records import StepKind


def queued_entries(window: Window, track: int | None) -> Iterator[Events]:
    """Yield how many entries are queued, at each change; nothing if there is no track.

    An entry, identified by its address, is queued from its insertion to its removal; one queued
    again at the same address counts as the same. Entries that were removed unseen
    (analysis.checks.ledger) stay.
    """
    if track is None:
        return
    kinds = window.of_steps("kind")
    rows = np.flatnonzero((kinds == StepKind.INSERTION) | (kinds == StepKind.REMOVAL))
    times = window.of_steps("ts_ns").astype(np.int64)
    rows = rows[np.argsort(times[rows], kind="stable")]
    queued = kinds[rows] == StepKind.INSERTION
    entry = numbered(window.of_steps("entry")[rows])
    by_entry = np.argsort(entry, kind="stable")
    now, of = queued[by_entry], entry[by_entry]
    before = np.append(False, now[:-1]) & (of == np.append(-1, of[:-1]))
    changed = np.zeros(len(rows), bool)
    changed[by_entry] = now != before
    count = np.cumsum(np.where(queued, 1, -1)[changed])
    yield Events(times[rows[changed]], 0, 0, What.COUNT, np.full(len(count), track),
                 value=Numbers(count))  # fmt: skip


def ready_fds(window: Window, tracks: Mapping[Thread, int]) -> Events:
    """Return what each waiting call found ready, when it returned.

    Calls that failed are left out.
    """
    found = counts_ready(window) & (window.of_calls("ret") >= 0) & ~window.unfinished
    rows = np.flatnonzero(found)
    pids, tids = window.of_calls("pid")[rows], window.of_calls("tid")[rows]
    times = window.of_calls("exit_ns")[rows].astype(np.int64)
    return Events(
        ts_ns=times,
        seq=0,
        stage=0,
        what=What.COUNT,
        track=tracks_at(tracks, pids, tids),
        value=Numbers(window.of_calls("ret")[rows]),
    )
