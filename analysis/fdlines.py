"""``fds.jsonl``: what a recorder saw behind fds, and when; a line is one observation at one fd.

Source: tracer.shared.fds, docs/design.md "A trace". A trace of an older tracer, and one of a
workload of ours, has no such file. Texts in it are a program's: paths, names of sockets.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

from msgspec import Meta

from analysis.manifest import Count, Manifest, Nanoseconds
from analysis.recordcheck import MOST_TID, Bounds
from analysis.strictjson import converted, object_of
from tracer.shared import fds
from tracer.shared.errors import TraceError
from tracer.shared.message import message
from tracer.shared.regular import read_regular

Text = Annotated[str, Meta(max_length=fds.MOST_TEXT)]
Fd = Annotated[int, Meta(ge=0, le=(1 << 31) - 1)]


@dataclass(frozen=True)
class FdSeen:
    """One observation at one fd of a process; what a kind does not have is empty."""

    at_ns: Nanoseconds
    pid: Annotated[int, Meta(ge=1, le=MOST_TID)]
    fd: Fd
    kind: Literal[
        "tcp", "udp", "unix", "socket", "pipe", "file", "epoll", "eventfd", "timerfd", "signalfd",
        "inotify", "fanotify", "pidfd", "io_uring", "other", "gone",
    ]  # fmt: skip
    took_ns: Count = 0
    """How long the observation took; what was seen was there at some moment of that time."""
    text: Text = ""
    """Of a file its path, of a pidfd the pid."""
    inode: Count = 0
    peer_inode: Count = 0
    """Of a unix socket: the inode of that which it is connected to."""
    local: Text = ""
    peer: Text = ""
    state: Text = ""
    watches: Annotated[tuple[Fd, ...], Meta(max_length=fds.MOST_WATCHED)] = ()
    """Of an epoll instance."""


class FdLines(NamedTuple):
    """All observations of a trace, in order of their writing."""

    seen: tuple[FdSeen, ...] = ()
    truncated_bytes: int = 0
    """Of a last line that was only half written, left out."""


def read_fd_lines(path: Path, manifest: Manifest) -> FdLines:
    """Return the observations in the file ``path``, none where there is no file.

    TraceError: no regular file, too long, or a line that no recorder wrote.
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
