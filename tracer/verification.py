"""Runs the experiments that claims need, on this kernel or in the lab, and decides the claims."""

from __future__ import annotations

import platform
import tempfile
import textwrap
from collections.abc import Sequence
from pathlib import Path

from analysis.claims.engine import Claim, decide_kernel
from analysis.coverage import why_missing_of
from analysis.experiments import Experiment
from analysis.frames import Trace, read_trace
from analysis.manifest import plan_rows
from analysis.results import KernelResult
from tracer.errors import KernelError, TraceError, TracerError
from tracer.lab.kernels import Kernel
from tracer.labrecord import Recording, record_in_lab
from tracer.record import Recorder
from tracer.watch import Progress
from tracer.workloads import spec

REASON_WIDTH = 160

EXPERIMENT_DEADLINE_S = 120.0
"""After this long an experiment is stopped and its claims are undecided."""

Traces = dict[str, Path | str]
"""Experiment → its trace, or why there is none."""


def experiments_of(claims: Sequence[Claim]) -> tuple[Experiment, ...]:
    """Return the experiments that ``claims`` need, each once, in the claims' order."""
    return tuple({claim.experiment.id: claim.experiment for claim in claims}.values())


def why_not_here(claims: Sequence[Claim]) -> str | None:
    """Return why this kernel cannot decide all of ``claims``, None if it can."""
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
    told = textwrap.shorten(reason, REASON_WIDTH, placeholder=" ...")
    return (
        f"it cannot decide {len(reasons)} of {len(claims)} claims (tracer doctor has the whole "
        f"story; {name} has {told})"
    )


def verify_here(claims: Sequence[Claim], into: Path, progress: Progress) -> KernelResult:
    """Decide ``claims`` on this kernel; the traces are put into the directory ``into``."""
    traces: Traces = {}
    needed = experiments_of(claims)
    for detail in dict.fromkeys(experiment.detail for experiment in needed):
        progress(f"attaching probes for detail {detail}")
        with Recorder(detail) as recorder:
            for experiment in needed:
                if experiment.detail == detail:
                    progress(f"recording {experiment.id}")
                    traces[experiment.id] = _record_here(recorder, experiment, into, progress)
    return _decide(claims, traces, "host", platform.release())


def _record_here(
    recorder: Recorder, experiment: Experiment, into: Path, progress: Progress
) -> Path | str:
    path = into / f"{experiment.id}.trace"
    with tempfile.TemporaryDirectory(prefix="tracer-") as temporary:
        truth = Path(temporary) / "truth.json"
        command = spec.command(spec.parse([dict(phase) for phase in experiment.phases]), truth)
        try:
            result = recorder.record(
                command, path, truth=truth, progress=progress,
                deadline_s=EXPERIMENT_DEADLINE_S,
            )  # fmt: skip
            if result.signal:
                raise KeyboardInterrupt
        except TracerError as error:
            progress(f"{experiment.id}: {error}")
            if not path.exists():
                return str(error)
    return path


def verify_in_lab(
    claims: Sequence[Claim], kernel: Kernel, into: Path, progress: Progress
) -> KernelResult:
    """Decide ``claims`` on a stock kernel, in one boot; the traces are put into ``into``."""
    needed = experiments_of(claims)
    recordings = [
        Recording(
            name=experiment.id,
            detail=experiment.detail,
            phases=[dict(phase) for phase in experiment.phases],
            deadline_s=EXPERIMENT_DEADLINE_S,
        )
        for experiment in needed
    ]
    outcomes = record_in_lab(
        kernel, recordings, into, progress=progress,
        deadline_s=60.0 + EXPERIMENT_DEADLINE_S * len(recordings),
    )  # fmt: skip
    if len(outcomes) < len(recordings):
        raise KeyboardInterrupt  # it reached the guest; the traces until then are in `into`
    traces: Traces = {}
    for outcome in outcomes:
        if outcome.error:
            progress(f"{outcome.name}: {outcome.error}")
        traces[outcome.name] = outcome.path or outcome.error or "not recorded"
    return _decide(claims, traces, "lab", kernel.release)


def _decide(claims: Sequence[Claim], traces: Traces, where: str, release: str) -> KernelResult:
    found = {name: path if isinstance(path, str) else _read(path) for name, path in traces.items()}
    return KernelResult(release, where, tuple(decide_kernel(claims, found)))


def _read(path: Path) -> Trace | str:
    try:
        return read_trace(path)
    except TraceError as error:
        return str(error)
