"""A kernel that refuses io_uring: the workload says so, and its claims are undecided."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis import packs
from analysis.frames import Trace, read_trace
from analysis.verdicts.engine import Claim, Outcome, decide
from tests.live.in_guest import run_in_guest

pytestmark = [pytest.mark.live, pytest.mark.lab]

PROGRAM = Path(__file__).with_name("guest_refused.py")
SERIES = "6.12"
"""kernel.io_uring_disabled came with 6.6."""


@pytest.fixture(scope="module")
def trace(tmp_path_factory: pytest.TempPathFactory) -> Trace:
    share = tmp_path_factory.mktemp("refused")
    run_in_guest(PROGRAM, share, SERIES)
    return read_trace(share / "refused.trace")


CLAIMS = {claim.id: claim for claim in packs.OURS if claim.id.startswith("uring-")}


@pytest.mark.parametrize("claim", CLAIMS.values(), ids=CLAIMS)
def test_undecided_with_the_kernels_own_answer(trace: Trace, claim: Claim) -> None:
    verdict = decide(claim, trace)
    assert verdict.outcome == Outcome.UNDECIDED
    assert verdict.undecided_because
    assert verdict.undecided_because.startswith("the kernel refused io_uring_setup: EPERM (phase ")


def test_truth_and_trace_agree_on_the_refusal(trace: Trace) -> None:
    assert trace.truth
    assert trace.truth.phases[0].calls["io_uring_setup"].ret_sum == -1
    setups = trace.calls[trace.calls["family"] == "io_uring_setup"]
    assert setups["ret"].tolist() == [-1, -1]
