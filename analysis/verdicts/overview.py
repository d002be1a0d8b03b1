"""What a lecture shows at its head: a few measures of several things, side by side."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Bar:
    """One thing's value. None: it was not seen."""

    name: str
    value: float | None


@dataclass(frozen=True)
class Measure:
    """What is measured, and a bar for each thing."""

    what: str
    bars: tuple[Bar, ...]

    @property
    def greatest(self) -> float:
        """The largest of its values, 0 if there is none."""
        return max((bar.value for bar in self.bars if bar.value is not None), default=0.0)


@dataclass(frozen=True)
class Overview:
    """The measures of one lecture on one kernel, and what they were taken from."""

    title: str
    measures: tuple[Measure, ...]
