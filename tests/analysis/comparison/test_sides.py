"""Each side is one recording, or several of the same thing."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.compare import compare
from analysis.comparison.sides import NOTHING, gather, only, side_of
from analysis.comparison.values import Outcome
from analysis.fds.streams import streams_of
from analysis.frames import read_trace
from analysis.looptime.served import Served
from analysis.windows.partial import combined
from tests.analysis import scenes
from tests.analysis.comparison.made import polls, program, row, sides
from tests.analysis.handmade import NONE_LOST
from tracer.shared.errors import UsageError

SLOW = pytest.mark.slow


@pytest.mark.parametrize(
    ("of_a", "of_b", "outcome"),
    [
        ([0, 10, 20], [31, 41, 51], Outcome.DIFFERS),
        ([0, 10, 20], [10, 20, 30], Outcome.WITHIN),
        ([0, 10], [31, 41], Outcome.WITHIN),  # few recordings: calls have a say, too
        pytest.param([0, 10, 200], [110, 120, 130], Outcome.WITHIN, marks=SLOW),
        pytest.param([0, 10], [131, 141], Outcome.DIFFERS, marks=SLOW),
        pytest.param(  # one of B lies among those of A
            *([0, 10, 20], [19, 41, 42], Outcome.WITHIN), marks=SLOW
        ),
        pytest.param([0], [31, 41, 51], Outcome.WITHIN, marks=SLOW),
        pytest.param([0], [131, 141, 151], Outcome.DIFFERS, marks=SLOW),
    ],
)
def test_recordings_of_a_side_have_a_spread(
    tmp_path: Path, of_a: list[int], of_b: list[int], outcome: Outcome
) -> None:
    found = row(sides(tmp_path, of_a, of_b), "kernel_ns")
    assert found.outcome == outcome
    assert found.a.median == 1045 + sorted(of_a)[len(of_a) // 2] or len(of_a) == 2
    assert found.a.spread is not None
    assert found.a.spread.count == 10 * len(of_a)


def test_who(tmp_path: Path) -> None:
    traces = [
        read_trace(program(name, calls).write(tmp_path / f"{name}.trace"))
        for name, calls in (("server-v1", 7), ("server-v2", 9))
    ]
    found = compare(traces[:1], traces[1:], ["server-v1", "server-v2"])
    assert {each.family.a for each in found.rows} == {"all", "poll"}
    assert row(found, "calls").difference == 2
    with pytest.raises(UsageError, match=r"server-v2.trace: unknown program 'server-v1'; nearest"):
        compare(traces[:1], traces[1:], ["server-v1"])
    nameless = read_trace(polls().write(tmp_path / "nameless.trace"))
    with pytest.raises(UsageError, match="no names of programs were recorded; leave --who out"):
        compare([nameless], traces[1:], ["load"])


def test_a_side_is_one_thing(tmp_path: Path) -> None:
    other = polls()
    scenes.mux(other, label="more")
    traces = [
        read_trace(maker.write(tmp_path / f"{number}.trace"))
        for number, maker in enumerate((polls(), other))
    ]
    with pytest.raises(
        UsageError, match="have different phases: they are not recordings of the same thing"
    ):
        compare(traces, traces[:1])


def test_doubts_name_the_recording(tmp_path: Path) -> None:
    makers = [polls(), polls()]
    makers[1].manifest["losses"] = NONE_LOST | {"calls": 3}
    traces = [
        read_trace(maker.write(tmp_path / f"{number}.trace")) for number, maker in enumerate(makers)
    ]
    found = compare(traces, traces[:1])
    assert found.a.doubts[0].startswith("1.trace: 3 calls lost")
    assert row(found, "calls").outcome == Outcome.DOUBTFUL


def test_windows_combine(tmp_path: Path) -> None:
    maker = program("server", 7)
    maker.observe(4, "tcp", pid=72, local="a:1", peer="b:2", state="ESTABLISHED")
    recording = read_trace(maker.write(tmp_path / "x.trace")).recording
    streams = streams_of(recording)
    parts = [gather(only(window, [71, 72]), streams) for window in recording.windows(2)]
    assert len(parts) > 2
    whole, one = combined(parts, NOTHING), side_of([recording], rules=()).counted
    assert whole.served == one.served == {0: Served(events=7, requests=1, unknown=0)}
    for key, spread in one.spreads.by_key.items():
        assert whole.spreads.by_key[key].values.tolist() == spread.values.tolist()
