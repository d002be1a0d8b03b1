"""Claims on how select and poll wait and scan."""

from __future__ import annotations

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.frames import Trace
from analysis.metrics import Fit, fit
from analysis.verdicts.engine import Evidence, Verdict, corrected, refuted, supported
from analysis.verdicts.pick import (
    calls_of,
    counted,
    every,
    median,
    mostly_off_cpu,
    phases_of,
    rounds,
    span,
    times,
)
from tracer.shared.message import joined, message

FLAT = 0.1
"""Below this many polls per additional fd, a pass does not grow with the number of fds."""


def both(*columns: str) -> tuple[str, ...]:
    """Return needs for ``columns`` of the families select and poll."""
    return tuple(f"{column}:{family}" for column in columns for family in ("select", "poll"))


def mux_one_call(trace: Trace) -> Verdict:
    """One call per round: an entry for every fd, one sleep, ended by any one of them."""
    phases = phases_of(trace, "select", "poll", waker="while-asleep")
    calls = calls_of(trace, [phase for phase in phases if len(phase.fds) > 1], "select", "poll")
    whole = (calls["ret"] > 0) & (calls["insertions"] == calls["n"]) & (calls["sleep_calls"] == 1)
    expected = rounds(phases)
    places = calls[["n", "first_ready"]].drop_duplicates()
    evidence = [
        Evidence("calls", len(calls), "calls"),
        Evidence("rounds", expected, "rounds"),
        Evidence("calls with an entry for every fd and one sleep", int(whole.sum()), "calls"),
        Evidence("insertions, median", median(calls["insertions"]), "entries per call"),
        Evidence("sleeps, median", median(calls["sleep_calls"]), "sleeps per call"),
        Evidence("places of the fd that ended the call", len(places), "places"),
    ]
    numbers = [str(place) for place in sorted(places["first_ready"].unique())]
    finding = message(
        "{calls} for {rounds}: each queued {entries} for {fds} and slept {often}; the fd that "
        "ended it was number {numbers} in the set",
        calls=counted(len(calls), "call"),
        rounds=counted(expected, "round"),
        entries=span(calls["insertions"], "entry", "entries"),
        fds=span(calls["n"], "fd"),
        often=times(calls["sleep_calls"]),
        numbers=joined(" or ", numbers),
    )
    if every(calls["sleep_calls"] == 0) or every(calls["insertions"] <= 1):
        return refuted(finding, evidence)
    one_each = len(calls) == expected
    return (
        supported(finding, evidence) if every(whole) and one_each else corrected(finding, evidence)
    )


def mux_continuous_scan(trace: Trace) -> Verdict:
    """Passes beyond the first and one after a sleep; the share of the wait off the CPU."""
    phases = phases_of(trace, "select", "poll")
    calls = calls_of(trace, phases, "select", "poll")
    waits = calls[(calls["sleep_calls"] > 0) | (calls["passes"] > 1)]
    if waits.empty:
        raise Undecided(
            message("none of {count} calls of select and poll had to wait", count=len(calls))
        )
    # Each call waits for one event or for its timeout: that explains one sleep, and no more.
    extra = waits["passes"] - 1 - waits["sleep_calls"].clip(upper=1)
    off_share = waits["off_cpu_ns"].sum() / waits["wall_ns"].sum()
    evidence = [
        Evidence("calls that waited", len(waits), "calls"),
        Evidence("passes, median", median(waits["passes"]), "passes per call"),
        Evidence("sleeps, median", median(waits["sleep_calls"]), "sleeps per call"),
        Evidence("calls with passes that no event explains", int((extra > 0).sum()), "calls"),
        Evidence("off the CPU, of the time waited", float(off_share) * 100, "%"),
    ]
    finding = message(
        "{calls} that waited made {passes} with {sleeps} each, {unexplained} of them passes that "
        "no event explains, and were off the CPU for {share:.0%} of the time",
        calls=counted(len(waits), "call"),
        passes=span(waits["passes"], "pass", "passes"),
        sleeps=span(waits["sleep_calls"], "sleep"),
        unexplained=int((extra > 0).sum()),
        share=off_share,
    )
    if every(extra > 0):
        return supported(finding, evidence)
    if every(extra <= 0) and mostly_off_cpu(waits):
        return refuted(finding, evidence)
    return corrected(finding, evidence)


def mux_linear_scan(trace: Trace) -> Verdict:
    """Fds polled per pass against their number, wherever the ready one is."""
    calls = calls_of(trace, phases_of(trace, "select", "poll", waker="before"), "select", "poll")
    calls = calls.assign(per_pass=calls["fd_polls"] / calls["passes"].clip(lower=1))
    fits = {str(family): _slope(rows) for family, rows in calls.groupby("family")}
    places = calls.groupby("n")["first_ready"].nunique().max()
    if places < 2:
        raise Undecided("the ready fd is always at one place: a scan up to it looks like a whole")
    exact = (calls["passes"] > 0) & (calls["fd_polls"] == calls["passes"] * calls["n"])
    evidence = [
        Evidence("calls", len(calls), "calls"),
        Evidence("calls that polled every fd in each pass", int(exact.sum()), "calls"),
        Evidence("places of the ready fd per set", int(places), "places"),
        *(
            Evidence(
                message("{model}: polls of fds added per fd added", model=key),
                line.slope,
                "polls of fds",
            )
            for key, line in fits.items()
        ),
        *(
            Evidence(
                message("{model}: spread of polls of fds that a line explains", model=key),
                line.r2 * 100,
                "%",
            )
            for key, line in fits.items()
        ),
    ]
    finding = message(
        "{exact} of {count} calls polled every one of {fds} fds in each pass, with the ready "
        "fd at {places} places; polls of fds added per fd added: {slopes}",
        exact=int(exact.sum()),
        count=len(calls),
        fds=span(calls["n"]),
        places=int(places),
        slopes=joined(", ", [f"{key} {line.slope:.3g}" for key, line in fits.items()]),
    )
    if every(exact):
        return supported(finding, evidence)
    flat = every(line.slope < FLAT for line in fits.values())
    return refuted(finding, evidence) if flat else corrected(finding, evidence)


def _slope(rows: pd.DataFrame) -> Fit:
    line = fit(rows["n"], rows["per_pass"])
    if line is None:
        family = rows["family"].iloc[0]
        raise Undecided(message("{family} was run with one number of fds only", family=family))
    return line
