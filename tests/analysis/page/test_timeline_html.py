"""The timeline of one call as HTML: it nests, it is complete, and its texts are only text."""

from __future__ import annotations

import dataclasses
from html.parser import HTMLParser
from pathlib import Path

import pytest

from analysis.frames import read_trace
from analysis.page.timeline_html import MOST_MOMENTS, timeline_html
from analysis.timeline import Timeline, timeline_of
from analysis.timeline.parts import Moment
from tests.analysis.handmade import Maker
from tests.analysis.timeline.scenes import epoll_asleep, poll_of_three

HOSTILE = "</figure></script><script>alert(1)</script><img src=x onerror='alert(1)'>\"{{7*7}}"


class Nesting(HTMLParser):
    """Fails if an element is closed that is not the innermost; keeps tags and text."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.text: list[str] = []
        self.styles: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.open.append(tag)
        self.tags.append(tag)
        self.styles += [value for name, value in attrs if name == "style" and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text.append(data)


def parsed(html: str) -> Nesting:
    nesting = Nesting()
    nesting.feed(html)
    nesting.close()
    assert nesting.open == []
    return nesting


def timeline(path: Path, scene: object = poll_of_three) -> Timeline:
    maker = Maker(detail="steps")
    assert callable(scene)
    scene(maker)
    return timeline_of(read_trace(maker.write(path / "x.trace")))


@pytest.mark.parametrize("scene", [poll_of_three, epoll_asleep])
def test_every_moment_and_bar_is_there(tmp_path: Path, scene: object) -> None:
    shown = timeline(tmp_path, scene)
    page = parsed(timeline_html(shown))
    text = " ".join(" ".join(page.text).split())
    assert page.tags[0] == "figure"
    assert page.tags.count("ol") == 1
    assert page.tags.count("li") == len(shown.moments) + len(shown.spans)
    for each in shown.moments:
        assert each.words in text
        assert each.kernel in text
    for span in shown.spans:
        assert span.words in text


def test_rows_are_the_moments(tmp_path: Path) -> None:
    styles = parsed(timeline_html(timeline(tmp_path))).styles
    assert styles[0] == "--timeline-tracks: 1; --timeline-lines: 12"
    assert [style.split(";")[0] for style in styles[1:13]] == [
        f"grid-row: {line}" for line in range(1, 13)
    ]
    assert styles[13:] == [
        "grid-row: 2 / 12; --timeline-track: 0",
        "grid-row: 5 / 9; --timeline-track: -1",
    ]


def test_strings_of_a_trace_stay_text(tmp_path: Path) -> None:
    shown = timeline(tmp_path)
    moments = (dataclasses.replace(shown.moments[0], kernel=HOSTILE), *shown.moments[1:])
    hostile = dataclasses.replace(
        shown, moments=moments, kernel=HOSTILE, trace=HOSTILE + "\x1b[2J", phase=HOSTILE
    )
    page = parsed(timeline_html(hostile))
    assert "script" not in page.tags
    assert "img" not in page.tags
    text = "".join(page.text)
    assert text.count(HOSTILE) == 4
    assert "\x1b" not in text


def test_a_long_timeline_is_shortened(tmp_path: Path) -> None:
    shown = timeline(tmp_path)
    last = shown.moments[-1]
    many = tuple(
        Moment(last.after_ns + n, 0, "sock_poll", 1, f"look number {n}", "fd_poll")
        for n in range(99)
    )
    page = parsed(timeline_html(dataclasses.replace(shown, moments=(*shown.moments, *many))))
    text = " ".join(page.text)
    assert f"{len(shown.moments) + 99 - MOST_MOMENTS} moments are omitted" in text
    assert "look number 98" in text
    assert "look number 50" not in text
