"""The quick version of each item of the campaign: nothing is lost, wrong or left behind."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.torture.figures import Figures
from tests.torture.items import IN_GUEST, ITEMS
from tests.torture.table import figures_on, update

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


def test_a_page_keeps_its_figures_and_takes_more(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    first = Figures(tried=1200, others={"made (all)": 1_000_001, "kept": 3}, kernel="6.1")
    first.found("left", "case 3: a | b")
    update("kills", "kills of some", first, ["kills"], page)
    read = figures_on("kills", page)
    assert read
    assert (read.tried, read.left, read.lost, read.others) == (1200, 1, 0, first.others)
    more = Figures(tried=1, wrong=2, others={"kept": 4}, kernel="6.1").plus(read)
    assert (more.tried, more.left, more.wrong, more.kernel) == (1201, 1, 2, "6.1")
    assert more.others == {"made (all)": 1_000_001, "kept": 7}
    update("kills", "kills of some", more, ["kills"], page)
    assert figures_on("kills", page) == more
    assert figures_on("forks", page) is None
    before = page.read_text().partition("## Before and after")[2]
    assert "| 47 of 47 | 1 of 1,201 | `kills` |" in before
    assert "not tried" in before
