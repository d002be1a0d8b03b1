"""The claim on io_uring's rings: here memory is shared, as some say it is for epoll."""

from __future__ import annotations

from collections.abc import Sequence

from analysis.checks.undecided import Undecided
from analysis.claims.async_io.requests import accepted_phases
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, number, result_of, some
from tracer.shared.message import joined, message


def uring_rings_mapped(trace: Trace) -> Verdict:
    """Shared mappings of the ring fd; completions found in them, and the calls that waited."""
    phases = accepted_phases(trace, "io-uring")
    refusals = {phase.name: number(phase, "mmap_errno") for phase in phases}
    mapped = [shared_mappings(phase) for phase in phases]
    early = [phase for phase in phases if phase.spec["waker"] == "before"]
    if not early:
        raise Undecided("every phase of io-uring has its waiter asleep when the event comes")
    slept = [phase for phase in phases if phase not in early]
    unasked, after, asleep = seen(early, "unasked"), seen(early, "after_wait"), _taken(slept)
    waits, submits, reads = _calls(trace, early) if unasked or after else (0, 0, 0)
    if reads != unasked + after:
        raise Undecided(
            message(
                "{reads} reads got the data of {completions} completions",
                reads=reads,
                completions=unasked + after,
            )
        )
    evidence = [
        Evidence("rings", len(phases), "rings"),
        Evidence("rings whose mmap failed", sum(map(bool, refusals.values())), "rings"),
        Evidence("shared mappings of a ring, at least", min(mapped), "mappings"),
        Evidence("completions read with no call before them", unasked, "completions"),
        Evidence("completions read after a call that waited", after, "completions"),
        Evidence("reads of their data", reads, "calls"),
        Evidence("calls of io_uring_enter meanwhile that waited", waits, "calls"),
        Evidence("calls of io_uring_enter meanwhile that submitted", submits, "calls"),
        Evidence("completions that a sleeper was woken for", asleep, "completions"),
    ]
    finding = joined(
        "; ",
        [
            message(
                "{rings} of {all} could be mapped, with {mappings} or more each",
                rings=counted(sum(not each for each in refusals.values()), "ring"),
                all=len(phases),
                mappings=counted(min(mapped), "shared mapping"),
            ),
            message(
                "{unasked} of {completions} whose event came first were in the mapped ring with "
                "no io_uring_enter to fetch them ({submits} submitted, {waits} waited)",
                unasked=unasked,
                completions=counted(unasked + after, "completion"),
                submits=submits,
                waits=waits,
            ),
            message("{asleep} more were read there after a sleep", asleep=asleep),
        ],
    )
    if not min(mapped) or some(refusals.values()) or not unasked:
        return refuted(finding, evidence)
    return corrected(finding, evidence) if after or waits else supported(finding, evidence)


def seen(phases: Sequence[PhaseTruth], how: str) -> int:
    """Return the completions of ``phases`` that were seen "unasked" or "after_wait"."""
    return sum(number(phase, f"seen_{how}") for phase in phases)


def _taken(phases: Sequence[PhaseTruth]) -> int:
    return sum(number(phase, "completions") for phase in phases)


def _calls(trace: Trace, phases: Sequence[PhaseTruth]) -> tuple[int, int, int]:
    """Return the io_uring_enters that waited, those that did not, and the reads of polled data."""
    enters, reads = (calls_of(trace, phases, each) for each in ("io_uring_enter", "read"))
    waited = int((enters["op"] > 0).sum())
    unpolled = sum(number(phase, "events_unarmed") for phase in phases)
    return waited, len(enters) - waited, int((reads["ret"] > 0).sum()) - unpolled


def shared_mappings(phase: PhaseTruth) -> int:
    """Return how many lines "address perms …" of the ring's mappings are MAP_SHARED ones."""
    mappings = result_of(phase, "ring_mappings")
    return sum(row.split()[1].endswith("s") for row in mappings)
