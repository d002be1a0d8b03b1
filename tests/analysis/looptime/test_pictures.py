"""Pictures of loops: what is in their rows is what was recorded, and it is drawn."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.undecided import Undecided
from analysis.looptime.hotfds_picture import hot_picture
from analysis.looptime.lane import KINDS
from analysis.looptime.lanes_picture import lanes_picture
from analysis.looptime.looptime import LoopTime, loop_time
from analysis.looptime.spread_picture import counts_picture, counts_rows, times_picture, times_rows
from analysis.pictures.picture import MOST_ROWS, Picture
from analysis.windows.distribution import Distribution
from tests.analysis.handmade import MS, WAITER, Maker
from tests.analysis.looptime.making import LOG, loop, recorded, wait, work
from tests.analysis.pictures.drawing import marks_of, svg_of, untitled, valid_vega_lite

EVIL = "\"];alert(1)//'</script>\u202e\x1b[2J"


def found_of(path: Path, maker: Maker | None = None) -> LoopTime:
    made = maker or Maker()
    if maker is None:
        loop(made)
    return loop_time(recorded(made, path))


def drawn(picture: Picture) -> list[str]:
    return marks_of(svg_of(picture, {"6.1": picture.rows()}, "6.1"))


def spread(*numbers: int) -> Distribution:
    return Distribution.of(pd.Series(numbers).to_numpy())


def test_lanes_add_up_to_the_time_of_their_thread(tmp_path: Path) -> None:
    found = found_of(tmp_path)
    rows = lanes_picture(found).rows()
    (lane,) = [each.lane for each in found.threads]
    width_ms = found.bins.width_ns / MS
    kinds = [kind for kind in KINDS if kind in rows]
    assert kinds == ["asleep", "polling", "on_cpu", "off_cpu", "between"]
    for kind in kinds:
        drawn_ms = rows[kind].sum() * width_ms / 100
        assert drawn_ms == pytest.approx(lane.time[KINDS.index(kind)].sum() / MS, rel=0.01)
    assert rows["waits"].sum() == 4
    assert rows["thread"].unique().tolist() == [f"server {WAITER}"]
    held = rows.dropna(subset="held_from")
    assert held["held_by"].tolist() == ["read 10 ms", "fsync 40 ms", "read 10 ms"]
    assert (held["held_until"] - held["held_from"]).round().tolist() == [20, 40, 20]


def test_a_lane_is_drawn_with_its_hold_ups(tmp_path: Path) -> None:
    picture = lanes_picture(found_of(tmp_path))
    svg = svg_of(picture, {"6.1": picture.rows()}, "6.1")
    assert f"server {WAITER}: held up 3 times, longest fsync 40 ms; 4 waits" in svg
    assert len(re.findall("what held it up: fsync 40 ms", svg)) >= 1
    assert "ms since the recording began" in svg
    assert untitled(valid_vega_lite(picture, {"6.1": picture.rows()})) == []


def test_what_no_hook_saw_is_no_zero(tmp_path: Path) -> None:
    maker = Maker(detached={"sched_switch": "EPERM"})
    loop(maker)
    rows = lanes_picture(found_of(tmp_path, maker)).rows()
    assert [kind for kind in KINDS if kind in rows] == ["between", "unseen"]


def test_a_stretch_with_lost_calls_says_so(tmp_path: Path) -> None:
    maker = Maker()
    wait(maker, 10, 10)
    maker._seq[WAITER] += 1
    maker.now_ns += 10 * MS
    wait(maker, 10, 10)
    picture = lanes_picture(found_of(tmp_path, maker))
    assert picture.rows()["lost"].sum() > 0
    assert "calls were lost" in svg_of(picture, {"6.1": picture.rows()}, "6.1")


def test_rows_are_bounded_however_many_threads(tmp_path: Path) -> None:
    maker = Maker()
    for number in range(30):
        wait(maker, 1, 1, tid=100 + number)
        maker.now_ns += 100 * MS
        wait(maker, 1, 1, tid=100 + number)
        maker.now_ns -= 102 * MS
    maker.now_ns += 200 * MS
    rows = lanes_picture(found_of(tmp_path, maker)).rows()
    assert len(rows) <= MOST_ROWS
    assert rows["place"].nunique() == 10


def test_names_of_threads_do_nothing(tmp_path: Path) -> None:
    maker = Maker()
    maker.task(WAITER, EVIL[:15])
    wait(maker, 30, 20)
    wait(maker, 30, 20)
    picture = lanes_picture(found_of(tmp_path, maker))
    svg = svg_of(picture, {"6.1": picture.rows()}, "6.1")
    assert "alert(1)" in svg
    assert "\x1b" not in svg


def test_powers_of_two_of_times() -> None:
    rows = times_rows({"a": spread(0, 1, 1023, 1024, 1025, 2047, 2048)})
    assert rows.to_dict("list") == {
        "program": ["a"] * 4,
        "from_us": [0, 0.512, 1.024, 2.048],
        "to_us": [0.002, 1.024, 2.048, 4.096],
        "count": [2, 1, 3, 1],
    }


def test_powers_of_two_of_counts() -> None:
    rows = counts_rows({"a": spread(0, 0, 1, 2, 3, 4, 7, 8), "b": spread(1)})
    assert rows.to_numpy().tolist() == [
        ["a", 0, 0, 2], ["a", 1, 1, 1], ["a", 2, 3, 2], ["a", 4, 7, 2], ["a", 8, 15, 1],
        ["b", 1, 1, 1],
    ]  # fmt: skip


def test_histograms_are_drawn_with_their_numbers() -> None:
    spreads = {"nginx": spread(*[1500] * 7, 90_000), "curl": spread(0, 3000)}
    picture = times_picture("Waits", "From here.", "time of a wait", spreads)
    assert "nginx: 8, p50 1.5 µs, p99 83.8 µs, at most 90 µs; curl: 2," in picture.shows
    marks = drawn(picture)
    assert len(marks) >= 4
    assert any("how many: 7" in each and "program: nginx" in each for each in marks)
    counts = counts_picture("Events", "Here.", "events of a wait", {"a": spread(0, 0, 5)})
    assert "a: 3, mean 1.67, at most 5" in counts.shows
    assert any("4 to 7" in each for each in drawn(counts))
    for each in (picture, counts):
        assert untitled(valid_vega_lite(each, {"6.1": each.rows()})) == []


def test_hot_fds_are_drawn_and_the_others_counted(tmp_path: Path) -> None:
    maker = Maker()
    loop(maker)
    for fd in range(20, 40):
        work(maker, "read", 1, 0, fd=fd)
    picture = hot_picture(found_of(tmp_path, maker).fds)
    rows = picture.rows()
    assert rows["calls"].tolist()[:3] == [4, 2, 1]
    assert f"fd {LOG} (/data/log)" in rows["what"].tolist()
    assert "Calls on each fd, of 27 calls on fds; 13 more fds had 13 of them." in picture.shows
    assert any("calls: 4" in each for each in drawn(picture))


def test_nothing_is_drawn_for_an_empty_recording(tmp_path: Path) -> None:
    found = found_of(tmp_path, Maker())
    for picture in (lanes_picture(found), hot_picture(found.fds)):
        with pytest.raises(Undecided):
            picture.rows()
