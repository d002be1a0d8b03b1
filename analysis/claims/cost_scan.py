"""Claims on what a call costs against the number of fds, and on where epoll's gain comes from."""

from __future__ import annotations

from typing import Final

from analysis.claims.costs import Costs, Figures, Question, beside, decide_twice, line
from analysis.claims.engine import (
    CORRECTED,
    REFUTED,
    SUPPORTED,
    Outcome,
    Verdict,
    claim,
)
from analysis.experiments import COST
from analysis.frames import Trace

NEEDS: Final = ("off_cpu_ns", "truth", "calls-in-truth")
MUX: Final = ("select", "poll")
FLAT: Final = 0.05
"""Part of another slope up to which a slope is called flat."""


def _growth(costs: Costs) -> Figures:
    found: dict[str, float] = {}
    for model in MUX:
        rows = costs.pick(model, active=1, position="middle", timeout_ms=None)
        fit = line(rows)
        more_fds = rows["fds"].iloc[-1] / rows["fds"].iloc[0]
        found |= {
            f"{model}, per fd more": fit.slope,
            f"{model}, at no fd": fit.intercept,
            f"{model}, fit r²": fit.r2,
            f"{model}, growth of the fds, times": more_fds,
            f"{model}, growth of the cost, times": rows["wait"].iloc[-1] / rows["wait"].iloc[0],
        }
    return found


def _grows(found: Figures) -> Outcome:
    shares = [
        found[f"{model}, growth of the cost, times"] / found[f"{model}, growth of the fds, times"]
        for model in MUX
    ]
    if all(share >= 0.5 for share in shares):
        return SUPPORTED
    grown = [found[f"{model}, growth of the cost, times"] > 1.5 for model in MUX]
    return CORRECTED if any(grown) else REFUTED


def _growth_words(found: Figures) -> str:
    parts = [
        f"a {model} call costs {found[f'{model}, at no fd']:,.0f} instructions and "
        f"{found[f'{model}, per fd more']:,.0f} more per fd (r² "
        f"{found[f'{model}, fit r²']:.4f}): with {found[f'{model}, growth of the fds, times']:.0f} "
        f"times the fds, {found[f'{model}, growth of the cost, times']:.1f} times the cost"
        for model in MUX
    ]
    return "; ".join(parts)


_DEGRADES: Final = Question(
    _growth, {f"{model}, per fd more": 0.0 for model in MUX}, _grows, _growth_words
)


@claim(
    id="mux-degrades",
    section="notes 3",
    statement="A call of select or poll costs much more, the more fds it is given.",
    otherwise="Corrected if the cost grew by less than half of what the fds did; refuted if it "
    "grew by less than half as much again.",
    experiment=COST,
    needs=NEEDS,
    beside=beside(_growth),
)
def mux_degrades(first: Trace, second: Trace) -> Verdict:
    """Cost per call against n, one fd ready in the middle: a line for each of the two."""
    return decide_twice(_DEGRADES, first, second)


def _awake(costs: Costs) -> Figures:
    fits = {model: line(costs.pick(model, timeout_ms=0, active=0)) for model in (*MUX, "epoll")}
    found = {f"{model}, per fd more": fit.slope for model, fit in fits.items()}
    found |= {f"{model}, at no fd": fit.intercept for model, fit in fits.items()}
    return found | {f"{model}, fit r²": fits[model].r2 for model in MUX}


def _flat(found: Figures) -> Outcome:
    least = min(found[f"{model}, per fd more"] for model in MUX)
    scanned = least > 0 and all(found[f"{model}, fit r²"] > 0.95 for model in MUX)
    epoll = abs(found["epoll, per fd more"])
    if scanned and epoll <= FLAT * least:
        return SUPPORTED
    return CORRECTED if scanned and epoll < least / 2 else REFUTED


def _awake_words(found: Figures) -> str:
    return (
        f"with nothing ready and timeout 0, one look costs select "
        f"{found['select, per fd more']:,.0f} and poll {found['poll, per fd more']:,.0f} "
        f"instructions for each fd, epoll_wait {abs(found['epoll, per fd more']):.2f} for each fd "
        f"and {found['epoll, at no fd']:,.0f} in all"
    )


_AWAKE: Final = Question(
    _awake, {f"{model}, per fd more": 0.0 for model in MUX}, _flat, _awake_words
)


@claim(
    id="awake-scan",
    section="notes 3, summary 1",
    statement="While awake, select and poll go through the whole set; epoll_wait only looks "
    "whether the ready list is empty.",
    otherwise="Corrected if epoll_wait's cost grew with the fds by more than a twentieth of what "
    "select's and poll's does; refuted if by half of it, or if theirs did not grow in a "
    "line.",
    experiment=COST,
    needs=NEEDS,
    beside=beside(_awake),
)
def awake_scan(first: Trace, second: Trace) -> Verdict:
    """Cost of a call that finds nothing and does not sleep, against n."""
    return decide_twice(_AWAKE, first, second)


def split_of_event(costs: Costs) -> Figures:
    """Tell the parts of a poll call apart by leaving them out, one by one."""
    ignored = costs.one("poll-ignored")
    fds = float(ignored["fds"])
    look = costs.one("poll", fds=fds, timeout_ms=0, active=0)["wait"]
    ends = [
        costs.one("poll", fds=fds, position=place, active=1, timeout_ms=None)
        for place in ("first", "last")
    ]
    entry = (ends[1]["wait"] - ends[0]["wait"]) / (fds - 1)
    middle = costs.one("poll", fds=fds, position="middle", active=1, timeout_ms=None)
    hung = (fds - 1) // 2 + 1
    parts = {
        "poll, copy of the array": ignored["wait"],
        "poll, scan": look - ignored["wait"],
        "poll, entries hung and dropped": entry * hung,
    }
    epoll = costs.one("epoll", fds=fds, position="middle", active=1, timeout_ms=None)
    whole = costs.per_event(middle)
    saved = whole - costs.per_event(epoll)
    return {
        "poll, one event": whole,
        **parts,
        "poll, rest": whole - sum(parts.values()),
        "epoll, one event": costs.per_event(epoll),
        "epoll, epoll_wait": epoll["waits"] * epoll["wait"],
        "epoll, callback in the writer": costs.callback(epoll),
        "saved per event": saved,
        "scan and entries of what is saved, times":
            (parts["poll, scan"] + parts["poll, entries hung and dropped"]) / saved,
    }  # fmt: skip


def _gains(found: Figures) -> Outcome:
    if found["saved per event"] <= 0:
        return REFUTED
    share = found["scan and entries of what is saved, times"]
    cheap = found["epoll, callback in the writer"] < found["saved per event"] / 2
    return SUPPORTED if cheap and 0.8 <= share <= 1.2 else CORRECTED


def _split_words(found: Figures) -> str:
    return (
        f"one event of 400 fds costs poll {found['poll, one event']:,.0f} instructions (scan "
        f"{found['poll, scan']:,.0f}, entries {found['poll, entries hung and dropped']:,.0f}, copy "
        f"{found['poll, copy of the array']:,.0f}, rest {found['poll, rest']:,.0f}) and epoll "
        f"{found['epoll, one event']:,.0f} (epoll_wait {found['epoll, epoll_wait']:,.0f}, callback "
        f"{found['epoll, callback in the writer']:,.0f}): scan and entries are "
        f"{found['scan and entries of what is saved, times']:.0%} of what is saved"
    )


_SPLIT: Final = Question(
    split_of_event,
    {"saved per event": 0.0, "epoll, callback in the writer": 0.0},
    _gains,
    _split_words,
)


@claim(
    id="callback-saves-cpu",
    section="notes 3, summary 1",
    statement="The callback is where epoll's gain comes from: it replaces the scan and the entries "
    "of every call.",
    otherwise="Corrected if the callback ate half of what is saved, or if scan and entries were "
    "not four fifths of it; refuted if nothing was saved.",
    experiment=COST,
    needs=NEEDS,
    beside=beside(split_of_event),
)
def callback_saves_cpu(first: Trace, second: Trace) -> Verdict:
    """The parts of one event's cost for poll and for epoll, at 400 fds and one active."""
    return decide_twice(_SPLIT, first, second)
