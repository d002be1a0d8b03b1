"""Runs the experiments that claims need, on this kernel or in the lab, and decides the claims."""

from __future__ import annotations

import os
import platform
import textwrap
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from analysis.claims.overviews import overviews_of
from analysis.experiments.experiment import Boot, Experiment
from analysis.frames import Trace, read_trace
from analysis.trace.coverage import why_missing_of
from analysis.trace.manifest import plan_rows
from analysis.verdicts.engine import Claim, decide_kernel
from analysis.verdicts.exhibits import exhibits_of
from analysis.verdicts.results import KernelResult
from tracer.commands.board import Board, Row
from tracer.guest.asked import LabBoot, Outcome, Recording
from tracer.guest.outside import record_boots
from tracer.lab.kernels import Kernel
from tracer.recording.attempts import Attempt, best_of, failure_of
from tracer.recording.recorder import Recorder
from tracer.recording.truthfile import unnamed_file
from tracer.recording.watch import Progress
from tracer.shared.errors import KernelError, LabError, TraceError, TracerError
from tracer.shared.files import make_directories
from tracer.shared.message import localized, message
from tracer.shared.owner import as_caller
from tracer.workloads import spec

REASON_WIDTH = 160
_HERE = message("this machine")
BOOT_S = 600.0
"""How long a boot may take in a machine that is busy with others; alone it takes 20 to 40 s."""
SPARE_MIB = 512
"""Memory left for this machine itself."""

NATIVE = "native"
"""Subdirectory of a run for traces of this machine's own kernel, beside the lab's."""

Traces = dict[str, list[Path | str]]
"""Experiment → for each of its boots the trace, or why there is none."""


def experiments_of(claims: Sequence[Claim]) -> tuple[Experiment, ...]:
    """Return the experiments that ``claims`` need, each once, in the claims' order."""
    return tuple({claim.experiment.id: claim.experiment for claim in claims}.values())


def why_not_here(claims: Sequence[Claim]) -> str | None:
    """Return why this kernel cannot decide all of ``claims``, None if it can."""
    special = [claim.id for claim in claims if not claim.experiment.ordinary]
    if special:
        return message("{claim} needs several boots in the lab", claim=special[0])
    try:
        with Recorder("steps") as recorder:
            rows = plan_rows([choice.to_json() for choice in recorder.plan])
    except KernelError as error:
        return str(error)
    lacking = {claim.id: why_missing_of(rows, claim.needs) for claim in claims}
    reasons = {name: reason for name, reason in lacking.items() if reason}
    if not reasons:
        return None
    name, reason = next(iter(reasons.items()))
    return message(
        "it cannot decide {number} of {of} claims (tracer doctor has the details; {claim}: "
        "{reason})",
        number=len(reasons),
        of=len(claims),
        claim=name,
        reason=textwrap.shorten(localized(reason), REASON_WIDTH, placeholder=" ..."),
    )


def verify_here(claims: Sequence[Claim], into: Path, board: Board) -> KernelResult:
    """Decide ``claims`` on this kernel; the traces are put into the directory ``into``."""
    traces = read_all(record_here(experiments_of(claims), into, board))
    decisions = decide_kernel(claims, traces)
    exhibits = exhibits_of(decisions, traces)
    overviews = overviews_of(traces)
    return KernelResult(platform.release(), "host", decisions, exhibits, overviews)


def record_here(experiments: Sequence[Experiment], into: Path, board: Board) -> Traces:
    """Record each of ``experiments`` once on this kernel."""
    row = Row(platform.release(), localized(_HERE), tuple(each.id for each in experiments))
    progress = partial(board.show_progress, row)
    board.begin(row)
    traces: Traces = {}
    for detail, bare in dict.fromkeys((each.detail, each.bare) for each in experiments):
        progress(message("attaching probes for detail {detail}", detail=detail))
        with Recorder(detail, () if bare else None) as recorder:
            for experiment in experiments:
                if (experiment.detail, experiment.bare) == (detail, bare):
                    progress(message("recording {experiment}", experiment=experiment.id))
                    traces[experiment.id] = [_record_here(recorder, experiment, into, progress)]
                    board.finished(row, len(traces))
    return traces


def _record_here(
    recorder: Recorder, experiment: Experiment, into: Path, progress: Progress
) -> Path | str:
    path = into / f"{experiment.id}.trace"

    def attempt(number: int) -> Attempt:
        made = path if number == 1 else into / f"{experiment.id}-{number}.trace"
        error = _record_once(recorder, experiment, made, progress)
        return Attempt(made, error, failure_of(made) if made.exists() else None)

    best = best_of(attempt, lambda line: progress(f"{experiment.id}: {line}"))
    if best.trace != path and best.trace.exists():
        with as_caller():
            best.trace.rename(path)
    return path if path.exists() else best.answer


def _record_once(
    recorder: Recorder, experiment: Experiment, path: Path, progress: Progress
) -> str | None:
    """Record to ``path``; return what went wrong, if anything did."""
    with unnamed_file() as truth:
        try:
            command = spec.command(spec.parse([dict(each) for each in experiment.phases]), truth)
            result = recorder.record(
                command, path, truth=truth, progress=progress, deadline_s=experiment.deadline_s
            )
            if result.signal:
                raise KeyboardInterrupt
        except TracerError as error:
            progress(message("{id}: {error}", id=experiment.id, error=error))
            return str(error)
    return None


class Lab(NamedTuple):
    """Kernels of the lab, each with the directory for its traces."""

    kernels: Sequence[tuple[Kernel, Path]]
    native: Path | None = None
    """Directory for traces of this machine's own kernel, reported beside costs."""


def verify_in_lab(claims: Sequence[Claim], lab: Lab, board: Board) -> list[KernelResult]:
    """Decide ``claims`` on stock kernels: for each kernel a boot per requested `Boot`.

    As many boots run at once as this machine has processors and memory for.
    """
    experiments = experiments_of(claims)
    native = _beside(claims, lab.native, board)
    plan = [
        _lab_boot(kernel, into, boot, experiments)
        for kernel, into in lab.kernels
        for boot in dict.fromkeys(boot for each in experiments for boot in each.boots)
    ]
    found = record_boots(
        plan,
        at_once=_at_once(plan),
        progress=lambda boot, line: board.show_progress(_begun(boot, board), line),
        finished=lambda boot, count: board.finished(_row(boot), count),
        beat_s=board.beat_s,
    )
    if all(isinstance(each, LabError) for each in found):
        raise next(each for each in found if isinstance(each, LabError))
    if any(
        len(each) < len(boot.recordings)
        for boot, each in zip(plan, found, strict=True)
        if isinstance(each, list)
    ):
        raise KeyboardInterrupt  # a guest got it; the traces until then are in `into`
    results = []
    for kernel, into in lab.kernels:
        own = {
            _boot_of(boot): outcomes
            for boot, outcomes in zip(plan, found, strict=True)
            if boot.into == into
        }
        traces = read_all({each.id: _outcomes(each, own, board.print_line) for each in experiments})
        decisions = decide_kernel(claims, traces, native)
        exhibits = exhibits_of(decisions, traces)
        overviews = overviews_of(traces)
        results.append(KernelResult(kernel.release, "lab", decisions, exhibits, overviews))
    return results


def _beside(claims: Sequence[Claim], into: Path | None, board: Board) -> dict[str, Trace]:
    """Record natively what is reported beside costs; skipped if this kernel can't be traced."""
    wanted = experiments_of([claim for claim in claims if claim.beside])
    if into is None or not wanted:
        return {}
    make_directories(into)
    try:
        traces = record_here(wanted, into, board)
    except KernelError as error:
        board.print_line(message("no native costs beside the lab's: {error}", error=error))
        return {}
    read = read_all(traces)
    return {name: each for name, (each,) in read.items() if isinstance(each, Trace)}


def _lab_boot(kernel: Kernel, into: Path, boot: Boot, experiments: Sequence[Experiment]) -> LabBoot:
    recordings = [
        Recording(
            name=trace_name(each, boot),
            detail=each.detail,
            phases=[dict(phase) for phase in each.phases],
            deadline_s=each.deadline_s,
            bare=each.bare,
        )
        for each in experiments
        if boot in each.boots
    ]
    needed_s = BOOT_S + sum(each.deadline_s or 0 for each in recordings)
    return LabBoot(kernel, recordings, into, boot.memory_mib, boot.clock, deadline_s=needed_s)


def trace_name(experiment: Experiment, boot: Boot) -> str:
    """Return the stem of a trace's name: "cost", or "cost-2" for the second of its boots."""
    if len(experiment.boots) == 1:
        return experiment.id
    return f"{experiment.id}-{experiment.boots.index(boot) + 1}"


def _boot_of(boot: LabBoot) -> Boot:
    return Boot(boot.memory_mib, "instructions" if boot.clock == "instructions" else "real")


def _row(boot: LabBoot) -> Row:
    names = tuple(each.name for each in boot.recordings)
    return Row(boot.kernel.release, _boot_of(boot).title, names)


def _begun(boot: LabBoot, board: Board) -> Row:
    row = _row(boot)
    board.begin(row)
    return row


def _at_once(plan: Sequence[LabBoot]) -> int:
    """Return how many of ``plan`` may run at once: one per processor, as memory allows."""
    free_mib = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") >> 20
    largest = max(boot.memory_mib for boot in plan)
    by_memory = (free_mib - SPARE_MIB) // largest
    return max(1, min(len(os.sched_getaffinity(0)), by_memory, len(plan)))


def _outcomes(
    experiment: Experiment, boots: dict[Boot, list[Outcome] | LabError], progress: Progress
) -> list[Path | str]:
    return [
        _outcome(trace_name(experiment, boot), boots[boot], progress) for boot in experiment.boots
    ]


def _outcome(name: str, outcomes: list[Outcome] | LabError, progress: Progress) -> Path | str:
    if isinstance(outcomes, LabError):
        return str(outcomes)
    outcome = next(each for each in outcomes if each.name == name)
    if outcome.error:
        progress(message("{name}: {error}", name=name, error=outcome.error))
    return outcome.path or outcome.error or message("not recorded")


def read_all(traces: Traces) -> dict[str, list[Trace | str]]:
    """Return the traces, read; in place of one that cannot be read, the reason."""
    return {name: [_read(each) for each in found] for name, found in traces.items()}


def _read(path: Path | str) -> Trace | str:
    if isinstance(path, str):
        return path
    try:
        with as_caller():  # someone else may have changed what is there
            return read_trace(path)
    except TraceError as error:
        return str(error)
