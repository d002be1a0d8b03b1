"""Finds the calls about an fd, given its number or part of its name.

These are calls that name it, and waits that polled it: only steps tell which fds a select, a poll
or an epoll_wait watches.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fds.names import FdNames, fd_names_of
from analysis.fds.naming import FileNames
from analysis.fds.table import busiest_fds
from analysis.fds.words import fd_and_name
from analysis.timeline.wording import READABLE
from analysis.trace.spools import Records, Spool
from analysis.windows.ahead import ahead
from analysis.windows.recording import AT_ONCE, WINDOW, Recording, are_in
from analysis.windows.window import keys_of
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.message import Message, joined, message
from tracer.shared.records import StepKind

Keys = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

OFFERED: Final = 5
"""How many fds an error suggests instead."""


@dataclass(frozen=True, eq=False)
class AboutFd:
    """Keys (analysis.windows.window.call_keys) of calls about an fd.

    ``calls`` are all of them, ``found_ready`` those that polled it and found it ready.
    """

    calls: Keys
    found_ready: Keys

    @property
    def ready(self) -> AboutFd:
        """Only the calls that found it ready."""
        return AboutFd(self.found_ready, self.found_ready)

    @property
    def but_ready(self) -> AboutFd:
        """Only the calls that did not."""
        others = self.calls[~are_in(self.calls, self.found_ready)]
        return AboutFd(others, self.found_ready[:0])


def calls_about(recording: Recording, requested: str) -> AboutFd:
    """Return the calls about the fd ``requested`` (found_about). UsageError: there is none."""
    about = found_about(recording, requested)
    if not len(about.calls):
        problem = message(
            "{path}: --fd {requested}: no call is about it; the most calls are about {fds}",
            path=recording.path, requested=requested, fds=_offered(recording),
        )  # fmt: skip
        raise UsageError(problem)
    return about


def found_about(recording: Recording, requested: str) -> AboutFd:
    """Return the calls that are about the fd ``requested``, if any.

    A text of digits is its number; any other is searched for, ignoring case, in the fds' names: an
    address, a path, "epoll". UsageError: no fd has a name.
    """
    names = None if requested.isdecimal() else fd_names_of(recording)
    if names is not None and not names:
        problem = message(
            "{path}: --fd {requested}: no names of fds were recorded; give a number, one of {fds}",
            path=recording.path, requested=requested, fds=_offered(recording),
        )  # fmt: skip
        raise UsageError(problem)
    with ThreadPoolExecutor(1) as thread:
        named = thread.submit(_named, recording, requested, names)
        ready, polled = _polled(recording, requested, names)
        return AboutFd(_united([*named.result(), *polled]), _united(ready))


def _named(recording: Recording, requested: str, names: FdNames | None) -> list[Keys]:
    """Return by window which calls name the fd. They are not checked: the chosen one will be."""
    return [
        _keys(calls, _are_requested(calls, calls[name], calls["enter_ns"], requested, names))
        for calls in recording.calls.windows(AT_ONCE)
        for name in ("fd", "target")
    ]


def _polled(
    recording: Recording, requested: str, names: FdNames | None
) -> tuple[list[Keys], list[Keys]]:
    """Return by window which calls found the fd ready, and which polled it."""
    files, ready, polled = FileNames(), [], []
    for polls in ahead(_polls(recording.steps)):
        fds = files.named(*(polls[name] for name in ("kind", "pid", "object", "fd")))
        about = _are_requested(polls, fds, polls["ts_ns"], requested, names) & (polls["seq"] > 0)
        masks = polls["value"].astype(np.int64)
        ready.append(_keys(polls, about & (masks > 0) & (masks & READABLE > 0)))
        polled.append(_keys(polls, about))
    return ready, polled


def _polls(steps: Spool) -> Iterator[Records]:
    """Yield by window the polls of fds, checked; other steps are skipped."""
    first = 0
    for window in steps.windows(WINDOW):
        polls = window.take(np.flatnonzero(window["kind"] == StepKind.FD_POLL))
        try:
            steps.check(polls, first)
        except TraceError:
            steps.checked(first, first + len(window))  # names the first invalid record
            raise
        yield polls
        first += len(window)


def _are_requested(
    records: Records,
    fds: npt.NDArray[Any],
    at_ns: npt.NDArray[Any],
    requested: str,
    names: FdNames | None,
) -> Flags:
    """Return which of the ``fds`` in ``records`` are, at their moments, the requested one.

    ``names`` None: it was requested by its number.
    """
    if names is None:
        flags: Flags = fds == int(requested)
        return flags
    if not len(fds):
        return np.zeros(0, bool)
    found, words = names.listed(records["pid"], fds, at_ns)
    matches = np.array([requested.lower() in str(word or "").lower() for word in words], bool)
    return matches.take(found) & (fds >= 0)


def _keys(records: Records, chosen: Flags) -> Keys:
    """Return the keys of the calls of the ``chosen`` records, consecutive equal ones only once."""
    rows = np.flatnonzero(chosen)
    return _once(keys_of(records["tid"][rows], records["seq"][rows]))


def _united(keys: Iterable[Keys]) -> Keys:
    """Return all ``keys`` in order, each once."""
    return _once(np.sort(np.concatenate([np.zeros(0, np.int64), *keys]), kind="stable"))


def _once(keys: Keys) -> Keys:
    once: Keys = keys[np.diff(keys, prepend=-1) != 0]
    return once


def _offered(recording: Recording) -> Message:
    """Return the fds that most calls are about, with their names if known."""
    found = busiest_fds(recording, OFFERED)
    if not found.empty:
        pairs = zip(found["fd"].tolist(), found["name"].tolist(), strict=True)
        return joined("; ", dict.fromkeys(fd_and_name(fd, name) for fd, name in pairs))
    counts: pd.Series[int] = pd.Series(dtype="int64")
    for window in recording.windows_of("calls", WINDOW):
        fds = window.of_calls("fd")
        counts = counts.add(pd.Series(fds[fds >= 0]).value_counts(), fill_value=0)
    busiest = counts.nlargest(OFFERED).index.tolist()
    return joined("; ", [fd_and_name(int(fd), None) for fd in busiest] or [message("no fd")])
