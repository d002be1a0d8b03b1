"""Traces the kernel's I/O models and checks textbook claims against what real kernels do.

In Python, as on the command line::

    import tracer

    trace = tracer.read("epoll.trace")
    trace.calls.groupby("name").kernel_ns.median()    # ns in the kernel, by system call
    trace.timeline()                                  # a picture, in a notebook

    tracer.record("poll.trace", model="poll", fds=100, kernel="6.1").metrics
    tracer.verify("mux-linear-scan", kernels=["6.1", "7.3"]).table

Errors are `tracer.shared.errors.TracerError` and its kinds. What is slow to import is imported by
the function that needs it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from tracer.shared.version import VERSION

if TYPE_CHECKING:
    from tracer.api.traces import Trace
    from tracer.api.verdicts import Verdicts

__all__ = ["__version__", "read", "record", "verify"]

__version__ = VERSION


def read(path: str | PathLike[str]) -> Trace:
    """Return the trace in the directory ``path``, which `record` or ``tracer record`` wrote.

    Its frames are ``calls`` and ``steps`` (one row each), ``tasks`` and ``metrics`` (sums by phase
    and family of calls); ``trace.columns("calls")`` has type, unit and meaning of each column.
    Times are ns of the boot clock, sizes bytes. What no hook saw is NA, never 0.

    TraceError: it is not a trace, is damaged, or has a newer schema.
    """
    from tracer.api.traces import read_trace

    return read_trace(path)


def record(
    path: str | PathLike[str],
    command: Sequence[str] = (),
    *,
    model: str | None = None,
    pids: Sequence[int] = (),
    kernel: str | None = None,
    detail: str = "calls",
    duration_s: float | None = None,
    deadline_s: float | None = None,
    progress: Callable[[str], object] | None = None,
    **workload: Any,
) -> Trace:
    """Record one thing to the new directory ``path`` (``NAME.trace``) and return it, read.

    Args:
        path: where to; it must not exist.
        command: program and arguments, run until it and what it started have ended.
        model: or a workload of tracer's own, with its fields in ``workload``: fds (how many),
            active, rounds, position, waker, timeout_ms … as ``tracer record --help`` has them.
        pids: or running processes; they are attached to, and go on afterwards.
        kernel: a kernel of the lab by series ("6.1") or release; None: this machine's own.
        detail: "calls" (one record per system call), or "steps" (one per step too).
        duration_s: of a command or of pids: end normally after so many seconds.
        deadline_s: give up after so many seconds; in the lab, 240 by default.
        progress: gets a line of text now and then.

    Needs CAP_BPF and CAP_PERFMON for this machine's kernel; they are kept. Call it in the main
    thread: Ctrl-C ends a recording, and what was recorded is kept.

    UsageError: not exactly one thing to record, or options that cannot be combined. KernelError:
    the kernel refuses. LabError: the lab failed. TruthError: trace and workload disagree.
    """
    from tracer.api.recording import record_to

    return record_to(
        path,
        command=command,
        model=model,
        workload=workload,
        pids=pids,
        kernel=kernel,
        detail=detail,
        duration_s=duration_s,
        deadline_s=deadline_s,
        progress=progress,
    )


def verify(
    *claims: str,
    kernels: Sequence[str] = (),
    packs: Sequence[str | PathLike[str]] = (),
    every: bool = False,
    into: str | PathLike[str] | None = None,
    progress: Callable[[str], object] | None = None,
) -> Verdicts:
    """Record what claims need, decide them, and return the verdicts.

    Args:
        claims: ids ("epoll-mmap"); none: those that one boot can decide, or those of ``packs``.
        kernels: of the lab, by series or release; none: this machine's own if it can decide them,
            else the lab's default.
        packs: Python files with claims of your own.
        every: all claims of all packs: those on cost, and those beyond the textbook.
        into: new directory for traces and reports; default: ``verdicts/DATE-TIME``.
        progress: gets a line of text now and then.

    A claim whose evidence was lost is undecided; that is no error.

    UsageError: there is no such claim or kernel, or a pack cannot be used. LabError: none of the
    lab's kernels booted.
    """
    from tracer.api.verdicts import verify_claims

    return verify_claims(
        claims, kernels=kernels, packs=packs, every=every, into=into, progress=progress
    )
