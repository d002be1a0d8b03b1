"""Claims on what a call costs against the number of fds, and on where epoll's gain comes from."""

from __future__ import annotations

from typing import Final

from analysis.claims.cost.costs import MUX, Costs, Effect, Question, decide_twice, line
from analysis.frames import Trace
from analysis.metrics import Fit
from analysis.verdicts.engine import (
    CORRECTED,
    REFUTED,
    SUPPORTED,
    Outcome,
    Verdict,
)
from analysis.verdicts.figures import Figure, Figures, Unit, What, ratio
from tracer.shared.message import joined, message

NEEDS: Final = ("off_cpu_ns", "truth", "calls-in-truth")
FLAT: Final = 0.05
"""Share of another slope up to which a slope counts as flat."""


def _fitted(model: str, fit: Fit) -> list[Figure]:
    """Return the figures of the line through a model's costs."""
    return [
        Figure(What.SLOPE, fit.slope, message("{model}, per fd more", model=model), model=model),
        Figure(What.BASE, fit.intercept, message("{model}, at no fd", model=model), model=model),
        Figure(What.FIT, fit.r2, message("{model}, fit r²", model=model), Unit.OF_ONE, model),
    ]


def growth(costs: Costs) -> Figures:
    return Figures(figure for model in MUX for figure in _growth_of(costs, model))


def _growth_of(costs: Costs, model: str) -> list[Figure]:
    rows = costs.pick(model, active=1, position="middle", timeout_ms=None)
    more_fds, more_cost = (
        ratio(rows[column].iloc[-1], rows[column].iloc[0]) for column in ("fds", "wait")
    )
    fds = message("{model}, growth of the fds, ratio", model=model)
    cost = message("{model}, growth of the cost, ratio", model=model)
    return [
        *_fitted(model, line(rows)),
        Figure(What.FDS_GROWTH, more_fds, fds, Unit.TIMES, model),
        Figure(What.COST_GROWTH, more_cost, cost, Unit.TIMES, model),
    ]


def _grows(found: Figures) -> Outcome:
    grown = {model: found.value(What.COST_GROWTH, model=model) for model in MUX}
    fds = {model: found.value(What.FDS_GROWTH, model=model) for model in MUX}
    if all(grown[model] / fds[model] >= 0.5 for model in MUX):
        return SUPPORTED
    return CORRECTED if any(times > 1.5 for times in grown.values()) else REFUTED


def _growth_words(found: Figures) -> str:
    parts = [
        message(
            "a {model} call costs {base:,.0f} instructions and {slope:,.0f} more per fd "
            "(r² {fit:.4f}): with {fds:.0f} times the fds, {cost:.1f} times the cost",
            model=model,
            base=found.value(What.BASE, model=model),
            slope=found.value(What.SLOPE, model=model),
            fit=found.value(What.FIT, model=model),
            fds=found.value(What.FDS_GROWTH, model=model),
            cost=found.value(What.COST_GROWTH, model=model),
        )
        for model in MUX
    ]
    return joined("; ", parts)


_DEGRADES: Final = Question(growth, (Effect(What.SLOPE, models=MUX),), _grows, _growth_words)


def mux_degrades(first: Trace, second: Trace) -> Verdict:
    """Cost per call against n, one ready fd in the middle: a line for each of the two."""
    return decide_twice(_DEGRADES, first, second)


def awake(costs: Costs) -> Figures:
    return Figures(
        figure
        for model in (*MUX, "epoll")
        for figure in _fitted(model, line(costs.pick(model, timeout_ms=0, active=0)))
        # The fit of a flat line means nothing.
        if model in MUX or figure.what != What.FIT
    )


def _flat(found: Figures) -> Outcome:
    least = min(found.value(What.SLOPE, model=model) for model in MUX)
    scanned = least > 0 and all(found.value(What.FIT, model=model) > 0.95 for model in MUX)
    epoll = abs(found.value(What.SLOPE, model="epoll"))
    if scanned and epoll <= FLAT * least:
        return SUPPORTED
    return CORRECTED if scanned and epoll < least / 2 else REFUTED


def _awake_words(found: Figures) -> str:
    return message(
        "with nothing ready and timeout 0, one check costs select {select:,.0f} and poll "
        "{poll:,.0f} instructions for each fd, epoll_wait {epoll:.2f} for each fd and "
        "{base:,.0f} in all",
        select=found.value(What.SLOPE, model="select"),
        poll=found.value(What.SLOPE, model="poll"),
        epoll=abs(found.value(What.SLOPE, model="epoll")),
        base=found.value(What.BASE, model="epoll"),
    )


_AWAKE: Final = Question(awake, (Effect(What.SLOPE, models=MUX),), _flat, _awake_words)


def awake_scan(first: Trace, second: Trace) -> Verdict:
    """Cost of a call that finds nothing and does not sleep, against n."""
    return decide_twice(_AWAKE, first, second)


def split_of_event(costs: Costs) -> Figures:
    """Separate the parts of a poll call by leaving them out, one by one."""
    ignored = costs.one("poll-ignored")
    fds = float(ignored["fds"])
    fd_poll = costs.one("poll", fds=fds, timeout_ms=0, active=0)["wait"]
    ends = [
        costs.one("poll", fds=fds, position=place, active=1, timeout_ms=None)
        for place in ("first", "last")
    ]
    entry = (ends[1]["wait"] - ends[0]["wait"]) / (fds - 1)
    middle = costs.one("poll", fds=fds, position="middle", active=1, timeout_ms=None)
    queued = (fds - 1) // 2 + 1
    scan, entries, copy = fd_poll - ignored["wait"], entry * queued, ignored["wait"]
    epoll = costs.one("epoll", fds=fds, position="middle", active=1, timeout_ms=None)
    whole, by_epoll = costs.per_event(middle), costs.per_event(epoll)
    rest, saved = whole - scan - entries - copy, whole - by_epoll
    wait, callback = epoll["waits"] * epoll["wait"], costs.callback(epoll)
    share = message("scan and entries, share of what is saved")
    return Figures(
        [
            Figure(What.EVENT, whole, message("poll, one event"), model="poll"),
            Figure(What.COPY, copy, message("poll, copy of the array"), model="poll"),
            Figure(What.SCAN, scan, message("poll, scan"), model="poll"),
            Figure(
                What.ENTRIES, entries, message("poll, entries queued and removed"), model="poll"
            ),
            Figure(What.REST, rest, message("poll, rest"), model="poll"),
            Figure(What.EVENT, by_epoll, message("epoll, one event"), model="epoll"),
            Figure(What.WAIT, wait, message("epoll, epoll_wait"), model="epoll"),
            Figure(
                What.CALLBACK, callback, message("epoll, callback in the writer"), model="epoll"
            ),
            Figure(What.SAVED, saved, message("saved per event")),
            Figure(What.SHARE, ratio(scan + entries, saved), share, Unit.TIMES),
        ]
    )


def _gains(found: Figures) -> Outcome:
    saved, callback = found.value(What.SAVED), found.value(What.CALLBACK)
    if saved <= 0:
        return REFUTED
    cheap = callback < saved / 2
    return SUPPORTED if cheap and 0.8 <= found.value(What.SHARE) <= 1.2 else CORRECTED


def _split_words(found: Figures) -> str:
    return message(
        "one event of 400 fds costs poll {whole:,.0f} instructions (scan {scan:,.0f}, entries "
        "{entries:,.0f}, copy {copy:,.0f}, rest {rest:,.0f}) and epoll {epoll:,.0f} (epoll_wait "
        "{wait:,.0f}, callback {callback:,.0f}): scan and entries are {share:.0%} of what is saved",
        whole=found.value(What.EVENT, model="poll"),
        scan=found.value(What.SCAN),
        entries=found.value(What.ENTRIES),
        copy=found.value(What.COPY),
        rest=found.value(What.REST),
        epoll=found.value(What.EVENT, model="epoll"),
        wait=found.value(What.WAIT),
        callback=found.value(What.CALLBACK),
        share=found.value(What.SHARE),
    )


_SPLIT: Final = Question(
    split_of_event,
    (Effect(What.SAVED), Effect(What.CALLBACK, models=("epoll",))),
    _gains,
    _split_words,
)


def callback_saves_cpu(first: Trace, second: Trace) -> Verdict:
    """The parts of one event's cost for poll and for epoll, at 400 fds and one active."""
    return decide_twice(_SPLIT, first, second)
