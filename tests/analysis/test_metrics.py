from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from analysis.metrics import Spread, fit, spread, summary
from analysis.windows.recording import open_recording
from analysis.windows.totals import Totals, totals_of
from tests.analysis.handmade import Maker


def polls(path: Path, **detached: str) -> Totals:
    maker = Maker(detached=detached)
    maker.phase("poll")
    maker.call("poll", 1, fd_polls=41, sleeps=2, wall_ns=1000, off_cpu_ns=300, insertions=7)
    maker.call("poll", 1, fd_polls=82, sleeps=0, wall_ns=5000, off_cpu_ns=0, insertions=7)
    maker.call("read", -11)
    maker.call("poll", 0, exit_ns=0)
    return totals_of(open_recording(maker.write(path)))


def test_summary(tmp_path: Path) -> None:
    poll, read = summary(polls(tmp_path)).to_dict("records")
    assert (poll["phase"], poll["family"], read["family"]) == (1, "poll", "read")
    assert (poll["calls"], poll["unfinished"], poll["slept"]) == (3, 1, 1)
    assert (poll["fd_polls"], poll["sleeps"], poll["insertions"]) == (123, 2, 14)
    assert (poll["kernel_ns_median"], poll["kernel_ns_mean"]) == (2850.0, 2850.0)
    assert (poll["wall_ns_median"], poll["off_cpu_ns_mean"]) == (3000.0, 150.0)
    assert pd.isna(read["bytes_in"])


def test_summary_of_a_missing_column_is_missing(tmp_path: Path) -> None:
    rows = summary(polls(tmp_path, sock_poll="EPERM", sched_switch="EPERM"))
    missing = ["fd_polls", "passes", "sleeps", "slept", "kernel_ns_median", "off_cpu_ns_mean"]
    assert rows[missing].isna().all().all()
    assert rows["insertions"].tolist() == [14, 0]


def test_spread() -> None:
    found = spread(pd.Series([7, 1, 3, pd.NA], dtype="Int64"))
    assert found == Spread(count=3, least=1, lower=2, median=3, upper=5, most=7, mean=11 / 3)
    assert found is not None
    assert (found.middle_half, found.constant) == (3, False)
    assert spread(pd.Series([pd.NA], dtype="Int64")) is None


def test_spread_of_what_never_varies() -> None:
    found = spread(pd.Series([41, 41, 41]))
    assert found is not None
    assert (found.least, found.most, found.middle_half, found.constant) == (41, 41, 0, True)


def test_fit() -> None:
    line = fit(pd.Series([11, 101, 211]), pd.Series([23, 203, 423]))
    assert line is not None
    assert (line.slope, line.intercept, line.r2) == pytest.approx((2, 1, 1))


def test_fit_of_a_flat_line_is_exact() -> None:
    line = fit(pd.Series([11, 101]), pd.Series([7, 7]))
    assert line is not None
    assert (line.slope, line.intercept) == pytest.approx((0, 7))
    assert line.r2 == 1


def test_fit_of_noise_explains_little() -> None:
    line = fit(pd.Series([1, 2, 3, 4]), pd.Series([1, -1, -1, 1]))
    assert line is not None
    assert line.r2 == pytest.approx(0)


def test_no_fit_through_one_point() -> None:
    assert fit(pd.Series([41, 41]), pd.Series([1, 2])) is None
