"""In which blocks of calls a thread's call of some number can be, kept for long traces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd

from analysis.windows import kept as keeping
from analysis.windows.kept import Arrays, kept
from analysis.windows.recording import Recording

BLOCK: Final = 1 << 17
"""Calls of a block."""
COLUMNS: Final = ("block", "tid", "least", "most")


def blocks_with(recording: Recording, tid: int, seq: int) -> list[int]:
    """Return the first call of each block that may have call ``seq`` of task ``tid``, in order.

    Of a short trace: none, which says nothing.
    """
    if recording.records < keeping.LEAST or recording.manifest.is_live:
        return []
    found = kept(recording.path, "threads", lambda: _ranges(recording), _right)
    theirs = (found["tid"] == tid) & (found["least"] <= seq) & (seq <= found["most"])
    blocks: list[int] = (np.unique(found["block"][theirs]) * BLOCK).tolist()
    return blocks


def _right(found: Arrays) -> bool:
    return set(found) == set(COLUMNS) and all(each.dtype == np.int64 for each in found.values())


def _ranges(recording: Recording) -> Arrays:
    """Return by block and task the least and the most of its calls' numbers."""
    rows = pd.concat(_blocks(recording), ignore_index=True)
    return {name: rows[name].to_numpy(np.int64) for name in COLUMNS}


def _blocks(recording: Recording) -> Iterator[pd.DataFrame]:
    for number, calls in enumerate(recording.calls.windows(BLOCK)):
        numbers = pd.Series(calls["seq"].astype(np.int64)).groupby(calls["tid"].astype(np.int64))
        rows = numbers.agg(["min", "max"]).reset_index(names="tid")
        yield rows.rename(columns={"min": "least", "max": "most"}).assign(block=number)
