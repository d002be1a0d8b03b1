"""Every claim of ours is shown by a picture or by the timeline of a call."""

from __future__ import annotations

from collections import Counter

import pytest

from analysis.claims import topics
from analysis.packs import OURS
from analysis.verdicts.engine import Claim
from tests.analysis.claims.cases import CASES, TOPICS


@pytest.mark.parametrize("claim", OURS, ids=lambda claim: claim.id)
def test_every_claim_is_shown(claim: Claim) -> None:
    assert claim.picture or claim.timeline


def test_every_topic_has_a_claim_shown() -> None:
    assert sorted(topic.__name__.split(".")[-2] for topic in topics.TOPICS) == TOPICS
    assert Counter(claim.id for claim in OURS) == Counter(claim.id for claim in topics.CLAIMS)


def test_every_claim_has_cases() -> None:
    assert {claim.id for claim in OURS} == set(CASES)
