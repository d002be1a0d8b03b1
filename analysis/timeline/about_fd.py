"""Finds the calls about an fd, given its number or part of its name.

These are calls that name it, and waits that polled it: only steps tell which fds a select, a poll
or an epoll_wait watches.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fdnames import FdNames, fd_names_of, fds_at
from analysis.fdtable import busiest_fds
from analysis.fdwords import fd_and_name
from analysis.naming import FileNames
from analysis.timeline.wording import READABLE
from analysis.windows.recording import WINDOW, Recording
from analysis.windows.window import SEQ, call_keys
from tracer.shared.errors import UsageError
from tracer.shared.message import Message, joined, message
from tracer.shared.records import StepKind

Keys = npt.NDArray[np.int64]

OFFERED: Final = 5
"""How many fds an error suggests instead."""
STEP: Final = ("kind", "pid", "fd", "object", "ts_ns")


@dataclass(frozen=True, eq=False)
class AboutFd:
    """Keys (analysis.windows.window.call_keys) of calls about an fd.

    ``calls`` are all of them, ``found_ready`` those that polled it and found it ready.
    """

    calls: Keys
    found_ready: Keys


def calls_about(recording: Recording, asked: str) -> AboutFd:
    """Return the calls that are about the fd ``asked``.

    A text of digits is its number; any other is searched for, ignoring case, in the fds' names: an
    address, a path, "epoll". UsageError: there is none.
    """
    names = None if asked.isdecimal() else fd_names_of(recording)
    if names is not None and not names:
        told = message(
            "{path}: --fd {asked}: no names of fds were recorded; give a number, one of {fds}",
            path=recording.path, asked=asked, fds=_offered(recording),
        )  # fmt: skip
        raise UsageError(told)
    named = [
        call_keys(window.calls[_is_it(fds_at(window.calls, name), asked, names)])
        for window in recording.windows_of("calls", WINDOW)
        for name in ("fd", "target")
    ]
    ready, polled = _polled(recording, asked, names)
    about = AboutFd(_united([*named, *polled]), _united(ready))
    if not len(about.calls):
        told = message(
            "{path}: --fd {asked}: no call is about it; the most calls are about {fds}",
            path=recording.path, asked=asked, fds=_offered(recording),
        )  # fmt: skip
        raise UsageError(told)
    return about


def _polled(
    recording: Recording, asked: str, names: FdNames | None
) -> tuple[list[Keys], list[Keys]]:
    files, ready, polled = FileNames(), [], []
    for window in recording.windows_of("steps", WINDOW):
        polls = window.steps[window.of_steps("kind") == StepKind.FD_POLL]
        fds = files.named(polls["kind"], polls["pid"], polls["object"], polls["fd"])
        named = pd.DataFrame({"pid": polls["pid"], "fd": fds, "at_ns": polls["ts_ns"]})
        keys, masks = call_keys(polls), polls["value"].astype(np.int64)
        about = _is_it(named.astype(np.int64), asked, names) & ((keys & SEQ) > 0)
        ready.append(keys[about & (masks > 0) & (masks & READABLE > 0)])
        polled.append(keys[about])
    return ready, polled


def _is_it(rows: pd.DataFrame, asked: str, names: FdNames | None) -> npt.NDArray[np.bool_]:
    """Return which of ``rows`` (pid, fd, at_ns) are about the requested fd.

    ``names`` None: it was requested by its number.
    """
    if names is None:
        same: npt.NDArray[np.bool_] = (rows["fd"] == int(asked)).to_numpy()
        return same
    known = rows[rows["fd"] >= 0]
    found = names.names(known).fillna("").astype(str).str.lower()
    flags = found.str.contains(asked.lower(), regex=False).reindex(rows.index, fill_value=False)
    return flags.to_numpy(bool)


def _united(keys: Iterable[Keys]) -> Keys:
    return np.unique(np.concatenate([np.zeros(0, np.int64), *keys]))


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
