"""The events of a timeline as columns, whatever format it is written in."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from analysis.export.values import Numbers, Texts, Values

Ints = npt.NDArray[np.int64]


class What(enum.IntEnum):
    """What an event does to its track."""

    BEGIN = 0
    END = 1
    INSTANT = 2
    COUNT = 3


@dataclass(frozen=True, eq=False)
class Flows:
    """Flow ids, as many per event as ``counts`` says, those of the first event first."""

    counts: Ints
    numbers: Ints

    @cached_property
    def firsts(self) -> Ints:
        """Where the ids of each event begin."""
        firsts: Ints = np.cumsum(self.counts) - self.counts
        return firsts


@dataclass(frozen=True, eq=False)
class Events:
    """Events of one kind, in any order.

    Attributes:
        ts_ns: boot clock.
        seq, stage: order of events at one time: by call, then by stage, then as they are here.
        what: see ``What``.
        track: uuid.
        name: none for ends and counts.
        category: for those with a name: ``call``, ``step``, ``phase`` or ``recording``. args: what
        else is known about them; numbers and texts. flows: ids of the flows that begin at an event
        or pass through it. ends: ids of the flows that end at it. value: a counter's value from now
        on.
    """

    ts_ns: npt.NDArray[Any]
    seq: npt.NDArray[Any] | int
    stage: npt.NDArray[Any] | int
    what: npt.NDArray[Any] | What
    track: npt.NDArray[Any]
    name: Texts | None = None
    category: str = ""
    args: Mapping[str, Values] = field(default_factory=dict)
    flows: Flows | None = None
    ends: Flows | None = None
    value: Numbers | None = None

    def column(self, name: str) -> npt.NDArray[Any]:
        """Return ``ts_ns``, ``seq``, ``stage``, ``what`` or ``track`` of each."""
        found: npt.NDArray[Any] = np.broadcast_to(getattr(self, name), len(self))
        return found

    def __len__(self) -> int:
        """Return the number of events."""
        return len(self.ts_ns)
