"""The timeline of one call in a real browser: lanes, bars and arrows are where they should be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Browser, FloatRect, Locator, Page

from tests.analysis.handmade import MS, Maker
from tests.analysis.timeline.scenes import epoll_asleep, poll_of_three
from tests.browser.opened import opened
from tests.browser.pixels import colours, contrast, luminance
from tests.browser.test_verdicts_page import barriers
from tracer.cli import main

pytestmark = pytest.mark.live

Scene = Callable[[Maker], None]
WIDTHS = pytest.mark.parametrize("width", [400, 760, 1400])


def page_of(directory: Path, scene: Scene = epoll_asleep) -> Path:
    maker = Maker(detail="steps")
    maker.now_ns += 70 * MS
    scene(maker)
    trace = maker.write(directory / "x.trace")
    assert main(["explain", str(trace), "--html", str(directory / "x.html")]) == 0
    return directory / "x.html"


@pytest.fixture(scope="module")
def path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page_of(tmp_path_factory.mktemp("timeline"))


def box(found: Locator) -> FloatRect:
    rect = found.bounding_box()
    assert rect is not None, "not to be seen"
    return rect


def row(page: Page, words: str) -> Locator:
    return page.locator(".timeline-row").filter(has_text=words)


def overflowing(page: Page) -> list[str]:
    """Return the boxes whose text is wider than they are."""
    found: list[str] = page.evaluate(
        "[...document.querySelectorAll('.timeline-box, .timeline-note, .timeline-heads span')]"
        ".filter(each => each.scrollWidth > each.clientWidth + 1 && each.clientWidth > 1)"
        ".map(each => each.textContent)"
    )
    return found


@WIDTHS
def test_nothing_overflows(browser: Browser, path: Path, width: int) -> None:
    found = opened(browser, path, width)
    assert (found.errors, found.asked) == ([], [])
    assert found.page.evaluate("document.documentElement.scrollWidth") == width
    assert overflowing(found.page) == []


def test_wide_lanes(browser: Browser, path: Path) -> None:
    page = opened(browser, path).page
    waiter = [box(each) for each in page.locator(".timeline-by-waiter .timeline-box").all()]
    waker = [box(each) for each in page.locator(".timeline-by-waker .timeline-box").all()]
    rails = [box(each) for each in page.locator(".timeline-bar:not(.timeline-asleep)").all()]
    assert len({each["x"] for each in waiter}) == len({each["x"] for each in waker}) == 1
    assert len(rails) == 3
    for rail in rails:
        assert waiter[0]["x"] + waiter[0]["width"] < rail["x"]
        assert rail["x"] + rail["width"] < waker[0]["x"]
    times = [box(each)["y"] for each in page.locator(".timeline-box").all()]
    assert times == sorted(times)
    asleep, fell = (
        box(page.locator(".timeline-bar.timeline-asleep")),
        box(row(page, "gives up the CPU")),
    )
    assert asleep["x"] == waiter[0]["x"]
    assert asleep["y"] >= fell["y"] + fell["height"] - 1
    assert asleep["y"] + asleep["height"] <= box(row(page, "is on the CPU again"))["y"] + 1


def test_wide_arrows(browser: Browser, path: Path) -> None:
    """A callback's arrow ends at the rail of its entry, a wakeup's at the sleeping waiter."""
    page = opened(browser, path).page
    entries = box(page.locator(".timeline-bar.timeline-entries"))
    own = box(page.locator(".timeline-bar.timeline-own-queue"))
    called = box(row(page, "runs the callback of fd 8").locator(".timeline-arrow"))
    woken = box(row(page, "own queue, wakes it").locator(".timeline-arrow"))
    runnable = box(row(page, "makes the waiter runnable").locator(".timeline-arrow"))
    waiter = box(page.locator(".timeline-bar.timeline-asleep"))
    assert entries["x"] <= called["x"] - 4 <= entries["x"] + entries["width"]
    assert own["x"] <= woken["x"] - 4 <= own["x"] + own["width"]
    assert abs(runnable["x"] - (waiter["x"] + waiter["width"])) <= 4
    assert waiter["y"] < runnable["y"] < waiter["y"] + waiter["height"]
    assert own["y"] < woken["y"] < own["y"] + own["height"]


def test_narrow_lanes(browser: Browser, path: Path) -> None:
    """Rails at the left, all words in one column beside them."""
    page = opened(browser, path, width=400).page
    words = [box(each) for each in page.locator(".timeline-box").all()]
    rails = [box(each) for each in page.locator(".timeline-bar").all()]
    assert len({each["x"] for each in words}) == 1
    assert words[0]["width"] > 240
    assert max(each["x"] + each["width"] for each in rails) < words[0]["x"]
    assert len({each["x"] for each in rails}) == len(rails)
    for place in range(len(words) - 1):
        assert words[place]["y"] + words[place]["height"] <= words[place + 1]["y"]


@pytest.mark.parametrize("width", [400, 1400])
@pytest.mark.parametrize("dark", [False, True])
def test_it_is_seen(browser: Browser, path: Path, width: int, dark: bool) -> None:
    page = opened(browser, path, width, dark).page
    seen = colours(browser, page.locator(".timeline").screenshot())
    background = seen.most_common(1)[0][0]
    assert (luminance(background) < 0.05) == dark
    assert sum(count for each, count in seen.items() if contrast(each, background) >= 4.5) > 2000
    for bar in page.locator(".timeline-bar:not(.timeline-asleep)").all():
        rail = colours(browser, bar.screenshot())
        assert max(contrast(each, background) for each in rail) >= 3


@WIDTHS
@pytest.mark.parametrize("dark", [False, True])
def test_no_barrier_that_axe_knows(browser: Browser, path: Path, width: int, dark: bool) -> None:
    assert barriers(opened(browser, path, width, dark).page) == []


def test_a_timeline_of_one_task_has_no_empty_lane(browser: Browser, tmp_path: Path) -> None:
    def alone(maker: Maker) -> None:
        maker.phase("poll", fds=(4,))
        maker.call("poll", 1, nr=1, fd_polls=1)

    page = opened(browser, page_of(tmp_path, alone)).page
    assert page.locator(".timeline-by-waker").count() == 0
    assert not page.locator(".timeline-head-waker").is_visible()
    assert box(page.locator(".timeline-box").first)["width"] > 400


def test_insertion_and_removal_are_on_one_rail(browser: Browser, tmp_path: Path) -> None:
    page = opened(browser, page_of(tmp_path, poll_of_three)).page
    rail = box(page.locator(".timeline-bar.timeline-entries"))
    for words in ("queues 3 entries", "removes 3 entries"):
        arrow = box(row(page, words).locator(".timeline-arrow"))
        assert rail["x"] - 6 <= arrow["x"] + arrow["width"] <= rail["x"] + rail["width"]
        assert rail["y"] <= arrow["y"] <= rail["y"] + rail["height"]
