from __future__ import annotations

import pandas as pd

from analysis.naming import with_fds
from tracer.shared.records import StepKind

LOOK, OTHER = int(StepKind.FD_POLL), int(StepKind.SLEEP)


def named(*rows: tuple[int, int, int, int]) -> list[int]:
    """Rows are (kind, pid, object, fd)."""
    frame = pd.DataFrame(rows, columns=["kind", "pid", "object", "fd"])
    fds: list[int] = with_fds(frame)["fd"].tolist()
    return fds


def test_look_gets_the_fd_of_the_last_look_at_its_file() -> None:
    assert named((LOOK, 1, 0xA, 4), (LOOK, 1, 0xB, 6), (LOOK, 1, 0xA, -1)) == [4, 6, 4]


def test_file_never_seen_under_an_fd_has_no_name() -> None:
    assert named((LOOK, 1, 0xA, -1), (LOOK, 1, 0xA, 4)) == [-1, 4]


def test_address_used_again_has_its_new_name() -> None:
    assert named((LOOK, 1, 0xA, 4), (LOOK, 1, 0xA, 9), (LOOK, 1, 0xA, -1)) == [4, 9, 9]


def test_other_process_and_other_steps_are_left_alone() -> None:
    assert named((LOOK, 1, 0xA, 4), (LOOK, 2, 0xA, -1), (OTHER, 1, 0xA, -1)) == [4, -1, -1]


def test_no_steps() -> None:
    assert named() == []
