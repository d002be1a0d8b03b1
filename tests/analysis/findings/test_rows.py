"""Rows are taken from their source; groups of a selection are those of its rows."""

from __future__ import annotations

import numpy as np
import pytest

from analysis.findings.parts import Largest, Sums
from analysis.findings.rows import Rows


def some_rows() -> Rows:
    numbers = np.arange(23)
    return Rows.of({"pid": numbers % 2, "fd": numbers % 3 - 1, "ret": numbers * 7 % 23})


def test_a_selection_of_a_selection() -> None:
    rows = some_rows()
    few = rows[rows["fd"] >= 0][np.array([False, True] * 7 + [False])].assign(one=1)
    there = [number for number in range(23) if number % 3 > 0][1::2]
    assert few["ret"].tolist() == [number * 7 % 23 for number in there]
    assert few["one"].tolist() == [1] * len(there)
    assert few.frame()["pid"].tolist() == [number % 2 for number in there]
    with pytest.raises(KeyError):
        few["tid"]
    with pytest.raises(ValueError, match="a column of 1 for 7 rows"):
        few.assign(more=np.ones(1))


def test_groups_are_those_of_the_rows() -> None:
    rows = some_rows()
    few = rows[rows["ret"] < 11].assign(large=rows["ret"][rows["ret"] < 11] > 5)
    frame = few.frame()
    wanted = frame.groupby(["pid", "fd"])[["ret", "large"]].sum()
    found = Sums.of(few, ("pid", "fd"), ("ret", "large")).frame
    assert found.to_dict() == wanted.to_dict()
    most = frame.loc[frame.groupby(["pid", "fd"])["ret"].idxmax()]
    largest = Largest.of(few, ("pid", "fd"), "ret").frame
    assert largest.to_dict("records") == most.to_dict("records")


@pytest.mark.parametrize("many", [1, 1 << 40])
def test_numbers_of_many_values_are_groups_too(many: int) -> None:
    numbers = np.arange(1000) * many
    rows = Rows.of({"a": numbers, "b": numbers[::-1], "n": np.ones(1000, np.int64)})
    sums = Sums.of(rows, ("a", "b"), ("n",))
    assert sums.table.tolist() == [[a, 999 * many - a] for a in numbers.tolist()]
    assert sums.combine(Sums.of(rows[rows["a"] > many], ("a", "b"), ("n",))).sums.sum() == 1998


def test_what_is_kept_is_independent() -> None:
    kept = some_rows()[np.zeros(23, bool)].kept()
    assert not len(kept)
    assert some_rows().joined(kept)["ret"].tolist() == some_rows()["ret"].tolist()
    assert len(kept.joined(some_rows())) == 23
