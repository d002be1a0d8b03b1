"""What was tried, and the results."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.limits.fds_picture import EPOLL_LIMIT, SELECT_LIMIT
from analysis.claims.limits.file_max_picture import FILE_MAX
from analysis.frames import read_trace
from tests.analysis.claims.limits.cases import ENOSPC, beyond, boundary, many, row, watches
from tests.analysis.claims.limits.file_max_cases import GIB, boot
from tests.analysis.pictures.drawing import marks_of, svg_of, trace_of


def test_fds_that_select_takes(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, boundary(1024), beyond(1103), beyond(looked=7, served=False))
    rows = SELECT_LIMIT.rows(trace).astype({"returned": "Int64"})
    assert rows[["kind", "fds"]].to_numpy().tolist() == [
        ["taken by the library", 1024],
        ["polled by the kernel", 1103],
        ["polled by the kernel", 7],
    ]
    assert rows["attempt"].iloc[1] == "the kernel, n 1,107, fd 1,106 made ready"
    assert rows["returned"].dropna().tolist() == [1106]
    marks = marks_of(svg_of(SELECT_LIMIT, {"6.1": rows}, "6.1"))
    assert sum("largest fd returned; fds: 1,106" in mark for mark in marks) == 1


def test_what_no_hook_saw_leaves_nothing_to_draw(tmp_path: Path) -> None:
    gone = {"eventfd_poll": "EPERM", "sock_poll": "EPERM"}
    trace = trace_of(tmp_path, boundary(1024), beyond(1103), detached=gone)
    with pytest.raises(Undecided, match="no hook saw what select polled"):
        SELECT_LIMIT.rows(trace)


def test_fds_that_epoll_watched(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, many([row(1201)], watches(997)))
    rows = EPOLL_LIMIT.rows(trace)
    assert rows["kind"].tolist() == ["watched by epoll", "open, not watched"] * 2
    assert rows["fds"].tolist() == [1195, 6, 997, 6]
    assert rows["limit"].tolist() == [1201, 1201, 3603, 3603]
    assert rows["watches"].dropna().tolist() == [997.0, 997.0]
    assert rows["attempt"].unique().tolist() == [
        "limit 1,201; refused: open (EMFILE)",
        "limit 3,603; refused: EPOLL_CTL_ADD (ENOSPC)",
    ]


def test_a_limit_that_was_not_lowered_is_not_drawn(tmp_path: Path) -> None:
    rows = EPOLL_LIMIT.rows(trace_of(tmp_path, many([row(1201, watched=997, **ENOSPC)],
                                                    watches(None))))  # fmt: skip
    assert len(rows) == 2
    assert rows["watches"].isna().all()
    marks = marks_of(svg_of(EPOLL_LIMIT, {"6.1": rows}, "6.1"))
    assert not [mark for mark in marks if "max_user_watches; fds" in mark]


def test_files_compared_with_the_text(tmp_path: Path) -> None:
    boots = [boot(4 * GIB, 440_000), boot(GIB, 98_000)]
    traces = [read_trace(each.write(tmp_path / str(n))) for n, each in enumerate(boots)]
    assert FILE_MAX.rows(*traces).to_numpy().tolist() == [
        [1.0, 98_000.0, 100_000.0, 98_000.0],
        [4.0, 440_000.0, 400_000.0, 110_000.0],
    ]
