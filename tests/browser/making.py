"""Results and traces for the pages, from the hand-made traces of the claims' tests."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from analysis.claims.lectures import LECTURES
from analysis.frames import Trace, read_trace
from analysis.packs import OURS
from analysis.verdicts.engine import DECIDED, Claim, Decision, Verdict, decide
from analysis.verdicts.exhibits import Exhibit, exhibits_of
from analysis.verdicts.overview import Bar, Measure, Overview
from analysis.verdicts.results import KernelResult
from tests.analysis.claims.cases import CASES
from tests.analysis.handmade import Maker
from tests.analysis.making import Build

KERNELS = ("5.10.0-32-amd64", "6.1.0-56-amd64", "7.3.4+deb13-amd64")

SOME = tuple(claim.id for claim in OURS[1::5])
"""Claims of several lectures, with and without a text on other verdicts."""

HOSTILE = (
    "</script><script>document.title='owned'</script>\"><img src=x onerror=document.title='owned'>"
    "{{7*7}}{% raw %} datum.x+document.title \x1b[2J\u202e\u2028<!-- '+alert(1)+' "
    "javascript:alert(1)"
)
"""Ends scripts and attributes, opens templates, is an expression, controls a terminal."""


def results_of_all_claims(directory: Path) -> list[KernelResult]:
    """Return every claim decided on each of KERNELS; half of them differently on the last one."""
    first = {claim.id: _decided(claim, 0, directory / "first" / claim.id) for claim in OURS}
    last = {claim.id: _decided(claim, -1, directory / "last" / claim.id) for claim in OURS[::2]}
    return [
        KernelResult(
            release,
            "lab",
            tuple(decision for decision, _ in found.values()),
            {name: exhibit for name, (_, exhibit) in found.items()},
        )
        for release, found in zip(KERNELS, (first, first, first | last), strict=True)
    ]


def of_some_claims(result: KernelResult) -> KernelResult:
    """Return ``result`` without the claims that are not in SOME."""
    decisions = tuple(each for each in result.decisions if each.claim.id in SOME)
    return replace(
        result, decisions=decisions, exhibits={name: result.exhibits[name] for name in SOME}
    )


def results_as_of_6_1(directory: Path) -> list[KernelResult]:
    """Return every claim decided on one kernel, from its first trace: 14 not supported."""
    decisions, exhibits = [], {}
    for claim in OURS:
        builds = next(iter(CASES[claim.id].values()))
        traces = _traces(builds[0], len(claim.experiment.boots), directory / claim.id)
        decisions.append(Decision(claim, decide(claim, *traces)))
        exhibits |= exhibits_of(decisions[-1:], {claim.experiment.id: traces})
    bars = (Bar("poll", 82.0), Bar("epoll_wait", 1.9))
    measures = tuple(Measure(f"measure {n}", bars) for n in range(5))
    overviews = {lecture.id: Overview("side by side", measures) for lecture in LECTURES}
    return [KernelResult(KERNELS[1], "lab", tuple(decisions), exhibits, overviews)]


def as_of_five_kernels(one: KernelResult) -> list[KernelResult]:
    """Return ``one`` as if from five kernels, each with different numbers."""
    return [
        replace(
            one,
            release=f"{series}.0-{number}-amd64",
            decisions=tuple(
                replace(each, verdict=replace(each.verdict, finding=f"{each.verdict.finding}, {n}"))
                for each in one.decisions
            ),
        )
        for n, (series, number) in enumerate(
            [("5.10", 32), ("6.1", 56), ("6.12", 117), ("6.18", 15), ("7.3", 4)]
        )
    ]


def _decided(claim: Claim, number: int, directory: Path) -> tuple[Decision, Exhibit]:
    """Return what a claim comes to in one of its cases that are decided, and its exhibit."""
    builds = [build for outcome in DECIDED for build in CASES[claim.id].get(outcome, [])]
    traces = _traces(builds[number], len(claim.experiment.boots), directory)
    decision = Decision(claim, decide(claim, *traces))
    return decision, exhibits_of([decision], {claim.experiment.id: traces})[claim.id]


def _traces(build: Build, boots: int, directory: Path) -> list[Trace]:
    made = build()
    if isinstance(made, Maker):
        return [read_trace(made.write(directory / "made.trace"))] * boots
    return [read_trace(each.write(directory / f"made-{n}.trace")) for n, each in enumerate(made)]


def hostile_results(results: list[KernelResult]) -> list[KernelResult]:
    """Return ``results`` with HOSTILE in every text that comes from a trace, a kernel or a pack."""
    return [_hostile(result, number) for number, result in enumerate(results)]


def _hostile(result: KernelResult, number: int) -> KernelResult:
    decisions = tuple(
        Decision(_hostile_claim(each.claim), _hostile_verdict(each.verdict))
        for each in result.decisions
    )
    exhibits = {
        name: replace(
            each,
            recordings=tuple(
                replace(r, name=HOSTILE, losses=HOSTILE, whole=False, started_at=HOSTILE)
                for r in each.recordings
            ),
            timeline=each.timeline
            and replace(each.timeline, kernel=HOSTILE, trace=HOSTILE, phase=HOSTILE),
        )
        for name, each in result.exhibits.items()
    }
    return KernelResult(f"{HOSTILE} {number} {'x' * 10_000}", "lab", decisions, exhibits)


def _hostile_claim(claim: Claim) -> Claim:
    return replace(claim, statement=HOSTILE, section=HOSTILE, otherwise=HOSTILE)


def _hostile_verdict(verdict: Verdict) -> Verdict:
    evidence = tuple(replace(each, metric=HOSTILE, unit=HOSTILE) for each in verdict.evidence[:1])
    return replace(verdict, finding=HOSTILE, evidence=evidence)
