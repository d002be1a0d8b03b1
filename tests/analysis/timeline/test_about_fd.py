"""Calls about an fd: those that name it, and waits that polled it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.timeline import choice
from analysis.timeline.about_fd import calls_about
from analysis.timeline.choice import Wanted, candidates, chosen_call
from analysis.trace.spools import dtype_of
from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import WAITER, Maker
from tests.analysis.timeline.scenes import poll_of_three
from tracer.shared.errors import TraceError, UsageError
from tracer.shared.records import STEP_FIELDS, StepKind


def opened(maker: Maker, path: Path) -> Recording:
    return open_recording(maker.write(path / "x.trace"))


def keys(recording: Recording, asked: str) -> tuple[list[int], list[int]]:
    """Return the numbers of the waiter's calls: all about it, and those that found it ready."""
    about = calls_about(recording, asked)
    sides = (about.calls, about.found_ready)
    one, other = ([key & 0xFFFF for key in side.tolist() if key >> 32 == WAITER] for side in sides)
    return one, other


def test_a_poll_that_found_it_ready(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    maker.call("read", 1, fd=8, nr=1)
    recording = opened(maker, tmp_path)
    assert keys(recording, "8") == ([1, 2], [1])
    assert keys(recording, "6") == ([1], []), "polled, and not ready: writing alone is not"
    assert candidates(recording, Wanted(fd="8"))["seq"].tolist() == [1, 2]


def test_epoll_polls_a_file_that_its_ctl_named(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    seq = maker.next_seq()
    maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=7, object=0x70, value=4)
    maker.call("epoll_ctl", 0, op=1, fd=5, target=7)
    seq = maker.next_seq()
    maker.step(StepKind.FD_POLL, "sock_poll", seq=seq, fd=-1, object=0x70, value=5)
    maker.call("epoll_wait", 1, fd=5, fd_polls=1)
    assert keys(opened(maker, tmp_path), "7") == ([1, 2], [2])


def test_by_name_at_the_moment_of_the_call(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.observe(7, "tcp", local="127.0.0.1:6379", peer="127.0.0.1:51234")
    maker.call("read", 1, fd=7, nr=1)
    maker.call("close", 0, fd=7)
    maker.call("openat", 7)
    maker.observe(7, "file", text="/var/Log")
    maker.call("read", 1, fd=7, nr=1)
    recording = opened(maker, tmp_path)
    assert keys(recording, ":6379") == ([1, 2], [])
    assert keys(recording, "/VAR/log") == ([4], [])
    with pytest.raises(UsageError, match=r"--fd redis: no call is about it.* fd 7 \(/var/Log\)"):
        calls_about(recording, "redis")


def test_without_names_a_number_is_needed(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    maker.call("read", 1, fd=7, nr=1)
    with pytest.raises(UsageError, match=r"no names of fds were recorded; give a number.*fd 7"):
        calls_about(opened(maker, tmp_path), "redis")


def test_a_damaged_poll_is_told_by_its_place(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    poll_of_three(maker)
    path = maker.write(tmp_path / "x.trace")
    steps = np.memmap(path / "steps.bin", dtype_of(STEP_FIELDS))
    places = np.flatnonzero(steps["kind"] == StepKind.FD_POLL)
    steps["pid"][places[-1]] = 1 << 30
    steps.flush()
    with pytest.raises(TraceError, match=f"steps.bin: record {places[-1]}: pid is"):
        calls_about(open_recording(path), "8")


@pytest.mark.parametrize("size", [1, 1000])
def test_no_wait_is_good_enough_before_one_that_found_it_ready(
    tmp_path: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(detail="steps")
    for value in (4, 1):
        maker.step(StepKind.FD_POLL, "sock_poll", seq=maker.next_seq(), fd=8, value=value)
        maker.call("poll", 1, nr=1, fd_polls=1, sleeps=1, wakeups=1, notified=1)
    recording = opened(maker, tmp_path)
    monkeypatch.setattr(choice, "WINDOW", size)
    assert candidates(recording, Wanted(fd="8"), most=1)["seq"].tolist() == [2]


@pytest.mark.parametrize("early", [1, 2, 3, 1000])
@pytest.mark.parametrize("fd", ["8", "9"])
def test_the_best_is_the_same_if_it_is_found_early(
    tmp_path: Path, early: int, fd: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    maker = Maker(detail="steps")
    for polled in (8, 8, 9):
        maker.step(StepKind.FD_POLL, "sock_poll", seq=maker.next_seq(), fd=polled, value=1)
        maker.call("poll", 1, nr=1, fd_polls=1, sleeps=1, wakeups=1, notified=1)
    recording = opened(maker, tmp_path)
    monkeypatch.setattr(choice, "EARLY", early)
    read_whole = []

    def noted(recording: Recording, wanted: Wanted, most: int) -> pd.DataFrame:
        read_whole.append(wanted)
        return candidates(recording, wanted, most)

    monkeypatch.setattr(choice, "candidates", noted)
    assert chosen_call(recording, Wanted(fd=fd)) == {"8": 0, "9": 2}[fd]
    assert bool(read_whole) == (fd == "9" or early > 2)


def test_errors_are_about_the_whole_trace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    maker = Maker(detail="steps")
    for fd in (7, 9):
        maker.call("read", 1, fd=fd, nr=1)
    monkeypatch.setattr(choice, "EARLY", 1)
    for asked in ("redis", "8"):
        with pytest.raises(UsageError, match=rf"--fd {asked}: .*fd 7; fd 9"):
            chosen_call(opened(maker, tmp_path / asked), Wanted(fd=asked))
