"""Texts from a trace, a kernel or a pack are shown, and do nothing."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from analysis.frames import read_trace
from analysis.packs import OURS
from analysis.page.trace import trace_html
from tests.analysis import epoll_scenes
from tests.analysis.handmade import Maker
from tests.browser.making import HOSTILE
from tests.browser.opened import Opened, opened

pytestmark = pytest.mark.live

SOURCE = re.compile(
    r"https://git\.kernel\.org/pub/scm/linux/kernel/git/stable/linux\.git/tree/[a-z_/]+\.c"
    r"\?h=v\d+(\.\d+)+"
)
"""The only place to which a page may link."""


def harmless(found: Opened) -> None:
    page = found.page
    assert found.errors == []
    assert found.asked == []
    assert "owned" not in page.evaluate("document.title").replace(HOSTILE[:60], "")
    assert page.locator("img, iframe, object, embed, base").count() == 0
    away = page.locator("a[href]:not([href^='#'])").all()
    assert all(SOURCE.fullmatch(each.get_attribute("href") or "") for each in away)
    assert page.locator("[onerror], [onload], [onclick]").count() == 0
    assert "\x1b" not in page.content()
    assert "49" not in page.locator("h1").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("width", [400, 1400])
def test_verdicts(browser: Browser, hostile: Path, width: int) -> None:
    found = opened(browser, hostile, width)
    harmless(found)
    page = found.page
    assert page.locator("article").count() == len(OURS)
    assert page.locator(".canvas svg").count() > 25
    assert page.locator(".failed:visible").count() == 0
    page.select_option("#kernel", index=1)
    page.locator(".canvas svg path, .canvas svg text").first.hover(force=True)
    harmless(found)


def hostile_trace(path: Path) -> Path:
    maker = Maker(detail="steps")
    epoll_scenes.epoll(maker, asleep=True)
    maker.manifest["kernel"] |= {"release": HOSTILE + "x" * 10_000, "version": HOSTILE}
    maker.manifest |= {"command": [HOSTILE], "versions": {HOSTILE: HOSTILE}, "loader": HOSTILE}
    maker.manifest["losses"]["calls"] = 3
    maker.phases[0]["name"] = HOSTILE
    return maker.write(path / "x.trace")


@pytest.mark.parametrize("width", [400, 1400])
def test_trace(browser: Browser, tmp_path: Path, width: int) -> None:
    page = tmp_path / "page.html"
    page.write_text(trace_html(read_trace(hostile_trace(tmp_path))))
    found = opened(browser, page, width)
    harmless(found)
    assert found.page.locator(".canvas svg").count() == 8
    assert found.page.locator(".failed:visible").count() == 0
    assert found.page.locator(".timeline li").count() > 3
