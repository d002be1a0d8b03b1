"""Chooses the call whose timeline is shown if none was named, and the alternatives."""

from __future__ import annotations

import errno
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.missing import FAMILY_NAMES, Flags
from analysis.timeline.about_fd import AboutFd, calls_about
from analysis.timeline.opened import OpenedFiles
from analysis.timeline.threads import stretch_of
from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, kept
from analysis.windows.recording import Recording
from analysis.windows.window import Numbers, Window, call_keys
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import Message, joined, message

MULTIPLEXING: Final = (
    "epoll_wait", "poll", "select", "io_uring_enter", "io_getevents", "rt_sigtimedwait",
)  # fmt: skip
WAITING: Final = (*MULTIPLEXING, "read")
"""Families of calls to choose from. A read counts as a wait if it queued an entry, or might have
(EAGAIN): a read of a file, such as the dynamic loader's, is never chosen.
"""
ABOUT_IT, OF_WAITER, WAITS_FOR_MANY, BY_CALLBACK, WOKEN, POLLED = 32, 16, 8, 4, 2, 1
"""Bits that rank a call before others, the first above all that follow."""
HIGHEST: Final = OF_WAITER + WAITS_FOR_MANY + BY_CALLBACK + WOKEN + POLLED
WINDOW: Final = 1 << 17
MOST: Final = 20
"""How many calls are offered."""
COMMON: Final = 4
"""How many families of calls are named if none can be chosen."""
ALIKE: Final = ["tid", "syscall", "rank", "empty"]
"""Calls that agree in these columns are offered once, as the first of them."""


CANDIDATES: Final = (
    "pid", "tid", "seq", "syscall", "fd", "ret", "enter_ns", "wall_ns", "kernel_ns", "place",
    "rank", "empty", "slept", "alike",
)  # fmt: skip
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


def asked_call(recording: Recording, tid: int, seq: int) -> int:
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
    return _checked(recording, int(candidates(recording, wanted, most=1)["place"].iloc[0]))


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

    return pd.DataFrame(dict(kept(recording.path, name, make, partial(_are_there, recording))))


def _are_there(recording: Recording, rows: Arrays) -> bool:
    """Tell whether ``rows`` are valid candidates, and match the calls at their places."""
    if set(rows) != set(CANDIDATES) or not len(rows["place"]) or rows["place"].dtype != np.int64:
        return False
    places = rows["place"]
    if places.min() < 0 or places.max() >= len(recording.calls.records):
        return False
    calls = recording.calls.records[places]
    same = ("pid", "tid", "seq", "syscall", "ret", "enter_ns")
    return all(np.array_equal(calls[name].astype(np.int64), rows[name]) for name in same)


def _candidates(recording: Recording, wanted: Wanted, most: int) -> pd.DataFrame:
    about = calls_about(recording, wanted.fd) if wanted.fd is not None else OpenedFiles()
    seen = np.zeros(len(FAMILY_NAMES), np.int64)
    found, waiting = pd.DataFrame(), 0
    for window in _windows(recording):
        seen += np.bincount(window.families, minlength=len(seen))
        slower = _slower_than(found, window) if wanted.slowest and len(found) == most else None
        rows = _rows(recording, window, wanted, about, slower)
        if rows.empty:
            continue
        waiting += int(rows["alike"].sum())
        found = _best(pd.concat([found, _fitting(rows, wanted)]), wanted, most)
        if most == 1 and not wanted.slowest and len(found) and found["rank"].iloc[0] == HIGHEST:
            break
    if found.empty and waiting:
        raise UsageError(_none_fits(recording, wanted, waiting))
    if found.empty:
        raise TraceError(_none_there(recording, wanted, seen))
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


def _slower_than(found: pd.DataFrame, window: Window) -> Flags:
    """Return which calls are slower than one of those ``found``."""
    slower: Flags = window.column("kernel_ns") > int(found["kernel_ns"].min())
    return slower


def _rows(
    recording: Recording,
    window: Window,
    wanted: Wanted,
    about: AboutFd | OpenedFiles,
    slower: Flags | None,
) -> pd.DataFrame:
    """Return the calls of ``window`` that may be chosen, before ``wanted`` filters by result.

    ``slower``: only these can be; None: all. Unless the slowest are wanted, the first of calls that
    are alike represents them all.
    """
    chosen = ~window.unfinished
    if slower is not None:
        chosen &= slower
    if isinstance(about, OpenedFiles):
        chosen &= _waits(window, about, chosen)
    else:
        chosen &= np.isin(call_keys(window.calls), about.calls)
    if wanted.phase:
        chosen &= window.phases == wanted.phase
    elif recording.truth is not None:
        chosen &= window.phases > 0
    places = np.flatnonzero(chosen)
    ranks = _ranks(recording, window, places)
    if isinstance(about, AboutFd):
        ranks += ABOUT_IT * np.isin(call_keys(window.calls)[places], about.found_ready)
    empty, slept = _empty(window, places), window.of_calls("sleeps")[places] > 0
    alike = np.ones(len(places), np.int64)
    if not wanted.slowest and len(places):
        tids, syscalls = (window.of_calls(name)[places].astype(np.int64) for name in ALIKE[:2])
        first, alike = _firsts(tids << 32 | syscalls << 16 | ranks << 2 | empty << 1 | slept)
        places, ranks, empty, slept = places[first], ranks[first], empty[first], slept[first]
    return _frame(window, places).assign(rank=ranks, empty=empty, slept=slept, alike=alike)


def _waits(window: Window, files: OpenedFiles, chosen: Flags) -> Flags:
    """Return which of the ``chosen`` calls wait for fds, or might have."""
    many, reads = _are(window, *MULTIPLEXING), _are(window, "read") & chosen
    lacking = window.missing.get("insertions")
    queued = window.of_calls("insertions") > 0
    if lacking is not None:  # no hook saw entries: a sleep must suffice
        queued = np.where(lacking, window.of_calls("sleeps") > 0, queued)
    places = np.flatnonzero(reads & (queued | (window.of_calls("ret") == -errno.EAGAIN)))
    many[places[~files.reads(window, places)]] = True
    return many


def _are(window: Window, *families: str) -> Flags:
    flags: Flags = np.isin(window.families, [FAMILY_NAMES.index(name) for name in families])
    return flags


def _ranks(recording: Recording, window: Window, places: npt.NDArray[np.intp]) -> Numbers:
    def some(column: str) -> Flags:
        there: Flags = window.of_calls(column)[places] > 0
        missing = window.missing.get(column)
        return there if missing is None else there & ~missing[places]

    slept = some("sleeps")
    ranks: Numbers = (
        OF_WAITER * _of_waiters(recording, window, places)
        + WAITS_FOR_MANY * _are(window, *MULTIPLEXING)[places]
        + BY_CALLBACK * (slept & some("notified"))
        + WOKEN * (slept & some("wakeups"))
        + POLLED * some("fd_polls")
    )
    return ranks


def _of_waiters(
    recording: Recording, window: Window, places: npt.NDArray[np.intp]
) -> npt.NDArray[np.bool_]:
    """Return which of ``places`` a waiter made; all if there is no truth."""
    if recording.truth is None:
        return np.ones(len(places), bool)
    waiters = [
        phase.number << 32 | tid
        for phase in recording.truth.phases
        for tid in ([waiter.tid for waiter in phase.waiters] or [phase.tid])
    ]
    made = window.phases[places] << 32 | window.of_calls("tid")[places].astype(np.int64)
    return np.isin(made, waiters)


def _empty(window: Window, places: npt.NDArray[np.intp]) -> Flags:
    """Return which of the calls at ``places`` returned nothing."""
    ret = window.of_calls("ret")[places]
    nothing: Flags = (_are(window, *MULTIPLEXING)[places] & (ret == 0)) | (ret == -errno.EAGAIN)
    return nothing


def _firsts(keys: Numbers) -> tuple[npt.NDArray[np.intp], Numbers]:
    """Return where each key occurs first, and how often it occurs."""
    groups, _ = pd.factorize(keys)
    sizes = np.bincount(groups)
    first = np.zeros(len(sizes), np.intp)
    first[groups[::-1]] = np.arange(len(groups))[::-1]  # the last assignment wins
    return first, sizes


def _frame(window: Window, places: npt.NDArray[np.intp]) -> pd.DataFrame:
    names = ("pid", "tid", "seq", "syscall", "fd", "ret", "enter_ns", "wall_ns", "kernel_ns")
    rows = pd.DataFrame({name: window.column(name, places) for name in names})
    if "kernel_ns" in window.missing:
        rows["kernel_ns"] = rows["kernel_ns"].mask(window.missing["kernel_ns"][places], -1)
    return rows.assign(place=window.first_call + places)


def _fitting(rows: pd.DataFrame, wanted: Wanted) -> pd.DataFrame:
    if wanted.empty:
        rows = rows[rows["empty"]]
    return rows[rows["kernel_ns"] >= 0] if wanted.slowest else rows


def _best(rows: pd.DataFrame, wanted: Wanted, most: int) -> pd.DataFrame:
    """Return the best of ``rows``; except for the slowest, one represents all that are alike."""
    if rows.empty:
        return rows
    if wanted.slowest:
        return rows.nlargest(most, "kernel_ns")
    groups = rows.groupby([*ALIKE, "slept"], sort=False)
    kept = rows.loc[~rows.duplicated([*ALIKE, "slept"])].assign(alike=groups["alike"].sum().array)
    return kept.sort_values(["rank", "place"], ascending=[False, True]).head(most)


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


def _none_there(recording: Recording, wanted: Wanted, seen: npt.NDArray[np.int64]) -> Message:
    phase = wanted.phase
    where = message("phase {number}", number=phase) if phase else message("any phase")
    if wanted.fd is not None:
        return message("{path}: no finished call in {where} is about fd {fd}",
                       path=recording.path, where=where, fd=wanted.fd)  # fmt: skip
    common = [place for place in np.argsort(-seen, kind="stable")[:COMMON].tolist() if seen[place]]
    counts = [
        message("{count:,} {what}", count=int(seen[place]), what=FAMILY_NAMES[place])
        for place in common
    ]
    return message(
        "{path}: no finished {families} in {where} that waits; the trace has {found}; --call "
        "TID:SEQ shows any call",
        path=recording.path,
        families=", ".join(WAITING),
        where=where,
        found=joined(", ", counts) if counts else message("no calls"),
    )
