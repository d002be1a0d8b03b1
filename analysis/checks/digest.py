"""Everything that reports say about a trace as a whole, gathered in one pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Self
from weakref import WeakKeyDictionary

from analysis.checks.agreement import Agreement, gather_agreement
from analysis.checks.borders import Borders
from analysis.checks.continuity import Continuity, gaps, gather_continuity
from analysis.checks.entries import Entries
from analysis.checks.ledger import Balance, Ledger, gather_ledger, ledger
from analysis.checks.owners import Owners, gather_owners
from analysis.checks.passes import Passes, gather_passes
from analysis.checks.returned import Tallies, gather_returned
from analysis.tasks import CallsOfProcesses, gather_processes
from analysis.windows.problems import Problems
from analysis.windows.recording import WINDOW, Recorded, Recording
from analysis.windows.totals import Totals, gather_totals
from analysis.windows.window import Window
from tracer.shared.truthcheck import compare

Meanwhile = Callable[[Window], None]
"""Takes what it needs from each window, in order."""

STEPS: Final = 2
"""A window may have so many times as many steps."""
_KNOWN: Final[WeakKeyDictionary[Recording, Digest]] = WeakKeyDictionary()


@dataclass(frozen=True, eq=False)
class Gathered:
    """What is gathered from one stretch; each part combines by itself."""

    totals: Totals
    returned: Tallies
    processes: CallsOfProcesses
    continuity: Continuity
    agreement: Agreement
    ledger: Entries | Balance | None
    owners: Owners
    passes: Passes

    def combine(self, later: Self, /) -> Self:
        """Return what is gathered from both stretches."""
        return type(self)(
            self.totals.combine(later.totals),
            self.returned.combine(later.returned),
            self.processes.combine(later.processes),
            self.continuity.combine(later.continuity),
            self.agreement.combine(later.agreement),
            _both(self.ledger, later.ledger),
            self.owners.combine(later.owners),
            self.passes.combine(later.passes),
        )


@dataclass(frozen=True, eq=False)
class Digest:
    """The results of a whole trace.

    ``gaps`` are signs that records are missing, ``disagreeing`` counters that differ from the sum
    of their steps (none at detail ``calls``), ``untrue`` differences between the workload's truth
    and the trace (none without a truth). ``calls_of_processes`` is by pid.
    """

    totals: Totals
    ledger: Ledger
    gaps: Problems
    disagreeing: Problems
    untrue: tuple[str, ...]
    calls_of_processes: Mapping[int, int]


def gather(window: Window) -> Gathered:
    """Return what is gathered from ``window``."""
    return Gathered(
        gather_totals(window),
        gather_returned(window),
        gather_processes(window),
        gather_continuity(window),
        gather_agreement(window),
        gather_ledger(window),
        gather_owners(window),
        gather_passes(window),
    )


def digest_of(trace: Recorded, meanwhile: Meanwhile | None = None) -> Digest:
    """Return the digest of ``trace``, which is read once, however often it is asked for.

    With ``meanwhile``, which gets each window, it is read in any case.
    """
    recording = trace.recording
    if meanwhile or recording not in _KNOWN:
        _KNOWN[recording] = digest(recording, WINDOW, meanwhile)
    return _KNOWN[recording]


def digest(recording: Recording, size: int, meanwhile: Meanwhile | None = None) -> Digest:
    """Return the digest of ``recording``, read in windows of ``size``; see ``digest_of``."""
    found: Gathered | None = None
    for window in recording.windows(size, STEPS * size):
        part = gather(window)
        found = part if found is None else found.combine(part)
        if meanwhile:
            meanwhile(window)
    return finished(recording, gather(recording.no_window) if found is None else found)


def finished(recording: Recording, found: Gathered) -> Digest:
    """Return the digest of the whole ``recording``, from which ``found`` was gathered."""
    borders = Borders.of(recording.manifest, found.continuity)
    disagreeing, orphaned = found.agreement.finished(recording.calls_of, borders.beyond)
    return Digest(
        totals=found.totals,
        ledger=ledger(found.ledger, recording.manifest, recording.calls_of),
        gaps=gaps(recording, found.continuity, orphaned),
        disagreeing=disagreeing.combine(found.owners.finished()).combine(found.passes.problems),
        untrue=tuple(_untrue(recording, found.returned)),
        calls_of_processes=found.processes.by_pid,
    )


def _untrue(recording: Recording, returned: Tallies) -> Iterator[str]:
    if recording.truth is not None:
        yield from compare(recording.truth.raw, returned.each())


def _both(
    earlier: Entries | Balance | None, later: Entries | Balance | None
) -> Entries | Balance | None:
    if isinstance(earlier, Entries) and isinstance(later, Entries):
        return earlier.combine(later)
    if isinstance(earlier, Balance) and isinstance(later, Balance):
        return earlier.combine(later)
    return None  # one trace has one sort
