"""Results of threads come in order, and so do exceptions; one thing needs no thread."""

from __future__ import annotations

import threading

import pytest

from analysis.windows.threads import in_threads


def test_results_are_in_the_order_of_things() -> None:
    assert list(in_threads(lambda number: number * number, range(50))) == [n * n for n in range(50)]
    assert list(in_threads(abs, [])) == []


def test_several_are_made_in_threads_and_one_is_not() -> None:
    def thread(_: int) -> threading.Thread:
        return threading.current_thread()

    assert threading.main_thread() not in in_threads(thread, range(2))
    assert list(in_threads(thread, range(1))) == [threading.main_thread()]


def test_an_exception_is_raised_in_its_place() -> None:
    got = in_threads(lambda number: 1 // number, [1, 0])
    assert next(got) == 1
    with pytest.raises(ZeroDivisionError):
        next(got)
