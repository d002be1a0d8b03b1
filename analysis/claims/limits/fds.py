"""Claims on how many fds select and epoll can watch."""

from __future__ import annotations

from collections.abc import Mapping
from errno import ENOSPC
from typing import Any, Final

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, phases_of, result_of, some, span
from tracer.shared.message import joined, message
from tracer.shared.syscalls import EPOLL_CTL_ADD

SAID: Final = (1024, 2048)
"""The limits that textbooks give for select."""


def select_fd_limit(trace: Trace) -> Verdict:
    """The first fd that glibc refuses, against raw calls with fds beyond it: does it poll them?

    fs/select.c core_sys_select() (6.1): n is cut to the size of the process's fd table, and
    nothing else limits it.
    """
    (asked,) = phases_of(trace, "select-limit")
    refused = result_of(asked, "first_refused")
    phases = [each for each in phases_of(trace, "select-raw") if max(each.fds) >= max(SAID)]
    if not phases:
        raise Undecided(message("no call with an fd of {fd:,} or more", fd=max(SAID)))
    calls = calls_of(trace, phases, "select")
    whole = (calls["passes"] > 0) & (calls["fd_polls"] == calls["passes"] * calls["n"])
    served = whole & (calls["ret"] > 0)
    returned = max((fd for each in phases for fd in returned_fds(each)), default=-1)
    beyond = bool(some(served)) and returned >= max(SAID)
    evidence = [
        Evidence("first fd refused before the system call", refused, "fd number"),
        Evidence("calls with n beyond 2,048", len(calls), "calls"),
        Evidence("of them polled every fd and returned one", int(served.sum()), "calls"),
        Evidence("largest n", int(calls["nr"].max()), "fd numbers"),
        Evidence("largest fd returned as ready", returned, "fd number"),
    ]
    kernel = message(
        "the kernel, given n {n}, polled every one of {fds} in {served} of {calls}, and the "
        "largest fd that it returned is {returned:,}",
        n=span(calls["nr"]),
        fds=span(calls["n"], "fd"),
        served=int(served.sum()),
        calls=counted(len(calls), "call"),
        returned=returned,
    )
    finding = joined("; ", [_library(refused, result_of(asked, "tried_up_to")), kernel])
    if not beyond:
        return supported(finding, evidence)
    if refused is None and every(served):
        return refuted(finding, evidence)
    return corrected(finding, evidence, _unlike(refused, returned))


def _unlike(refused: int | None, returned: int) -> str:
    """Return the answer if the library has no limit, or one beyond what was tried."""
    if refused is None:
        return message("select serves only some of the calls with fds from 2,048 on.")
    if refused > returned:
        return message(
            "The C library limits select, but not to 1,024 or 2,048 fds; the kernel takes fds "
            "beyond these."
        )
    return ""


def _library(refused: int | None, tried_up_to: int) -> str:
    if refused is None:
        return message(
            "Python's select, built on glibc's fd_set, took every fd below {fd:,}", fd=tried_up_to
        )
    return message(
        "Python's select, built on glibc's fd_set, refused fds from {fd:,} on by itself", fd=refused
    )


def returned_fds(phase: PhaseTruth) -> list[int]:
    return [fd for call in result_of(phase, "ready") for fd in call]


def epoll_no_limit(trace: Trace) -> Verdict:
    """Watched fds at two limits of open ones, then with fs.epoll.max_user_watches lowered.

    fs/eventpoll.c ep_insert() (6.1): -ENOSPC once the user has max_user_watches.
    """
    phases = phases_of(trace, "epoll-limits")
    adds = calls_of(trace, phases, "epoll_ctl")
    adds = adds[adds["op"] == EPOLL_CTL_ADD]
    rows = result_of(phases[0], "limits")
    watches = result_of(phases[0], "user_watches")
    if "why_not" in watches:
        raise Undecided(
            message(
                "whether a limit of watches applies was not tried: {why_not}",
                why_not=watches["why_not"],
            )
        )
    no_space = adds[adds["ret"] == -ENOSPC]
    evidence = [
        *(_at_limit(row) for row in rows),
        Evidence("EPOLL_CTL_ADD that succeeded", int((adds["ret"] == 0).sum()), "calls"),
        Evidence("EPOLL_CTL_ADD refused with ENOSPC", len(no_space), "calls"),
        Evidence("max_user_watches, lowered to", watches["lowered_to"], "watches"),
        Evidence("watched fds with max_user_watches lowered", watches["watched"], "fds"),
        Evidence("limit of open fds meanwhile", watches["limit"], "fds"),
        Evidence("max_user_watches, as the machine had it", watches["before"], "watches"),
    ]
    lowered = message(
        "with fs.epoll.max_user_watches lowered from {before:,} to {lowered_to:,} epoll watched "
        "{watched:,} fds, and then {what} was refused, with room for {limit:,} open fds",
        before=watches["before"],
        lowered_to=watches["lowered_to"],
        watched=watches["watched"],
        what=_by(watches),
        limit=watches["limit"],
    )
    finding = joined("; ", [*map(_limit, rows), lowered])
    if not every(_full(row) for row in rows):
        return refuted(finding, evidence)
    return supported(finding, evidence) if no_space.empty else corrected(finding, evidence)


def _at_limit(row: Mapping[str, Any]) -> Evidence:
    metric = message("watched fds when {limit:,} could be open", limit=row["limit"])
    return Evidence(metric, row["watched"], "fds")


def _full(row: Mapping[str, Any]) -> bool:
    """Return whether every fd that could be open was watched, except the process's other fds."""
    by_open_fds = (row["refused"], row["errno_name"]) == ("open", "EMFILE")
    return by_open_fds and row["watched"] + row["others"] == row["limit"]


def _limit(row: Mapping[str, Any]) -> str:
    return message(
        "with a limit of {limit:,} open fds epoll watched {watched:,} beside {others:,} others, "
        "and then {what} was refused",
        limit=row["limit"],
        watched=row["watched"],
        others=row["others"],
        what=_by(row),
    )


def _by(row: Mapping[str, Any]) -> str:
    error = row["errno_name"]
    if row["refused"] == "open":
        return message("another fd ({error})", error=error)
    return f"EPOLL_CTL_ADD ({error})"
