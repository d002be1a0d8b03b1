"""Which call is worth seeing: waits first, reads that wait, never one of a file."""

from __future__ import annotations

import errno
from pathlib import Path

import numpy as np
import pytest
from pandas.testing import assert_frame_equal

from analysis.timeline import choice
from analysis.timeline.choice import Wanted, candidates
from analysis.windows import kept as keeping
from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import WAITER, Maker
from tracer.shared.cachehome import cache_home
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.syscalls import BY_NAME


def opened(maker: Maker, path: Path) -> Recording:
    return open_recording(maker.write(path / "x.trace"))


def numbers(recording: Recording, **wanted: object) -> list[int]:
    return candidates(recording, Wanted(**wanted))["seq"].tolist()  # type: ignore[arg-type]


def server() -> Maker:
    """A loader's read that slept, then: two waits that found, one empty, one woken, a read."""
    maker = Maker(detail="steps")
    maker.call("openat", 3)
    maker.call("read", 832, fd=3, nr=832, insertions=1, sleeps=1, wakeups=1, notified=1)
    maker.call("close", 0, fd=3)
    maker.call("epoll_wait", 1, fd=5, fd_polls=1)
    maker.call("epoll_wait", 1, fd=5, fd_polls=1)
    maker.call("epoll_wait", 0, fd=5)
    maker.call(
        "epoll_wait", 1, fd=5, fd_polls=1, sleeps=1, wakeups=1, notified=1,
        wall_ns=9000, off_cpu_ns=8500,
    )  # fmt: skip
    maker.call("read", -errno.EAGAIN, fd=6, nr=10, wall_ns=3000)
    return maker


def test_waits_before_reads_and_no_file(tmp_path: Path) -> None:
    assert numbers(opened(server(), tmp_path)) == [7, 4, 6, 8]


def test_what_is_alike_is_offered_once(tmp_path: Path) -> None:
    found = candidates(opened(server(), tmp_path), Wanted())
    assert dict(zip(found["seq"], found["alike"], strict=True)) == {7: 1, 4: 2, 6: 1, 8: 1}


@pytest.mark.parametrize("size", [1, 2, 3])
def test_windows_make_no_difference(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    recording = opened(server(), tmp_path)
    whole = candidates(recording, Wanted())
    monkeypatch.setattr(choice, "WINDOW", size)
    again = candidates(recording, Wanted())
    assert again.reset_index(drop=True).equals(whole.reset_index(drop=True))


def test_slowest_leaves_time_off_the_cpu_out(tmp_path: Path) -> None:
    assert numbers(opened(server(), tmp_path), slowest=True)[:2] == [8, 4]


def test_empty_is_no_fd_or_eagain(tmp_path: Path) -> None:
    assert numbers(opened(server(), tmp_path), empty=True) == [6, 8]


def test_a_closed_file_frees_its_number(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.call("openat", 3)
    maker.call("close", 0, fd=3)
    maker.call("read", 1, fd=3, nr=1, insertions=1, sleeps=1)
    assert numbers(opened(maker, tmp_path)) == [3]


def test_alternatives_are_listed_where_nothing_can_be_chosen(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.call("openat", 3)
    maker.call("read", 832, fd=3, nr=832, insertions=1, sleeps=1)
    maker.call("read", 8, fd=3, nr=832, insertions=1, sleeps=1)
    with pytest.raises(TraceError, match="the trace has 2 read, 1 open; --call TID:SEQ"):
        numbers(opened(maker, tmp_path))


def test_none_is_empty_or_slowest(tmp_path: Path) -> None:
    maker = Maker(detail="steps", detached={"sched_switch": "EPERM"})
    maker.call("poll", 1, nr=1, fd_polls=1)
    recording = opened(maker, tmp_path)
    with pytest.raises(UsageError, match="none of the 1 matching calls returned nothing"):
        numbers(recording, empty=True)
    with pytest.raises(UsageError, match="no call's time off the CPU is known"):
        numbers(recording, slowest=True)
    maker.call("read", 1, fd=7, nr=1)
    recording = opened(maker, tmp_path / "more")
    with pytest.raises(TraceError, match="no finished call in phase 4 is about fd 7"):
        numbers(recording, fd="7", phase=4)


def test_reads_where_no_hook_sees_entries(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for row in maker.manifest["plan"]:
        if any(feed.startswith("insertions") for feed in row["feeds"]):
            row |= {"attached": None, "reason": "EPERM"}
    maker.call("read", 1, fd=7, nr=1)
    maker.call("read", 1, fd=7, nr=1, sleeps=1)
    assert numbers(opened(maker, tmp_path)) == [2]


def test_families_are_known() -> None:
    assert set(choice.WAITING) <= {call.family for call in BY_NAME.values()}


@pytest.mark.usefixtures("cache")
def test_candidates_that_were_kept_are_the_same_unless_the_calls_are_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = candidates(opened(server(), tmp_path), Wanted())
    monkeypatch.setattr(keeping, "LEAST", 0)
    first, again = (numbers(open_recording(tmp_path / "x.trace")) for _ in range(2))
    assert first == again == plain["seq"].tolist()
    found = candidates(open_recording(tmp_path / "x.trace"), Wanted())
    assert_frame_equal(found.reset_index(drop=True), plain.reset_index(drop=True))
    for file in (cache_home() / "traces").iterdir():
        arrays = dict(np.load(file))
        if "seq" in arrays:
            np.savez(file, **(arrays | {"seq": np.array([4, 4, 6, 8])}))
    assert numbers(open_recording(tmp_path / "x.trace")) == first


def test_a_call_out_of_order_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = opened(server(), tmp_path)
    assert choice.requested_call(recording, WAITER, 7) == 6
    monkeypatch.setattr(choice, "stretch_of", lambda *_: (0, 3))
    assert choice.requested_call(recording, WAITER, 7) == 6
    with pytest.raises(UsageError, match="no finished call number 99"):
        choice.requested_call(recording, WAITER, 99)
