"""Every claim must be able to give every verdict it declares, and none on bad evidence."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from analysis import packs
from analysis.checks.trust import CALLS_IN_TRUTH, _hooks
from analysis.experiments.experiment import Experiment
from analysis.frames import Trace, read_trace
from analysis.packs import EXPERIMENTS, experiment
from analysis.verdicts.engine import (
    DECIDED,
    Claim,
    Evidence,
    Outcome,
    Verdict,
    decide,
    refuted,
    supported,
)
from tests.analysis.claims.cases import CASES
from tests.analysis.handmade import CATALOGUE, Maker
from tests.analysis.making import Build, traces_of, verdict_of
from tests.texts import unknown
from tracer.shared.errors import UsageError
from tracer.shared.records import CALL_FIELDS, StepKind
from tracer.shared.syscalls import FAMILIES
from tracer.workloads import spec

BY_ID = {claim.id: claim for claim in packs.OURS}
EACH_CASE = [
    pytest.param(
        *(claim, outcome, build),
        id=f"{claim}-{outcome}-{number}",
        marks=pytest.mark.slow if number or outcome != next(iter(cases)) else (),
    )
    for claim, cases in CASES.items()
    for outcome, builds in cases.items()
    for number, build in enumerate(builds)
]
"""Of each claim all but the first are slow; ``-k ID`` runs those of one claim."""


FIRST = {claim.experiment.id: claim.id for claim in reversed(packs.OURS)}
"""Of each experiment one claim; where a test holds for any claim, the others are slow."""
EACH_CLAIM = [
    pytest.param(
        claim,
        id=claim.id,
        marks=() if claim.id == FIRST[claim.experiment.id] else pytest.mark.slow,
    )
    for claim in packs.OURS
]


def verdict(claim: Claim, made: Maker | list[Maker], path: Path) -> Verdict:
    """Decide from the traces of a case; a single trace serves for every boot."""
    return decide(claim, *traces_of(made, claim, path))


def texts_of(claim: Claim, found: Verdict) -> list[str]:
    """Return all that a report shows of a claim and its verdict, for people to read."""
    return [
        *(claim.statement, claim.otherwise, claim.section, str(found.outcome)),
        *(found.undecided_because or found.finding, found.answer),
        *(text for each in found.evidence for text in (each.metric, each.unit)),
    ]


def first_case(claim: str) -> tuple[Maker, Maker | list[Maker]]:
    """Return a trace to spoil, and all traces of its case."""
    made = [each.copy() for each in built(next(iter(CASES[claim].values()))[0])]
    return (made[0], made) if len(made) > 1 else (made[0], made[0])


@cache
def built(build: Build) -> list[Maker]:
    """Return the makers of a case, to be copied: three tests spoil each."""
    made = build()
    return [made] if isinstance(made, Maker) else made


@pytest.mark.parametrize(("claim", "outcome", "build"), EACH_CASE)
def test_verdict(claim: str, outcome: Outcome, build: Build) -> None:
    found = verdict_of(build, BY_ID[claim])
    assert found.outcome == outcome, (found.finding, found.undecided_because)
    if outcome == Outcome.UNDECIDED:
        assert found.undecided_because
        assert "own code" not in found.undecided_because
        assert not found.evidence
    else:
        assert any(letter.isdigit() for letter in found.finding)
        assert all(each.experiment == BY_ID[claim].experiment.id for each in found.evidence)
        assert len({each.metric for each in found.evidence}) == len(found.evidence)
    assert unknown(texts_of(BY_ID[claim], found)) == []


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(packs.OURS)


@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_every_declared_verdict_has_a_case(claim: Claim) -> None:
    assert set(claim.verdicts) == set(CASES[claim.id]) - {Outcome.UNDECIDED}
    assert set(claim.verdicts) <= set(DECIDED)
    assert len(claim.verdicts) > 1


@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_each_says_what_would_have_changed_it(claim: Claim) -> None:
    """It names verdicts that the claim can give."""
    named = {outcome for outcome in DECIDED if outcome in claim.otherwise.lower()}
    assert named <= set(claim.verdicts)
    assert len(named) >= len(claim.verdicts) - 1


def lose(maker: Maker) -> None:
    maker.manifest["losses"]["calls"] = 1


def kill_recorder(maker: Maker) -> None:
    maker.manifest |= {"state": "recording", "losses": None, "exit_status": None}


def unbalance(maker: Maker) -> None:
    maker.step(StepKind.INSERTION, hook="add_wait_queue", entry=0x123, seq=maker.next_seq())
    maker.call("poll", 0, insertions=1)


def contradict(maker: Maker) -> None:
    maker.phases[0]["calls"]["read"] = {"count": 9973, "ret_sum": 0}


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lose, "1 calls lost"),
        pytest.param(kill_recorder, "the recorder was killed", marks=pytest.mark.slow),
        pytest.param(unbalance, "ledger: ", marks=pytest.mark.slow),
        pytest.param(contradict, "truth against trace: ", marks=pytest.mark.slow),
    ],
)
@pytest.mark.parametrize("claim", EACH_CLAIM)
def test_bad_evidence_decides_nothing(
    claim: Claim, spoil: Callable[[Maker], None], words: str, tmp_path: Path
) -> None:
    maker, made = first_case(claim.id)
    spoil(maker)
    found = verdict(claim, made, tmp_path)
    assert found.outcome == Outcome.UNDECIDED
    assert words in (found.undecided_because or "")


@pytest.mark.slow
@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_each_hook_it_needs_is_missed(claim: Claim, tmp_path: Path) -> None:
    manifest = read_trace(first_case(claim.id)[0].write(tmp_path / "whole")).manifest
    for hook in {hook for need in claim.needs for hook in _hooks(manifest, need)}:
        maker, made = first_case(claim.id)
        (row,) = (row for row in maker.manifest["plan"] if row["hook"] == hook)
        row |= {"attached": None, "reason": "EPERM"}
        found = verdict(claim, made, tmp_path / hook)
        assert found.outcome == Outcome.UNDECIDED
        assert f"hook {hook}: EPERM" in (found.undecided_because or "")


@pytest.mark.parametrize("claim", EACH_CLAIM)
def test_missing_phase_decides_nothing(claim: Claim, tmp_path: Path) -> None:
    maker = Maker(detail=claim.experiment.detail)
    maker.manifest["machine"]["clock"] = claim.experiment.boots[-1].clock
    maker.phase("something-else")
    maker.call("read", 1)
    found = verdict(claim, maker, tmp_path)
    assert found.outcome == Outcome.UNDECIDED
    assert "no phase" in (found.undecided_because or "")


@pytest.mark.parametrize("claim", EACH_CLAIM)
def test_no_truth_decides_nothing(claim: Claim, tmp_path: Path) -> None:
    first_case(claim.id)[0].write(tmp_path)
    (tmp_path / "truth.json").unlink()
    found = decide(claim, *[read_trace(tmp_path)] * len(claim.experiment.boots))
    assert "no truth.json" in (found.undecided_because or "")


@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_needs_name_real_things(claim: Claim) -> None:
    hooks = {row["name"] for row in tomllib.loads(CATALOGUE.read_text())["hook"]}
    for need in claim.needs:
        kind, _, name = need.partition(":")
        if kind == "hook":
            assert name in hooks
        elif need not in {"steps", "truth", CALLS_IN_TRUTH}:
            assert kind in {field.name for field in CALL_FIELDS}
            assert name in (*FAMILIES, "")


@pytest.mark.parametrize(
    "claim",
    ["blocking-waits", "nonblocking-returns", "nonblocking-background", "nonblocking-repolls"],
)
def test_claims_for_a_locked_kernel_need_only_tracepoints(claim: str, tmp_path: Path) -> None:
    manifest = read_trace(first_case(claim)[0].write(tmp_path)).manifest
    needed = {hook for need in BY_ID[claim].needs for hook in _hooks(manifest, need)}
    assert needed == {"sched_switch"}


def judged_by(judge: Callable[..., Any], tmp_path: Path) -> str:
    """Return why a claim that is decided by ``judge`` is undecided."""
    claim = Claim(
        id="x", section="", statement="", experiment=EXPERIMENTS[0], needs=(), judge=judge,
        verdicts=(Outcome.REFUTED,),
    )  # fmt: skip
    found = verdict(claim, Maker(), tmp_path)
    assert found.outcome == Outcome.UNDECIDED
    return found.undecided_because or ""


def fails(_: Trace) -> Verdict:
    raise ZeroDivisionError("division by zero")


@pytest.mark.parametrize(
    ("judge", "words"),
    [
        (lambda _: supported("", ()), "returned supported, not in its verdicts"),
        (lambda _: 7, "the claim's own code returned 7; needed a Verdict"),
        (fails, "the claim's own code failed: ZeroDivisionError: division by zero (line "),
        (
            lambda _: refuted("", [Evidence("fd_polls", float("nan"), "fds")]),
            "no number was available for: fd_polls",
        ),
        (lambda _: refuted([], "swapped"), "returned a verdict with []; needed str there"),
        (lambda _: refuted("", "text"), "returned a verdict with 't'; needed Evidence there"),
        (
            lambda _: refuted("", [Evidence("fd_polls", "many", "fds")]),
            "returned a verdict with Evidence(metric='fd_polls', value='many'",
        ),
    ],
)
def test_defect_of_a_claim_decides_nothing(
    judge: Callable[..., Any], words: str, tmp_path: Path
) -> None:
    assert words in judged_by(judge, tmp_path)


def test_numbers_of_evidence_are_plain(tmp_path: Path) -> None:
    """A sum over a frame is a NumPy number, which JSON rejects."""
    claim = Claim(
        id="x", section="", statement="", experiment=EXPERIMENTS[0], needs=(),
        judge=lambda _: supported("", [Evidence("fd_polls", np.int64(7), "fds")]),
    )  # fmt: skip
    (evidence,) = verdict(claim, Maker(), tmp_path).evidence
    assert type(evidence.value) is int


@pytest.mark.parametrize("each", EXPERIMENTS, ids=lambda each: each.id)
def test_experiments_are_workloads(each: Experiment) -> None:
    assert len(spec.parse([dict(phase) for phase in each.phases])) == len(each.phases)
    assert len({phase["name"] for phase in each.phases}) == len(each.phases)


def test_experiments_sleep_little() -> None:
    asleep_ms = sum(
        phase.rounds * (phase.delay_ms if phase.waker == "while-asleep" else phase.timeout_ms or 0)
        for each in EXPERIMENTS
        for phase in spec.parse([dict(phase) for phase in each.phases])
        if phase.waker != "before"
    )
    assert asleep_ms < 3000


def test_unknown_names() -> None:
    assert packs.claim_named("epoll-mmap") is BY_ID["epoll-mmap"]
    with pytest.raises(UsageError, match="nearest: epoll-mmap"):
        packs.claim_named("epoll-map")
    assert experiment("mux").id == "mux"
    with pytest.raises(UsageError, match="unknown experiment 'muxx'"):
        experiment("muxx")
