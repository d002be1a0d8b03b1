"""What a trace may lack without fault: what came after its end or before its beginning.

A step is written before the call that it belongs to. So in a recording that is still running, or
whose recorder was killed, the last steps of each task belong to a call that has not returned yet.
Where the oldest records were discarded, the first steps belong to calls that are gone, and the
first calls of each task that had joined by then are gone too.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.checks.continuity import Continuity
from analysis.trace.manifest import Manifest
from analysis.trace.missing import Flags
from analysis.windows.window import SEQ

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Borders:
    """The numbers of the ``first`` and ``last`` call of each of ``tids``, which are sorted."""

    open_start: bool
    open_end: bool
    tids: Numbers
    first: Numbers
    last: Numbers

    @classmethod
    def of(cls, manifest: Manifest, found: Continuity) -> Borders:
        """Return the borders of the trace with the continuity ``found``."""
        open_end = manifest.state == "recording"
        return cls(manifest.let_go is not None, open_end, found.tids, found.first, found.last)

    def beyond(self, keys: Numbers) -> Flags:
        """Return which of ``keys`` (analysis.windows.window.call_keys) are calls beyond them."""
        last, there = self._of(self.last, keys >> 32)
        first, _ = self._of(self.first, keys >> 32)
        before = ((keys & SEQ < first) | ~there) & self.open_start
        beyond: Flags = before | ((keys & SEQ > last) & self.open_end)
        return beyond

    def _of(self, numbers: Numbers, tids: Numbers) -> tuple[Numbers, Flags]:
        """Return the number of each of ``tids``, 0 for those without, and which have one."""
        if not len(self.tids):
            return np.zeros(len(tids), np.int64), np.zeros(len(tids), bool)
        places = np.minimum(np.searchsorted(self.tids, tids), len(self.tids) - 1)
        there = self.tids[places] == tids
        return np.where(there, numbers[places], 0), there
