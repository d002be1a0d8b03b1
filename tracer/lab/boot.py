"""Boot a kernel, run one command in it, and return its output.

The guest sees this machine's files read-only, has an empty ``/tmp`` of its own, and one shared
directory read-write at its own path (9p: write in large blocks). There is no network but loopback,
no udev and no systemd; the command is root and its standard input is empty. The guest ends with the
command; what the command left running is killed.
"""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from tracer.lab import kvm
from tracer.lab.guest import Stream, Streams, run_guest
from tracer.lab.job import Job
from tracer.lab.kernels import Kernel
from tracer.lab.machine import Machine
from tracer.lab.sinks import Sink, Sinks, both, discarded, lines_to
from tracer.lab.tools import Progress, silent
from tracer.shared.errors import LabError, PanicError, UsageError
from tracer.shared.message import Message, message, message_n, quoted
from tracer.shared.scratch import scratch_directory

DEADLINE_S = 300.0
CONSOLE_LINES = 12

_CRASH = re.compile(r"BUG: |Oops: |Kernel panic - ")


@dataclass(frozen=True)
class Result:
    """What a command did in a guest."""

    exit_code: int
    """As in a shell: 128 + signal if one ended it, 127 if there is no such command."""
    stdout: bytes
    stderr: bytes
    notes: bytes
    console: str
    """Kernel warnings and worse, and QEMU's own messages."""
    seconds: float
    """From before QEMU starts to after it has ended."""
    kvm: bool
    """False: under emulation."""

    @property
    def lines(self) -> list[str]:
        """Standard output as lines of text."""
        return self.stdout.decode("utf-8", "replace").splitlines()


def boot(
    kernel: Kernel,
    command: Sequence[str],
    *,
    memory_mib: int = 1024,
    cpus: int = 2,
    deadline_s: float = DEADLINE_S,
    share: Path | None = None,
    icount: bool = False,
    append: Sequence[str] = (),
    on_line: Callable[[str], None] | None = None,
    stdout: Sink = discarded,
    stderr: Sink = discarded,
    notes: Sink = discarded,
    console: Sink = discarded,
    use_kvm: bool | None = None,
    given_up: threading.Event | None = None,
    progress: Progress = silent,
) -> Result:
    """Boot ``kernel`` and run ``command``, an argument vector, from the current directory.

    ``share`` is a directory the guest may write to. ``icount`` makes guest time an instruction
    count (one CPU, emulated). ``append`` adds kernel parameters. ``on_line`` gets the lines of
    standard output; ``stdout``, ``stderr`` and ``notes`` (`tracer.shared.ports`) get the bytes as
    they come, in threads of their own; ``console`` gets those of the kernel and of QEMU.
    ``use_kvm``: None tries it once and remembers the answer. Another thread that sets ``given_up``
    ends the guest.

    A command that fails is a `Result`. Raises `LabError`, with the console's last lines, if the
    guest panics, hangs past ``deadline_s`` or cannot be started; `UsageError` without a command,
    or if ``share`` is not a directory.
    """
    if not command:
        raise UsageError(
            "no command to run in the guest; give one, as in: tracer lab run 6.1 -- uname -r"
        )
    if share is not None and not share.is_dir():
        raise UsageError(
            message("{share} is not a directory, and only a directory can be shared", share=share)
        )
    tries = use_kvm is not False and not icount and kvm.usable(kernel.image, progress)
    with scratch_directory("lab") as path:
        for part in ("job", "own"):
            (path / part).mkdir()
        machine = Machine(
            kernel=kernel,
            job=Job(path / "job"),
            own=path / "own",
            memory_mib=memory_mib,
            cpus=cpus,
            kvm=tries,
            icount=icount,
            share=share.absolute() if share else None,
            append=append,
        )
        machine.job.write(
            command, Path.cwd(), modules=kernel.modules is not None, share=machine.share
        )
        sinks = Sinks(both(stdout, lines_to(on_line)), stderr, notes, console)
        given_up = given_up or threading.Event()
        try:
            return _run(machine, sinks, deadline_s, given_up, progress)
        except LabError:
            if not tries or machine.job.started:
                raise
        progress("the guest did not boot with KVM; emulating from now on")
        kvm.remember(works=False)
        return _run(replace(machine, kvm=False), sinks, deadline_s, given_up, progress)


def _run(
    machine: Machine,
    sinks: Sinks,
    deadline_s: float,
    given_up: threading.Event,
    progress: Progress,
) -> Result:
    job = machine.job
    streams = Streams(
        stdout=Stream(sinks.stdout, job.mark),
        stderr=Stream(sinks.stderr, job.mark),
        notes=Stream(sinks.notes, job.mark),
        console=Stream(sinks.console),
    )
    began = time.monotonic()
    in_time = run_guest(machine, streams, deadline_s, given_up, job.say_received)
    seconds = time.monotonic() - began
    console = streams.console.output.decode("utf-8", "replace").replace("\r", "")
    exit_code = job.exit_code
    if exit_code is None:
        kind = PanicError if "Kernel panic" in console else LabError
        what = _what_happened(machine, in_time, deadline_s, console)
        last = _last_line(streams)
        raise kind(message("{what}\nits last line: {line}", what=what, line=last) if last else what)
    if survivors := job.survivors:
        progress(
            message_n(
                "{count} process that the command left running was ended with the guest",
                "{count} processes that the command left running were ended with the guest",
                count=survivors,
            )
        )
    if not streams.are_whole:
        progress("the end of the command's output may be missing: the guest ended before it came")
    return Result(
        exit_code,
        bytes(streams.stdout.output),
        bytes(streams.stderr.output),
        bytes(streams.notes.output),
        console,
        seconds,
        machine.kvm,
    )


def _last_line(streams: Streams) -> str:
    """Return the last line that the guest's programs wrote; "" if they wrote nothing."""
    for stream in (streams.notes, streams.stderr, streams.stdout):
        lines = stream.output.decode("utf-8", "replace").split("\n")
        if last := next((line for line in reversed(lines) if line.strip()), ""):
            return last
    return ""


def _what_happened(machine: Machine, in_time: bool, deadline_s: float, console: str) -> Message:
    started = machine.job.started
    where = (
        message("while it ran the command") if started else message("before the command started")
    )
    if not in_time:
        found = message(
            "did not end in {seconds:g} s and was stopped {where}; raise the deadline?",
            seconds=deadline_s,
            where=where,
        )
    elif "Kernel panic" in console:
        found = message("panicked {where}", where=where)
    else:
        found = message("disappeared {where}", where=where)
    return message(
        "kernel {kernel} {found}\n{console}",
        kernel=machine.kernel.release,
        found=found,
        console=_what_matters(console),
    )


def _what_matters(console: str) -> str:
    """Return the console's text from a crash on, else its last lines."""
    lines = [line for line in console.splitlines() if line.strip()]
    crash = next((at for at, line in enumerate(lines) if _CRASH.search(line)), None)
    kept = lines[-CONSOLE_LINES:] if crash is None else lines[crash : crash + CONSOLE_LINES]
    words = "\n".join(f"  {line}" for line in kept)
    return (
        message("its console:\n{words}", words=quoted(words))
        if kept
        else message("its console printed nothing")
    )
