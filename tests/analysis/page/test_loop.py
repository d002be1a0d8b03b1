from __future__ import annotations

import re
from pathlib import Path

from analysis.page.loop import loop_part
from analysis.page.trace import trace_html
from tests.analysis import scenes
from tests.analysis.handmade import WAITER, Maker
from tests.analysis.looptime.making import loop, recorded, work

LOST = dict.fromkeys(("calls", "steps", "tasks", "entries", "waiters"), 0) | {"calls": 3}
EVIL = "<img src=x onerror=alert(1)>\u202e"


def page_of(maker: Maker, path: Path) -> str:
    return trace_html(recorded(maker, path))


def text_of(page: str, part: str) -> str:
    section = page.partition(f'<section aria-labelledby="{part}">')[2].partition("</section>")[0]
    section = re.sub(r"<script.*?</script>", "", section, flags=re.DOTALL)
    return re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", section))


def test_what_is_wrong_comes_first_then_the_loop(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    page = page_of(maker, tmp_path)
    parts = re.findall(r'<section aria-labelledby="(\w+)">', page)
    assert parts == ["findings", "loop", "spread", "fds", "pictures", "numbers"]
    held = text_of(page, "loop")
    assert f"40 ms fsync 40 ms /data/log server {WAITER}" in held
    assert "30 ms 0 ns 71:4" in held.partition("/data/log")[2]
    assert "Example: call 71:4;" in held
    assert "From the wakeup to the CPU: not measured (recorded without --detail steps)" in text_of(
        page, "spread"
    )
    assert "Callbacks are not measured: recorded without --detail steps" in text_of(page, "fds")


def test_a_trace_without_a_loop_says_so(tmp_path: Path) -> None:
    maker = Maker()
    scenes.blocking(maker)
    text = text_of(page_of(maker, tmp_path), "loop")
    assert "No traced thread waited in select, poll or epoll." in text
    assert "What each thread did" in text


def test_lost_calls_are_reported_where_the_loop_is_drawn(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    maker.manifest["losses"] = LOST
    page = page_of(maker, tmp_path)
    assert "Records are missing (lost: 3 calls)" in text_of(page, "loop")
    assert "Work between two waits: not measured (lost: 3 calls)" in text_of(page, "spread")


def test_names_are_escaped(tmp_path: Path) -> None:
    maker = Maker()
    maker.observe(7, "file", text=EVIL)
    loop(maker)
    maker.task(WAITER, EVIL[:15])
    work(maker, "read", 1, 0)
    page = page_of(maker, tmp_path).partition("<body>")[2].partition("<script>")[0]
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;\\u202e" in page


def test_what_is_drawn_has_bounded_size(tmp_path: Path) -> None:
    """Apart from the chart library: a trace of any length has as many stretches and threads."""
    maker = Maker()
    for _ in range(200):
        loop(maker)
    for number in range(40):
        work(maker, "read", 1, 0, tid=200 + number, fd=100 + number)
    slots = loop_part(recorded(maker, tmp_path), ()).slots
    assert len(slots) == 5
    assert all(slot.spec is not None for slot in slots)
    assert sum(len(str(slot.spec)) for slot in slots) < 150_000
