from __future__ import annotations

import numpy as np

from analysis.fds.naming import FileNames
from tracer.shared.records import StepKind

POLL, OTHER = int(StepKind.FD_POLL), int(StepKind.SLEEP)


def named(*rows: tuple[int, int, int, int], files: FileNames | None = None) -> list[int]:
    """Rows are (kind, pid, object, fd)."""
    kinds, pids, objects, fds = np.array(rows or [(0, 0, 0, 0)], object).T[:, : len(rows)]
    columns = (kinds.astype("i8"), pids.astype("i8"), objects.astype("u8"), fds.astype("i8"))
    found: list[int] = (files or FileNames()).named(*columns).tolist()
    return found


def test_poll_gets_the_fd_of_the_last_poll_of_its_file() -> None:
    assert named((POLL, 1, 0xA, 4), (POLL, 1, 0xB, 6), (POLL, 1, 0xA, -1)) == [4, 6, 4]


def test_file_never_seen_under_an_fd_has_no_name() -> None:
    assert named((POLL, 1, 0xA, -1), (POLL, 1, 0xA, 4)) == [-1, 4]


def test_address_used_again_has_its_new_name() -> None:
    assert named((POLL, 1, 0xA, 4), (POLL, 1, 0xA, 9), (POLL, 1, 0xA, -1)) == [4, 9, 9]


def test_other_process_and_other_steps_are_left_alone() -> None:
    assert named((POLL, 1, 0xA, 4), (POLL, 2, 0xA, -1), (OTHER, 1, 0xA, -1)) == [4, -1, -1]


def test_no_steps() -> None:
    assert named() == []


def test_stretches_know_what_came_before() -> None:
    rows = [(POLL, 1, 1 << 63, 4), (OTHER, 1, 1 << 63, 7), (POLL, 2, 1 << 63, -1),
            (POLL, 1, 0xB, -1), (POLL, 1, 1 << 63, -1), (POLL, 1, 0xB, 6), (POLL, 1, 0xB, -1),
            (POLL, 1, 1 << 63, 9), (POLL, 1, 1 << 63, -1)]  # fmt: skip
    for size in (1, 2, 3, 9):
        files, found = FileNames(), []
        for first in range(0, len(rows), size):
            found += named(*rows[first : first + size], files=files)
        assert found == [4, 7, -1, -1, 4, 6, 6, 9, 9]
