"""Each sign appears beyond its threshold, and is silent on the other side."""

from __future__ import annotations

import pytest

from analysis.live.rows import Row
from analysis.live.signs import FEWEST, HELD_UP_NS, signs
from tests.analysis.live.making import EPOLL_WAIT, OPEN, READ, row

BUSY = {"calls": 2000, "at_once": 1500, "empty": 1200}


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (row(EPOLL_WAIT, **BUSY), ["busy-polling"]),
        (row(EPOLL_WAIT, 10.0, **BUSY), []),
        (row(EPOLL_WAIT, **(BUSY | {"empty": 900})), []),
        (row(EPOLL_WAIT, **(BUSY | {"at_once": 900})), []),
        (row(EPOLL_WAIT, calls=1, longest_gap_ns=HELD_UP_NS), ["held-up"]),
        (row(EPOLL_WAIT, calls=1, longest_gap_ns=HELD_UP_NS - 1), []),
        (row(EPOLL_WAIT, calls=100, saturated=10), ["saturated"]),
        (row(EPOLL_WAIT, calls=100, saturated=9), []),
        (row(EPOLL_WAIT, calls=FEWEST - 1, saturated=FEWEST - 1), []),
    ],
)
def test_of_a_loop(of: Row, found: list[str]) -> None:
    assert [sign.id for sign in signs([of], [])] == found


@pytest.mark.parametrize(
    ("of", "found"),
    [
        (row(READ, calls=100, failed=50, again=50), ["finds-nothing"]),
        (row(READ, calls=100, failed=49, again=49), []),
        (row(READ, calls=100, failed=30, again=20), ["fails"]),
        (row(READ, calls=100, failed=29, again=20), []),
        (row(READ, calls=FEWEST - 1, failed=FEWEST - 1), []),
        (row(OPEN, calls=1000, failed=900), []),
    ],
)
def test_of_a_call(of: Row, found: list[str]) -> None:
    assert [sign.id for sign in signs([], [of])] == found
