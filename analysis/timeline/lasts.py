"""The last step before a moment of each wait-queue entry and of each polled file.

A long trace is not read from its beginning for that: the last ones in each block of steps are kept
(analysis.windows.kept), and only the block of that moment is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, increase, kept
from analysis.windows.recording import Recording
from tracer.shared.records import StepKind

Places = npt.NDArray[np.int64]

BLOCK: Final = 1 << 20
"""Steps of a block: 64 MiB."""
NEAR: Final = 1 << 24
"""Steps from the beginning of a trace that are read rather than that a pass over all is made."""
KINDS: Final = (StepKind.FD_POLL, StepKind.INSERTION, StepKind.REMOVAL)


def lasts_before(recording: Recording, step: int) -> tuple[int, Places]:
    """Return a place up to which nothing need be read, and the last steps of each block before it.

    They are INSERTION and REMOVAL, the last of each entry and kind, and FD_POLL by an fd, the last
    of each file and process, in order. Near the beginning, and of a short trace, there are none.
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
    for number, steps in enumerate(recording.steps.windows(BLOCK)):
        kinds = np.ascontiguousarray(steps["kind"])
        rows = np.flatnonzero(np.isin(kinds, KINDS))
        rows = rows[(kinds[rows] != StepKind.FD_POLL) | (steps["fd"][rows] >= 0)]
        kinds = kinds[rows]
        polls = kinds == StepKind.FD_POLL
        what, _ = pd.factorize(np.where(polls, steps["object"][rows], steps["entry"][rows]))
        whose = np.where(polls, steps["pid"][rows], 0).astype(np.int64)
        keys = pd.Series(what.astype(np.int64) << 40 | whose << 8 | kinds)  # a pid has 22 bits
        yield number * BLOCK + rows[~keys.duplicated(keep="last").to_numpy()]
