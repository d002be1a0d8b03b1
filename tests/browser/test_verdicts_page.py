"""The page of verdicts in a real browser: it stands alone, is drawn, and can be used."""

from __future__ import annotations

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from analysis.packs import OURS, claim_named
from analysis.verdicts.results import KernelResult
from tests.browser.making import KERNELS
from tests.browser.opened import opened
from tests.browser.pixels import colours, contrast, luminance

pytestmark = pytest.mark.live

MOST_BYTES = 3_000_000
PICTURED = ("mux-linear-scan", "mux-degrades", "epoll-only-active", "wait-copies-nothing-in")


def test_it_stands_alone(browser: Browser, verdicts: Path) -> None:
    page = opened(browser, verdicts)
    assert page.errors == []
    assert page.asked == []
    assert verdicts.stat().st_size < MOST_BYTES
    paint = page.page.evaluate(
        "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    )
    print(f"first contentful paint after {paint:.0f} ms, {verdicts.stat().st_size:,} bytes")


def test_every_claim_has_a_row_and_a_card(browser: Browser, verdicts: Path) -> None:
    page = opened(browser, verdicts).page
    assert page.locator(".matrix tbody tr").count() == len(OURS)
    assert page.locator(".matrix td").count() == len(OURS) * len(KERNELS)
    for claim in OURS:
        assert page.locator(f"article[id='{claim.id}']").count() == 1
    page.locator(".matrix tbody th a").nth(7).click()
    assert page.url.endswith(f"#{OURS[7].id}")


def test_charts_are_drawn(browser: Browser, verdicts: Path, results: list[KernelResult]) -> None:
    page = opened(browser, verdicts).page
    wanted = {
        name
        for result in results
        for name, each in result.exhibits.items()
        if each.rows is not None and len(each.rows) and claim_named(name).picture
    }
    assert page.locator(".canvas svg").count() == len(wanted) > 30
    assert page.locator(".failed:visible").count() == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("claim", PICTURED)
def test_a_chart_is_to_be_seen(browser: Browser, verdicts: Path, claim: str, dark: bool) -> None:
    page = opened(browser, verdicts, dark=dark).page
    found = colours(browser, page.locator(f"#chart-{claim} svg").screenshot())
    (background, area), *_ = found.most_common(1)
    assert (luminance(background) < 0.05) == dark
    seen = [each for each in found if contrast(each, background) >= 3]
    assert sum(found[each] for each in seen) > 500
    assert len(found) > 20
    assert area < found.total()
    assert any(max(each) - min(each) > 60 for each in seen)


@pytest.mark.parametrize("width", [400, 1400])
def test_nothing_is_wider_than_the_window(browser: Browser, verdicts: Path, width: int) -> None:
    page = opened(browser, verdicts, width).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = [svg.bounding_box() for svg in page.locator(".canvas svg").all()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes)


@pytest.mark.parametrize("dark", [False, True])
def test_background(browser: Browser, verdicts: Path, dark: bool) -> None:
    page = opened(browser, verdicts, dark=dark).page
    background = colours(browser, page.screenshot()).most_common(1)[0][0]
    assert (luminance(background) < 0.05) if dark else (luminance(background) > 0.9)


@pytest.mark.parametrize("dark", [False, True])
def test_no_barrier_that_axe_knows(browser: Browser, verdicts: Path, dark: bool) -> None:
    page = opened(browser, verdicts, dark=dark).page
    page.evaluate("document.querySelectorAll('details').forEach((d) => (d.open = true))")
    assert barriers(page) == []


def barriers(page: Page) -> list[str]:
    """Return what axe calls serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_keyboard_and_filters(
    browser: Browser, verdicts: Path, results: list[KernelResult]
) -> None:
    page = opened(browser, verdicts).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    button = page.locator("button[data-outcome=refuted]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    refuted = {
        each.claim.id for r in results for each in r.decisions if each.verdict.outcome == "refuted"
    }
    assert 0 < len(refuted) < len(OURS)
    assert page.locator("article:visible").count() == len(refuted)
    assert page.locator(".matrix tbody tr:visible").count() == len(refuted)
    assert page.locator(".count").inner_text() == f"{len(refuted)} of {len(OURS)} claims"
    page.keyboard.press("Enter")
    assert page.locator("article:visible").count() == len(OURS)


def test_the_kernel_that_pictures_show(browser: Browser, verdicts: Path) -> None:
    page = opened(browser, verdicts).page
    figure = page.locator("figure[data-spec=chart-mux-linear-scan-spec]")
    before = figure.locator("svg").inner_html()
    page.select_option("#kernel", KERNELS[-1])
    page.wait_for_timeout(500)
    assert figure.locator(".whose b").inner_text() == KERNELS[-1]
    assert figure.locator("svg").inner_html() != before


def test_the_numbers_of_a_picture(browser: Browser, verdicts: Path) -> None:
    page = opened(browser, verdicts).page
    numbers = page.locator("figure[data-spec=chart-mux-linear-scan-spec] .numbers")
    numbers.locator("summary").click()
    heads = numbers.locator("th").all_inner_texts()
    assert {"model", "fds", "fd_polls", "calls", "kernel"} <= set(heads)
    assert numbers.locator("tbody tr").count() > 3


def test_a_command_is_copied_or_marked(browser: Browser, verdicts: Path) -> None:
    page = opened(browser, verdicts).page
    line = page.locator("article .repeat").first
    line.locator("button").click()
    page.wait_for_timeout(200)
    marked = page.evaluate("getSelection().toString()")
    said = line.locator("button").inner_text()
    assert said == "Copied" or (said == "Selected" and marked == line.locator("code").inner_text())


def test_print(browser: Browser, verdicts: Path, tmp_path: Path) -> None:
    page = opened(browser, verdicts, dark=True).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open]):not(.numbers)").count() == 0
    background = colours(browser, page.screenshot()).most_common(1)[0][0]
    assert luminance(background) > 0.9
    paper = tmp_path / "page.pdf"
    page.pdf(path=paper)
    assert paper.read_bytes().count(b"/Type /Page\n") > len(OURS) / 4
