"""Starts the command to be traced, stopped just before its first instruction."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

from tracer.shared.errors import UsageError, WorkloadError
from tracer.shared.say import say

_GRACE_S = (3.0, 2.0)
"""How long a command may take to end after SIGINT, then after SIGTERM."""
_LOOK_S = 0.005


Body = Callable[[Sequence[str]], int]
"""Runs a command line in this process and returns its exit code."""


def _close_all_but(*kept: int) -> None:
    """Close what was inherited: a link held by a child would keep programs attached."""
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


class Stopped:
    """A child that waits at a pipe until it is released, then becomes the command."""

    def __init__(self, command: Sequence[str], body: Body | None = None) -> None:
        """Fork the child.

        Args:
            command: program and arguments.
            body: what the child runs in place of ``command``, to the same effect: starting a
                Python takes a guest many seconds.

        Raises:
            UsageError: there is no such command, or it is not executable.
        """
        if not command or shutil.which(command[0]) is None:
            name = command[0] if command else ""
            raise UsageError(
                say("cannot run {name!r}: no such command, or it is not executable", name=name)
            )
        self.command = tuple(command)
        self._body = body
        self.returncode: int | None = None
        self._gate, gate = os.pipe()
        self._failure, failure = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        self.pid = os.fork()
        if self.pid == 0:
            self._become(failure)
        os.close(self._gate)
        os.close(failure)
        self._gate = gate

    def _become(self, failure: int) -> NoReturn:
        """In the child: wait for the gate, then exec; tell the errno if that fails."""
        try:
            _close_all_but(self._gate, failure)
            if os.read(self._gate, 1) == b"":
                os._exit(0)  # stopped before it was released
            signal.signal(signal.SIGINT, signal.default_int_handler)
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            if self._body:
                _close_all_but()
                os._exit(self._body(self.command))
            os.execvp(self.command[0], self.command)  # noqa: S606 -- running it is the job
        except OSError as error:
            os.write(failure, (error.errno or 0).to_bytes(4, "little"))
        finally:
            os._exit(127)

    def release(self) -> None:
        """Let the child become the command.

        Raises:
            WorkloadError: exec failed; nothing of the command ran.
        """
        os.write(self._gate, b"g")
        os.close(self._gate)
        self._gate = -1
        number = os.read(self._failure, 4)
        os.close(self._failure)
        if number:
            self.wait()
            reason = os.strerror(int.from_bytes(number, "little"))
            raise WorkloadError(
                say("cannot run {command!r}: {reason}", command=self.command[0], reason=reason)
            )

    def poll(self) -> int | None:
        """Return the exit status (negative: the signal) if the command has ended."""
        if self.returncode is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def wait(self) -> int:
        """Wait for the command to end and return its exit status."""
        if self.returncode is None:
            _, status = os.waitpid(self.pid, 0)
            self.returncode = os.waitstatus_to_exitcode(status)
        return self.returncode

    def stop(self, meanwhile: Callable[[], object] = lambda: None) -> None:
        """End the command: SIGINT, then SIGTERM, then SIGKILL.

        Args:
            meanwhile: called again and again while the command takes its time to end.
        """
        if self._gate >= 0:
            os.close(self._gate)  # never released: the child sees the end of the pipe
            self._gate = -1
            self.wait()
            return
        for number, grace_s in zip((signal.SIGINT, signal.SIGTERM), _GRACE_S, strict=True):
            if self.poll() is not None:
                return
            os.kill(self.pid, number)
            deadline = time.monotonic() + grace_s
            while self.poll() is None and time.monotonic() < deadline:
                meanwhile()
                time.sleep(_LOOK_S)
        if self.poll() is None:
            os.kill(self.pid, signal.SIGKILL)
            self.wait()
