"""A page in a monitored browser: its errors, and its network requests."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, Page, Route

DRAWN = "html[data-charts=drawn]"
DRAWING_MS = 120_000

UNFOLD = "document.querySelectorAll('details').forEach((each) => (each.open = true))"
AS_WIDE_AS_ITS_PLACE = """[...document.querySelectorAll(".canvas")].every((canvas) => {
  const drawn = canvas.querySelector("svg")?.clientWidth ?? 0;
  return !canvas.clientWidth || Math.abs(drawn - canvas.clientWidth) < 24;
})"""
"""A picture that was drawn while folded is redrawn in its present width (charts.js, unfolded)."""


@dataclass
class Opened:
    """A page, its errors, and the addresses that it requested beyond its own file."""

    page: Page
    errors: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)


def opened(browser: Browser, path: Path, width: int = 1400, dark: bool = False) -> Opened:
    """Open the file ``path`` and wait until its charts are drawn."""
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
    )
    found = Opened(context.new_page())

    def route(route: Route) -> None:
        if route.request.url != path.as_uri():
            found.asked.append(route.request.url)
            route.abort()
        else:
            route.continue_()

    def note(kind: str, text: str) -> None:
        if kind == "error":
            found.errors.append(text)

    found.page.route("**/*", route)
    found.page.on("console", lambda message: note(message.type, message.text))
    found.page.on("pageerror", lambda error: note("error", str(error)))
    found.page.on("dialog", lambda dialog: (note("error", "a dialog"), dialog.dismiss()))
    found.page.goto(path.as_uri())
    until_drawn(found.page)
    return found


def until_drawn(page: Page) -> None:
    """Wait until the charts of ``page`` are drawn."""
    page.wait_for_selector(DRAWN, state="attached", timeout=DRAWING_MS)


def unfold(page: Page) -> None:
    """Open everything that is folded and wait until its charts are redrawn."""
    page.evaluate(UNFOLD)
    page.wait_for_function(AS_WIDE_AS_ITS_PLACE, timeout=DRAWING_MS)
