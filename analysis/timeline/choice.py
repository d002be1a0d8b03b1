"""Chooses the call whose timeline is shown if none was named, and the alternatives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import pandas as pd

from analysis.timeline.about_fd import AboutFd, calls_about, found_about
from analysis.timeline.best import First, Slowest
from analysis.timeline.opened import OpenedFiles
from analysis.timeline.threads import stretch_of
from analysis.timeline.worth import ABOUT_IT, FIELDS, HIGHEST, WAITING, Worth, waits
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, kept
from analysis.windows.recording import Recording, are_in
from analysis.windows.window import Window
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import Message, joined, message

WINDOW: Final = 1 << 17
EARLY: Final = 1 << 20
"""How many calls are searched for one about an fd before all steps are read: 128 MiB."""
MOST: Final = 20
"""How many calls are offered."""
COMMON: Final = 4
"""How many families of calls are named if none can be chosen."""
CANDIDATES: Final = frozenset((*FIELDS, "place", "rank", "empty", "slept", "alike"))
"""Columns of ``candidates``."""


@dataclass(frozen=True)
class Wanted:
    """What a call must be like to be chosen, and whether to take the slowest: see candidates()."""

    phase: int | None = None
    fd: str | None = None
    """A number, or part of a name (analysis.timeline.about_fd)."""
    empty: bool = False
    """It returned nothing: 0 fds ready, or EAGAIN."""
    slowest: bool = False
    """Choose the one that took longest in the kernel, without time off the CPU."""


def requested_call(recording: Recording, tid: int, seq: int) -> int:
    """Return the place of the finished call number ``seq`` of task ``tid`` among the calls.

    UsageError: there is none.
    """
    for first, end in (stretch_of(recording, tid, seq), (0, None)):
        for window in _windows(recording, first, end):
            found = (window.of_calls("tid") == tid) & (window.of_calls("seq") == seq)
            places = np.flatnonzero(found & ~window.unfinished)
            if len(places):
                return _checked(recording, window.first_call + int(places[0]))
    raise UsageError(
        message("{path} has no finished call number {seq} of task {tid}",
            path=recording.path, seq=seq, tid=tid)
    )  # fmt: skip


def chosen_call(recording: Recording, wanted: Wanted) -> int:
    """Return the place of the best call to show: the first of candidates()."""
    place = None if wanted.fd is None else _early(recording, wanted, wanted.fd)
    if place is None:
        place = int(candidates(recording, wanted, most=1)["place"].iloc[0])
    return _checked(recording, place)


def candidates(recording: Recording, wanted: Wanted, most: int = MOST) -> pd.DataFrame:
    """Return the calls worth showing, at most ``most``, the best first.

    Multiplexing calls come before reads that wait; among these, first those that slept and were
    woken by a callback on their entry, then those that slept and were woken, then those that polled
    fds. With an fd: those that found it ready come before all others about it. Calls of the truth's
    waiters come before those of other tasks: a workload's waker waits too, in reads. If there is a
    truth, only calls of its phases, unless requested; a program that is not ours has none. Slowest:
    by kernel_ns alone.

    Columns: place among the calls; pid, tid, seq, syscall, fd, ret, enter_ns, wall_ns, kernel_ns
    (-1: not known); rank; empty; slept; alike, the number of calls like it (ALIKE).

    Raises:
        UsageError: no call is about the fd, or none came back empty.
        TraceError: no finished waiting call.
    """
    if recording.records < keeping.LEAST or recording.manifest.is_live:
        return _candidates(recording, wanted, most)
    name = repr(("candidates", wanted, most))

    def make() -> Arrays:
        rows = _candidates(recording, wanted, most)
        return {str(column): rows[column].to_numpy() for column in rows}

    return pd.DataFrame(dict(kept(recording.path, name, make, partial(_match_calls, recording))))


def _early(recording: Recording, wanted: Wanted, fd: str) -> int | None:
    """Return the place of the best call about ``fd``, if one of the first calls is sure to be it.

    Which calls of the others are about the fd, only a pass over all steps would tell.
    """
    if wanted.slowest or len(recording.calls.records) <= EARLY:
        return None
    beginning = recording.beginning(EARLY)
    try:
        about = found_about(beginning, fd)
    except UsageError:  # candidates() says what there is in all of the trace
        return None
    best = _best(beginning, wanted, about.ready, 1)[0]
    return int(best.rows["place"].iloc[0]) if best.is_sure else None


def _match_calls(recording: Recording, rows: Arrays) -> bool:
    """Tell whether ``rows`` are valid candidates, and match the calls at their places."""
    if set(rows) != CANDIDATES or not len(rows["place"]) or rows["place"].dtype != np.int64:
        return False
    places = rows["place"]
    if places.min() < 0 or places.max() >= len(recording.calls.records):
        return False
    calls = recording.calls.records[places]
    same = ("pid", "tid", "seq", "syscall", "ret", "enter_ns")
    return all(np.array_equal(calls[name].astype(np.int64), rows[name]) for name in same)


def _candidates(recording: Recording, wanted: Wanted, most: int) -> pd.DataFrame:
    about = calls_about(recording, wanted.fd) if wanted.fd is not None else OpenedFiles()
    better = 0
    if most == 1 and not wanted.slowest and isinstance(about, AboutFd) and len(about.found_ready):
        best, better = _best(recording, wanted, about.ready, most)
        if not best.rows.empty:  # it comes before all that did not find the fd ready
            return best.rows
        about = about.but_ready
    best, waiting = _best(recording, wanted, about, most)
    waiting += better
    found = best.rows
    if found.empty and waiting:
        raise UsageError(_none_fits(recording, wanted, waiting))
    if found.empty:
        raise TraceError(_nothing_matches(recording, wanted))
    return found


def _best(
    recording: Recording, wanted: Wanted, about: AboutFd | OpenedFiles, most: int
) -> tuple[First | Slowest, int]:
    """Return the best calls, and how many were wanted up to where these are sure."""
    ready = isinstance(about, AboutFd) and len(about.found_ready) > 0
    highest = HIGHEST + ABOUT_IT if ready else HIGHEST
    best = (
        Slowest(most, empty=wanted.empty)
        if wanted.slowest
        else First(most, empty=wanted.empty, highest=highest)
    )
    waiting = 0
    for window in _windows(recording):
        places = np.flatnonzero(_wanted(recording, window, wanted, about, best))
        if not len(places):
            continue
        waiting += len(places)
        best.add(Worth.of(recording, window, places, about))
        if best.is_sure:
            break
    return best, waiting


def _wanted(
    recording: Recording,
    window: Window,
    wanted: Wanted,
    about: AboutFd | OpenedFiles,
    best: First | Slowest,
) -> Flags:
    """Return which calls are wanted and could be among the best."""
    if isinstance(about, OpenedFiles):
        found = waits(window, about, best.may_be(window, ~window.unfinished))
    else:
        found = are_in(window.keys, about.calls)
        if not found.any():  # in most windows, if the calls are few
            return found
        found &= best.may_be(window, ~window.unfinished)
    if wanted.phase:
        found &= window.phases == wanted.phase
    elif recording.truth is not None:
        found &= window.phases > 0
    return found


def _windows(recording: Recording, first: int = 0, end: int | None = None) -> Iterator[Window]:
    """Yield calls, to search for a single one, which is then checked."""
    until = len(recording.calls.records) if end is None else end
    for start in range(first, min(until, len(recording.calls.records)), WINDOW):
        calls = recording.calls.records[start : min(start + WINDOW, until)]
        yield replace(recording.no_window, calls=calls, first_call=start)
        recording.calls.forget(start, start + len(calls))


def _checked(recording: Recording, place: int) -> int:
    recording.calls.checked(place, place + 1)
    return place


def _none_fits(recording: Recording, wanted: Wanted, waiting: int) -> Message:
    if wanted.empty:
        return message(
            "{path}: none of the {count:,} matching calls returned nothing; tracer explain "
            "{path} --list shows what there is",
            path=recording.path, count=waiting,
        )  # fmt: skip
    return message(
        "{path}: no call's time off the CPU is known, so the slowest cannot be found; tracer "
        "explain {path} --list shows what there is",
        path=recording.path,
    )


def _nothing_matches(recording: Recording, wanted: Wanted) -> Message:
    phase = wanted.phase
    where = message("phase {number}", number=phase) if phase else message("any phase")
    if wanted.fd is not None:
        return message("{path}: no finished call in {where} is about fd {fd}",
                       path=recording.path, where=where, fd=wanted.fd)  # fmt: skip
    seen = sum(
        (each.of_families for each in _windows(recording)), np.zeros(len(FAMILY_NAMES), np.int64)
    )
    common = [place for place in np.argsort(-seen, kind="stable")[:COMMON].tolist() if seen[place]]
    counts = [
        message("{count:,} {what}", count=int(seen[place]), what=FAMILY_NAMES[place])
        for place in common
    ]
    return message(
        "{path}: no finished call in {where} waits: none of {families} does; the trace has "
        "{found}; --call TID:SEQ shows any call",
        path=recording.path,
        families=", ".join(WAITING),
        where=where,
        found=joined(", ", counts) if counts else message("no calls"),
    )
