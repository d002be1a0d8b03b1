"""The quick version of each item of the campaign: nothing is lost, wrong or left behind."""

from __future__ import annotations

import random

import pytest

from tests.torture.items import IN_GUEST, ITEMS

SEED = 20_261_124


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.live if item.LIVE else pytest.mark.slow)
        for name, item in ITEMS.items()
        if item.TITLE not in IN_GUEST
    ],
)
def test_a_few_cases_do_no_harm(name: str) -> None:
    item = ITEMS[name]
    figures = item.run(item.QUICK, random.Random(SEED))  # noqa: S311 - the same cases
    assert figures.tried > 0
    assert figures.harm == 0, figures.examples
