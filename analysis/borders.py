"""What is not in a trace and need not be: what came after its end, where it is still open.

A step is written before the call that it was made in. So of a recording that goes on, or whose
recorder was killed, the last steps of each task are of a call that has not returned yet.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.continuity import Continuity
from analysis.manifest import Manifest
from analysis.missing import Flags
from analysis.windows.window import SEQ

Numbers = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Borders:
    """The number of the ``last`` call of each of ``tids``, which are in order."""

    open_end: bool
    tids: Numbers
    last: Numbers

    @classmethod
    def of(cls, manifest: Manifest, found: Continuity) -> Borders:
        """Return the borders of the trace in which ``found`` is."""
        return cls(manifest.state == "recording", found.tids, found.last)

    def beyond(self, keys: Numbers) -> Flags:
        """Return which of ``keys`` (analysis.windows.window.call_keys) are of calls beyond them."""
        last, _ = self._of(self.last, keys >> 32)
        beyond: Flags = (keys & SEQ > last) & self.open_end
        return beyond

    def _of(self, numbers: Numbers, tids: Numbers) -> tuple[Numbers, Flags]:
        """Return the number of each of ``tids``, 0 of those that have none, and which have one."""
        if not len(self.tids):
            return np.zeros(len(tids), np.int64), np.zeros(len(tids), bool)
        places = np.minimum(np.searchsorted(self.tids, tids), len(self.tids) - 1)
        there = self.tids[places] == tids
        return np.where(there, numbers[places], 0), there
