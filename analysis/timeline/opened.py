"""Which fds are opened files, whose reads may sleep without waiting for anyone.

A disk, or the remote machine that has the file, makes such a read queue an entry (as 9p and NFS
do).
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fds.names import KEY, fds_at
from analysis.trace.missing import FAMILY_NAMES, Flags
from analysis.windows.window import Window
from tracer.shared import fds

TURNS: Final = np.isin(FAMILY_NAMES, (*fds.GIVING, "close"))
"""For each family, whether its calls return a new fd or close one."""


class OpenedFiles:
    """What calls tell about that, carried from stretch to stretch as a trace is read."""

    def __init__(self) -> None:
        """Begin a trace, with nothing known yet."""
        self._last = pd.DataFrame({"pid": [], "fd": [], "at_ns": [], "is_file": []}, dtype="int64")

    def reads(self, window: Window, places: npt.NDArray[np.intp]) -> Flags:
        """Return which of the calls at ``places`` in the next ``window`` are about such a file.

        An fd opened before the recording is not one, nor is one made by dup.
        """
        turns = self._last
        if TURNS.take(window.families).any():
            turns = pd.concat([turns, _turns(window)]).sort_values("at_ns", kind="stable")
            self._last = turns.drop_duplicates(KEY, keep="last")
        flags = np.zeros(len(places), bool)
        if not len(places) or not turns["is_file"].any():
            return flags
        files = pd.MultiIndex.from_frame(turns.loc[turns["is_file"] > 0, KEY])
        asked = fds_at(window.calls[places])
        asked = asked[pd.MultiIndex.from_frame(asked[KEY]).isin(files)]
        asked = asked.sort_values("at_ns", kind="stable")
        found = pd.merge_asof(asked, turns, on="at_ns", by=KEY)["is_file"].fillna(0)
        flags[asked.index.to_numpy()] = found.to_numpy() > 0
        return flags


def _turns(window: Window) -> pd.DataFrame:
    """Return when fds were returned and closed: pid, fd, at_ns, and is_file from then on."""
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
