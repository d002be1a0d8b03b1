"""``fds.jsonl``: what a recorder saw behind fds, and when; a line is one observation of one fd.

Source: tracer.shared.fds, docs/design.md "A trace". A trace from an older tracer, or of a workload
of ours, has no such file. Its texts are chosen by programs: paths, names of sockets.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from analysis.trace.manifest import Count, Manifest, Nanoseconds
from analysis.trace.recordcheck import MOST_TID, Bounds
from analysis.trace.strictjson import converted, object_of
from tracer.shared import fds
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.regular import read_regular

Text = Annotated[str, Meta(max_length=fds.MOST_TEXT)]
Fd = Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]


@dataclass(frozen=True)
class FdSeen:
    """One observation of one fd of a process; fields that a kind lacks are empty."""

    at_ns: Nanoseconds
    pid: Annotated[int, Meta(ge=1, le=MOST_TID)]
    fd: Fd
    kind: Literal[
        "tcp", "udp", "unix", "socket", "pipe", "file", "epoll", "eventfd", "timerfd", "signalfd",
        "inotify", "fanotify", "pidfd", "io_uring", "other", "gone",
    ]  # fmt: skip
    took_ns: Count = 0
    """How long the observation took; what was seen existed at some moment of that time."""
    text: Text = ""
    """For a file its path, for a pidfd the pid."""
    inode: Count = 0
    peer_inode: Count = 0
    """For a unix socket: the inode of its peer."""
    local: Text = ""
    peer: Text = ""
    state: Text = ""
    watches: Annotated[tuple[Fd, ...], Meta(max_length=fds.MOST_WATCHED)] = ()
    """For an epoll instance: the fds it watches."""


class FdLines(NamedTuple):
    """All observations of a trace, in the order they were written."""

    seen: tuple[FdSeen, ...] = ()
    truncated_bytes: int = 0
    """Size of an incomplete last line, left out."""


def read_fd_lines(path: Path, manifest: Manifest) -> FdLines:
    """Return the observations in the file ``path``; none if there is no file.

    TraceError: not a regular file, too long, or a line that no recorder wrote.
    """
    if not os.path.lexists(path):
        return FdLines()
    *lines, rest = read_regular(path, fds.MOST_BYTES).split(b"\n")
    if len(lines) > fds.MOST_LINES:
        raise TraceError(
            message(
                "{path}: {found:,} lines; needed at most {most:,}: it is not a file of tracer's",
                path=path,
                found=len(lines),
                most=fds.MOST_LINES,
            )
        )
    bounds = Bounds.of(manifest)
    seen = tuple(
        _line(Path(f"{path}:{number}"), line, bounds) for number, line in enumerate(lines, 1)
    )
    return FdLines(seen, len(rest))


def _line(place: Path, line: bytes, bounds: Bounds) -> FdSeen:
    seen = converted(place, object_of(place, line), FdSeen)
    if not bounds.started_ns <= seen.at_ns <= bounds.ended_ns:
        raise TraceError(
            message(
                "{path}: at_ns is {found}; needed {started} to {ended}: record again",
                path=place,
                found=seen.at_ns,
                started=bounds.started_ns,
                ended=bounds.ended_ns,
            )
        )
    return seen
