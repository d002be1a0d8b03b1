"""The claim that epoll shares memory with the program, and the canary buffers that show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import counted, number, phases_of, result_of
from tracer.shared import arch
from tracer.shared.message import Message, joined, message


def event_bytes(trace: Trace) -> int:
    """Return sizeof(struct epoll_event) where ``trace`` was recorded (tracer.shared.arch)."""
    return arch.of(trace.manifest.architecture).epoll_event.size


def epoll_mmap(trace: Trace) -> Verdict:
    """mmap of the epoll fd, mappings, a buffer that may not be written, canary buffers."""
    (phase, *_) = phases_of(trace, "epoll-memory")
    results, canaries = phase.results, canaries_of(phase)
    refused, mappings, efault, kept = _answers(phase)
    early = sum(int(row["changed_before_wait"]) > 0 for row in canaries)
    size = event_bytes(trace)
    exact = sum(only_events(row, size) for row in canaries)
    evidence = [
        Evidence(_named(message("mmap(epfd) failed with errno"), results, "mmap"), refused, ""),
        Evidence("mappings of eventpoll", mappings, "mappings"),
        Evidence(
            _named(
                message("epoll_wait into a read-only page failed with errno"), results, "efault"
            ),
            efault,
            "",
        ),
        Evidence("events kept after that", kept, "events"),
        Evidence("buffers", len(canaries), "buffers"),
        Evidence("buffers changed before epoll_wait", early, "buffers"),
        Evidence(
            message("buffers changed by {size} bytes per event only", size=size), exact, "buffers"
        ),
    ]
    finding = joined(
        "; ",
        [
            message(
                "mmap(epfd) gave {answer}, and there were {mappings} of eventpoll",
                answer=results.get("mmap_errno_name") or message("a mapping"),
                mappings=counted(mappings, "mapping"),
            ),
            message(
                "an epoll_wait into a read-only buffer gave {answer}, and {events} could be "
                "fetched afterwards",
                answer=results.get("efault_errno_name") or message("no error"),
                events=counted(kept, "event"),
            ),
            message(
                "of {buffers} {early} changed before epoll_wait and {exact} by just {size} bytes "
                "per event",
                buffers=counted(len(canaries), "buffer"),
                early=early,
                exact=exact,
                size=size,
            ),
        ],
    )
    shared = (not refused or mappings > 0) and early > 0
    if shared:
        return supported(finding, evidence)
    copied = refused and not mappings and not early and exact == len(canaries)
    by_the_call = efault and kept
    return refuted(finding, evidence) if copied and by_the_call else corrected(finding, evidence)


def _named(metric: Message, results: Mapping[str, Any], what: str) -> Message:
    """Return ``metric`` with the name of the errno of ``what``, if it has one."""
    name = results.get(f"{what}_errno_name")
    return message("{metric} ({name})", metric=metric, name=name) if name else metric


def _answers(phase: PhaseTruth) -> tuple[int, int, int, int]:
    """Return errno of mmap, number of mappings, errno of the refused wait, events after it."""
    return (
        number(phase, "mmap_errno"),
        len(result_of(phase, "eventpoll_mappings")),
        number(phase, "efault_errno"),
        number(phase, "events_after_efault"),
    )


def canaries_of(phase: PhaseTruth) -> list[Mapping[str, Any]]:
    """Return one row per canary buffer of ``phase``, as tracer.workloads.epoll_memory writes.

    Undecided: the phase has none.
    """
    rounds = phase.results.get("rounds")
    if not rounds:
        raise Undecided(
            message("phase {phase} has no canary buffers in its results", phase=phase.name)
        )
    return list(rounds)


def only_events(row: Mapping[str, Any], size: int) -> bool:
    """Return whether only the events, of ``size`` bytes each, changed in a canary buffer."""
    expected = size * int(row["events_returned"])
    outside = int(row["canary_changed_outside"]) + int(row["changed_before_wait"])
    return not outside and int(row["canary_bytes_changed"]) == expected
