"""Times in sentences, with three digits and a suitable unit; and how times are spread."""

from __future__ import annotations

from typing import Final

from analysis.findings.rule import Number
from analysis.windows.distribution import Distribution
from tracer.shared.message import Message, message

UNITS: Final = ((1e9, "s"), (1e6, "ms"), (1e3, "µs"))


def lasting(ns: float) -> str:
    """Return ``ns`` with a unit.

    >>> lasting(0), lasting(932), lasting(20_240_000), lasting(2e9)
    ('0 ns', '932 ns', '20.2 ms', '2 s')
    """
    for size, unit in UNITS:
        if ns >= size:
            value = ns / size
            return f"{value:,.0f} {unit}" if value >= 1000 else f"{value:.3g} {unit}"
    return f"{ns:.0f} ns"


def spread_words(times: Distribution) -> Message:
    """Return the median of ``times``, their 99th percentile and the longest, in words."""
    return message(
        "p50 {p50}, p99 {p99}, at most {most}",
        p50=lasting(times.quantile(0.5)),
        p99=lasting(times.quantile(0.99)),
        most=lasting(times.most),
    )


def spread_numbers(times: Distribution, what: str = "") -> tuple[Number, ...]:
    """Return the same as numbers of a finding, whose names begin with ``what``."""
    return (
        Number(f"{what}p50_ns", times.quantile(0.5), "ns"),
        Number(f"{what}p99_ns", times.quantile(0.99), "ns"),
        Number(f"{what}max_ns", times.most, "ns"),
    )
