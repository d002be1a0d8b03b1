"""The tracks of a timeline: one per thread, under its process, and those of the whole recording."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Final

import pandas as pd

from analysis.export.text import storable
from analysis.frames import Trace
from analysis.ledger import CORE
from analysis.tasks import names

Thread = tuple[int, int]
"""A thread as steps and calls name it: pid and tid."""

IDLE: Final[Thread] = (0, 0)
"""What runs on a CPU that has nothing to run: interrupts come while it does."""

COUNT_READY: Final = ("select", "poll", "epoll_wait", "io_getevents")
"""Families whose result is a number of fds or events that are ready."""


@dataclass(frozen=True)
class Track:
    """One line of a timeline. ``unit`` is set if it is a counter's; ``parent`` is a uuid.

    With ``pid`` alone it is a process's, with ``tid`` too a thread's.
    """

    uuid: int
    name: str
    parent: int | None = None
    pid: int | None = None
    tid: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Tracks:
    """All tracks of a trace, and where to find which.

    ``queued`` is None where the entries that hang cannot be counted.
    """

    all: tuple[Track, ...]
    recording: int
    phases: int
    queued: int | None
    threads: Mapping[Thread, int]
    ready: Mapping[Thread, int]


def tracks_of(trace: Trace) -> Tracks:
    """Return the tracks of ``trace``, each process before its threads."""
    uuids = itertools.count(1)
    recording = Track(next(uuids), "recording")
    phases = Track(next(uuids), "phases")
    whole = [recording, phases]
    queued = next(uuids) if can_count_entries(trace) else None
    if queued:
        whole.append(Track(queued, "entries on wait queues", unit="entries"))
    threads = list(_thread_tracks(trace, uuids))
    by_thread = {
        (track.pid or 0, track.tid): track.uuid for track in threads if track.tid is not None
    }
    ready = {
        thread: Track(next(uuids), "fds ready", parent=by_thread[thread], unit="fds")
        for thread in _threads(trace.calls[trace.calls["family"].isin(COUNT_READY)])
    }
    return Tracks(
        all=(*whole, *threads, *ready.values()),
        recording=recording.uuid,
        phases=phases.uuid,
        queued=queued,
        threads=by_thread,
        ready={thread: track.uuid for thread, track in ready.items()},
    )


def can_count_entries(trace: Trace) -> bool:
    """Return whether each entry's insertion and removal was to be seen."""
    return trace.manifest.detail == "steps" and all(map(trace.manifest.attached, CORE))


def _threads(rows: pd.DataFrame) -> list[Thread]:
    """Return the threads of ``rows``, in order of their numbers."""
    pairs = rows[["pid", "tid"]].drop_duplicates().sort_values(["pid", "tid"])
    return [(int(pid), int(tid)) for pid, tid in pairs.itertuples(index=False)]


def _thread_tracks(trace: Trace, uuids: Iterator[int]) -> Iterator[Track]:
    roles, program = {**_comms(trace), **_roles(trace)}, _program(trace)
    traced = set(_threads(trace.calls)) | set(_threads(trace.steps[trace.steps["seq"] > 0]))
    traced |= set(_threads(trace.steps[trace.steps["owner_tid"] == trace.steps["tid"]]))
    processes: dict[int, int] = {}
    for pid, tid in sorted(traced | set(_threads(trace.steps))):
        if (pid, tid) == IDLE:
            yield Track(next(uuids), "idle CPUs (interrupts)", pid=None, tid=0)
            continue
        ours = (pid, tid) in traced
        if pid not in processes:
            processes[pid] = next(uuids)
            name = roles.get(pid, program) if ours else "not traced"
            yield Track(processes[pid], name, pid=pid)
        name = roles.get(tid, program) if ours else "not traced"
        yield Track(next(uuids), name, parent=processes[pid], pid=pid, tid=tid)


def _program(trace: Trace) -> str:
    """Return the command's name, for tasks of which the trace has no other."""
    command = trace.manifest.command
    return storable(PurePath(command[0]).name) if command else "traced"


def _comms(trace: Trace) -> dict[int, str]:
    """Return the names that tasks had last, by tid."""
    return {tid: storable(comm) for tid, comm in names(trace.tasks).items() if comm}


def _roles(trace: Trace) -> dict[int, str]:
    """Return what the workload says that its processes and threads are, by pid and tid."""
    roles: dict[int, str] = {}
    for phase in trace.truth.phases if trace.truth else ():
        if phase.waker_pid is not None:
            roles[phase.waker_pid] = "waker"
        waiters = [waiter.tid for waiter in phase.waiters] or [phase.tid]
        roles |= dict.fromkeys(waiters, "waiter")
    return roles
