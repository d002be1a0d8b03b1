"""Sums add up, can be subtracted, and give quantiles that are never too small."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.shared.sums import BUCKETS, COUNTS, LONGEST, SUM_FIELDS, Sums, quantile_ns


def sums(**counts: int) -> Sums:
    return Sums({name: counts.get(name, 0) for name in COUNTS})


def test_what_was_added_since() -> None:
    before, now = sums(calls=3, longest_ns=70), sums(calls=10, longest_ns=70)
    before.took[3], now.took[3] = 3, 10
    found = now.since(before)
    assert (found["calls"], found["longest_ns"], found.took[3]) == (7, 70, 7)
    assert now.since(None) is now


def test_adding_keeps_the_longest() -> None:
    total = Sums()
    total.add(sums(calls=3, longest_ns=70, longest_gap_ns=1))
    total.add(sums(calls=4, longest_ns=20, longest_gap_ns=5))
    assert {name: total[name] for name in ("calls", *LONGEST)} == {
        "calls": 7, "longest_ns": 70, "longest_gap_ns": 5,
    }  # fmt: skip


def buckets(**counts: int) -> list[int]:
    return [counts.get(f"b{number}", 0) for number in range(BUCKETS)]


@pytest.mark.parametrize(
    ("counted", "share", "ns"),
    [
        (buckets(), 0.99, None),
        (buckets(b0=1), 0.5, 2),
        (buckets(b10=99, b20=1), 0.99, 2 << 10),
        (buckets(b10=98, b20=2), 0.99, 2 << 20),
        (buckets(b63=1), 1.0, 2 << 63),
    ],
)
def test_quantile(counted: list[int], share: float, ns: int | None) -> None:
    assert quantile_ns(counted, share) == ns


def test_docs_have_every_sum() -> None:
    docs = (Path(__file__).parents[2] / "docs" / "top.md").read_text("utf-8")
    for each in SUM_FIELDS:
        array = "array: " if "*" in each.type else ""
        assert f"| `{each.name}` | {each.unit} | {array}{each.meaning} |" in docs
