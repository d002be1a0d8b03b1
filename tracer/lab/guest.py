"""A running guest: its streams are drained, its time is limited, and it never outlives us."""

from __future__ import annotations

import os
import subprocess
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
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
    mark: bytes = b""
    """What the guest ends it with (tracer.lab.job); not part of it."""
    output: bytearray = field(default_factory=bytearray)
    is_whole: bool = False
    """Whether the mark has come."""
    error: Exception | None = None

    def pump(
        self,
        source: IO[bytes],
        end_guest: Callable[[], object],
        at_mark: Callable[[], object] = lambda: None,
    ) -> None:
        """Drain ``source`` to its end. A full pipe would stop the guest.

        ``at_mark`` is called once the sink has everything that came before the mark.
        """
        rest = b""
        while chunk := source.read(1 << 16):
            chunk = rest + chunk
            rest = _begun(self.mark, chunk)
            with self._or_end(end_guest):
                self._take(chunk[: len(chunk) - len(rest)])
                if rest and rest == self.mark:
                    self.is_whole, rest = True, b""
                    at_mark()
        with self._or_end(end_guest):
            self._take(rest)

    @contextmanager
    def _or_end(self, end_guest: Callable[[], object]) -> Iterator[None]:
        """Keep the first error of the block, and end the guest."""
        try:
            yield
        except Exception as error:
            self.error = self.error or error
            end_guest()

    def _take(self, chunk: bytes) -> None:
        self.output += chunk
        if len(self.output) > 2 * KEPT_BYTES:
            del self.output[:-KEPT_BYTES]
        if self.error is None and chunk:
            self.sink(chunk)


def _begun(mark: bytes, chunk: bytes) -> bytes:
    """Return the longest beginning of ``mark`` that ``chunk`` ends with."""
    lengths = range(min(len(mark), len(chunk)), 0, -1)
    return next((mark[:length] for length in lengths if chunk.endswith(mark[:length])), b"")


@dataclass(frozen=True)
class Streams:
    """A guest's streams. The console has the kernel's messages and QEMU's own."""

    stdout: Stream
    stderr: Stream
    notes: Stream
    console: Stream

    @property
    def are_whole(self) -> bool:
        """Whether all that the command wrote has come: its mark came after it."""
        return all(each.is_whole for each in (self.stdout, self.stderr, self.notes))


def run_guest(
    machine: Machine,
    streams: Streams,
    deadline_s: float,
    given_up: threading.Event,
    received: Callable[[], object],
) -> bool:
    """Run a machine until it powers off; return False if the deadline ended it.

    ``received`` is called once the streams have all that the command wrote.

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

        def at_mark() -> None:
            if streams.are_whole:
                received()

        pumps = [_start_pump(stream, source, process.kill, at_mark) for stream, source in sources]
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


def _start_pump(
    stream: Stream, source: IO[bytes], *calls: Callable[[], object]
) -> threading.Thread:
    thread = threading.Thread(target=stream.pump, args=(source, *calls), daemon=True)
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
