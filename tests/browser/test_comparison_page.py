"""The page of a comparison in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from tests.analysis.comparison.test_compare import TEN, polls
from tests.analysis.findings.cases import polls as busy_polls
from tests.analysis.handmade import Maker
from tests.browser.making import HOSTILE
from tests.browser.opened import opened
from tests.browser.pixels import colours, contrast
from tests.browser.test_verdicts_page import barriers
from tracer.cli import main

pytestmark = pytest.mark.live


def busy(shift_ns: int) -> Maker:
    maker = polls(each + shift_ns for each in TEN)
    busy_polls(0, 0)(maker)
    return maker


@pytest.fixture(scope="module")
def page_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("comparison")
    of_a, of_b = (
        [str(each.write(directory / f"{side}{n}.trace")) for n, each in enumerate(makers)]
        for side, makers in (
            ("a", [busy(0), busy(400), busy(100)]),
            ("b", [polls(each + by for each in TEN) for by in (7900, 8400, 8100)]),
        )
    )
    page = str(directory / "x.html")
    assert main(["compare", *of_a, "--against", *of_b, "--html", page]) == 0
    return directory / "x.html"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1400])
def test_it_is_drawn(browser: Browser, page_path: Path, width: int, dark: bool) -> None:
    found = opened(browser, page_path, width, dark)
    page = found.page
    assert (found.errors, found.asked) == ([], [])
    assert page.evaluate("document.documentElement.scrollWidth") == width
    assert "went: Busy polling" in page.locator("main h3").first.inner_text()
    row = page.locator("tr", has=page.get_by_role("rowheader", name="kernel_µs", exact=True)).first
    assert row.locator("td").nth(1).inner_text() == "differs"
    a, b = (row.locator(f".strip .of-{side} line") for side in "ab")
    assert float(a.get_attribute("x2") or "") < float(b.get_attribute("x1") or "") < 100
    row.scroll_into_view_if_needed()
    seen = colours(browser, row.locator(".strip").screenshot())
    background = seen.most_common(1)[0][0]
    assert sum(count for each, count in seen.items() if contrast(each, background) >= 3) > 50


@pytest.mark.parametrize("dark", [False, True])
def test_no_barrier_that_axe_knows(browser: Browser, page_path: Path, dark: bool) -> None:
    assert barriers(opened(browser, page_path, dark=dark).page) == []


def test_it_switches_its_language(browser: Browser, page_path: Path) -> None:
    page = opened(browser, page_path).page
    page.locator("[data-language-switch]").click()
    page.wait_for_selector("html[lang=zh-CN]")
    assert "忙轮询" in page.locator("main").inner_text()


def test_names_of_a_trace_run_nothing(browser: Browser, tmp_path: Path) -> None:
    makers = [Maker(), Maker()]
    for maker in makers:
        maker.phase("poll", name=HOSTILE)
        maker.task(71, "<b>x")
        busy_polls(0, 0)(maker)
        maker.manifest["command"] = [HOSTILE]
    traces = [str(each.write(tmp_path / f"{n}.trace")) for n, each in enumerate(makers)]
    assert main(["compare", *traces, "--html", str(tmp_path / "x.html")]) == 0
    found = opened(browser, tmp_path / "x.html")
    assert (found.errors, found.asked) == ([], [])
    assert found.page.title() == "tracer compare"
    assert found.page.locator("main b").count() == 0
