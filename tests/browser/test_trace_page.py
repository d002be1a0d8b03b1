"""The page of a trace in a real browser."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from analysis.pictures.of_trace import OF_TRACE
from analysis.terminal.tables import MISSING
from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import Maker
from tests.analysis.looptime.making import loop
from tests.browser.opened import opened
from tests.browser.pixels import colours, contrast, luminance
from tests.browser.test_verdicts_page import barriers
from tracer.cli import main

pytestmark = pytest.mark.live

OF_LOOP = ("lanes", "of-wait", "of-gap", "of-run", "of-return", "of-events", "hot")
"""Charts of loops in a trace with steps, a wait that was woken among them."""


@pytest.fixture(scope="module")
def trace_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("trace")
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    scenes.mux(maker, ready=41, asleep=True)
    scenes.blocking(maker)
    trace = maker.write(directory / "x.trace")
    assert main(["report", str(trace), "--html", str(directory / "x.html")]) == 0
    return directory / "x.html"


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [400, 1400])
def test_it_is_drawn(browser: Browser, trace_page: Path, width: int, dark: bool) -> None:
    found = opened(browser, trace_page, width, dark)
    page = found.page
    assert (found.errors, found.asked) == ([], [])
    assert page.locator(".canvas svg").count() == len(OF_TRACE) + len(OF_LOOP)
    assert page.locator(".failed:visible").count() == 0
    assert page.evaluate("document.documentElement.scrollWidth") == width
    for name in (*OF_TRACE, *OF_LOOP):
        seen = colours(browser, page.locator(f"#chart-{name} svg").screenshot())
        background = seen.most_common(1)[0][0]
        assert (luminance(background) < 0.05) == dark
        assert sum(count for each, count in seen.items() if contrast(each, background) >= 3) > 200
    assert page.locator(".timeline li").count() > 3
    assert page.locator("dt").first.inner_text().lower() == "losses"


def test_the_numbers_behind_the_lanes_are_those_of_the_trace(
    browser: Browser, tmp_path: Path
) -> None:
    maker = Maker()
    loop(maker)
    trace = maker.write(tmp_path / "x.trace")
    assert main(["report", str(trace), "--html", str(tmp_path / "x.html")]) == 0
    page = opened(browser, tmp_path / "x.html").page
    numbers = page.locator("figure[data-spec=chart-lanes-spec] .numbers")
    numbers.locator("summary").click()
    table = numbers.locator("table")
    expect(table.locator("thead th").nth(3)).to_have_text("asleep in a wait, %")
    heads = table.locator("thead th").all_inner_texts()
    assert heads[:3] == ["thread", "from, ms", "to, ms"]
    cells = [row.split("\t") for row in table.locator("tbody").inner_text().splitlines()]
    column = {head: [cells_of[place] for cells_of in cells] for place, head in enumerate(heads)}
    width_ms = float(column["to, ms"][0]) - float(column["from, ms"][0])
    asleep_ms = sum(map(float, column["asleep in a wait, %"])) * width_ms / 100
    assert asleep_ms == pytest.approx(60, abs=0.1)
    assert sum(map(int, column["waits that returned"])) == 4
    assert [each for each in column["what held it up"] if each != MISSING] == [
        "read 10 ms", "fsync 40 ms", "read 10 ms",
    ]  # fmt: skip


@pytest.mark.parametrize("dark", [False, True])
def test_no_barrier_that_axe_knows(browser: Browser, trace_page: Path, dark: bool) -> None:
    assert barriers(opened(browser, trace_page, dark=dark).page) == []


def test_an_empty_trace_has_a_page(browser: Browser, tmp_path: Path) -> None:
    trace = Maker().write(tmp_path / "x.trace")
    assert main(["report", str(trace), "--html", str(tmp_path / "x.html")]) == 0
    found = opened(browser, tmp_path / "x.html")
    assert found.errors == []
    assert "No traced system calls." in found.page.locator("main").inner_text()
