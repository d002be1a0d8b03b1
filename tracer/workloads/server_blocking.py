"""A server of blocking calls: a process for each connection, which reads it and answers."""

from __future__ import annotations

import mmap
import os
import signal
import socket
import struct
import time
from typing import Any, Final

from tracer.shared.errors import WorkloadError
from tracer.workloads.asleep import CHECK_AGAIN_S, open_stat, wait_until_all_asleep
from tracer.workloads.child import fork, signals_held
from tracer.workloads.fds import Channel
from tracer.workloads.reports import Reports
from tracer.workloads.rig import Rig
from tracer.workloads.server import Server
from tracer.workloads.tally import Tally
from tracer.workloads.waker import WRITTEN

_COUNT: Final = struct.Struct("<Q")
_FOR_EVER: Final = struct.pack("ll", 0, 0)
"""A timeval."""


class BlockingServer(Server):
    """The waiters are the processes of the connections; the parent makes the clients send requests.

    A process ends when its client closes the connection, so none outlives the clients.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.pids: list[int] = []
        self.stat_fds: list[int] = []
        self.reports: list[dict[str, Any]] = []
        self.shared = Reports()
        self.counts = mmap.mmap(-1, _COUNT.size * self.phase.fds)

    def prepare(self) -> None:
        """Let all clients connect; from then on a read waits for as long as it takes."""
        self.connect()
        assert self.clients is not None
        for connection in self.clients.accepted:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, _FOR_EVER)

    def run(self) -> None:
        """Start the processes, and let them answer all rounds."""
        assert self.clients is not None
        for place, channel in enumerate(self.rig.channels):
            self._start(place, channel)
        self._all_in_read()
        for number in range(1, self.phase.rounds + 1):
            self.tally.add("write", self.clients.ask())
            if self.phase.waker == "before":
                self.tally.add("rt_sigtimedwait", signal.sigwaitinfo({WRITTEN}).si_signo)
            while self._answered() < number * self.phase.active:
                time.sleep(CHECK_AGAIN_S)
        # Their next read belongs to the phase; it returns when the client closes.
        self._all_in_read()

    def _start(self, place: int, channel: Channel) -> None:
        def serve() -> None:
            self.shared.write(place, self._serve(place, channel))

        with signals_held():
            self.pids.append(fork(serve, "server"))
        self.stat_fds.append(open_stat(self.pids[-1]))

    def _serve(self, place: int, channel: Channel) -> dict[str, Any]:
        """Read and answer until the client closes; return what was counted."""
        assert self.clients is not None
        # The clients end when no process holds the other end of their command pipe.
        os.close(self.clients.command_fd)
        tally, served = Tally(), 0
        while got := channel.receive():
            tally.add("read", len(got))
            tally.add("write", os.write(channel.watched, got))
            served += len(got)
            _COUNT.pack_into(self.counts, place * _COUNT.size, served)
        tally.add("read", 0)
        entry = {"pid": os.getpid(), "tid": os.getpid(), "calls": tally.to_json()}
        return {**entry, "results": {"served": served}}

    def _answered(self) -> int:
        return sum(count for (count,) in _COUNT.iter_unpack(self.counts))

    def _all_in_read(self) -> None:
        wait_until_all_asleep(self.stat_fds, lambda: False)

    def results(self) -> dict[str, Any]:
        """Return what server and clients counted. Raises WorkloadError if they differ."""
        self.served = self.rig.bytes_read = self._answered()
        counted = self.hear_clients()
        while self.pids:
            _, status = os.waitpid(self.pids.pop(0), 0)
            if status:
                raise WorkloadError(f"a server of {self.phase.name!r} ended with status {status}")
        self.reports = self.shared.read(self.phase.fds)
        return self.compared(counted)

    def waiters(self) -> list[dict[str, Any]]:
        """Return the entries of all processes, in the order of their connections."""
        return self.reports

    def close(self) -> None:
        """Kill what is left after a failure."""
        for pid in self.pids:
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
        for fd in self.stat_fds:
            os.close(fd)
        self.shared.close()
        self.counts.close()
        super().close()
