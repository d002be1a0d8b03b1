"""The claim on an epoll instance that another one watches."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.trace.instances import ended_ns, states_of
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import counted, every, number, phases_of, some
from analysis.verdicts.steps import CALL, CALLBACK, SLEEPER, callbacks, waits_of, within
from tracer.shared.message import Message, message

LINKS = ("called", "nested", "woken", "outer", "inner")
"""Links of the chain from fd to program."""


def nested_callback(trace: Trace) -> Verdict:
    """Per outer wait: callback of the fd, of the inner instance, wake, in one call of the waker."""
    phases = phases_of(trace, "epoll-nested", waker="while-asleep")
    waits = pd.concat([chains_of(trace, phase) for phase in phases], ignore_index=True)
    if waits.empty:
        raise Undecided("no outer epoll_wait slept: there was nobody to wake")
    read = waits.pop("within").dropna()
    whole = waits.all(axis=1) & read.reindex(waits.index, fill_value=True).astype(bool)
    evidence = [
        Evidence("outer epoll_waits that slept", len(waits), "calls"),
        Evidence("callback of the fd in the inner instance", int(waits["called"].sum()), "calls"),
        Evidence("then the inner instance's, in the same write", int(waits["nested"].sum()),
                 "calls"),
        *_begun_within(read),
        Evidence("then a wakeup on the outer instance's queue", int(waits["woken"].sum()), "calls"),
        Evidence("returned the inner epoll fd", int(waits["outer"].sum()), "calls"),
        Evidence("whose next inner epoll_wait returned the fd", int(waits["inner"].sum()), "calls"),
    ]  # fmt: skip
    finding = message(
        "of {waits} that slept {whole} saw the whole chain: the fd's callback ({called}), then "
        "the inner instance's in the same write ({nested}; {within}), a wakeup by {sleeper} "
        "({woken}), the inner epoll fd returned outside ({outer}) and the fd inside ({inner})",
        waits=counted(len(waits), "outer epoll_wait"),
        whole=int(whole.sum()),
        sleeper=SLEEPER,
        within=_within(read),
        **{link: int(waits[link].sum()) for link in LINKS},
    )
    if every(whole):
        return supported(finding, evidence)
    links = waits["nested"] & waits["outer"]
    return corrected(finding, evidence) if some(links) else refuted(finding, evidence)


def _begun_within(read: pd.Series[bool]) -> list[Evidence]:
    """Return the evidence read when the callbacks ended; none where nothing was read."""
    what = message("begun before the first had ended")
    return [Evidence(what, int(read.sum()), "calls")] if len(read) else []


def _within(read: pd.Series[bool]) -> Message:
    """Return that one ran within the other, or that this is inferred."""
    if read.empty:
        return message("that it runs within the first is inferred from the order")
    return message(
        "{seen} of {read} were seen to begin before the first ended",
        seen=int(read.sum()),
        read=len(read),
    )


def chains_of(trace: Trace, phase: PhaseTruth) -> pd.DataFrame:
    """Return a row per outer wait that slept: how far the chain from fd to program was seen.

    Column ``within``: the second callback began before the first had ended; NA: no end was seen.
    """
    inner, outer = number(phase, "inner"), number(phase, "outer")
    waits = waits_of(trace, phase)
    ran = callbacks(trace, phase, CALLBACK, SLEEPER)
    states = states_of(trace.steps)
    rows = []
    for place, call in enumerate(waits.to_dict("records")):
        if call["fd"] != outer or not call["sleep_calls"]:
            continue
        after = waits.iloc[place + 1 : place + 2]
        fetched = [fd for fds in after[after["fd"] == inner]["given"] for fd in fds]
        meanwhile = within(ran, call["enter_ns"], call["exit_ns"])
        links = _links(meanwhile, phase.active, inner, states)
        found = {"outer": call["given"] == [inner], "inner": fetched == list(phase.active)}
        rows.append({**links, **found})
    chains = pd.DataFrame(rows, columns=[*LINKS, "within"])
    return chains.astype(dict.fromkeys(LINKS, "bool") | {"within": "boolean"})


def _links(
    ran: pd.DataFrame, active: tuple[int, ...], inner: int, states: pd.DataFrame
) -> dict[str, bool | None]:
    """Return which links of the chain ``ran`` has, each later than the one before it."""
    first = ran[(ran["hook_name"] == CALLBACK) & ran["fd"].isin(active)].head(1)
    same = ran.merge(first[CALL], on=CALL).sort_values("ts_ns", kind="stable")
    second = same[(same["hook_name"] == CALLBACK) & (same["fd"] == inner)].head(1)
    nested = not second.empty and second["ts_ns"].iloc[0] >= first["ts_ns"].iloc[0]
    wake = same[same["hook_name"] == SLEEPER].head(1)
    woken = nested and not wake.empty and wake["ts_ns"].iloc[0] >= second["ts_ns"].iloc[0]
    end_ns = ended_ns(states, first.iloc[0]) if nested else None
    begun = None if end_ns is None else bool(second["ts_ns"].iloc[0] <= end_ns)
    called = {"called": not first.empty, "nested": bool(nested), "woken": bool(woken)}
    return {**called, "within": begun}
