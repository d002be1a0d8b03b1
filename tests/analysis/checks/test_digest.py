"""The digest of a trace does not depend on the windows in which it is read."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from analysis.checks.digest import Gathered, digest, digest_of, finished, gather
from analysis.report.as_json import json_of
from analysis.report.text import text_of
from analysis.windows.recording import Recording, open_recording
from tests.analysis import epoll_scenes
from tests.analysis.checks.test_continuity import drop, kinds_of
from tests.analysis.handmade import WAKER, Maker
from tests.analysis.windows.making import each_size, each_trace
from tracer.shared.records import StepKind

pytestmark = pytest.mark.slow


def same(recording: Recording, size: int) -> None:
    whole, parts = digest_of(recording), digest(recording, size)
    assert text_of(recording, parts, 100) == text_of(recording, whole, 100)
    assert json_of(recording, parts) == json_of(recording, whole)


@each_trace
@each_size
def test_a_report_is_the_same_in_windows(path: Path, size: int) -> None:
    same(open_recording(path), size)


@each_trace
def test_a_report_on_a_damaged_trace_is_the_same_in_windows(path: Path, tmp_path: Path) -> None:
    for field, value in kinds_of(path)[::5]:
        target = tmp_path / f"{field}{value}.trace"
        drop(path, target, field, value, random.Random(23))  # noqa: S311
        same(open_recording(target), 7)


def swapped(maker: Maker) -> None:
    """Steps that come before those of earlier calls, and after their own call."""
    for _ in range(9):
        for _ in range(3):
            maker.step(StepKind.FD_POLL, "sock_poll", seq=maker.next_seq())
        maker.call("poll", 1, fd_polls=3)
    maker.steps[3], maker.steps[-3] = maker.steps[-3], maker.steps[3]


def used_again(maker: Maker) -> None:
    """Entries that are queued over and over, with late callbacks."""
    for number in range(9):
        maker.step(StepKind.INSERTION, "add_wait_queue", entry=4096, seq=maker.next_seq())
        if number % 3:
            maker.step(StepKind.REMOVAL, "remove_wait_queue", entry=4096, seq=maker.next_seq())
        for _ in range(number % 4):
            maker.step(StepKind.CALLBACK, "pollwake", entry=4096, tid=WAKER, pid=WAKER)
        maker.call("poll", 1, insertions=1, removals=1)


def requests(maker: Maker) -> None:
    for _ in range(9):
        maker.step(StepKind.INSERTION, "add_wait_queue", entry=4096, seq=maker.next_seq())
        maker.call("io_uring_enter", 1, insertions=1)


def epoll(maker: Maker) -> None:
    epoll_scenes.epoll(maker, asleep=True)


@pytest.mark.parametrize("scene", [swapped, used_again, requests, epoll])
@each_size
def test_what_crosses_borders_is_found(scene, size: int, tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    scene(maker)
    same(open_recording(maker.write(tmp_path / "x.trace")), size)


@each_trace
def test_grouping_makes_no_difference(path: Path) -> None:
    recording = open_recording(path)
    parts = [gather(window) for window in recording.windows(5)]

    def tree(some: list[Gathered]) -> Gathered:
        half = len(some) // 2
        return some[0] if len(some) == 1 else tree(some[:half]).combine(tree(some[half:]))

    found = finished(recording, tree(parts))
    assert text_of(recording, found, 100) == text_of(recording, digest_of(recording), 100)


def test_problems_of_one_kind_are_counted_and_the_first_are_listed(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for _ in range(123):
        maker.step(StepKind.REMOVAL, "remove_wait_queue", entry=4096, seq=maker.next_seq())
        maker.call("poll", 1)
    found = digest_of(open_recording(maker.write(tmp_path)))
    assert [len(found.ledger.problems), len(found.disagreeing)] == [123, 123]
    assert [len(each.sentences) for each in (found.ledger.problems, found.disagreeing)] == [50, 50]
