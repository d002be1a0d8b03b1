"""The page of a fleet in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.browser.opened import opened
from tests.browser.test_verdicts_page import barriers
from tracer.cli import main

pytestmark = pytest.mark.live

RECORDED = sorted((Path(__file__).parents[1] / "traces").glob("*.trace"))


@pytest.fixture(scope="module")
def fleet_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("fleet") / "fleet.html"
    assert main(["report", *map(str, RECORDED), "--html", str(page)]) == 0
    return page


@pytest.mark.parametrize("dark", [False, True])
def test_it_fits_and_has_no_barrier(browser: Browser, fleet_page: Path, dark: bool) -> None:
    found = opened(browser, fleet_page, 400, dark)
    assert (found.errors, found.asked) == ([], [])
    assert found.page.evaluate("document.documentElement.scrollWidth") == 400
    assert found.page.locator("section table").count() >= 4
    assert barriers(found.page) == []


def test_it_speaks_chinese_too(browser: Browser, fleet_page: Path) -> None:
    page = opened(browser, fleet_page).page
    page.locator("[data-language-switch]").click()
    page.wait_for_selector("html[lang=zh-CN]", state="attached")
    assert page.locator("h1").inner_text() == "机群报告"
