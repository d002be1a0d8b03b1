"""Which fds are files that a program opened: a read of one may sleep without waiting for anybody.

A disk, or another machine that the file lies on, makes such a read queue an entry (9p and NFS do).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fdnames import KEY, fds_at
from analysis.missing import FAMILY_NAMES, Flags
from analysis.windows.window import Window
from tracer.shared import fds

TURNS: Final = [FAMILY_NAMES.index(name) for name in (*fds.GIVING, "close")]
"""Families of calls that give an fd out, or close it."""


class OpenedFiles:
    """What calls tell of it, of a trace that is read in stretches, from one to the next."""

    def __init__(self) -> None:
        """Begin a trace, of which nothing is known."""
        self._last = pd.DataFrame({"pid": [], "fd": [], "at_ns": [], "is_file": []}, dtype="int64")

    def reads(self, window: Window, places: npt.NDArray[np.intp]) -> Flags:
        """Return which of the calls at ``places`` in ``window``, the next, are about such a file.

        An fd that was open before the recording is none, nor is one that dup made.
        """
        turns = self._last
        if np.isin(TURNS, window.families).any():
            turns = pd.concat([turns, _turns(window)]).sort_values("at_ns", kind="stable")
            self._last = turns.drop_duplicates(KEY, keep="last")
        flags = np.zeros(len(places), bool)
        files = pd.MultiIndex.from_frame(turns.loc[turns["is_file"] > 0, KEY])
        if not len(places) or files.empty:
            return flags
        asked = fds_at(window.calls[places])
        asked = asked[pd.MultiIndex.from_frame(asked[KEY]).isin(files)]
        asked = asked.sort_values("at_ns", kind="stable")
        found = pd.merge_asof(asked, turns, on="at_ns", by=KEY)["is_file"].fillna(0)
        flags[asked.index.to_numpy()] = found.to_numpy() > 0
        return flags


def _turns(window: Window) -> pd.DataFrame:
    """Return when fds were given out and closed: pid, fd, at_ns, and is_file from then on."""
    done = ~window.unfinished
    opened = np.flatnonzero(done & (window.families == FAMILY_NAMES.index("open")))
    others = [FAMILY_NAMES.index(name) for name in fds.GIVING if name != "open"]
    given = np.flatnonzero(done & np.isin(window.families, others))
    closed = np.flatnonzero(done & (window.families == FAMILY_NAMES.index("close")))
    parts = [
        fds_at(window.calls[opened], "ret", "exit_ns").assign(is_file=1),
        fds_at(window.calls[given], "ret", "exit_ns").assign(is_file=0),
        fds_at(window.calls[closed]).assign(is_file=0),
    ]
    return pd.concat(parts, ignore_index=True)
