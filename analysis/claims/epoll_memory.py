"""Claims on what epoll copies and what it shares with the program."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import pandas as pd

from analysis.claims.engine import (
    Evidence,
    Undecided,
    Verdict,
    claim,
    corrected,
    refuted,
    supported,
)
from analysis.claims.pick import calls_of, median, phases_of, span
from analysis.experiments import EPOLL_LIFE
from analysis.frames import Trace
from analysis.truth import PhaseTruth

EVENT_BYTES: Final = 12
"""sizeof(struct epoll_event) on x86-64, where it is packed (uapi/linux/eventpoll.h)."""

FD_BYTES: Final = 4
LARGE: Final = 11
"""Watched fds from which on a copied set can't be taken for a signal mask or a timeout."""


@claim(
    id="wait-copies-nothing-in",
    section="notes 3, defect 1",
    statement="epoll_wait does not copy the set of fds into the kernel again.",
    experiment=EPOLL_LIFE,
    needs=("bytes_in:epoll_wait", "bytes_in:epoll_ctl", "truth"),
)
def wait_copies_nothing_in(trace: Trace) -> Verdict:
    """Bytes in per epoll_wait with many fds watched; what goes out, where that was seen."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.fds) >= LARGE]
    waits = calls_of(trace, phases, "epoll_wait")
    ctls = calls_of(trace, phases, "epoll_ctl")
    if not (ctls["bytes_in"] > 0).any():
        raise Undecided("the hook saw no copy at epoll_ctl either: its zero means nothing")
    copied = waits["bytes_in"] > 0
    a_set = waits["bytes_in"] >= waits["n"] * FD_BYTES
    out, out_words = _out(trace, waits)
    evidence = [
        Evidence("epoll_wait", len(waits), "calls"),
        Evidence("watched fds, most", int(waits["n"].max()), "fds"),
        Evidence("bytes in per epoll_wait, median", median(waits["bytes_in"]), "bytes"),
        Evidence("bytes in per epoll_wait, most", int(waits["bytes_in"].max()), "bytes"),
        Evidence("bytes in per epoll_ctl, median", median(ctls["bytes_in"]), "bytes"),
        *out,
    ]
    finding = (
        f"{len(waits)} epoll_waits on {span(waits['n'])} fds copied {span(waits['bytes_in'])} "
        f"bytes in each, an epoll_ctl {span(ctls['bytes_in'])}; {out_words}"
    )
    if not copied.any():
        return supported(finding, evidence)
    return refuted(finding, evidence) if a_set.all() else corrected(finding, evidence)


def _out(trace: Trace, waits: pd.DataFrame) -> tuple[list[Evidence], str]:
    """Return what is known of the bytes out: by the hooks, else by the canary buffer."""
    seen = waits[waits["bytes_out"].notna()]
    if not seen.empty:
        exact = int((seen["bytes_out"] == EVENT_BYTES * seen["ret"]).sum())
        evidence = Evidence("epoll_waits with 12 bytes out per event", exact, "calls")
        return [evidence], f"{exact} of {len(seen)} copied out 12 bytes per event"
    try:
        canaries = [row for phase in phases_of(trace, "epoll-memory") for row in _canaries(phase)]
    except Undecided:
        return [], "what went out was not seen"
    exact = sum(_only_events(row) for row in canaries)
    evidence = Evidence("canary buffers with 12 bytes changed per event", exact, "buffers")
    return [evidence], f"{exact} of {len(canaries)} canary buffers changed by 12 bytes per event"


@claim(
    id="epoll-mmap",
    section="notes 3, epoll",
    statement="Kernel and program share memory by mmap, and events are passed through it.",
    experiment=EPOLL_LIFE,
    needs=("truth",),
)
def epoll_mmap(trace: Trace) -> Verdict:
    """mmap of the epoll fd, mappings, a buffer that may not be written, canary buffers."""
    (phase, *_) = phases_of(trace, "epoll-memory")
    results, canaries = phase.results, _canaries(phase)
    refused, mappings, efault, kept = _looks(phase, results)
    early = sum(int(row["changed_before_wait"]) > 0 for row in canaries)
    exact = sum(_only_events(row) for row in canaries)
    evidence = [
        Evidence("errno of mmap(epfd)", refused, "errno"),
        Evidence("mappings of eventpoll", mappings, "mappings"),
        Evidence("errno of epoll_wait into a read-only page", efault, "errno"),
        Evidence("events kept after that", kept, "events"),
        Evidence("buffers", len(canaries), "buffers"),
        Evidence("buffers changed before epoll_wait", early, "buffers"),
        Evidence("buffers changed by 12 bytes per event only", exact, "buffers"),
    ]
    finding = (
        f"mmap(epfd) gave {results.get('mmap_errno_name') or 'a mapping'}, {mappings} mappings of "
        f"eventpoll; a read-only buffer gave errno {efault} and kept {kept} event; of "
        f"{len(canaries)} buffers {early} changed before epoll_wait, {exact} by 12 bytes per event"
    )
    shared = (not refused or mappings > 0) and early > 0
    if shared:
        return supported(finding, evidence)
    copied = refused and not mappings and not early and exact == len(canaries)
    by_the_call = efault and kept
    return refuted(finding, evidence) if copied and by_the_call else corrected(finding, evidence)


def _looks(phase: PhaseTruth, results: Mapping[str, Any]) -> tuple[int, int, int, int]:
    """Return errno of mmap, number of mappings, errno of the refused wait, events after it."""
    try:
        return (
            int(results["mmap_errno"]),
            len(results["eventpoll_mappings"]),
            int(results["efault_errno"]),
            int(results["events_after_efault"]),
        )
    except KeyError as error:
        raise Undecided(f"phase {phase.name} has no result {error}") from error


def _canaries(phase: PhaseTruth) -> list[Mapping[str, Any]]:
    """Return one row per canary buffer of ``phase``, as tracer.workloads.epoll_memory writes."""
    rounds = phase.results.get("rounds")
    if not rounds:
        raise Undecided(f"phase {phase.name} has no canary buffers in its results")
    return list(rounds)


def _only_events(row: Mapping[str, Any]) -> bool:
    expected = EVENT_BYTES * int(row["events_returned"])
    outside = int(row["canary_changed_outside"]) + int(row["changed_before_wait"])
    return not outside and int(row["canary_bytes_changed"]) == expected
