"""The spread of numbers over calls that returned and have one, in each way of counting them."""

from __future__ import annotations

from pathlib import Path

from analysis.frames import read_trace
from analysis.windows.recording import open_recording
from analysis.windows.spreads import COLUMNS, FEW, spreads_of
from tests.analysis.handmade import Maker
from tests.analysis.windows.making import each_size, each_trace
from tracer.shared.records import Unseen


@each_trace
@each_size
def test_spreads_are_those_of_the_frame(path: Path, size: int) -> None:
    trace = read_trace(path)
    found = spreads_of(trace.recording, size).by_key
    returned = trace.calls[~trace.calls["unfinished"]]
    expected = {
        (key, column): sorted(numbers.dropna().astype(int).tolist())
        for key, rows in returned.groupby(["phase", "family"])
        for column, numbers in rows[list(COLUMNS)].items()
        if numbers.notna().any()
    }
    assert found.keys() == expected.keys()
    for which, spread in found.items():
        numbers = expected[which]
        assert spread.values.repeat(spread.counts).tolist() == numbers
        assert (spread.total, spread.least, spread.most) == (sum(numbers), numbers[0], numbers[-1])


def test_numbers_are_counted_alike_whether_small_or_not(tmp_path: Path) -> None:
    found = []
    for most in (FEW - 1, FEW):
        maker = Maker()
        for fd_polls in (3, 0, most, 3):
            maker.call("poll", 1, fd_polls=fd_polls)
        maker.call("epoll_wait", 1)
        maker.call("poll", 1, fd_polls=7, exit_ns=0)
        maker.call("poll", 1, fd_polls=8, unseen=Unseen.FD_POLL)
        by_key = spreads_of(open_recording(maker.write(tmp_path / f"{most}"))).by_key
        spread = by_key[(0, "poll"), "fd_polls"]
        assert spread.values.tolist() == [0, 3, most]
        found.append(spread.counts.tolist())
    assert found == [[1, 2, 1]] * 2
