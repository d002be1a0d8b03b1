"""Times in sentences: three digits and the unit that suits them."""

from __future__ import annotations

from typing import Final

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
