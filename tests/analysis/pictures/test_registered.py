"""Every claim of ours is shown by a picture or by the way of an event."""

from __future__ import annotations

from analysis.claims.packs import OURS
from analysis.pictures import PICTURES
from analysis.pictures.ways import WAYS

IDS = [claim.id for claim in OURS]


def test_every_claim_is_shown() -> None:
    assert [name for name in IDS if name not in PICTURES and name not in WAYS] == []


def test_only_claims_are_shown() -> None:
    assert {*PICTURES, *WAYS} <= set(IDS)


def test_pictures_are_in_the_order_of_the_claims() -> None:
    assert list(PICTURES) == [name for name in IDS if name in PICTURES]
