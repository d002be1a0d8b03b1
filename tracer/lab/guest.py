"""A running guest: its streams are drained, its time is limited, and it never outlives us."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable
from contextlib import ExitStack
from dataclasses import dataclass, field
from io import FileIO
from typing import IO

from tracer.lab.machine import Machine, qemu_argv
from tracer.lab.sinks import Sink
from tracer.shared.errors import LabError
from tracer.shared.ports import NOTES_PORT, STDERR_PORT, STDOUT_PORT

_CHECK_S = 0.25
"""How often a wait for a guest checks whether to give it up."""


KEPT_BYTES = 16 << 20
"""How much of a stream is kept: a guest may write without end."""


@dataclass
class Stream:
    """One stream of a guest: its last `KEPT_BYTES` at least, and the sink that gets it."""

    sink: Sink
    output: bytearray = field(default_factory=bytearray)
    error: Exception | None = None

    def pump(self, source: IO[bytes], end_guest: Callable[[], object]) -> None:
        """Drain ``source`` to its end. A full pipe would stop the guest."""
        while chunk := source.read(1 << 16):
            self.output += chunk
            if len(self.output) > 2 * KEPT_BYTES:
                del self.output[:-KEPT_BYTES]
            if self.error is None:
                try:
                    self.sink(chunk)
                except Exception as error:
                    self.error = error
                    end_guest()


@dataclass(frozen=True)
class Streams:
    """A guest's streams. The console has the kernel's messages and QEMU's own."""

    stdout: Stream
    stderr: Stream
    notes: Stream
    console: Stream


def run_guest(
    machine: Machine, streams: Streams, deadline_s: float, given_up: threading.Event
) -> bool:
    """Run a machine until it powers off; return False if the deadline ended it.

    Raises LabError once another thread sets ``given_up``.

    The machine is gone when this returns or raises, whatever it raises.
    """
    with ExitStack() as stack:
        output = {
            STDOUT_PORT: streams.stdout,
            STDERR_PORT: streams.stderr,
            NOTES_PORT: streams.notes,
        }
        pipes = {name: _pipe(stack) for name in output}
        ends = {name: end.fileno() for name, (_, end) in pipes.items()}
        process = subprocess.Popen(
            qemu_argv(machine, ends),
            pass_fds=tuple(ends.values()),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            bufsize=0,
            start_new_session=True,  # a terminal's Ctrl-C comes to us, and we end the guest
        )
        stack.callback(process.wait)
        stack.callback(process.kill)
        for _, end in pipes.values():
            end.close()
        assert process.stderr is not None
        stack.enter_context(process.stderr)
        sources: list[tuple[Stream, IO[bytes]]] = [
            *((output[name], out) for name, (out, _) in pipes.items()),
            (streams.console, process.stderr),
        ]
        pumps = [_start_pump(stream, source, process.kill) for stream, source in sources]
        try:
            ended = _wait(process, deadline_s, given_up)
        finally:
            process.kill()
            for pump in pumps:
                pump.join()
    _raise_first(stream.error for stream, _ in sources)
    return ended


def _pipe(stack: ExitStack) -> tuple[FileIO, FileIO]:
    read_fd, write_fd = os.pipe()
    reader = stack.enter_context(os.fdopen(read_fd, "rb", buffering=0))
    writer = stack.enter_context(os.fdopen(write_fd, "wb", buffering=0))
    return reader, writer


def _start_pump(stream: Stream, source: IO[bytes], kill: Callable[[], object]) -> threading.Thread:
    thread = threading.Thread(target=stream.pump, args=(source, kill), daemon=True)
    thread.start()
    return thread


def _wait(process: subprocess.Popen[bytes], deadline_s: float, given_up: threading.Event) -> bool:
    deadline = time.monotonic() + deadline_s
    while (left := deadline - time.monotonic()) > 0:
        try:
            process.wait(min(left, _CHECK_S))
        except subprocess.TimeoutExpired:
            if given_up.is_set():
                raise LabError("the guest was stopped before its end") from None
        else:
            return True
    return False


def _raise_first(errors: Iterable[Exception | None]) -> None:
    for error in errors:
        if error is not None:
            raise error
