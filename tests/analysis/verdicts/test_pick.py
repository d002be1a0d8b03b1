from __future__ import annotations

import pandas as pd
import pytest

from analysis.verdicts.pick import counted, span, times


def series(*values: int | None) -> pd.Series[int]:
    return pd.Series(values, dtype="Int64")


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ((1,), "1 entry"),
        ((0, 0), "0 entries"),
        ((0, 1), "0 to 1 entry"),
        ((6, 41, None), "6 to 41 entries"),
        ((1009,), "1,009 entries"),
        ((None,), "unknown"),
    ],
)
def test_span_has_the_noun_in_its_number(values: tuple[int | None, ...], text: str) -> None:
    assert span(series(*values), "entry", "entries") == text


def test_span_without_a_noun() -> None:
    assert span(series(6, 41)) == "6 to 41"


def test_counted() -> None:
    assert counted(1, "wait") == "1 wait"
    assert counted(2011, "wait") == "2,011 waits"
    assert counted(0, "pass", "passes") == "0 passes"


def test_times() -> None:
    found = [times(series(*values)) for values in [(0,), (1, 1), (2,), (3,), (0, 2), (None,)]]
    assert found == ["0 times", "once", "twice", "3 times", "0 to 2 times", "unknown"]
