"""A load generator: starts when the server is ready, is not traced, and ends the recording."""

from __future__ import annotations

import shlex
import subprocess
import time
from pathlib import Path
from typing import Final

from tracer.recording.launch import check_command
from tracer.shared.errors import UsageError
from tracer.shared.message import message

_LISTENING: Final = "0A"  # TCP_LISTEN, include/net/tcp_states.h
_ACCEPTS: Final = 1 << 16  # SO_ACCEPTCON in /proc/net/unix
_CHECK_S: Final = 0.05


def is_ready(ready: str, pid: int | None = None, proc: Path = Path("/proc")) -> bool:
    """Tell whether someone listens, without making a connection that the server would see.

    Args:
        ready: a TCP port, or the path of a unix socket; any other file only has to exist.
        pid: whose network namespace is meant; this process's if None.
        proc: where /proc is.
    """
    net = proc / str(pid or "self") / "net"
    if ready.isdecimal():
        return any(_listens(line, int(ready)) for line in _lines(net / "tcp", net / "tcp6"))
    path = Path(ready)
    if path.is_socket():
        return any(_accepts(line, ready) for line in _lines(net / "unix"))
    return path.exists()


def _lines(*files: Path) -> list[list[str]]:
    found: list[list[str]] = []
    for file in files:
        try:
            found += [line.split() for line in file.read_text().splitlines()[1:]]
        except OSError:
            continue
    return found


def _listens(row: list[str], port: int) -> bool:
    return row[3] == _LISTENING and int(row[1].rpartition(":")[2], 16) == port


def _accepts(row: list[str], path: str) -> bool:
    return len(row) > 7 and bool(int(row[3], 16) & _ACCEPTS) and row[7] == path


class Client:
    """One load generator."""

    def __init__(self, text: str, ready: str | None) -> None:
        """Note what is to be started and when.

        Args:
            text: the command, quoted as for a shell; no shell runs it.
            ready: see is_ready; None: at once.

        Raises:
            UsageError: there is no such command.
        """
        try:
            self._command = shlex.split(text)
        except ValueError as error:
            raise UsageError(message("--with {text}: {error}", text=text, error=error)) from error
        check_command(self._command)
        self._ready = ready
        self._process: subprocess.Popen[bytes] | None = None
        self._checked_s = 0.0

    @property
    def waits_for(self) -> str | None:
        """What it waits for; None once it has been started, or if it waits for nothing."""
        return self._ready if self._process is None else None

    @property
    def exit_status(self) -> int | None:
        """Once it has ended; negative: the signal."""
        return self._process.poll() if self._process else None

    def has_ended(self, server_pid: int | None) -> bool:
        """Start it when the server is ready; tell whether it has ended."""
        if self._process is None:
            self._start_if_ready(server_pid)
            return False
        return self._process.poll() is not None

    def _start_if_ready(self, server_pid: int | None) -> None:
        now = time.monotonic()
        if now - self._checked_s < _CHECK_S:
            return
        self._checked_s = now
        if self._ready is None or is_ready(self._ready, server_pid):
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(1.0)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
