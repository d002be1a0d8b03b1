"""What a report shows about a claim on one kernel besides the verdict: picture rows, losses.

Taken while the traces are in memory; nothing here decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from analysis.frames import Trace
from analysis.recorded import losses, misses
from analysis.timeline import Timeline
from analysis.verdicts.engine import DECIDED, Decision
from analysis.verdicts.kernel_functions import KernelFunction, files, functions_on


@dataclass(frozen=True)
class Recording:
    """A trace that a verdict rests on: its name, what was lost and missed, when it was made.

    ``whole``: nothing was lost or missed, as far as the kernel counts it; ``started_at``: ISO 8601.
    """

    name: str
    losses: str
    misses: str
    whole: bool
    started_at: str


@dataclass(frozen=True)
class Exhibit:
    """What is shown of one claim on one kernel.

    ``rows`` are those of the claim's picture; None: it has no picture, is undecided, or its traces
    have nothing to draw. ``recordings`` are its traces'. ``timeline`` is of a call that shows the
    claim's point; None: no call does, it is undecided, or no steps were recorded. ``functions`` are
    those that the claim is about.
    """

    rows: pd.DataFrame | None
    recordings: tuple[Recording, ...]
    timeline: Timeline | None = None
    functions: tuple[KernelFunction, ...] = ()


def exhibits_of(
    decisions: Sequence[Decision], traces: Mapping[str, Sequence[Trace | str]]
) -> dict[str, Exhibit]:
    """Return the exhibit of each decision by id of its claim; ``traces`` as for decide_kernel."""
    return {
        decision.claim.id: _exhibit(decision, traces.get(decision.claim.experiment.id, ()))
        for decision in decisions
    }


def _exhibit(decision: Decision, traces: Sequence[Trace | str]) -> Exhibit:
    there = [trace for trace in traces if isinstance(trace, Trace)]
    return Exhibit(
        _rows(decision, there),
        tuple(map(_recording, there)),
        _timeline(decision, there),
        _functions(decision, there),
    )


def _functions(decision: Decision, traces: Sequence[Trace]) -> tuple[KernelFunction, ...]:
    """Return the claim's known functions, with what the first trace's plan tells about them."""
    known = [name for name in decision.claim.functions if name in files()]
    return functions_on(known, traces[0].manifest) if traces else ()


def _rows(decision: Decision, traces: Sequence[Trace]) -> pd.DataFrame | None:
    picture = decision.claim.picture
    if picture is None or decision.verdict.outcome not in DECIDED:
        return None
    try:
        return picture.rows(*traces)
    except Exception:
        # The verdict stands: if a picture (a user's, say) fails, the evidence is shown instead.
        return None


def _timeline(decision: Decision, traces: Sequence[Trace]) -> Timeline | None:
    timeline = decision.claim.timeline
    if timeline is None or decision.verdict.outcome not in DECIDED or not traces:
        return None
    try:
        return timeline(traces[0])
    except Exception:
        return None


def _recording(trace: Trace) -> Recording:
    manifest = trace.manifest
    lost = manifest.losses is None or any(manifest.losses.values())
    missed = any(manifest.misses.values())
    return Recording(
        name=trace.path.name,
        losses=losses(manifest),
        misses=misses(manifest),
        whole=not (lost or missed),
        started_at=manifest.started_at,
    )
