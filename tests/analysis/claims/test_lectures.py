"""Each claim of ours is in a lecture, and each lecture has some."""

from __future__ import annotations

from analysis.claims.lectures import LECTURES
from analysis.packs import OURS


def test_each_claim_is_in_a_lecture() -> None:
    assert {claim.lecture for claim in OURS} == set(LECTURES)


def test_ids_are_unique() -> None:
    assert len({lecture.id for lecture in LECTURES}) == len(LECTURES)
