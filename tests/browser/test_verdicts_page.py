"""The page of verdicts in a real browser: it is self-contained, drawn, and usable."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from analysis.claims.lectures import LECTURES
from analysis.packs import OURS, claim_named
from analysis.verdicts.results import KernelResult
from tests.browser.making import KERNELS, SOME
from tests.browser.opened import DRAWING_MS, opened, unfold, until_drawn
from tests.browser.pixels import colours, contrast, luminance

pytestmark = pytest.mark.live

MOST_BYTES = 3_000_000
MOST_PX = 12_000
PICTURED = ("mux-linear-scan", "mux-degrades", "epoll-only-active", "wait-copies-nothing-in")


@pytest.fixture(scope="module")
def unfolded(browser: Browser, verdicts: Path) -> Callable[[bool], Page]:
    """Return a function that gives the page with everything unfolded, light or dark, read-only."""

    @functools.cache
    def of(dark: bool) -> Page:
        page = opened(browser, verdicts, dark=dark).page
        unfold(page)
        return page

    return of


def test_it_is_self_contained(browser: Browser, verdicts: Path) -> None:
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
    assert page.locator(".matrix tbody tr[data-claim]").count() == len(OURS)
    assert page.locator(".matrix td").count() == len(OURS) * len(KERNELS)
    for claim in OURS:
        assert page.locator(f"article[id='{claim.id}']").count() == 1
    page.locator(f".matrix tbody th a[href='#{OURS[7].id}']").click()
    expect(page).to_have_url(re.compile(f"#{OURS[7].id}$"))


def test_charts_are_drawn(unfolded: Callable[[bool], Page], results: list[KernelResult]) -> None:
    page = unfolded(False)
    wanted = {
        name
        for result in results
        for name, each in result.exhibits.items()
        if each.rows is not None and len(each.rows) and claim_named(name).picture
    }
    in_words = set(page.locator("article:has(.counts)").evaluate_all("all => all.map(e => e.id)"))
    assert in_words
    assert page.locator(".canvas svg").count() == len(wanted - in_words) > 25
    assert page.locator(".failed:visible").count() == 0


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("claim", PICTURED)
def test_a_chart_is_to_be_seen(
    browser: Browser, unfolded: Callable[[bool], Page], claim: str, dark: bool
) -> None:
    found = colours(browser, unfolded(dark).locator(f"#chart-{claim} svg").screenshot())
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
    unfold(page)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    boxes = [svg.bounding_box() for svg in page.locator(".canvas svg").all()]
    assert all(box and box["x"] >= 0 and box["x"] + box["width"] <= width for box in boxes), boxes


@pytest.mark.parametrize("dark", [False, True])
def test_background(browser: Browser, unfolded: Callable[[bool], Page], dark: bool) -> None:
    background = colours(browser, unfolded(dark).screenshot()).most_common(1)[0][0]
    assert (luminance(background) < 0.05) if dark else (luminance(background) > 0.9)


def test_no_barrier_that_axe_knows(unfolded: Callable[[bool], Page]) -> None:
    assert barriers(unfolded(False)) == []


def test_no_barrier_in_the_dark(browser: Browser, few: Path) -> None:
    page = opened(browser, few, dark=True).page
    unfold(page)
    assert barriers(page) == []


def barriers(page: Page) -> list[str]:
    """Return what axe calls serious or critical. Of the tables, all alike, three are checked.

    Checking contrast takes axe 2 ms per cell.
    """
    page.evaluate(
        "[...document.querySelectorAll('details.numbers')].slice(3).forEach((d) => d.open = false)"
    )
    found = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}"
        for each in found
        if each["impact"] in ("serious", "critical")
    ]


def test_keyboard_and_filters(browser: Browser, few: Path, results: list[KernelResult]) -> None:
    page = opened(browser, few).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    button = page.locator("button[data-outcome=refuted]")
    button.focus()
    page.keyboard.press("Enter")
    assert button.get_attribute("aria-pressed") == "true"
    refuted = {
        each.claim.id
        for result in results
        for each in result.decisions
        if each.claim.id in SOME and each.verdict.outcome == "refuted"
    }
    assert 0 < len(refuted) < len(SOME)
    assert page.locator("article:visible").count() == len(refuted)
    assert page.locator(".matrix tbody tr[data-claim]:visible").count() == len(refuted)
    expect(page).to_have_url(re.compile(r"#main\?verdict=refuted$"))
    assert page.locator(".count").inner_text() == f"{len(refuted)} of {len(SOME)} claims"
    page.keyboard.press("Enter")
    assert page.locator("article:visible").count() == len(SOME)


def test_the_kernel_that_pictures_show(browser: Browser, few: Path) -> None:
    page = opened(browser, few).page
    figure = page.locator("figure[data-spec=chart-mux-linear-scan-spec]")
    page.goto(page.url + "#mux-linear-scan")
    before = figure.locator("svg").inner_html()
    page.select_option("#kernel", KERNELS[-1])
    expect(figure.locator(".whose b")).to_have_text(KERNELS[-1])
    page.wait_for_function(
        "([name, before]) => document.querySelector(`figure[data-spec=${name}] svg`).innerHTML"
        " !== before",
        arg=["chart-mux-linear-scan-spec", before],
    )


def test_the_numbers_of_a_picture(browser: Browser, few: Path) -> None:
    page = opened(browser, few).page
    page.goto(page.url + "#mux-linear-scan")
    numbers = page.locator("figure[data-spec=chart-mux-linear-scan-spec] .numbers")
    assert numbers.locator("summary").is_hidden()
    page.locator("article[id='mux-linear-scan'] .more > summary").first.click()
    numbers.locator("summary").click()
    expect(numbers.locator("table")).to_be_visible()
    heads = numbers.locator("th").all_inner_texts()
    assert {"model", "fds", "fd_polls", "calls", "kernel"} <= set(heads)
    assert numbers.locator("tbody tr").count() > 3


def test_a_command_is_copied_or_marked(browser: Browser, few: Path) -> None:
    page = opened(browser, few).page
    unfold(page)
    line = page.locator("article .repeat").first
    line.locator("button").click()
    said, marked = page.wait_for_function(
        "(button) => ['Copied', 'Selected'].includes(button.textContent)"
        " && [button.textContent, getSelection().toString()]",
        arg=line.locator("button").element_handle(),
    ).json_value()
    assert said == "Copied" or marked == line.locator("code").inner_text()


def test_print(browser: Browser, verdicts: Path, tmp_path: Path) -> None:
    page = opened(browser, verdicts, dark=True).page
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("article details:not([open]):not(.numbers)").count() == 0
    page.wait_for_function(
        "[...document.querySelectorAll('.canvas')].every("
        "(e) => (e.querySelector('svg')?.getBoundingClientRect().width ?? 0) > 200)",
        timeout=DRAWING_MS,
    )
    assert page.locator(".scrolled").first.evaluate("e => e.scrollHeight <= e.clientHeight + 1")
    background = colours(browser, page.screenshot()).most_common(1)[0][0]
    assert luminance(background) > 0.9
    paper = tmp_path / "page.pdf"
    page.pdf(path=paper)
    assert paper.read_bytes().count(b"/Type /Page\n") > len(OURS) / 4


def test_first_sight(browser: Browser, real: Path) -> None:
    """Supported claims are a line; the others are unfolded, with what shows them."""
    page = opened(browser, real).page
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PX
    assert page.locator(".lecture > h2").count() == len(LECTURES)
    for card in page.locator("article").all():
        supported = card.get_attribute("data-claim") == "supported"
        assert (card.locator("details.claim[open]").count() == 0) == supported
        if not supported:
            shown = card.locator(".scrolled, .canvas svg, .counts")
            assert shown.first.is_visible(), card.get_attribute("id")
            assert card.locator(".answer").first.is_visible()


def test_first_sight_of_five_kernels(browser: Browser, five: Path) -> None:
    """Numbers of one kernel are visible, those of the others unfold."""
    page = opened(browser, five).page
    assert page.evaluate("document.documentElement.scrollHeight") <= MOST_PX
    assert five.stat().st_size < MOST_BYTES
    others = page.locator("article:has(details.claim[open]) .others")
    assert others.count() == page.locator("article:not(.line)").count() > 10
    assert others.first.locator("dd").first.is_hidden()
    others.first.locator("summary").click()
    assert others.first.locator("dd").all_inner_texts()[-1].endswith(", 4")


def test_poll_and_epoll_are_side_by_side(browser: Browser, real: Path) -> None:
    page = opened(browser, real).page
    overview = page.locator("section:has(#lecture-wait) .overview:visible")
    assert overview.locator("dl").count() >= 3
    for measure in overview.locator("dl").all():
        assert measure.locator("div dt").all_inner_texts() == ["poll", "epoll_wait"]


@pytest.mark.parametrize("claim", ["mux-many-spurious", "epoll-no-limit", "uring-rings-mapped"])
def test_a_link_lands_where_it_leads(browser: Browser, verdicts: Path, claim: str) -> None:
    """Also while pictures above are still being drawn, and if filters hide the claim."""
    context = browser.new_context(viewport={"width": 1400, "height": 900})
    page = context.new_page()
    page.emulate_media(reduced_motion="reduce")
    page.goto(f"{verdicts.as_uri()}#{claim}?verdict=undecided")
    until_drawn(page)
    top = page.locator(f"article[id='{claim}']").evaluate("e => e.getBoundingClientRect().top")
    at_end = page.evaluate("scrollY + innerHeight >= document.documentElement.scrollHeight - 2")
    assert 0 <= top <= 120 or (at_end and 0 <= top < 900), top


def test_what_is_chosen_is_in_the_address(browser: Browser, few: Path) -> None:
    page = opened(browser, few).page
    page.fill("#search", "wait queue")
    page.select_option("#kernel", KERNELS[1])
    page.click("button[data-outcome=supported]")
    shown = page.locator("article:visible").count()
    assert 0 < shown < len(SOME)
    again = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
    again.goto(page.url)
    until_drawn(again)
    assert again.locator("article:visible").count() == shown
    assert again.locator("#search").input_value() == "wait queue"
    assert again.locator("#kernel").input_value() == KERNELS[1]
    assert again.locator("button[data-outcome=supported]").get_attribute("aria-pressed") == "true"


def test_the_page_speaks_both_languages(browser: Browser, few: Path) -> None:
    found = opened(browser, few)
    page = found.page
    english = page.locator("h1").inner_text()
    page.click("[data-language-switch]")
    page.wait_for_selector(
        "html[lang=zh-CN][data-charts=drawn]", state="attached", timeout=DRAWING_MS
    )
    assert page.locator("h1").inner_text() != english
    assert page.locator("article").count() == len(SOME)
    assert page.locator(".canvas svg").count() > len(SOME) // 2
    expect(page).to_have_url(re.compile(r"\?lang=zh-CN$"))
    page.click("button[data-outcome=refuted]")
    assert 0 < page.locator("article:visible").count() < len(SOME)
    assert barriers(page) == []
    page.click("[data-language-switch]")
    page.wait_for_selector("html[lang=en]", state="attached")
    assert page.locator("h1").inner_text() == english
    assert page.locator("button[data-outcome=refuted]").get_attribute("aria-pressed") == "true"
    assert (found.errors, found.asked) == ([], [])


def test_from_one_claim_to_the_next(browser: Browser, few: Path) -> None:
    page = opened(browser, few).page
    page.click("button[data-outcome=refuted]")
    ids = page.locator("article:visible").evaluate_all("all => all.map(e => e.id)")
    first = page.locator(f"article[id='{ids[0]}']")
    first.locator("[data-step='1']").click()
    expect(page).to_have_url(re.compile(rf"#{ids[1]}\?"))
    page.locator(f"article[id='{ids[1]}'] [data-step='-1']").click()
    expect(page).to_have_url(re.compile(rf"#{ids[0]}\?"))
    first.locator(".steps a[href='#verdicts']").click()
    expect(page.locator("#verdicts")).to_be_in_viewport()
    assert page.locator("article:visible").count() == len(ids)
