"""Claims and how they are decided: trust first, then the claim's own look at the frames.

::

    @claim(id="mux-one-call", section="notes 3, select/poll 1", statement="...",
           experiment=MUX, needs=("insertions:poll", "truth"), verdicts=(SUPPORTED, REFUTED))
    def mux_one_call(trace: Trace) -> Verdict: ...

    CLAIMS = (mux_one_call,)        # a pack is a module with this tuple

A claim returns ``supported(...)``, ``corrected(...)`` or ``refuted(...)``; it raises
``Undecided`` where its evidence is not there. It must be able to return each verdict it
declares: the tests have a hand-made trace for each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from analysis.experiments import Experiment
from analysis.frames import Trace
from analysis.trust import common_doubts, doubts_of_needs
from tracer.errors import TracerError


class Outcome(StrEnum):
    """What a verdict can say."""

    SUPPORTED = "supported"
    CORRECTED = "corrected"
    REFUTED = "refuted"
    UNDECIDED = "undecided"


SUPPORTED: Final = Outcome.SUPPORTED
CORRECTED: Final = Outcome.CORRECTED
REFUTED: Final = Outcome.REFUTED
DECIDED: Final = (SUPPORTED, CORRECTED, REFUTED)


class Undecided(TracerError):  # noqa: N818 - a verdict, not an error: decide() catches it
    """The evidence a claim needs is not in the trace; says what is missing."""


@dataclass(frozen=True)
class Evidence:
    """One number behind a verdict. ``experiment`` is filled in by ``decide``."""

    metric: str
    value: float | None
    unit: str
    experiment: str = ""


@dataclass(frozen=True)
class Verdict:
    """An outcome, the finding in one sentence with its numbers, and the evidence."""

    outcome: Outcome
    finding: str
    evidence: tuple[Evidence, ...] = ()
    undecided_because: str | None = None


Judge = Callable[[Trace], Verdict]


@dataclass(frozen=True)
class Claim:
    """One statement of a textbook and the function that holds it against a trace.

    ``verdicts`` are the decided outcomes that ``judge`` can return.
    """

    id: str
    section: str
    statement: str
    experiment: Experiment
    needs: tuple[str, ...]
    verdicts: tuple[Outcome, ...]
    judge: Judge


@dataclass(frozen=True)
class Decision:
    """A claim with its verdict on one trace."""

    claim: Claim
    verdict: Verdict


def claim(
    *,
    id: str,
    section: str,
    statement: str,
    experiment: Experiment,
    needs: tuple[str, ...],
    verdicts: tuple[Outcome, ...] = DECIDED,
) -> Callable[[Judge], Claim]:
    """Return a decorator that makes a ``Claim`` of a function. ``needs``: analysis.trust."""

    def make(judge: Judge) -> Claim:
        return Claim(id, section, statement, experiment, needs, verdicts, judge)

    return make


def supported(finding: str, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict that the statement holds."""
    return Verdict(SUPPORTED, finding, tuple(evidence))


def corrected(finding: str, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict that the statement holds in part; ``finding`` says which."""
    return Verdict(CORRECTED, finding, tuple(evidence))


def refuted(finding: str, evidence: Sequence[Evidence]) -> Verdict:
    """Return the verdict that the kernel does something else."""
    return Verdict(REFUTED, finding, tuple(evidence))


def undecided(because: str) -> Verdict:
    """Return the verdict that the evidence does not do."""
    return Verdict(Outcome.UNDECIDED, "", (), because)


def decide(claim: Claim, trace: Trace, common: Sequence[str] | None = None) -> Verdict:
    """Return the verdict on ``claim`` from ``trace``; any doubt makes it undecided.

    ``common`` are the trace's own doubts, for callers that decide several claims from it.
    """
    shared = common_doubts(trace) if common is None else common
    reasons = [*shared, *doubts_of_needs(trace, claim.needs)]
    if reasons:
        return undecided("; ".join(reasons))
    try:
        verdict = claim.judge(trace)
    except Undecided as missing:
        return undecided(str(missing))
    assert verdict.outcome in claim.verdicts, f"{claim.id} declares no {verdict.outcome}"
    evidence = tuple(replace(each, experiment=claim.experiment.id) for each in verdict.evidence)
    return replace(verdict, evidence=evidence)


def decide_all(claims: Sequence[Claim], trace: Trace) -> tuple[Decision, ...]:
    """Return the decisions on ``claims``, all from ``trace``, in their order."""
    common = common_doubts(trace)
    return tuple(Decision(each, decide(each, trace, common)) for each in claims)


def decide_kernel(
    claims: Sequence[Claim], traces: Mapping[str, Trace | str]
) -> tuple[Decision, ...]:
    """Return the decisions on ``claims``, each from the trace of its experiment, in order.

    ``traces`` has by id of the experiment its trace, or why there is none.
    """
    common = {id: common_doubts(each) for id, each in traces.items() if isinstance(each, Trace)}
    return tuple(Decision(each, _from(each, traces, common)) for each in claims)


def _from(
    claim: Claim, traces: Mapping[str, Trace | str], common: Mapping[str, Sequence[str]]
) -> Verdict:
    name = claim.experiment.id
    trace = traces.get(name, "it was not recorded")
    if isinstance(trace, str):
        return undecided(f"no trace of experiment {name}: {trace}")
    return decide(claim, trace, common[name])
