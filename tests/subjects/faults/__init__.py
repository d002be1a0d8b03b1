"""Small programs, each with one fault of an event loop, or with it mended.

``python3 -m tests.subjects.faults NAME [mended]``; the names are those of the rules
(analysis.findings). Standard library only: guests run it.
"""

from __future__ import annotations

from collections.abc import Callable

from tests.subjects.faults import accepting, late, reading, registering, sharing, waiting

_PROGRAMS: tuple[Callable[[bool], None], ...] = (
    *accepting.FAULTS, *late.FAULTS, *reading.FAULTS, *registering.FAULTS, *sharing.FAULTS,
    *waiting.FAULTS,
)  # fmt: skip
FAULTS = {program.__name__.replace("_", "-"): program for program in _PROGRAMS}
