"""Events with several waiters: who slept, whom the write woke, whom the waiters woke."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.herd.events import events_of
from analysis.frames import Trace, read_trace
from analysis.trace.truth import CallTotals, PhaseTruth
from analysis.verdicts.callbacks import answered, calls_of_waiters
from tests.analysis.claims.herd import scenes as herd_scenes
from tests.analysis.claims.herd.scenes import FIRST_TID, all_of_them, last
from tests.analysis.claims.spurious_wakeups import scenes as spurious_scenes
from tests.analysis.handmade import WAITER, Maker
from tests.analysis.tasks import POLLWAKE, SLEEPER

ONE, TWO, THREE = range(FIRST_TID, FIRST_TID + 3)


def recorded(maker: Maker, path: Path) -> tuple[Trace, PhaseTruth]:
    trace = read_trace(maker.write(path))
    assert trace.truth is not None
    return trace, trace.truth.phases[0]


def shared(path: Path, **kwargs: int | bool) -> tuple[Trace, PhaseTruth]:
    maker = Maker(detail="steps")
    herd_scenes.herd(maker, "epoll-shared-herd", last, **kwargs)  # type: ignore[arg-type]
    return recorded(maker, path)


def test_truth_has_each_waiter(tmp_path: Path) -> None:
    _, phase = shared(tmp_path, events=2)
    assert [waiter.tid for waiter in phase.waiters] == [ONE, TWO, THREE]
    assert [waiter.calls["epoll_wait"] for waiter in phase.waiters] == [
        CallTotals(1, 1), CallTotals(1, 1), CallTotals(3, 3),
    ]  # fmt: skip


def test_a_phase_of_one_waiter_has_no_list(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    spurious_scenes.spurious(maker, "poll")
    assert recorded(maker, tmp_path)[1].waiters == ()


def test_calls_of_all_waiters(tmp_path: Path) -> None:
    trace, phase = shared(tmp_path, events=2)
    calls = calls_of_waiters(trace, phase, "epoll_wait")
    assert calls["tid"].value_counts().to_dict() == {ONE: 1, TWO: 1, THREE: 3}


def test_last_to_sleep_stays_the_last(tmp_path: Path) -> None:
    events = events_of(*shared(tmp_path, events=2))
    assert events["asleep"].tolist() == [[ONE, TWO, THREE]] * 2
    assert events["woken"].tolist() == [[THREE]] * 2
    assert events["chained"].tolist() == [[]] * 2


def test_a_waiter_that_left_is_not_awaited(tmp_path: Path) -> None:
    events = events_of(*shared(tmp_path, events=3, leave=True))
    assert events["asleep"].tolist() == [[ONE, TWO, THREE], [ONE, TWO], [ONE]]
    assert events["woken"].tolist() == [[THREE], [TWO], [ONE]]


def test_wakeups_by_waiters_are_separate_and_those_at_the_end_left_out(tmp_path: Path) -> None:
    events = events_of(*shared(tmp_path, events=1, chain=1))
    assert events["woken"].tolist() == [[THREE]]
    assert events["chained"].tolist() == [[TWO]]


def test_event_that_came_while_one_was_awake_does_not_count(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="while all waiters slept"):
        events_of(*shared(tmp_path, events=1, awake=True))


def test_poll_is_woken_by_entries_of_its_own(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    herd_scenes.herd(maker, "poll-herd", all_of_them, events=1)
    events = events_of(*recorded(maker, tmp_path))
    assert events["woken"].tolist() == [[ONE, TWO, THREE]]


def test_callback_that_woke_nobody(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    spurious_scenes.spurious(maker, "poll", spurious=2, passes=False, rounds=1)
    ran = answered(*recorded(maker, tmp_path), [POLLWAKE], [WAITER])
    assert ran["woke"].tolist() == [False, False, True]


def test_wakeup_belongs_to_the_callback_before_it(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    spurious_scenes.spurious(maker, "epoll_wait", spurious=2, rounds=1)
    trace, phase = recorded(maker, tmp_path)
    assert answered(trace, phase, [SLEEPER], [WAITER])["woke"].tolist() == [True] * 3
    assert answered(trace, phase, [SLEEPER], [ONE]).empty
