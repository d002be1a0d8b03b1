"""Every outcome that a metric can have, from two traces made to have it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from analysis.comparison.compare import Comparison, Row, compare
from analysis.comparison.sides import NOTHING, gather, only
from analysis.comparison.sides import counted as counted_of
from analysis.comparison.values import Outcome
from analysis.fdnames import fd_names_of
from analysis.frames import Trace, read_trace
from analysis.served import Served
from analysis.windows.partial import combined
from tests.analysis import epoll_scenes, scenes
from tests.analysis.handmade import NONE_LOST, Maker
from tracer.shared.errors import UsageError

TEN = (1000, 1010, 1020, 1030, 1040, 1050, 1060, 1070, 1080, 1090)


def polls(
    times_ns: Iterable[int] = TEN, queued: int = 0, detached: dict[str, str] | None = None
) -> Maker:
    """A phase of poll, one call per time, each of which queues entries and removes them."""
    maker = Maker(detached=detached)
    maker.phase("poll", name="polls")
    for wall_ns in times_ns:
        maker.call("poll", 1, wall_ns=wall_ns, insertions=queued, removals=queued, fd_polls=41)
    return maker


def counted(column: str, values: Iterable[int]) -> Maker:
    """A phase of poll, one call per value of ``column``."""
    maker = Maker()
    maker.phase("poll", name="polls")
    for value in values:
        maker.call("poll", 1, **{column: value})
    return maker


def compared(path: Path, a: Maker, b: Maker) -> Comparison:
    """Hold two traces against each other, without their findings, which take time."""
    of_a, of_b = (
        [read_trace(each.write(path / f"{name}.trace"))] for name, each in (("a", a), ("b", b))
    )
    return compare(of_a, of_b, rules=())


def row(found: Comparison, metric: str, family: str = "poll") -> Row:
    (chosen,) = (
        each for each in found.rows
        if each.metric == metric and family in (each.family.a, each.family.b)
    )  # fmt: skip
    return chosen


def test_a_trace_beside_itself_is_the_same(tmp_path: Path) -> None:
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


def test_count_out_of_zero_has_no_ratio(tmp_path: Path) -> None:
    found = row(compared(tmp_path, polls(), polls(queued=7)), "insertions")
    assert (found.outcome, found.difference, found.ratio) == (Outcome.DIFFERS, 7, None)


@pytest.mark.parametrize(
    ("values", "outcome"),
    [
        ((1, 2, 3, 4, 5), Outcome.WITHIN),
        ((3, 4, 5, 6, 7), Outcome.WITHIN),
        ((4, 5, 6, 7, 8), Outcome.DIFFERS),
        ((3, 3, 3, 3, 3), Outcome.WITHIN),
        ((6, 6, 6, 6, 6), Outcome.DIFFERS),
        ((0, 2, 8, 14, 20), Outcome.WITHIN),
    ],
)
def test_difference_beside_the_middle_half_of_both(
    tmp_path: Path, values: tuple[int, ...], outcome: Outcome
) -> None:
    """The middle half of A, 1 to 5, reaches from 2 to 4 around 3."""
    a, b = counted("fd_polls", (1, 2, 3, 4, 5)), counted("fd_polls", values)
    assert row(compared(tmp_path, a, b), "fd_polls").outcome == outcome
    assert row(compared(tmp_path, b, a), "fd_polls").outcome == outcome


def test_spread_of_one_call_is_no_sameness(tmp_path: Path) -> None:
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


def test_two_models_are_held_together_by_what_they_wait_in(tmp_path: Path) -> None:
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


@pytest.mark.parametrize("swapped", [False, True])
def test_missing_in_one_is_missing_there_with_its_reason(tmp_path: Path, swapped: bool) -> None:
    makers = [polls(), polls(detached={"sock_poll": "fexit:sock_poll: EPERM"})]
    found = row(compared(tmp_path, *(makers[::-1] if swapped else makers)), "fd_polls")
    assert (found.outcome, found.difference, found.ratio) == (Outcome.MISSING, None, None)
    there, gone = (found.b, found.a) if swapped else (found.a, found.b)
    assert (gone.spread, there.spread is None) == (None, False)
    assert found.because == f"in {'A' if swapped else 'B'}: hook sock_poll: fexit: EPERM"


def test_missing_in_both(tmp_path: Path) -> None:
    gone = {"sched_switch": "EPERM"}
    found = compared(tmp_path, polls(detached=gone), polls(detached=gone))
    for metric in ("sleeps", "kernel_ns"):
        assert row(found, metric).outcome == Outcome.MISSING
        assert row(found, metric).because == "in both: hook sched_switch: EPERM"


def test_entries_that_no_hook_saw_are_not_zero(tmp_path: Path) -> None:
    """A read of an eventfd that slept: analysis.frames."""
    unseen = Maker()
    unseen.call("read", 8, sleeps=1)
    found = row(compared(tmp_path, unseen, unseen), "insertions", "read")
    assert found.outcome == Outcome.MISSING
    assert found.because == "in both: 1 of 1 calls of read queued an entry that no hook saw"
    unseen.call("read", 1, sleeps=1, insertions=1)
    found = row(compared(tmp_path, unseen, unseen), "insertions", "read")
    assert found.outcome == Outcome.DOUBTFUL
    assert found.because == "in both: 1 of 2 calls of read queued an entry that no hook saw"


def test_times_of_two_clocks_are_refused(tmp_path: Path) -> None:
    b = polls(queued=7)
    b.manifest["machine"]["clock"] = "instructions"
    found = compared(tmp_path, polls(), b)
    time = row(found, "kernel_ns")
    assert (time.outcome, time.difference, time.ratio) == (Outcome.REFUSED, None, None)
    assert time.because == found.times_refused
    assert "the clock of A is real, that of B is instructions" in str(found.times_refused)
    assert row(found, "insertions").outcome == Outcome.DIFFERS, "counts have no clock"


def test_times_of_one_clock_are_compared(tmp_path: Path) -> None:
    makers = polls(), polls()
    for maker in makers:
        maker.manifest["machine"]["clock"] = "instructions"
    found = compared(tmp_path, *makers)
    assert found.times_refused is None
    assert row(found, "kernel_ns").outcome == Outcome.WITHIN


@pytest.mark.parametrize(
    ("manifest", "words"),
    [
        ({"losses": NONE_LOST | {"calls": 3}}, "3 calls lost; raise --ring-size"),
        ({"losses": None, "state": "recording"}, "the recorder was killed"),
        ({"losses": None}, "losses are unknown"),
        ({"live_entries": 1}, "ledger: 0 entries are still queued"),
    ],
)
def test_lost_evidence_decides_nothing(
    tmp_path: Path, manifest: dict[str, object], words: str
) -> None:
    b = polls(queued=7)
    b.manifest |= manifest
    found = compared(tmp_path, polls(), b)
    assert found.a.doubts == ()
    assert found.b.doubts[0].startswith(words)
    assert {each.outcome for each in found.rows} == {Outcome.DOUBTFUL, Outcome.MISSING}
    assert str(row(found, "insertions").because).startswith(f"in B: {words}")


def test_truth_that_disagrees_decides_nothing(tmp_path: Path) -> None:
    a = polls()
    a.phases[0]["calls"]["poll"]["count"] = 11
    found = compared(tmp_path, a, polls())
    assert "truth against trace" in found.a.doubts[0]
    assert row(found, "calls").outcome == Outcome.DOUBTFUL


def test_missed_runs_cost_what_depends_on_them(tmp_path: Path) -> None:
    a = polls(queued=41)
    a.manifest["misses"] = {"sock_poll_fexit": 3}
    found = compared(tmp_path, a, polls(queued=7))
    assert row(found, "fd_polls").outcome == Outcome.DOUBTFUL
    assert str(row(found, "fd_polls").because).startswith("in A: sock_poll_fexit missed 3 runs")
    assert row(found, "insertions").outcome == Outcome.DIFFERS
    a.manifest["misses"] = {"sys_exit_raw_tp": 3}
    found = compared(tmp_path, a, polls(queued=7))
    assert row(found, "calls").outcome == Outcome.DOUBTFUL
    assert row(found, "insertions").outcome == Outcome.DOUBTFUL


def test_ended_by_ctrl_c_is_a_way_to_end_a_server(tmp_path: Path) -> None:
    b = polls(queued=7)
    b.manifest |= {"state": "interrupted", "exit_status": -2}
    assert row(compared(tmp_path, polls(), b), "insertions").outcome == Outcome.DIFFERS


def test_phase_that_stands_alone_has_no_rows(tmp_path: Path) -> None:
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


def sides(path: Path, of_a: list[int], of_b: list[int]) -> Comparison:
    """Recordings that are ``of_a`` and ``of_b`` ns slower than the others."""

    def written(shifts: list[int], side: str) -> list[Trace]:
        return [
            read_trace(polls(each + by for each in TEN).write(path / f"{side}{number}.trace"))
            for number, by in enumerate(shifts)
        ]

    return compare(written(of_a, "a"), written(of_b, "b"), rules=())


@pytest.mark.parametrize(
    ("of_a", "of_b", "outcome"),
    [
        ([0, 10, 20], [31, 41, 51], Outcome.DIFFERS),
        ([0, 10, 20], [10, 20, 30], Outcome.WITHIN),
        ([0, 10, 200], [110, 120, 130], Outcome.WITHIN),
        ([0, 10], [31, 41], Outcome.WITHIN),  # few recordings: calls have a say, too
        ([0, 10], [131, 141], Outcome.DIFFERS),
        ([0, 10, 20], [19, 41, 42], Outcome.WITHIN),  # one of B lies among those of A
        ([0], [31, 41, 51], Outcome.WITHIN),
        ([0], [131, 141, 151], Outcome.DIFFERS),
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


def test_cost_per_event_and_request(tmp_path: Path) -> None:
    a, b, c = polls(), polls(each + 7003 for each in TEN), polls()
    for maker in (a, b, c):
        maker.observe(4, "tcp", local="127.0.0.1:80", peer="127.0.0.1:1", state="ESTABLISHED")
        maker.observe(5, "pipe", inode=3)
        maker.call("read", 8, fd=4, wall_ns=550)
        maker.call("read", 0, fd=4, wall_ns=450)
    found = compared(tmp_path, a, b)
    of_event, of_request = (
        row(found, "kernel_ns_per_event", "all"),
        row(found, "kernel_ns_per_request", "all"),
    )
    assert (of_event.a.median, of_request.a.median) == ((sum(TEN) + 1000) / 10, sum(TEN) + 1000)
    assert (of_event.outcome, of_event.difference) == (Outcome.ALONE, 7003)
    assert row(found, "calls_per_request", "all").a.median == 12
    assert row(found, "calls_per_event", "all").outcome == Outcome.SAME
    c.call("read", 8, fd=9, tid=72)
    doubtful = row(compared(tmp_path / "more", a, c), "calls_per_request", "all")
    assert doubtful.outcome == Outcome.DOUBTFUL
    assert doubtful.because == (
        "in B: 1 of 2 reads with data were on fds that may or may not be sockets"
    )


def test_costs_of_several_recordings_are_judged(tmp_path: Path) -> None:
    found = sides(tmp_path, [0, 10, 20], [31, 41, 51])
    assert row(found, "kernel_ns_per_event", "all").outcome == Outcome.DIFFERS


def test_no_event_costs_nothing_and_not_zero(tmp_path: Path) -> None:
    metrics = {each.metric for each in compared(tmp_path, polls(), polls()).rows}
    assert "kernel_ns_per_event" in metrics
    assert "kernel_ns_per_request" not in metrics
    missing = row(compared(tmp_path / "more", polls(detached={"sched_switch": "EPERM"}), polls()),
                  "kernel_ns_per_event", "all")  # fmt: skip
    assert (missing.outcome, missing.a.median) == (Outcome.MISSING, None)


def program(name: str, calls: int) -> Maker:
    maker = Maker()
    maker.task(71, name)
    maker.task(72, "load")
    for _ in range(calls):
        maker.call("poll", 1, fd_polls=1)
    maker.call("read", 1, tid=72, fd=4)
    return maker


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


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"detail": "steps"}, "A was recorded with --detail calls and probes of functions, B with"),
        ({"tracepoints": True}, "B with --detail calls and tracepoints only, and times include"),
    ],
)
def test_times_that_hold_other_probes_are_refused(
    tmp_path: Path, changed: dict[str, object], why: str
) -> None:
    other = polls(each + 7003 for each in TEN)
    if changed.pop("tracepoints", False):
        for each in other.manifest["plan"]:
            if not (each["attached"] or "").startswith("raw_tp:"):
                each |= {"attached": None, "reason": "fentry: EPERM"}
    other.manifest |= changed
    found = compared(tmp_path, polls(), other)
    assert why in (found.times_refused or "")
    assert row(found, "kernel_ns").outcome == Outcome.REFUSED
    assert row(found, "kernel_ns_per_event", "all").outcome == Outcome.REFUSED
    assert row(found, "calls").difference == 0


def test_windows_combine(tmp_path: Path) -> None:
    maker = program("server", 7)
    maker.observe(4, "tcp", pid=72, local="a:1", peer="b:2", state="ESTABLISHED")
    recording = read_trace(maker.write(tmp_path / "x.trace")).recording
    names = fd_names_of(recording)
    parts = [gather(only(window, [71, 72]), names) for window in recording.windows(2)]
    assert len(parts) > 2
    whole, one = combined(parts, NOTHING), counted_of(recording)
    assert whole.served == one.served == {0: Served(events=7, requests=1, unknown=0)}
    for key, spread in one.spreads.by_key.items():
        assert whole.spreads.by_key[key].values.tolist() == spread.values.tolist()
