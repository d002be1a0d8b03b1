"""Every claim of ours is shown by a picture or by the timeline of a call."""

from __future__ import annotations

import pytest

from analysis.claims import beyond, notes
from analysis.packs import OURS
from analysis.verdicts.engine import Claim
from tests.analysis.claims.cases import CASES, TOPICS, claims_of


@pytest.mark.parametrize("claim", OURS, ids=lambda claim: claim.id)
def test_every_claim_is_shown(claim: Claim) -> None:
    assert claim.picture or claim.timeline


def test_every_claim_of_a_topic_is_in_a_pack() -> None:
    declared = [claim.id for topic in TOPICS for claim in claims_of(topic)]
    assert sorted(declared) == sorted(claim.id for claim in (*notes.CLAIMS, *beyond.CLAIMS))


def test_every_claim_has_cases() -> None:
    assert {claim.id for claim in OURS} == set(CASES)
