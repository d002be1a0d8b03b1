"""Starts the command to be traced, held just before its first instruction.

The command finds the same as without a tracer: standard streams, inherited fds, signals, process
group and terminal. What Python changes for itself when it starts is undone.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Collection, Sequence
from typing import Final, NoReturn

from tracer.recording.user import User
from tracer.shared.ending import ENDING, held_back
from tracer.shared.errors import UsageError, WorkloadError
from tracer.shared.message import message

_GRACE_S = (3.0, 2.0)
"""How long a command may take to end after SIGINT, and again after SIGTERM."""
_CHECK_S = 0.005
_PYTHONS: Final = frozenset((signal.SIGPIPE, signal.SIGXFSZ))
"""What Python ignores from its start on, whatever it inherited (Python/pylifecycle.c)."""
_IGNORED: Final = frozenset(
    number
    for number in signal.valid_signals() - _PYTHONS
    if signal.getsignal(number) is signal.SIG_IGN
)
"""What tracer inherited as ignored, as from nohup: read before it sets its own."""


Body = Callable[[Sequence[str]], int]
"""Runs a command line in this process and returns its exit code."""


def check_command(command: Sequence[str]) -> None:
    """Raise UsageError unless ``command`` names something executable."""
    if command and shutil.which(command[0]) is not None:
        return
    name = command[0] if command else ""
    raise UsageError(
        message("cannot run {name!r}: no such command, or it is not executable", name=name)
    )


def _close_all_but(*kept: int) -> None:
    """Close inherited fds: a BPF link held by a child would keep programs attached."""
    first = 3
    for fd in sorted(kept):
        os.closerange(first, fd)
        first = fd + 1
    os.closerange(first, os.sysconf("SC_OPEN_MAX"))


def _give_signals_back() -> None:
    """Restore what exec passes on: ignored signals stay ignored, handlers become the default."""
    for number in _PYTHONS:
        signal.signal(number, signal.SIG_DFL)
    for number in ENDING:
        signal.signal(number, signal.SIG_IGN if number in _IGNORED else signal.SIG_DFL)


def _send(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


class Stopped:
    """A child that waits at a pipe until it is released, then becomes the command."""

    def __init__(
        self,
        command: Sequence[str],
        body: Body | None = None,
        *,
        first: Callable[[], object] = lambda: None,
        user: User | None = None,
    ) -> None:
        """Fork the child.

        Args:
            command: program and arguments.
            body: run by the child in place of ``command``, to the same effect: starting a Python
            takes a guest many seconds.
            first: what the released child does before anything else; an OSError in it is reported
            as the reason why the command cannot be run.
            user: whom the command runs as; who tracer runs as if None.

        Raises:
            UsageError: there is no such command, or it is not executable.
        """
        check_command(command)
        self.command = tuple(command)
        self._body, self._first, self._user = body, first, user
        self.returncode: int | None = None
        self._gate, gate = os.pipe()
        self._failure, failure = os.pipe()
        sys.stdout.flush()
        sys.stderr.flush()
        with held_back():
            self.pid = os.fork()
            if self.pid == 0:  # until it is the command, such a signal is for the parent to answer
                os.close(gate)
                self._become(failure)
        os.close(self._gate)
        os.close(failure)
        self._gate = gate

    def _become(self, failure: int) -> NoReturn:
        """In the child: wait for the gate, then exec; report the errno if that fails."""
        try:
            if os.read(self._gate, 1) == b"":
                os._exit(0)  # stopped before it was released
            self._first()
            _give_signals_back()
            if self._body:
                _close_all_but()
                os._exit(self._run_body())
            if self._user:
                self._user.become()
            os.execvp(self.command[0], self.command)  # noqa: S606 -- running it is the job
        except OSError as error:
            os.write(failure, (error.errno or errno.EIO).to_bytes(4, "little"))
        finally:
            os._exit(127)

    def _run_body(self) -> int:
        """Run ``body`` in place of the command, with the signal handling of a fresh Python."""
        for number in _PYTHONS:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        assert self._body
        return self._body(self.command)

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
                message("cannot run {command!r}: {reason}", command=self.command[0], reason=reason)
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

    def stop(
        self,
        meanwhile: Callable[[], object] = lambda: None,
        others: Callable[[], Collection[int]] = tuple,
    ) -> None:
        """End the command and what it started: SIGINT, then SIGTERM, then SIGKILL.

        Args:
            meanwhile: called repeatedly while they are ending.
            others: returns the pids of live processes that the command started.
        """
        if self._gate >= 0:
            os.close(self._gate)  # never released: the child sees the end of the pipe
            self._gate = -1
            self.wait()
            return
        for number, grace_s in zip((signal.SIGINT, signal.SIGTERM), _GRACE_S, strict=True):
            if self._ended_within(number, grace_s, meanwhile, others):
                return
        while not self._ended_within(signal.SIGKILL, _CHECK_S, meanwhile, others):
            pass

    def _ended_within(
        self,
        number: int,
        grace_s: float,
        meanwhile: Callable[[], object],
        others: Callable[[], Collection[int]],
    ) -> bool:
        """Send a signal to all live processes; tell whether they ended in time."""
        asked: set[int] = set()
        deadline = time.monotonic() + grace_s
        while living := {*others(), *(() if self.poll() is not None else (self.pid,))}:
            for pid in living - asked:  # including those started since
                _send(pid, number)
            asked |= living
            if time.monotonic() >= deadline:
                return False
            meanwhile()
            time.sleep(_CHECK_S)
        return True
