"""A link of a workload: its two namespaces, and the helper that made it."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
from contextlib import AbstractContextManager, closing, nullcontext
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.net.addresses import CLIENT, LOOPBACK, MESSAGE_BYTES, SERVER
from tracer.shared.errors import WorkloadError

_HELPER: Final = Path(__file__).with_name("helper.py")
_ANSWER_S: Final = 3600.0
"""Longer than any recording: a helper that hangs is stopped at the recording's deadline.

Importing pyroute2 takes a guest 12 s; where instructions are counted, an idle guest's clock runs
ahead while it waits for a file, by minutes if its host is busy.
"""


class Link(NamedTuple):
    """Where a server listens and where its clients are; None: in this process's namespace."""

    server: int | None = None
    client: int | None = None
    address: str = LOOPBACK
    client_address: str = LOOPBACK
    queueing: tuple[str, ...] = ()
    """The queueing discipline of either end, as the kernel names it; empty on loopback."""

    def at_server(self) -> AbstractContextManager[None]:
        """Put this thread into the server's namespace during the body."""
        return _inside(self.server)

    def at_client(self) -> AbstractContextManager[None]:
        """Put this thread into the client's namespace during the body."""
        return _inside(self.client)

    def close(self) -> None:
        """Release the namespaces."""
        for fd in (self.server, self.client):
            if fd is not None:
                os.close(fd)


def _inside(namespace: int | None) -> AbstractContextManager[None]:
    if namespace is None:
        return nullcontext()
    from tracer.net.namespace import inside  # noqa: PLC0415 -- ctypes takes a guest a second

    return inside(namespace)


ON_LOOPBACK: Final = Link()


class Helper:
    """A running helper. It ends when its socket closes: with the workload at the latest."""

    def __init__(self, python: str = sys.executable) -> None:
        """Start it; the import of pyroute2 comes with the first request."""
        self._socket, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            theirs.set_inheritable(True)
            command = [python, "-S", "-E", "-B", str(_HELPER), str(theirs.fileno())]
            # Ctrl-C reaches the whole group: the workload stops, and that ends its helper.
            self.pid = os.posix_spawn(
                python, command, os.environ, setsigmask=[signal.SIGINT, signal.SIGTERM]
            )
        self._socket.settimeout(_ANSWER_S)

    def join(self) -> Link:
        """Return a new link. Raises WorkloadError."""
        answer, (server, client) = self._ask({"do": "join"}, fds=2)
        return Link(server, client, SERVER, CLIENT, tuple(answer["queueing"]))

    def shape(self, link: Link, delay_ms: int, jitter_ms: int, loss_percent: int) -> Link:
        """Delay and drop packets on ``link``, the last one made, in both directions.

        Raises WorkloadError, also if the kernel has no netem.
        """
        answer, _ = self._ask(
            {"do": "shape", "delay_ms": delay_ms, "jitter_ms": jitter_ms,
             "loss_percent": loss_percent}
        )  # fmt: skip
        return link._replace(queueing=tuple(answer["queueing"]))

    def end(self) -> None:
        """Close its socket and reap it; that releases its hold on the link."""
        self._socket.close()
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)

    def _ask(self, request: dict[str, Any], fds: int = 0) -> tuple[dict[str, Any], list[int]]:
        try:
            self._socket.send(json.dumps(request).encode())
            text, got, _, _ = socket.recv_fds(self._socket, MESSAGE_BYTES, 2)
        except OSError as error:
            raise WorkloadError(f"no answer from the helper that makes links: {error}") from error
        if not text:
            raise WorkloadError("the helper that makes links ended; its error is above")
        answer: dict[str, Any] = json.loads(text)
        if "error" in answer:
            raise WorkloadError(f"cannot {_WORDS[answer['step']]}: {answer['error']}")
        if len(got) != fds:
            raise WorkloadError(f"the helper that makes links gave {len(got)} fds of {fds}")
        for fd in got:
            os.set_inheritable(fd, False)
        return answer, got


def try_link(delayed: bool) -> None:
    """Make a link as a workload would, and release it.

    Raises WorkloadError: this kernel lacks it, or this user may not make it.
    """
    helper = Helper()
    try:
        with closing(helper.join()) as link:
            if delayed:
                helper.shape(link, delay_ms=1, jitter_ms=0, loss_percent=0)
    finally:
        helper.end()


_WORDS: Final = {
    "join": "make a link of two network namespaces (needs root and the module veth)",
    "shape": "delay what goes over the link (use link lan, or the lab: --kernel)",
}
