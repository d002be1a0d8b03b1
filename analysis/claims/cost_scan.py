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
from tracer.shared.say import Said, joined, say

NEEDS: Final = ("off_cpu_ns", "truth", "calls-in-truth")
MUX: Final = ("select", "poll")
FLAT: Final = 0.05
"""Part of another slope up to which a slope is called flat."""


def _slope(model: str) -> Said:
    return say("{model}, per fd more", model=model)


def _base(model: str) -> Said:
    return say("{model}, at no fd", model=model)


def _fit(model: str) -> Said:
    return say("{model}, fit r²", model=model)


def _more_fds(model: str) -> Said:
    return say("{model}, growth of the fds, times", model=model)


def _more_cost(model: str) -> Said:
    return say("{model}, growth of the cost, times", model=model)


def _growth(costs: Costs) -> Figures:
    found: dict[str, float] = {}
    for model in MUX:
        rows = costs.pick(model, active=1, position="middle", timeout_ms=None)
        fit = line(rows)
        more_fds = rows["fds"].iloc[-1] / rows["fds"].iloc[0]
        found |= {
            _slope(model): fit.slope,
            _base(model): fit.intercept,
            _fit(model): fit.r2,
            _more_fds(model): more_fds,
            _more_cost(model): rows["wait"].iloc[-1] / rows["wait"].iloc[0],
        }
    return found


def _grows(found: Figures) -> Outcome:
    shares = [found[_more_cost(model)] / found[_more_fds(model)] for model in MUX]
    if all(share >= 0.5 for share in shares):
        return SUPPORTED
    grown = [found[_more_cost(model)] > 1.5 for model in MUX]
    return CORRECTED if any(grown) else REFUTED


def _growth_words(found: Figures) -> str:
    parts = [
        say(
            "a {model} call costs {base:,.0f} instructions and {slope:,.0f} more per fd "
            "(r² {fit:.4f}): with {fds:.0f} times the fds, {cost:.1f} times the cost",
            model=model,
            base=found[_base(model)],
            slope=found[_slope(model)],
            fit=found[_fit(model)],
            fds=found[_more_fds(model)],
            cost=found[_more_cost(model)],
        )
        for model in MUX
    ]
    return joined("; ", parts)


_DEGRADES: Final = Question(_growth, {_slope(model): 0.0 for model in MUX}, _grows, _growth_words)


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
    found: dict[str, float] = {_slope(model): fit.slope for model, fit in fits.items()}
    found |= {_base(model): fit.intercept for model, fit in fits.items()}
    return found | {_fit(model): fits[model].r2 for model in MUX}


def _flat(found: Figures) -> Outcome:
    least = min(found[_slope(model)] for model in MUX)
    scanned = least > 0 and all(found[_fit(model)] > 0.95 for model in MUX)
    epoll = abs(found[_slope("epoll")])
    if scanned and epoll <= FLAT * least:
        return SUPPORTED
    return CORRECTED if scanned and epoll < least / 2 else REFUTED


def _awake_words(found: Figures) -> str:
    return say(
        "with nothing ready and timeout 0, one look costs select {select:,.0f} and poll "
        "{poll:,.0f} instructions for each fd, epoll_wait {epoll:.2f} for each fd and "
        "{base:,.0f} in all",
        select=found[_slope("select")],
        poll=found[_slope("poll")],
        epoll=abs(found[_slope("epoll")]),
        base=found[_base("epoll")],
    )


_AWAKE: Final = Question(_awake, {_slope(model): 0.0 for model in MUX}, _flat, _awake_words)


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


WHOLE: Final = say("poll, one event")
COPY: Final = say("poll, copy of the array")
SCAN: Final = say("poll, scan")
ENTRIES: Final = say("poll, entries hung and dropped")
REST: Final = say("poll, rest")
EPOLL: Final = say("epoll, one event")
WAIT: Final = say("epoll, epoll_wait")
CALLBACK: Final = say("epoll, callback in the writer")
SAVED: Final = say("saved per event")
SHARE: Final = say("scan and entries of what is saved, times")


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
    parts: dict[str, float] = {
        COPY: ignored["wait"],
        SCAN: look - ignored["wait"],
        ENTRIES: entry * hung,
    }
    epoll = costs.one("epoll", fds=fds, position="middle", active=1, timeout_ms=None)
    whole = costs.per_event(middle)
    saved = whole - costs.per_event(epoll)
    return {
        WHOLE: whole,
        **parts,
        REST: whole - sum(parts.values()),
        EPOLL: costs.per_event(epoll),
        WAIT: epoll["waits"] * epoll["wait"],
        CALLBACK: costs.callback(epoll),
        SAVED: saved,
        SHARE: (parts[SCAN] + parts[ENTRIES]) / saved,
    }


def _gains(found: Figures) -> Outcome:
    if found[SAVED] <= 0:
        return REFUTED
    cheap = found[CALLBACK] < found[SAVED] / 2
    return SUPPORTED if cheap and 0.8 <= found[SHARE] <= 1.2 else CORRECTED


def _split_words(found: Figures) -> str:
    return say(
        "one event of 400 fds costs poll {whole:,.0f} instructions (scan {scan:,.0f}, entries "
        "{entries:,.0f}, copy {copy:,.0f}, rest {rest:,.0f}) and epoll {epoll:,.0f} (epoll_wait "
        "{wait:,.0f}, callback {callback:,.0f}): scan and entries are {share:.0%} of what is saved",
        whole=found[WHOLE],
        scan=found[SCAN],
        entries=found[ENTRIES],
        copy=found[COPY],
        rest=found[REST],
        epoll=found[EPOLL],
        wait=found[WAIT],
        callback=found[CALLBACK],
        share=found[SHARE],
    )


_SPLIT: Final = Question(split_of_event, {SAVED: 0.0, CALLBACK: 0.0}, _gains, _split_words)


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
