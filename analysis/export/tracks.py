"""The tracks of a timeline: one per thread, under its process, and those of the recording."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from analysis.checks.ledger import CORE
from analysis.export.part import Part
from analysis.export.records import among
from analysis.export.text import storable
from analysis.export.values import Flags, numbered, one_of_each
from analysis.tasks import names, tasks_frame
from analysis.trace.manifest import Manifest
from analysis.windows.recording import Recording
from analysis.windows.window import Window

Ints = npt.NDArray[Any]
Thread = tuple[int, int]
"""A thread as steps and calls identify it: pid and tid."""

IDLE: Final[Thread] = (0, 0)
"""The idle task, in whose context interrupts run on an idle CPU."""

COUNT_READY: Final = ("select", "poll", "epoll_wait", "io_getevents")
"""Families whose result is a number of ready fds or events."""


@dataclass(frozen=True)
class Track:
    """One line of a timeline. ``unit`` is set for a counter; ``parent`` is a uuid.

    With only ``pid`` it is a process's, with ``tid`` too a thread's.
    """

    uuid: int
    name: str
    parent: int | None = None
    pid: int | None = None
    tid: int | None = None
    unit: str | None = None


@dataclass(frozen=True)
class Tracks:
    """All tracks of a trace, and how to find them.

    ``queued`` is None where the queued entries cannot be counted.
    """

    all: tuple[Track, ...]
    recording: int
    phases: int
    queued: int | None
    threads: Mapping[Thread, int]
    ready: Mapping[Thread, int]


def tracks_of(part: Part) -> Tracks:
    """Return the tracks of ``part``, each process before its threads."""
    uuids = itertools.count(1)
    recording = Track(next(uuids), "recording")
    phases = Track(next(uuids), "phases")
    whole = [recording, phases]
    queued = next(uuids) if can_count_entries(part.recording.manifest) else None
    if queued:
        whole.append(Track(queued, "entries on wait queues", unit="entries"))
    threads = list(_thread_tracks(part, uuids))
    by_thread = {
        (track.pid or 0, track.tid): track.uuid for track in threads if track.tid is not None
    }
    waits = part.window.calls[counts_ready(part.window)]
    ready = {
        thread: Track(next(uuids), "fds ready", parent=by_thread[thread], unit="fds")
        for thread in _threads(waits["pid"], waits["tid"])
    }
    return Tracks(
        all=(*whole, *threads, *ready.values()),
        recording=recording.uuid,
        phases=phases.uuid,
        queued=queued,
        threads=by_thread,
        ready={thread: track.uuid for thread, track in ready.items()},
    )


def tracks_at(tracks: Mapping[Thread, int], pids: Ints, tids: Ints) -> Ints:
    """Return the track of each thread, given by pid and tid."""
    places = numbered(pids, tids)
    one = one_of_each(places)
    threads = zip(pids[one].tolist(), tids[one].tolist(), strict=True)
    found: Ints = np.array([tracks[thread] for thread in threads], np.int64)[places]
    return found


def counts_ready(window: Window) -> Flags:
    """Return which calls' results are a number of ready fds or events."""
    return among(COUNT_READY)[window.families]


def can_count_entries(manifest: Manifest) -> bool:
    """Return whether hooks saw every entry's insertion and removal."""
    return manifest.detail == "steps" and all(map(manifest.attached, CORE))


def _threads(pids: Ints, tids: Ints) -> list[Thread]:
    """Return the threads present, in order of their numbers."""
    one = one_of_each(numbered(pids, tids))
    return sorted(zip(pids[one].tolist(), tids[one].tolist(), strict=True))


def _thread_tracks(part: Part, uuids: Iterator[int]) -> Iterator[Track]:
    recording, window = part.recording, part.window
    roles = {**_comms(recording), **_roles(recording)}
    program = _program(recording.manifest)
    pids, tids = window.of_steps("pid"), window.of_steps("tid")
    whose = (window.of_steps("seq") > 0) | (window.of_steps("owner_tid") == tids)
    traced = {
        *_threads(window.of_calls("pid"), window.of_calls("tid")),
        *_threads(pids[whose], tids[whose]),
    }
    processes: dict[int, int] = {}
    for pid, tid in sorted(traced | set(_threads(pids, tids))):
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


def _program(manifest: Manifest) -> str:
    """Return the command's name, for tasks that have no other in the trace."""
    return storable(PurePath(manifest.command[0]).name) if manifest.command else "traced"


def _comms(recording: Recording) -> dict[int, str]:
    """Return the last names of tasks, by tid."""
    found = names(tasks_frame(recording.tasks.records))
    return {tid: storable(comm) for tid, comm in found.items() if comm}


def _roles(recording: Recording) -> dict[int, str]:
    """Return the roles of a workload's processes and threads, by pid and tid, from its truth."""
    roles: dict[int, str] = {}
    for phase in recording.truth.phases if recording.truth else ():
        if phase.waker_pid is not None:
            roles[phase.waker_pid] = "waker"
        waiters = [waiter.tid for waiter in phase.waiters] or [phase.tid]
        roles |= dict.fromkeys(waiters, "waiter")
    return roles
