"""What the head of a lecture shows: numbers of its traces, side by side."""

from __future__ import annotations

from pathlib import Path

from analysis.claims.overviews import overviews_of
from analysis.frames import Trace, read_trace
from analysis.verdicts.overview import Bar, Measure, Overview
from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import Maker


def life(path: Path, detached: dict[str, str] | None = None, lost: int = 0) -> Trace:
    maker = Maker(detached=detached)
    epoll_scenes.epoll(maker, asleep=True)
    scenes.mux(maker, ready=41, asleep=True)
    maker.manifest["losses"]["calls"] = lost
    return read_trace(maker.write(path))


def by_measure(overview: Overview) -> dict[str, dict[str, float | None]]:
    return {
        str(each.what): {bar.name: bar.value for bar in each.bars} for each in overview.measures
    }


def test_poll_against_epoll(tmp_path: Path) -> None:
    found = by_measure(overviews_of({"epoll-life": [life(tmp_path)]})["wait"])
    assert found["entries queued per call"] == {"poll": 41.0, "epoll_wait": 0.0}
    assert found["fds polled per call"]["poll"] == 82.0
    assert found["sleeps per call"] == {"poll": 1.0, "epoll_wait": 1.0}


def test_what_no_hook_saw_has_no_bar(tmp_path: Path) -> None:
    trace = life(tmp_path, detached={"_copy_from_user": "EPERM"})
    found = by_measure(overviews_of({"epoll-life": [trace]})["wait"])
    assert "bytes copied in per call" not in found
    assert found["entries queued per call"]["poll"] == 41.0


def test_a_trace_in_doubt_shows_nothing(tmp_path: Path) -> None:
    assert overviews_of({"epoll-life": [life(tmp_path, lost=3)]}) == {}
    assert overviews_of({"epoll-life": ["no boot"], "mux": []}) == {}


def test_select_beside_poll(tmp_path: Path) -> None:
    maker = Maker()
    for family in ("select", "poll"):
        scenes.mux(maker, family, ready=41, asleep=True)
    found = by_measure(overviews_of({"mux": [read_trace(maker.write(tmp_path))]})["mux"])
    assert found["entries queued per call"] == {"select": 41.0, "poll": 41.0}


def test_greatest_of_the_known_values() -> None:
    assert Measure("", (Bar("a", None), Bar("b", 3.0))).greatest == 3.0
    assert Measure("", (Bar("a", None),)).greatest == 0
