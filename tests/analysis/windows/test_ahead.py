"""Things made in a thread come in order, at most one ahead, and so do exceptions."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from analysis.windows.ahead import ahead


def test_all_come_in_order_even_none() -> None:
    assert list(ahead([3, None, 0, 7])) == [3, None, 0, 7]
    assert list(ahead([])) == []


def test_one_is_made_ahead_and_no_more_in_one_thread() -> None:
    made: list[int] = []
    threads = set()

    def things() -> Iterator[int]:
        for number in range(4):
            threads.add(threading.current_thread())
            made.append(number)
            yield number

    for number in ahead(things()):
        assert len(made) <= number + 2
    assert made == [0, 1, 2, 3]
    assert len(threads) == 1
    assert threading.main_thread() not in threads


def test_an_exception_comes_after_what_was_made() -> None:
    def things() -> Iterator[int]:
        yield 1
        raise ValueError("torn")

    got = ahead(things())
    assert next(got) == 1
    with pytest.raises(ValueError, match="torn"):
        next(got)


def test_no_thread_is_left_where_the_user_stops() -> None:
    got = ahead(iter(range(10)))
    assert next(got) == 0
    got.close()  # type: ignore[attr-defined]
    assert not [each for each in threading.enumerate() if each.name.startswith("ahead")]
