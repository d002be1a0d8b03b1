"""A recording's time cut into a fixed number of equal stretches, and time spread over them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from analysis.windows.recording import Recording
from analysis.windows.window import Numbers

BINS: Final = 100
"""Number of stretches that a recording is cut into."""


class Pieces(NamedTuple):
    """Parts of intervals, each within one stretch: its interval ``of``, ``bin``, length ``ns``."""

    of: Numbers
    bin: Numbers
    ns: Numbers


@dataclass(frozen=True)
class Bins:
    """``count`` stretches of ``width_ns`` from ``first_ns`` on, boot clock."""

    first_ns: int
    width_ns: int
    count: int = BINS

    @property
    def end_ns(self) -> int:
        """Where the last stretch ends."""
        return self.first_ns + self.count * self.width_ns

    def of(self, times: Numbers) -> Numbers:
        """Return the stretch of each of ``times``; for times outside, the nearest."""
        places: Numbers = np.clip((times - self.first_ns) // self.width_ns, 0, self.count - 1)
        return places

    def pieces(self, starts: Numbers, ends: Numbers) -> Pieces:
        """Return the parts of the intervals from ``starts`` to ``ends`` in each stretch.

        Parts outside of all stretches are left out.
        """
        starts, ends = np.maximum(starts, self.first_ns), np.minimum(ends, self.end_ns)
        kept = np.flatnonzero(ends > starts)
        starts, ends = starts[kept], ends[kept]
        first = self.of(starts)
        counts = self.of(ends - 1) - first + 1
        of = np.repeat(np.arange(len(kept)), counts)
        bins = first[of] + np.arange(len(of)) - np.repeat(np.cumsum(counts) - counts, counts)
        begin = self.first_ns + bins * self.width_ns
        ns = np.minimum(ends[of], begin + self.width_ns) - np.maximum(starts[of], begin)
        return Pieces(kept[of], bins, ns)


def bins_of(recording: Recording, count: int = BINS) -> Bins:
    """Return the stretches of ``recording``, from its beginning (or what was kept) to its end."""
    manifest = recording.manifest
    first_ns = manifest.let_go.until_ns if manifest.let_go else manifest.started_ns
    end_ns = manifest.ended_ns
    if end_ns is None:  # its recorder is running, or was killed
        returned = recording.calls.records["exit_ns"]
        last_ns = int(returned.max()) if len(returned) else 0
        end_ns = max(last_ns, manifest.so_far.at_ns if manifest.so_far else 0)
    return Bins(first_ns, max(1, -(-(end_ns - first_ns) // count)), count)
