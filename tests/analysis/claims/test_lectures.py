"""Each claim of ours is told in one lecture."""

from __future__ import annotations

from collections import Counter

from analysis.claims.lectures import LECTURES
from analysis.packs import OURS


def test_each_claim_is_in_one_lecture() -> None:
    told = Counter(claim.id for lecture in LECTURES for claim in lecture.claims)
    assert told == Counter(claim.id for claim in OURS)


def test_there_are_six() -> None:
    assert len({lecture.id for lecture in LECTURES}) == len(LECTURES) == 6
