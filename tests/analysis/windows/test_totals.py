from __future__ import annotations

from pathlib import Path

import pandas as pd

from analysis.frames import read_trace
from analysis.metrics import summary
from analysis.windows.recording import open_recording
from analysis.windows.totals import SUMMED, TIMES, totals_of
from tests.analysis.handmade import WAKER, Maker
from tests.analysis.windows.making import each_size, each_trace


@each_trace
@each_size
def test_windows_make_no_difference(path: Path, size: int) -> None:
    recording = open_recording(path)
    assert summary(totals_of(recording, size)).equals(summary(totals_of(recording)))


@each_trace
def test_totals_are_those_of_the_frame(path: Path) -> None:
    trace = read_trace(path)
    found = summary(totals_of(trace.recording)).set_index(["phase", "family"])
    returned = trace.calls.assign(off_cpu_ns=trace.calls["off_cpu_ns"].mask(trace.calls.unfinished))
    grouped = returned.groupby(["phase", "family"])
    assert found["calls"].tolist() == grouped.size().tolist()
    for column in SUMMED:
        pd.testing.assert_series_equal(found[column], grouped[column].sum(min_count=1))
    for column in TIMES:
        for figure, expected in (
            ("median", grouped[column].median()),
            ("mean", grouped[column].mean()),
        ):
            named = found[f"{column}_{figure}"].rename(column)
            pd.testing.assert_series_equal(named, expected, check_dtype=False)


def test_what_single_calls_lack_is_left_out(tmp_path: Path) -> None:
    maker = Maker()
    for unseen in (0, 4, 2, 0):
        maker.call("poll", 1, unseen=unseen, sleeps=1, wakeups=1, off_cpu_ns=100, wall_ns=400)
    maker.call("write", 1, unseen=4, wakeups=7, tid=WAKER)
    (poll, write) = summary(totals_of(open_recording(maker.write(tmp_path)), 1)).to_dict("records")
    assert (poll["calls"], poll["sleeps"], poll["slept"], poll["wakeups"]) == (4, 3, 3, 3)
    assert (poll["off_cpu_ns_mean"], poll["kernel_ns_mean"], poll["wall_ns_mean"]) == (
        100,
        300,
        400,
    )
    assert write["calls"] == 1
    assert pd.isna(write["wakeups"])


def test_nothing_was_called(tmp_path: Path) -> None:
    assert summary(totals_of(open_recording(Maker().write(tmp_path)))).empty


def test_large_numbers_do_not_spill_into_their_neighbours_sum(tmp_path: Path) -> None:
    maker, most = Maker(), 0xFFFF_FFFF
    for _ in range(3):
        maker.call("poll", 1, fd_polls=most, passes=2, sleeps=3, sleep_calls=most)
    (poll,) = summary(totals_of(open_recording(maker.write(tmp_path)))).to_dict("records")
    assert [poll[each] for each in ("fd_polls", "passes")] == [3 * most, 6]
    assert [poll[each] for each in ("sleeps", "sleep_calls")] == [9, 3 * most]
