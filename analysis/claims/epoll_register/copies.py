"""Claims on what epoll copies between the program and the kernel."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.epoll_register.memory import canaries_of, event_bytes, only_events
from analysis.frames import Trace
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, median, phases_of, some, span
from analysis.verdicts.steps import added
from tracer.shared.message import Message, joined, message

FD_BYTES: Final = 4
LARGE: Final = 11
"""From so many watched fds on, a copied set can't be mistaken for a signal mask or a timeout."""


def ctl_copies_once(trace: Trace) -> Verdict:
    """Bytes in per ADD: those of one fd or of the set; and whether a wait copies them again."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.fds) >= LARGE]
    adds = added(calls_of(trace, phases, "epoll_ctl"))
    waits = calls_of(trace, phases, "epoll_wait")
    total = int(adds["bytes_in"].sum())
    if not total and not waits["bytes_in"].sum():
        raise Undecided("the hook saw no copy, neither at epoll_ctl nor at epoll_wait")
    size = event_bytes(trace)
    single, all_fds = adds["bytes_in"] == size, adds["bytes_in"] >= adds["n"] * FD_BYTES
    again = waits["bytes_in"] >= waits["n"] * FD_BYTES
    once = total > 0 and not some(again)
    evidence = [
        Evidence("EPOLL_CTL_ADD", len(adds), "calls"),
        Evidence(
            message("of them copied {size} bytes, one fd's", size=size), int(single.sum()), "calls"
        ),
        Evidence("of them copied as much as the whole set", int(all_fds.sum()), "calls"),
        Evidence("bytes in at ADD, in all", total, "bytes"),
        Evidence("bytes of one event for each fd", size * len(adds), "bytes"),
        Evidence("epoll_waits", len(waits), "calls"),
        Evidence("of them copied as much as the whole set in", int(again.sum()), "calls"),
    ]
    at_add = message(
        "{adds} to sets of {fds} copied {bytes} in each, {total:,} bytes for {count} fds in all",
        adds=counted(len(adds), "ADD"),
        fds=span(adds["n"], "fd"),
        bytes=span(adds["bytes_in"], "byte"),
        total=total,
        count=len(adds),
    )
    of_the_set = message(
        "{all_fds} copied all the fds of the set, and {again} of {waits} copied them again",
        all_fds=int(all_fds.sum()),
        again=int(again.sum()),
        waits=counted(len(waits), "epoll_wait"),
    )
    finding = joined("; ", [at_add, of_the_set])
    if once and every(all_fds):
        return supported(finding, evidence)
    if not once and not every(all_fds):
        return refuted(finding, evidence)
    more = message(
        "EPOLL_CTL_ADD copies fds in, but not just its own, or epoll_wait copies them again."
    )
    return corrected(finding, evidence, "" if once and every(single) else more)


def wait_copies_nothing_in(trace: Trace) -> Verdict:
    """Bytes in per epoll_wait with many watched fds; bytes out, where they were seen."""
    phases = [phase for phase in phases_of(trace, "epoll") if len(phase.fds) >= LARGE]
    waits = calls_of(trace, phases, "epoll_wait")
    ctls = calls_of(trace, phases, "epoll_ctl")
    if not some(ctls["bytes_in"] > 0):
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
    copied_in = message(
        "{waits} on {fds} copied {bytes} in each, an epoll_ctl {ctl_bytes}",
        waits=counted(len(waits), "epoll_wait"),
        fds=span(waits["n"], "fd"),
        bytes=span(waits["bytes_in"], "byte"),
        ctl_bytes=span(ctls["bytes_in"], "byte"),
    )
    finding = joined("; ", [copied_in, out_words])
    if not some(copied):
        return supported(finding, evidence)
    return refuted(finding, evidence) if every(a_set) else corrected(finding, evidence)


def _out(trace: Trace, waits: pd.DataFrame) -> tuple[list[Evidence], Message]:
    """Return what is known of the bytes out: by the hooks, else by the canary buffer."""
    seen, size = waits[waits["bytes_out"].notna()], event_bytes(trace)
    if not seen.empty:
        exact = int((seen["bytes_out"] == size * seen["ret"]).sum())
        which = message("epoll_waits with {size} bytes out per event", size=size)
        words = message(
            "{exact} of {all} copied out {size} bytes per event",
            exact=exact,
            all=len(seen),
            size=size,
        )
        return [Evidence(which, exact, "calls")], words
    try:
        canaries = [row for phase in phases_of(trace, "epoll-memory") for row in canaries_of(phase)]
    except Undecided:
        return [], message("what went out was not seen")
    exact = sum(only_events(row, size) for row in canaries)
    which = message("canary buffers with {size} bytes changed per event", size=size)
    words = message(
        "{exact} of {all} canary buffers changed by {size} bytes per event",
        exact=exact,
        all=len(canaries),
        size=size,
    )
    return [Evidence(which, exact, "buffers")], words
