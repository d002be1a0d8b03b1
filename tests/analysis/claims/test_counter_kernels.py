"""On a kernel that works differently each claim comes to another verdict, or to none.

The traces are real ones of 6.1 (tests/traces/6.1), one for each boot of each experiment. Beside
each topic's cases, ``counter_kernels.py`` declares other plausible kernels, at least three per
claim, as edits of the real one's traces. Doubts about the trace as a whole don't count here:
another kernel would leave a sound trace, and the claim itself must notice.
"""

from __future__ import annotations

import tarfile
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path

import pytest

from analysis import packs
from analysis.frames import Trace, read_trace
from analysis.verdicts.engine import Claim, Outcome, decide
from tests.analysis.claims.cases import from_topics
from tests.analysis.claims.edits import Kernel, Kernels

pytestmark = pytest.mark.slow

TESTS = Path(__file__).parents[2]
RELEASE = "6.1"
FEWEST = 3
KERNELS: Kernels = from_topics("counter_kernels", "COUNTER_KERNELS")
REAL: dict[str, Outcome] = from_topics("counter_kernels", "REAL")
"""The verdict on each claim on the recorded kernel."""
BY_ID = {claim.id: claim for claim in packs.OURS}

Recorded = Callable[[Claim], Sequence[Trace]]


@pytest.fixture(scope="session")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Recorded:
    """Return the real traces of a claim, one per boot; unpacked and read once."""

    @cache
    def of_experiment(name: str) -> Sequence[Trace]:
        home = tmp_path_factory.mktemp(name)
        with tarfile.open(TESTS / "traces" / RELEASE / f"{name}.tar.xz") as packed:
            for member in packed:
                packed.extract(member, home)
        return [read_trace(path) for path in sorted(home.glob("*.trace"))]

    return lambda claim: of_experiment(claim.experiment.id)


def outcome(claim: Claim, traces: Sequence[Trace]) -> Outcome:
    found = decide(claim, *traces, doubts_of=lambda _: ())
    assert "own code" not in (found.undecided_because or "")
    return found.outcome


@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_real_kernel(claim: Claim, recorded: Recorded) -> None:
    traces = recorded(claim)
    assert len(traces) == len(claim.experiment.boots)
    assert outcome(claim, traces) == REAL[claim.id]


@pytest.mark.parametrize("claim", packs.OURS, ids=BY_ID)
def test_each_has_several(claim: Claim) -> None:
    assert len({each.does for each in KERNELS.get(claim.id, ())}) >= FEWEST


@pytest.mark.parametrize(
    ("claim", "other"),
    [
        pytest.param(name, each, id=f"{name}-{number}")
        for name, several in KERNELS.items()
        for number, each in enumerate(several)
    ],
)
def test_another_kernel(claim: str, other: Kernel, recorded: Recorded) -> None:
    real = recorded(BY_ID[claim])
    found = outcome(BY_ID[claim], [other.trace_of(trace) for trace in real])
    assert found == other.outcome, other.does
    assert found != REAL[claim], other.does
