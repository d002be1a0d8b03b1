"""Claims on EPOLLET and EPOLLONESHOT: what the next epoll_wait polls, and who is woken."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.callbacks import counted_in
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import calls_of, counted, every, number, phases_of, some, times
from analysis.verdicts.steps import (
    CALL,
    CALLBACK,
    SLEEPER,
    callbacks,
    of_phase,
    waits_of,
)
from tracer.shared.message import joined, message
from tracer.shared.records import StepKind
from tracer.shared.syscalls import EPOLL_CTL_MOD


def et_no_repoll(trace: Trace) -> Verdict:
    """Polls of the last returned fds before the next epoll_wait goes to sleep."""
    edge = second_polls(trace, phases_of(trace, "epoll", trigger="edge"))
    level = second_polls(trace, phases_of(trace, "epoll", trigger="level"))
    if edge.empty or level.empty:
        raise Undecided("no epoll_wait slept after one that returned an fd, of either trigger")
    if some(edge["unsure"]) or some(level["unsure"]):
        raise Undecided(
            "before a sleep a file was polled that is of none of the fds returned, and one of "
            "these was not: which fd that poll was of is not certain"
        )
    left = edge[~edge["drained"]]
    evidence = [
        Evidence("edge-triggered fds returned before a sleep", len(edge), "fds"),
        Evidence("polls of them before that sleep", int(edge["fd_polls"].sum()), "polls of fds"),
        Evidence("of those fds had data left", len(left), "fds"),
        Evidence("polls of fds with data left", int(left["fd_polls"].sum()), "polls of fds"),
        Evidence("level-triggered fds returned before a sleep", len(level), "fds"),
        Evidence("polls of those before that sleep", int(level["fd_polls"].sum()), "polls of fds"),
    ]
    finding = message(
        "the next epoll_wait polled {edge} {edge_polls} before it slept ({left} of them still "
        "had data), and {level} {level_polls}",
        edge=counted(len(edge), "edge-triggered fd"),
        edge_polls=times(edge["fd_polls"]),
        left=len(left),
        level=counted(len(level), "level-triggered one"),
        level_polls=times(level["fd_polls"]),
    )
    if every(edge["fd_polls"] > 0) or every(level["fd_polls"] == 0):
        return refuted(finding, evidence)
    exact = every(edge["fd_polls"] == 0) and every(level["fd_polls"] == 1)
    return supported(finding, evidence) if exact else corrected(finding, evidence)


def second_polls(trace: Trace, phases: tuple[PhaseTruth, ...]) -> pd.DataFrame:
    """Return a row per fd that was returned before a sleep: ``fd_polls`` at it, ``drained``.

    A poll in epoll_wait may be identified by its file alone (analysis.fds.naming). Where one of the
    fds was not polled and another file was, that may be the fd's own file under a wrong name:
    ``unsure``.
    """
    parts = [_second_polls_of(trace, phase) for phase in phases]
    columns = {
        "fd_polls": pd.Series(dtype="int64"),
        "drained": pd.Series(dtype=bool),
        "unsure": pd.Series(dtype=bool),
    }
    return pd.concat([pd.DataFrame(columns), *parts], ignore_index=True)


def _second_polls_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per fd of ``phase`` and epoll_wait that slept after one that returned it."""
    waits = waits_of(trace, phase)
    fd_polls = of_phase(trace, phase, StepKind.FD_POLL).merge(waits[CALL], on=CALL)
    left = of_phase(trace, phase, StepKind.SWITCH_OUT)
    slept_ns = left[left["value"] == 0].groupby(CALL)["ts_ns"].min()
    rows: list[int] = []
    unsure: list[bool] = []
    for call, before in zip(waits.iloc[1:].to_dict("records"), waits["given"], strict=False):
        key = (call["tid"], call["seq"])
        if not call["sleep_calls"] or key not in slept_ns.index:
            continue
        here = fd_polls[(fd_polls["tid"] == call["tid"]) & (fd_polls["seq"] == call["seq"])]
        early = here[here["ts_ns"] < slept_ns.loc[key]]["fd"]
        found = [int((early == fd).sum()) for fd in before]
        others = len(early) - sum(map(bool, found))
        rows += found
        unsure += [others > 0 and 0 in found] * len(found)
    return pd.DataFrame({"fd_polls": rows, "drained": bool(phase.spec["drain"]), "unsure": unsure})


def oneshot_silent(trace: Trace) -> Verdict:
    """Data for an fd after its event: callbacks, their wakeups, events; again after a MOD."""
    phases = phases_of(trace, "epoll-oneshot")
    waits = pd.concat([arming_of(trace, each) for each in phases], ignore_index=True)
    silent, rearmed = waits[waits["silent"]], waits[waits["rearmed"]]
    if silent.empty:
        raise Undecided("no new data came for an fd between its event and a MOD")
    loud = (silent["woke"] > 0) | silent["returned"]
    evidence = [
        Evidence("epoll_waits with data for an fd that gave its event", len(silent), "calls"),
        Evidence("callbacks of that fd in those", int(silent["called"].sum()), "callbacks"),
        Evidence("of them woke the waiter", int(silent["woke"].sum()), "callbacks"),
        Evidence("of those epoll_waits returned the fd", int(silent["returned"].sum()), "calls"),
        Evidence("epoll_waits after a MOD, with that data", len(rearmed), "calls"),
        Evidence("of them returned the fd", int(rearmed["returned"].sum()), "calls"),
    ]
    meanwhile = message(
        "in {waits} new data came for an fd that had given its event: its callback ran {called} "
        "each and woke the waiter {woke}, and {returned} returned it",
        waits=counted(len(silent), "epoll_wait"),
        called=times(silent["called"]),
        woke=times(silent["woke"]),
        returned=int(silent["returned"].sum()),
    )
    after_mod = message(
        "of {waits} after a MOD {returned} did",
        waits=counted(len(rearmed), "epoll_wait"),
        returned=int(rearmed["returned"].sum()),
    )
    finding = joined("; ", [meanwhile, after_mod])
    if every(loud):
        return refuted(finding, evidence)
    whole = not some(loud) and every(silent["called"] > 0) and every(rearmed["returned"])
    return supported(finding, evidence) if whole else corrected(finding, evidence)


def arming_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return the waits with ``silent``, ``rearmed``, ``called``, ``woke``, ``returned``.

    ``silent``: the fd was returned, there was no MOD since, and the waker wrote for it too during
    the wait; ``rearmed``: the wait after one of those and a MOD. ``woke``: its callbacks that were
    followed by a wakeup of the instance's queue in the same write.
    """
    fd = number(phase, "oneshot")
    waits = waits_of(trace, phase)
    ctls = calls_of(trace, [phase], "epoll_ctl")
    mods = ctls.loc[(ctls["op"] == EPOLL_CTL_MOD) & (ctls["target"] == fd), "enter_ns"]
    ran = callbacks(trace, phase, CALLBACK)
    ran = ran[ran["fd"] == fd].assign(own=phase.tid)
    wakes = callbacks(trace, phase, SLEEPER)[CALL].drop_duplicates()
    woke = ran.merge(wakes, on=CALL)
    waits = waits.assign(
        returned=[fd in given for given in waits["given"]],
        called=counted_in(waits, ran, "own"),
        woke=counted_in(waits, woke, "own"),
        written=_writes(trace, phase, waits),
    )
    return _with_arming(waits, mods)


def _writes(trace: Trace, phase: PhaseTruth, waits: pd.DataFrame) -> list[int]:
    """Return how many writes of the waker fell in each of ``waits``."""
    calls = trace.calls
    ours = (calls["phase"] == phase.number) & (calls["tid"] == phase.waker_pid)
    writes = calls[ours & (calls["family"] == "write")]
    spans = waits[["enter_ns", "exit_ns"]].itertuples(index=False)
    return [int(writes["enter_ns"].between(first, last).sum()) for first, last in spans]


def _with_arming(waits: pd.DataFrame, mods: pd.Series[int]) -> pd.DataFrame:
    """Return ``waits`` with ``silent`` and ``rearmed``, by what was returned and when MODs came."""
    silent: list[bool] = []
    rearmed: list[bool] = []
    fired_ns: int | None = None
    for call in waits.to_dict("records"):
        armed = fired_ns is None or bool(mods.between(fired_ns, call["enter_ns"]).any())
        rearmed.append(armed and bool(silent) and silent[-1])
        silent.append(not armed and bool(call["written"] > 1))
        if call["returned"]:
            fired_ns = int(call["exit_ns"])
    return waits.assign(silent=silent, rearmed=rearmed)
