"""The process that writes the data for which this topic's readers wait."""

from __future__ import annotations

import pandas as pd

from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth


def writes_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the finished writes of the waker of ``phase``, by time: rows of ``trace.calls``."""
    calls = trace.calls
    ours = (calls["phase"] == phase.number) & (calls["tid"] == phase.waker_pid)
    writes = calls[ours & (calls["family"] == "write") & ~calls["unfinished"]]
    return writes.sort_values("enter_ns")
