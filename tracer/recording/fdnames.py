"""What is behind the fds of traced processes: observed when they join, at new fds, at the end.

Observations are made between two drains of the rings, a few ms at a time and for a small share of
the time, so that they hold up neither the rings nor the program; what there was no time for is
counted. Which observation names an fd at a given moment is for the reader to find
(analysis.fds.names): here is only what was seen, and when.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any, Final, NamedTuple, TypeVar

from tracer.recording.newfds import NewFds
from tracer.recording.proc import PROC
from tracer.recording.procfds import Link, ProcessFds
from tracer.recording.sockets import Socket, sockets_of
from tracer.recording.tracedir import TraceDirectory
from tracer.recording.unixpeers import unix_peers
from tracer.shared.clock import boot_clock
from tracer.shared.fds import GONE, MOST_BYTES, MOST_LINES, SOCKET
from tracer.shared.records import TASK_CELL, TASK_FIELDS, Life

_SLICE_S: Final = 0.004
"""The longest work between two drains."""
_SHARE: Final = 0.1
"""Share of the recorder's time, once the processes that ran at the beginning have been read."""
_AT_END_S: Final = 3.0
_MOST_QUEUED: Final = 1 << 16
_TABLES_EVERY_S: Final = 0.25
"""How long sockets wait for others, to be found in the same reading of the tables."""
_TABLES_OVERDUE_S: Final = 1.0
"""How long they wait for all other work, which may never end with a busy server."""
Wanted = TypeVar("Wanted")
_PLACE: Final = {field.name: place for place, field in enumerate(TASK_FIELDS)}


class Observation(NamedTuple):
    """When an fd was observed, how long that took, and what it was a link to."""

    at_ns: int
    took_ns: int
    link: Link


class _Unnamed(NamedTuple):
    """A socket that was seen and has no name yet."""

    process: ProcessFds
    fd: int
    observation: Observation


class FdNames:
    """Writes what is seen of fds to a trace."""

    def __init__(self, trace: TraceDirectory, command_pid: int | None = None) -> None:
        """Begin with no process.

        Args:
            trace: the one being recorded.
            command_pid: the process that has the recorder's own fds until it becomes the command.
        """
        self._trace, self._command_pid = trace, command_pid
        self._new_fds = NewFds()
        self._now_ns = boot_clock()
        self._joined: deque[int] = deque()
        self._new: deque[tuple[int, int]] = deque()
        self._known: dict[int, dict[int, tuple[Link, Any]]] = {}
        self._sockets: list[_Unnamed] = []
        self._read_tables_at = 0.0
        self._tables_overdue_at = time.monotonic() + _TABLES_OVERDUE_S
        self._rests_until = 0.0
        self._ending, self._is_first = False, True
        self._steps = self._work()
        self.counts = {"seen": 0, "skipped": 0, "unreadable": 0}
        """Lines written; observations left out for want of time; processes that may not be read."""
        self._bytes = 0

    def note_lives(self, cells: memoryview | bytes) -> None:
        """Note processes that joined, were forked, or execed."""
        for task in TASK_CELL.iter_unpack(cells):
            pid, kind = task[_PLACE["pid"]], task[_PLACE["kind"]]
            if kind == Life.EXECED and pid == self._command_pid:
                self._command_pid = None
            if pid == self._command_pid:
                continue
            is_leader = pid == task[_PLACE["tid"]]
            begins = kind == Life.EXECED or (kind == Life.FORKED and is_leader)
            if begins or (kind == Life.JOINED and pid not in self._known):
                self._known[pid] = {}
                self._want(self._joined, pid)
            elif kind == Life.ENDED and is_leader:
                self._known.pop(pid, None)

    def note_calls(self, cells: memoryview) -> None:
        """Note fds that calls made, named, or closed."""
        for turn in self._new_fds.turns(cells):
            known = self._known.get(turn.pid)
            if known is None:
                continue
            if turn.is_closed or turn.is_new:
                known.pop(turn.fd, None)
            if not turn.is_closed and turn.fd not in known:
                self._want(self._new, (turn.pid, turn.fd))

    def _want(self, queue: deque[Wanted], wanted: Wanted) -> None:
        if len(queue) < _MOST_QUEUED:
            queue.append(wanted)
        else:
            self.counts["skipped"] += 1

    def work(self) -> bool:
        """Read some of what is due, unless the share of time is used up; tell if all is done."""
        began = time.monotonic()
        if began < self._rests_until:
            return False
        is_done = self._until(began + _SLICE_S)
        self._is_first &= not is_done
        if not (self._is_first or self._ending):
            self._rests_until = began + (time.monotonic() - began) / _SHARE
        return is_done

    def read_again(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """Read all fds of the live processes once more: the recording is about to end.

        ``meanwhile`` is called between two slices: the processes run on and fill the rings.
        """
        self._ending, self._rests_until, self._tables_overdue_at = True, 0.0, 0.0
        self._new.clear()
        self._joined = deque(self._known)
        until = time.monotonic() + _AT_END_S
        while not self.work() and time.monotonic() < until:
            meanwhile()

    def finish(self) -> dict[str, int]:
        """Return the counts; nothing more is read."""
        self.counts["skipped"] += len(self._new) + len(self._joined) + len(self._sockets)
        return self.counts

    def _until(self, moment: float) -> bool:
        """Work until then, or until nothing is left to do; tell which."""
        for is_done in self._steps:
            if is_done or time.monotonic() > moment:
                return is_done
        return True

    def _work(self) -> Iterator[bool]:
        """Do all there is to do in small steps; yields True where nothing is left to do.

        New fds and old ones take turns: the new may soon be closed again, the old are the
        listeners. Sockets come last, unless they have waited for long.
        """
        scans: deque[Iterator[bool]] = deque()
        while True:
            if self._sockets and time.monotonic() >= self._tables_overdue_at:
                yield from self._name_sockets()
            elif self._new or self._joined or scans:
                if self._new:
                    self._try(*self._new.popleft())
                while self._joined:
                    scans.append(self._scan(self._joined.popleft()))
                if scans:
                    is_over = next(scans[0], True)
                    if is_over:
                        scans.popleft()
                yield False
            elif self._sockets and (self._ending or time.monotonic() >= self._read_tables_at):
                yield from self._name_sockets()
            else:
                yield True

    def _try(self, pid: int, fd: int) -> None:
        with suppress(OSError):  # meanwhile it was closed, or its process has ended
            self._see(ProcessFds(pid), fd)

    def _scan(self, pid: int) -> Iterator[bool]:
        """Read all fds of a process; those that were there before and are not now are gone."""
        known = self._known.get(pid, {})
        try:
            process = ProcessFds(pid)
            fds = process.numbers()
        except PermissionError:
            self.counts["unreadable"] += 1
            return
        except OSError:
            return
        there = set()
        for fd in fds:
            try:
                self._see(process, fd)
            except PermissionError:  # its fds can be listed, but not read
                self.counts["unreadable"] += 1
                return
            except (FileNotFoundError, ProcessLookupError):
                continue
            there.add(fd)
            yield False
        for fd in set(known) - there:
            self._write(Observation(self._now_ns(), 0, Link("")), pid, fd, GONE, {})
            known.pop(fd, None)

    def _see(self, process: ProcessFds, fd: int) -> None:
        began_ns, link = self._now_ns(), process.link(fd)
        observation = Observation(began_ns, self._now_ns() - began_ns, link)
        known = self._known.setdefault(process.pid, {})
        if link.kind == SOCKET:
            self._sockets.append(_Unnamed(process, fd, observation))
            return
        if fd in known and known[fd][0] == link and link.kind != "epoll":
            return
        details = process.details(fd, link)
        if known.get(fd) != (link, details):
            self._write(observation, process.pid, fd, link.kind, details)
            known[fd] = link, details

    def _name_sockets(self) -> Iterator[bool]:
        seen, self._sockets = self._sockets, []
        places: dict[str, list[_Unnamed]] = {}
        for each in seen:
            try:
                places.setdefault(each.process.network, []).append(each)
            except OSError:
                places.setdefault("", []).append(each)
        for network, there in places.items():
            found: dict[int, Socket] = {}
            if network:
                wanted = {each.observation.link.inode for each in there}
                for piece in sockets_of(there[0].process.pid, wanted):
                    found |= piece
                    yield False
            peers: dict[int, int] = {}
            if any(each.kind == "unix" for each in found.values()) and network == _own_network():
                for pairs in unix_peers():
                    peers |= pairs
                    yield False
            for each in there:
                self._write_socket(each, found, peers)
                yield False
        self._read_tables_at = time.monotonic() + _TABLES_EVERY_S
        self._tables_overdue_at = time.monotonic() + _TABLES_OVERDUE_S

    def _write_socket(
        self, seen: _Unnamed, found: dict[int, Socket], peers: dict[int, int]
    ) -> None:
        pid, inode = seen.process.pid, seen.observation.link.inode
        socket = found.get(inode, Socket(SOCKET))
        details: dict[str, Any] = {"inode": inode, "peer_inode": peers.get(inode, 0)}
        details |= {"local": socket.local, "peer": socket.peer, "state": socket.state}
        details = {name: value for name, value in details.items() if value}
        known = self._known.get(pid, {})
        if known.get(seen.fd) != (seen.observation.link, details):
            self._write(seen.observation, pid, seen.fd, socket.kind, details)
            known[seen.fd] = seen.observation.link, details

    def _write(
        self, observation: Observation, pid: int, fd: int, kind: str, details: dict[str, Any]
    ) -> None:
        when = {"at_ns": observation.at_ns, "took_ns": observation.took_ns}
        line = json.dumps({**when, "pid": pid, "fd": fd, "kind": kind, **details})
        data = line.encode() + b"\n"
        if self.counts["seen"] >= MOST_LINES or self._bytes + len(data) > MOST_BYTES:
            self.counts["skipped"] += 1
            return
        self._trace.append_fds(data)
        self.counts["seen"] += 1
        self._bytes += len(data)


def _own_network() -> str:
    return str((PROC / "self/ns/net").readlink())
