"""Every outcome that a metric can have, from two traces made to have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.comparison.compare import compare
from analysis.comparison.values import Outcome
from analysis.frames import read_trace
from tests.analysis import epoll_scenes, scenes
from tests.analysis.comparison.made import TEN, compared, counted, polls, row
from tests.analysis.handmade import Maker


def test_a_trace_compared_with_itself_is_the_same(tmp_path: Path) -> None:
    maker = Maker()
    epoll_scenes.epoll(maker, asleep=True)
    trace = read_trace(maker.write(tmp_path))
    found = compare([trace], [trace])
    measured = [each for each in found.rows if each.outcome != Outcome.MISSING]
    assert {each.outcome for each in measured} == {Outcome.SAME, Outcome.WITHIN, Outcome.FEW}
    assert {(each.alike, each.difference) for each in measured} == {(True, 0)}
    (fd_polls,) = (each for each in measured if each.metric == "fd_polls" and each.a.spread.least)
    assert fd_polls.outcome == Outcome.WITHIN, "the first wait looks once, the others twice"


def test_count_that_differs_in_every_call(tmp_path: Path) -> None:
    found = row(compared(tmp_path, polls(queued=41), polls(queued=7)), "insertions")
    assert found.outcome == Outcome.DIFFERS
    assert (found.difference, found.ratio) == (-34, 7 / 41)


def test_count_with_zero_before_has_no_ratio(tmp_path: Path) -> None:
    found = row(compared(tmp_path, polls(), polls(queued=7)), "insertions")
    assert (found.outcome, found.difference, found.ratio) == (Outcome.DIFFERS, 7, None)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ((3, 4, 5, 6, 7), Outcome.WITHIN),
        ((4, 5, 6, 7, 8), Outcome.DIFFERS),
        ((3, 3, 3, 3, 3), Outcome.WITHIN),
        pytest.param((1, 2, 3, 4, 5), Outcome.WITHIN, marks=pytest.mark.slow),
        pytest.param((6, 6, 6, 6, 6), Outcome.DIFFERS, marks=pytest.mark.slow),
        pytest.param((0, 2, 8, 14, 20), Outcome.WITHIN, marks=pytest.mark.slow),
    ],
)
def test_difference_beside_the_middle_half_of_both(
    tmp_path: Path, values: tuple[int, ...], outcome: Outcome
) -> None:
    """The middle half of A, 1 to 5, reaches from 2 to 4 around 3."""
    a, b = counted("fd_polls", (1, 2, 3, 4, 5)), counted("fd_polls", values)
    assert row(compared(tmp_path, a, b), "fd_polls").outcome == outcome
    assert row(compared(tmp_path, b, a), "fd_polls").outcome == outcome


def test_a_single_call_is_not_the_same_in_all(tmp_path: Path) -> None:
    found = row(
        compared(tmp_path, counted("sleeps", (1, 1, 1, 1, 1)), counted("sleeps", (1, 1, 1, 1, 2))),
        "sleeps",
    )
    assert (found.outcome, found.difference, found.alike) == (Outcome.WITHIN, 0, False)


@pytest.mark.parametrize(
    ("shift_ns", "outcome"),
    [(0, Outcome.WITHIN), (45, Outcome.WITHIN), (46, Outcome.DIFFERS), (-46, Outcome.DIFFERS)],
)
def test_time_beside_its_spread(tmp_path: Path, shift_ns: int, outcome: Outcome) -> None:
    found = compared(tmp_path, polls(), polls(each + shift_ns for each in TEN))
    time = row(found, "kernel_ns")
    assert (time.outcome, time.difference) == (outcome, shift_ns)
    assert row(found, "fd_polls").outcome == Outcome.SAME


@pytest.mark.parametrize(("calls", "outcome"), [(4, Outcome.FEW), (5, Outcome.DIFFERS)])
def test_times_of_few_calls_are_not_judged(tmp_path: Path, calls: int, outcome: Outcome) -> None:
    found = compared(tmp_path, polls(), polls([9000] * calls, queued=7))
    assert row(found, "kernel_ns").outcome == outcome
    assert row(found, "insertions").outcome == Outcome.DIFFERS, "counts are exact"


def test_number_of_calls(tmp_path: Path) -> None:
    found = compared(tmp_path, polls(TEN), polls(TEN[:7]))
    calls = row(found, "calls")
    assert (calls.outcome, calls.difference, calls.ratio) == (Outcome.DIFFERS, -3, 0.7)
    assert row(compared(tmp_path, polls(), polls()), "calls").outcome == Outcome.SAME


def test_two_models_are_paired_by_their_waiting_calls(tmp_path: Path) -> None:
    a, b = Maker(), Maker()
    scenes.mux(a, ready=41)
    epoll_scenes.epoll(b)
    found = compared(tmp_path, a, b)
    waits = row(found, "insertions")
    assert waits.family.title == "poll | epoll_wait"
    assert waits.phase.matched == "order"
    assert (waits.outcome, waits.difference) == (Outcome.DIFFERS, -41)


def test_family_that_only_one_calls(tmp_path: Path) -> None:
    b = polls()
    b.call("read", 1, insertions=1)
    found = compared(tmp_path, polls(), b)
    calls, queued = row(found, "calls", "read"), row(found, "insertions", "read")
    assert (calls.outcome, calls.difference) == (Outcome.DIFFERS, 1)
    assert (queued.outcome, queued.difference, queued.ratio) == (Outcome.NOT_CALLED, None, None)
    assert queued.a.spread is None
    assert queued.b.spread is not None


def test_calls_that_never_returned_have_a_number_and_nothing_else(tmp_path: Path) -> None:
    b = Maker()
    b.phase("poll", name="polls")
    b.call("poll", 0, exit_ns=0, insertions=41)
    found = compared(tmp_path, polls(TEN[:1], queued=41), b)
    assert row(found, "calls").outcome == Outcome.SAME
    assert row(found, "insertions").outcome == Outcome.NOT_CALLED


def test_unpaired_phase_has_no_rows(tmp_path: Path) -> None:
    b = polls()
    scenes.mux(b, label="more")
    found = compared(tmp_path, polls(), b)
    assert [(pair.a is None, pair.b and pair.b.title) for pair in found.phases] == [
        (False, "polls"),
        (True, "more"),
    ]
    assert {each.phase for each in found.rows} == {found.phases[0]}


def test_empty_traces(tmp_path: Path) -> None:
    found = compared(tmp_path, Maker(), Maker())
    assert (found.phases, found.rows) == ((), ())
