"""A request/response server: many connections, most of them idle, and one I/O model to wait with.

Its clients are another process, at the other end of the phase's link.
"""

from __future__ import annotations

import errno
import os
import signal
import socket
from typing import Any, Final

from tracer.shared.errors import WorkloadError
from tracer.workloads import clients, models
from tracer.workloads.fds import READ_BYTES, Channel
from tracer.workloads.models import Model
from tracer.workloads.multiplex import Multiplexed
from tracer.workloads.registry import workload
from tracer.workloads.rig import Rig, active_slice
from tracer.workloads.waker import WRITTEN

_NOTHING: Final = -1


class Server(Model):
    """Per round: have ``active`` clients send a request each, answer all of them.

    With waker before, the requests are there before the server waits; with while-asleep it
    waits first, and they come one by one.
    """

    def __init__(self, rig: Rig) -> None:
        super().__init__(rig)
        self.clients: clients.Clients | None = None
        self.waiting: Multiplexed | None = None
        self.served = 0

    def prepare(self) -> None:
        """Let all clients connect, and prepare to wait for their requests."""
        self.connect()
        if self.phase.io == "nonblocking":
            for channel in self.rig.channels:
                os.set_blocking(channel.watched, False)
        else:
            loaded = models.load(workload(self.phase.io).entry)(self.rig)
            assert isinstance(loaded, Multiplexed)
            self.waiting = loaded

    def connect(self) -> None:
        """Let all clients connect, then delay the link if it is a wan."""
        signal.pthread_sigmask(signal.SIG_BLOCK, {WRITTEN})
        self.clients = clients.connect(self.phase, self.rig.link, active_slice(self.phase))
        self.rig.take([_channel(each) for each in self.clients.accepted])
        self.rig.shape_link()

    def run(self) -> None:
        """Serve all rounds; the clients are told to end after the phase."""
        assert self.clients is not None
        if self.waiting is not None:
            self.waiting.watch()
        for _ in range(self.phase.rounds):
            self.tally.add("write", self.clients.ask())
            if self.phase.waker == "before":
                self.tally.add("rt_sigtimedwait", signal.sigwaitinfo({WRITTEN}).si_signo)
            self._answer_all()

    def _answer_all(self) -> None:
        missing = self.phase.active
        while missing:
            for channel in self._ready():
                if self._answer(channel):
                    missing -= 1

    def _ready(self) -> list[Channel]:
        """Return the connections to read: those that a wait returned, or all of them."""
        if self.waiting is None:
            return self.rig.channels
        return [self.rig.by_fd[fd] for fd in self.waiting.wait()]

    def _answer(self, channel: Channel) -> bool:
        """Read ``channel`` and send back the data; return whether it was a request."""
        try:
            got = channel.receive()
        except BlockingIOError:
            self.tally.add("read", -errno.EAGAIN)
            return False
        self.tally.add("read", len(got))
        if not got:
            raise WorkloadError("a client closed its connection; its error is above")
        self.rig.bytes_read += len(got)
        self.tally.add("write", os.write(channel.watched, got))
        self.served += len(got)
        return True

    def results(self) -> dict[str, Any]:
        """Return what server and clients counted. Raises WorkloadError if they differ."""
        return self.compared(self.hear_clients())

    def compared(self, counted: dict[str, Any]) -> dict[str, Any]:
        """Return what both sides counted. Raises WorkloadError if they differ."""
        if {counted["requests"], counted["responses"]} != {self.served}:
            raise WorkloadError(f"{self.served} requests served; the clients say {counted}")
        return {**super().results(), "served": self.served, "clients": counted}

    def hear_clients(self) -> dict[str, Any]:
        """End the clients and return what they counted."""
        assert self.clients is not None
        asked, self.clients = self.clients, None
        return {"pid": asked.pid, **asked.report()}

    def close(self) -> None:
        """End the clients and the model; the rig closes the connections."""
        if self.clients is not None:
            self.clients.kill()
        if self.waiting is not None:
            self.waiting.close()
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {WRITTEN})


def _channel(connection: socket.socket) -> Channel:
    return Channel(
        connection.fileno(), _NOTHING, b"", lambda: connection.recv(READ_BYTES), connection.close
    )
