"""Claims and how they are decided: trust first, then the claim's own judge on the frames.

A claim is declared whole in one expression, in ``analysis/claims/TOPIC/claims.py``::

    MUX_ONE_CALL = Claim(id="mux-one-call", section="notes 3, select/poll 1", statement="...",
                         otherwise="...", answers=Answers(supported="...", refuted="..."),
                         experiment=MUX, needs=("insertions:poll", "truth"),
                         judge=scan.mux_one_call, picture=per_call_picture.MUX_ONE_CALL,
                         timeline=waits("poll", waker=ASLEEP))

or, in a user's file, by ``@claim(...)`` above its judge. A pack is a module with a tuple
``CLAIMS``. The judge of an experiment that is recorded in several boots takes a trace of each. It
returns ``supported(...)``, ``corrected(...)`` or ``refuted(...)``; it raises ``Undecided`` if its
evidence is missing. It must be able to return each verdict that the claim declares: the tests have
a hand-made trace for each.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import lru_cache
from math import isfinite
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from analysis.checks.trust import common_doubts, doubts_of_needs
from analysis.checks.undecided import Undecided
from analysis.experiments.experiment import Experiment
from analysis.frames import Trace
from analysis.verdicts.failures import described
from analysis.verdicts.lecture import Lecture
from tracer.shared.message import joined, message

if TYPE_CHECKING:
    from analysis.pictures.picture import Picture
    from analysis.timeline import Timeline


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


@dataclass(frozen=True)
class Evidence:
    """One number behind a verdict. ``experiment`` is filled in by ``decide``."""

    metric: str
    value: float | None
    unit: str
    experiment: str = ""


@dataclass(frozen=True)
class Verdict:
    """An outcome, the finding in one sentence with its numbers, and the evidence.

    ``answer`` is one sentence to quote, without numbers of this run: what the kernel does. "" if it
    is undecided, or if the claim (a user's) has none.
    """

    outcome: Outcome
    finding: str
    evidence: tuple[Evidence, ...] = ()
    undecided_because: str | None = None
    answer: str = ""


@dataclass(frozen=True)
class Answers:
    """What the kernel does, by verdict: a sentence that is true whenever the judge gives it.

    If a judge reaches a verdict in a way for which the sentence is not true, it gives another one
    with the verdict.
    """

    supported: str = ""
    corrected: str = ""
    refuted: str = ""

    def of(self, outcome: Outcome) -> str:
        """Return the sentence for ``outcome``, which is decided."""
        by_outcome = {SUPPORTED: self.supported, CORRECTED: self.corrected, REFUTED: self.refuted}
        return by_outcome[outcome]


Judge = Callable[..., Verdict]
"""Takes a ``Trace`` for each boot of the claim's experiment."""


@dataclass(frozen=True, kw_only=True)
class Claim:
    """One statement of a textbook, and all that is known about it.

    ``needs``: see analysis.checks.trust. ``judge`` decides it from a trace; ``verdicts`` are the
    decided outcomes that it can return, ``answers`` their sentences. ``otherwise`` says what would
    have changed the verdict. ``section`` is the place in the document that makes the claim,
    ``lecture`` the chapter of a page that presents it; ``functions`` are the kernel functions that
    it is about (analysis.verdicts.kernel_functions has their files). ``picture`` and ``timeline``
    show it: rows from its traces, and a call in which its point can be seen. ``beside`` gives
    numbers reported beside a cost counted in instructions: those of a trace of this machine's own
    kernel, in wall time. They decide nothing.
    """

    id: str
    section: str
    statement: str
    experiment: Experiment
    needs: tuple[str, ...]
    judge: Judge
    lecture: Lecture | None = None
    verdicts: tuple[Outcome, ...] = DECIDED
    answers: Answers = Answers()
    functions: tuple[str, ...] = ()
    otherwise: str = ""
    picture: Picture | None = None
    timeline: Callable[[Trace], Timeline] | None = None
    beside: Callable[[Trace], Sequence[Evidence]] | None = None


@dataclass(frozen=True)
class Decision:
    """A claim with its verdict on one trace."""

    claim: Claim
    verdict: Verdict


def claim(**fields: Any) -> Callable[[Judge], Claim]:
    """Return a decorator that makes a ``Claim`` of its judge and ``fields``, those of ``Claim``."""
    return lambda judge: Claim(judge=judge, **fields)


def supported(finding: str, evidence: Sequence[Evidence], answer: str = "") -> Verdict:
    """Return the verdict that the statement holds."""
    return Verdict(SUPPORTED, finding, tuple(evidence), answer=answer)


def corrected(finding: str, evidence: Sequence[Evidence], answer: str = "") -> Verdict:
    """Return the verdict that the statement holds in part; ``finding`` says which."""
    return Verdict(CORRECTED, finding, tuple(evidence), answer=answer)


def refuted(finding: str, evidence: Sequence[Evidence], answer: str = "") -> Verdict:
    """Return the verdict that the kernel does something else."""
    return Verdict(REFUTED, finding, tuple(evidence), answer=answer)


def undecided(because: str) -> Verdict:
    """Return the verdict that the evidence does not suffice."""
    return Verdict(Outcome.UNDECIDED, "", (), because)


def decide(
    claim: Claim, *traces: Trace, doubts_of: Callable[[Trace], Sequence[str]] = common_doubts
) -> Verdict:
    """Return the verdict on ``claim`` from a trace for each boot; any doubt makes it undecided.

    ``doubts_of`` returns a trace's own doubts; callers that decide several claims from it may cache
    them.
    """
    reasons = [
        reason
        for trace in traces
        for reason in (*doubts_of(trace), *doubts_of_needs(trace, claim.needs))
    ]
    if reasons:
        return undecided(joined("; ", dict.fromkeys(reasons)))
    try:
        verdict = _judged(claim, traces)
    except Undecided as missing:
        return undecided(str(missing))
    evidence = tuple(
        replace(each, value=_plain(each.value), experiment=claim.experiment.id)
        for each in verdict.evidence
    )
    answer = verdict.answer or claim.answers.of(verdict.outcome)
    return replace(verdict, evidence=evidence, answer=answer)


def _plain(value: float | None) -> float | None:
    """Return ``value`` as a Python number: a sum over a frame is NumPy's, which JSON rejects."""
    return value.item() if isinstance(value, np.generic) else value


def _judged(claim: Claim, traces: Sequence[Trace]) -> Verdict:
    """Return the verdict of ``claim`` on ``traces``; Undecided if its own code is at fault.

    That is, it failed, gave a verdict that it does not declare, or computed with NaN.
    """
    try:
        verdict = claim.judge(*traces)
    except Undecided:
        raise
    except Exception as error:
        why = described(error, Path(inspect.getfile(claim.judge)))
        raise Undecided(message("the claim's own code failed: {why}", why=why)) from error
    if not isinstance(verdict, Verdict):
        raise Undecided(
            message("the claim's own code returned {what!r}; needed a Verdict", what=verdict)
        )
    if verdict.outcome not in claim.verdicts:
        outcome = verdict.outcome
        raise Undecided(
            message("the claim's own code returned {outcome}, not in its verdicts", outcome=outcome)
        )
    _check_part(verdict.finding, str)
    for each in verdict.evidence:
        _check_part(each, Evidence)
    known_numbers((each.metric, each.value) for each in verdict.evidence)
    return verdict


def _check_part(part: object, wanted: type) -> None:
    """Raise Undecided unless the parts of a verdict have the right types."""
    number = part.value if isinstance(part, Evidence) else None
    if isinstance(part, wanted) and (number is None or isinstance(number, Real | np.generic)):
        return
    raise Undecided(
        message(
            "the claim's own code returned a verdict with {what!r}; needed {wanted} there",
            what=part,
            wanted=wanted.__name__,
        )
    )


def known_numbers(numbers: Iterable[tuple[str, float | None]]) -> None:
    """Raise Undecided if one of ``numbers``, each with its name, is not finite.

    None: the number was not measured. This is the one place that handles NaN.
    """
    unknown = [text for text, value in numbers if value is not None and not isfinite(value)]
    if unknown:
        raise Undecided(
            message("no number was available for: {labels}", labels=joined(", ", unknown))
        )


def decide_kernel(
    claims: Sequence[Claim],
    traces: Mapping[str, Sequence[Trace | str]],
    native: Mapping[str, Trace] | None = None,
) -> tuple[Decision, ...]:
    """Return the decisions on ``claims``, each from the traces of its experiment, in order.

    ``traces`` has, by experiment id, a trace for each boot or why there is none; ``native`` those
    of this machine's own kernel, reported beside.
    """
    doubts_of = lru_cache(maxsize=None)(common_doubts)
    return tuple(
        Decision(each, _with_native(each, _from(each, traces, doubts_of), native or {}))
        for each in claims
    )


def _from(
    claim: Claim,
    traces: Mapping[str, Sequence[Trace | str]],
    doubts_of: Callable[[Trace], Sequence[str]],
) -> Verdict:
    name = claim.experiment.id
    found = traces.get(name, (message("it was not recorded"),))
    there = [trace for trace in found if isinstance(trace, Trace)]
    reasons = dict.fromkeys(reason for reason in found if isinstance(reason, str))
    if reasons:
        why = joined("; ", reasons)
        return undecided(message("no trace of experiment {name}: {why}", name=name, why=why))
    return decide(claim, *there, doubts_of=doubts_of)


def _with_native(claim: Claim, verdict: Verdict, native: Mapping[str, Trace]) -> Verdict:
    """Add to a decided ``verdict`` the numbers of its experiment's native trace."""
    trace = native.get(claim.experiment.id)
    if trace is None or claim.beside is None or verdict.outcome not in DECIDED:
        return verdict
    if common_doubts(trace):
        return verdict
    try:
        more = claim.beside(trace)
    except Undecided:
        return verdict
    where = message(
        "{experiment}, natively on {release}",
        experiment=claim.experiment.id,
        release=trace.manifest.release,
    )
    return replace(
        verdict, evidence=(*verdict.evidence, *(replace(e, experiment=where) for e in more))
    )
