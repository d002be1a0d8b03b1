"""Records from Python: one model, command or process, to a trace that is then read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from typing import Any, NamedTuple

from tracer.api.traces import Trace, read_trace
from tracer.commands.record import LAB_DEADLINE_S, LAB_START_S
from tracer.guest.asked import LabBoot, Recording
from tracer.guest.outside import record_in_lab
from tracer.lab import kernels
from tracer.lab.kernels import Kernel
from tracer.lab.tools import silent
from tracer.recording.recorder import Recorder
from tracer.recording.subject import How
from tracer.recording.tracedir import checked_path
from tracer.recording.truthfile import unnamed_file
from tracer.recording.watch import Progress
from tracer.recording.watched import Watched, checked
from tracer.shared.errors import LabError, TracerError, UsageError
from tracer.shared.message import localized
from tracer.shared.phase import Phase, to_json
from tracer.workloads import limits, spec


class Request(NamedTuple):
    """What is to be recorded, checked as far as possible before anything is attached."""

    path: Path
    command: Sequence[str]
    phases: Sequence[Phase]
    pids: Sequence[int]
    detail: str
    how: How
    deadline_s: float | None


def record_to(
    path: str | PathLike[str],
    *,
    command: Sequence[str],
    model: str | None,
    workload: Mapping[str, Any],
    pids: Sequence[int],
    kernel: str | None,
    detail: str,
    duration_s: float | None,
    deadline_s: float | None,
    progress: Callable[[str], object] | None,
) -> Trace:
    """Record; see `tracer.record`."""

    def report(line: str) -> None:
        (progress or silent)(localized(line))

    if sum((bool(command), model is not None, bool(pids))) != 1:
        raise UsageError("name one of: a command, model=, pids=")
    if workload and model is None:
        raise UsageError("fields of a workload need model=")
    if pids and kernel is not None:
        raise UsageError(
            "pids= cannot be used with kernel=: nothing is running in the lab's guest yet"
        )
    phases = spec.parse([{"model": model, **workload}]) if model else []
    how = How(duration_s=duration_s)
    request = Request(checked_path(fspath(path)), command, phases, pids, detail, how, deadline_s)
    if kernel is None:
        _here(request, report)
    else:
        _in_lab(request, kernels.fetch(kernel, report), report)
    return read_trace(request.path)


def _here(request: Request, progress: Progress) -> None:
    for phase in request.phases:
        limits.check_fd_limit(phase)
    watched = checked(Watched("pid", tuple(map(str, request.pids)))) if request.pids else None
    with Recorder(request.detail) as recorder, unnamed_file() as unnamed:
        if watched:
            recorder.attach(
                watched,
                request.path,
                progress=progress,
                deadline_s=request.deadline_s,
                how=request.how,
            )
            return
        truth = unnamed if request.phases else None
        command = spec.command(request.phases, truth) if truth else request.command
        recorder.record(
            command,
            request.path,
            truth=truth,
            progress=progress,
            deadline_s=request.deadline_s,
            how=request.how,
        )


def _in_lab(request: Request, kernel: Kernel, progress: Progress) -> None:
    limit_s = request.deadline_s or LAB_DEADLINE_S
    recording = Recording(
        request.path.stem,
        request.detail,
        request.command,
        [to_json(each) for each in request.phases],
        limit_s,
        duration_s=request.how.duration_s,
    )
    boot = LabBoot(kernel, [recording], request.path.parent, deadline_s=limit_s + LAB_START_S)
    outcomes = record_in_lab(boot, progress=progress)
    if not outcomes:
        raise LabError("stopped before anything was recorded")
    if outcomes[0].error:
        raise TracerError(outcomes[0].error)
