"""Finds the last step before a moment for each wait-queue entry and each polled file.

A long trace is not read from its beginning for that: the last steps in each block are kept
(analysis.windows.kept), and only the block of that moment is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, increase, kept
from analysis.windows.recording import Recording
from analysis.windows.threads import in_threads
from tracer.shared.records import StepKind

Places = npt.NDArray[np.int64]
Keys = npt.NDArray[np.uint64]

BLOCK: Final = 1 << 20
"""Steps of a block: 64 MiB."""
NEAR: Final = 1 << 24
"""Within so many steps of the beginning, these are read instead of making a pass over all."""
AT_ONCE: Final = 1 << 15
"""Steps that are processed at a time: 2 MiB, which stay in a cache."""
SLOT_BITS: Final = 14
"""Bits of a table's size: 16,384 slots, more than most programs have entries."""
MIX: Final = np.uint64(0x9E37_79B9_7F4A_7C15)
"""An odd number with well-mixed bits, for hashing: 2^64 over the golden ratio."""


def lasts_before(recording: Recording, step: int) -> tuple[int, Places]:
    """Return a place up to which nothing need be read, and the last steps of each block before it.

    They are INSERTION and REMOVAL, the last for each entry and kind, and FD_POLL with an fd, the
    last for each file and process, in order. Near the beginning, and in a short trace, there are
    none.
    """
    if step < NEAR or recording.records < keeping.LEAST or recording.manifest.is_live:
        return 0, np.zeros(0, np.int64)
    places = kept(recording.path, "lasts", lambda: _lasts(recording), _right(recording))["places"]
    end = step // BLOCK * BLOCK
    return end, places[: np.searchsorted(places, end)]


def _lasts(recording: Recording) -> Arrays:
    return {"places": np.concatenate([np.zeros(0, np.int64), *_blocks(recording)])}


def _right(recording: Recording) -> Callable[[Arrays], bool]:
    def right(found: Arrays) -> bool:
        places = found.get("places", np.zeros(0))
        return increase(places, len(recording.steps.records))

    return right


def _blocks(recording: Recording) -> Iterator[Places]:
    """Yield the last steps of each block."""
    ends = range(0, len(recording.steps.records), BLOCK)
    yield from in_threads(partial(_last_in, recording), ends)


def _last_in(recording: Recording, first: int) -> Places:
    """Return the last steps of the block that begins at ``first``."""
    polls, entries = _Latest(), _Latest()
    end = min(first + BLOCK, len(recording.steps.records))
    for start in reversed(range(first, end, AT_ONCE)):
        until = min(start + AT_ONCE, end)
        steps = recording.steps.records[start:until]
        kinds = np.ascontiguousarray(steps["kind"])
        rows = np.flatnonzero((kinds == StepKind.INSERTION) | (kinds == StepKind.REMOVAL))
        entries.add_earlier(start + rows, _keys(steps["entry"][rows], kinds[rows]))
        rows = np.flatnonzero(kinds == StepKind.FD_POLL)
        rows = rows[steps["fd"][rows] >= 0]
        polls.add_earlier(start + rows, _keys(steps["object"][rows], steps["pid"][rows]))
        recording.steps.forget(start, until)
    return np.sort(np.concatenate([polls.places(), entries.places()]))


def _keys(addresses: Keys, numbers: npt.NDArray[Any]) -> Keys:
    """Return a key for each address and number, whose top bits depend on both."""
    keys: Keys = (addresses * MIX + numbers) * MIX
    return keys


class _Latest:
    """The last place of each key, for stretches that are added from last to first.

    So after the first few, nearly all keys are known: most rows take one table lookup. A key's top
    bits give its slot; of two keys with the same slot one is in the table, the other is found each
    time.
    """

    def __init__(self) -> None:
        self._keys = np.zeros(1 << SLOT_BITS, np.uint64)
        self._keys[0] = np.uint64(2**64 - 1)  # in each slot, a key that belongs elsewhere
        self._met = [(np.zeros(0, np.int64), np.zeros(0, np.uint64))]

    def add_earlier(self, places: Places, keys: Keys) -> None:
        """Note that the keys are at ``places``, which are sorted and before all noted so far."""
        slots = (keys >> np.uint64(64 - SLOT_BITS)).view(np.int64)
        rows = np.flatnonzero(self._keys.take(slots) != keys)
        if len(rows):
            rows = rows[~pd.Series(keys[rows]).duplicated(keep="last").to_numpy()]
            self._keys[slots[rows]] = keys[rows]
            self._met.append((places[rows], keys[rows]))

    def places(self) -> Places:
        """Return the last place of each key."""
        places, keys = (np.concatenate(each) for each in zip(*self._met, strict=True))
        return places[~pd.Series(keys).duplicated(keep="first").to_numpy()]
