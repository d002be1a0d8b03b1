from __future__ import annotations

import numpy as np

from analysis.looptime.bins import Bins


def test_pieces_of_intervals_end_where_stretches_do() -> None:
    found = Bins(first_ns=100, width_ns=10, count=3).pieces(
        np.array([95, 104, 109, 125, 130]), np.array([101, 127, 110, 140, 150])
    )
    assert list(zip(found.of.tolist(), found.bin.tolist(), found.ns.tolist(), strict=True)) == [
        (0, 0, 1), (1, 0, 6), (1, 1, 10), (1, 2, 7), (2, 0, 1), (3, 2, 5),
    ]  # fmt: skip


def test_a_moment_outside_is_in_the_nearest_stretch() -> None:
    bins = Bins(first_ns=100, width_ns=10, count=3)
    assert bins.of(np.array([0, 100, 109, 110, 129, 500])).tolist() == [0, 0, 0, 1, 2, 2]
    assert bins.end_ns == 130
