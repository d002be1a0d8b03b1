"""A stretch of a trace to be written to a file, with the names that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from analysis.export.text import storable
from analysis.fds.names import FdNames, fd_names_of
from analysis.fds.naming import FileNames
from analysis.windows.recording import Recording
from analysis.windows.window import Window


@dataclass(frozen=True, eq=False)
class Part:
    """The calls and steps of ``window``, a stretch of ``recording``.

    ``step_fds`` are those of its steps, known partly from files in earlier stretches
    (analysis.fds.naming); ``phases`` has the names of the workload's phases by number.
    """

    recording: Recording
    window: Window
    step_fds: npt.NDArray[np.int64]
    fds: FdNames
    phases: dict[int, str]


def parts_of(recording: Recording, windows: Iterable[Window]) -> Iterator[Part]:
    """Yield ``windows`` of ``recording``, in order and without a gap, as parts."""
    files, fds = FileNames(), fd_names_of(recording)
    phases = recording.truth.phases if recording.truth else ()
    names = {each.number: storable(each.name) for each in phases}
    for window in windows:
        steps = (window.of_steps(name) for name in ("kind", "pid", "object", "fd"))
        yield Part(recording, window, files.named(*steps), fds, names)


def whole(recording: Recording) -> Part:
    """Return all of ``recording`` as one part."""
    window = next(recording.windows(max(1, recording.records)), recording.no_window)
    (part,) = parts_of(recording, [window])
    return part
