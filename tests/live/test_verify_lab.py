"""Every claim on two stock kernels: all boots, all experiments, the matrix."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from analysis.packs import OURS
from tests.live.running import tracer

pytestmark = [pytest.mark.live, pytest.mark.lab]

SECONDS = 7200.0
"""How long two kernels may take on a machine that is busy with others; alone, 10 minutes."""


@pytest.fixture(scope="module")
def verified(tmp_path_factory: pytest.TempPathFactory) -> tuple[dict[str, Any], Path]:
    into = tmp_path_factory.mktemp("verify") / "out"
    done = tracer(
        "verify", "--all", "--kernel", "6.1", "--kernel", "7.3", "-o", into,
        "--markdown", into.with_name("page.md"), timeout=SECONDS,
    )  # fmt: skip
    print(done.stderr)
    assert done.returncode in (0, 3)
    found: dict[str, Any] = json.loads((into / "verdicts.json").read_text())
    return found, into


def by_series(verified: tuple[dict[str, Any], Path], series: str) -> dict[str, dict[str, Any]]:
    (kernel,) = (each for each in verified[0]["kernels"] if each["release"].startswith(series))
    return {claim["id"]: claim for claim in kernel["claims"]}


def test_all_are_decided_where_programs_are_not_preempted(verified):
    claims = by_series(verified, "6.1.")
    assert list(claims) == [claim.id for claim in OURS]
    reasons = {name: claim["undecided_because"] for name, claim in claims.items()}
    assert set(reasons.values()) == {None}, reasons


def test_only_what_is_missing_leaves_a_claim_undecided(verified):
    """An unusual run, a hook, or a number missing in a call with a preempted program."""
    claims = by_series(verified, "7.3.")
    assert list(claims) == [claim.id for claim in OURS]
    reasons = [each["undecided_because"] for each in claims.values() if each["undecided_because"]]
    missing = (" missed ", "hook ", " values are missing")
    assert all(any(words in reason for words in missing) for reason in reasons), reasons


def test_costs_of_two_boots_are_the_same_to_a_twentieth(verified):
    costs = [
        each for each in by_series(verified, "6.1.").values()
        if any(row["metric"].startswith("largest difference") for row in each["evidence"])
    ]  # fmt: skip
    assert len(costs) == 6
    for each in costs:
        (spread,) = (
            row for row in each["evidence"] if row["metric"].startswith("largest difference")
        )
        assert 0 <= spread["value"] < 5, each["id"]


def test_native_costs_are_shown_beside(verified):
    rows = by_series(verified, "6.1.")["mux-degrades"]["evidence"]
    beside = [row for row in rows if "natively on" in row["experiment"]]
    assert beside
    assert {row["unit"] for row in beside} == {"ns", "times", "of 1"}


def test_page_and_traces_are_kept(verified):
    _, into = verified
    page = into.with_name("page.md").read_text()
    assert all(f"| {claim.id} | " in page for claim in OURS)
    assert sorted(into.glob("6.1.*/cost-*.trace"))
    assert [path.name for path in into.glob("native/*.trace")]
