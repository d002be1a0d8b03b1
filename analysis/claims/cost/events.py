"""Claims on the cost of a delivered event: all fds active, few of them, epoll_ctl for each."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import pandas as pd

from analysis.checks.undecided import Undecided
from analysis.claims.cost.costs import MODELS, MUX, Costs, Effect, Question, decide_twice
from analysis.frames import Trace
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED, Outcome, Verdict
from analysis.verdicts.figures import Figure, Figures, Unit, What, ratio
from tracer.shared.message import Message, joined, message

NEEDS: Final = ("off_cpu_ns", "truth", "calls-in-truth")
LINKS: Final = ("loopback", "lan")
REARMS: Final = ("mod", "del-add")
SAME: Final = 1.05
"""Ratio up to which two costs count as equal."""
SLIGHTLY: Final = 1.5
FAR: Final = 5.0


def _of(costs: Costs, rows: pd.DataFrame) -> dict[int, float]:
    """Return the cost per event of ``rows`` by number of fds."""
    rows = rows[rows["timeout_ms"].isna() & (rows["rearm"] == "none")]
    return {int(row["fds"]): costs.per_event(row) for _, row in rows.iterrows()}


def _event(model: str, fds: int, cost: float, link: str = "loopback") -> Figure:
    label = message("{model}, one event of {fds}", model=model, fds=_fds(fds, link))
    return Figure(What.EVENT, cost, label, model=model, fds=fds, link=link)


def _fds(n: int, link: str = "loopback") -> Message:
    """Return a number of fds in words, with the link if they are connections over one."""
    if link == "loopback":
        return message("{n} fds", n=n)
    return message("{n} fds over a veth", n=n)


def all_active(costs: Costs) -> Figures:
    by_model = {model: _whole(costs, model) for model in MODELS}
    if not all(by_model.values()):
        raise Undecided("no phase with all fds active in each of select, poll and epoll")
    events = [_event(model, fds, cost) for model in MODELS for fds, cost in by_model[model].items()]
    ratios = [
        Figure(
            What.EPOLL_TO,
            ratio(cost, by_model[model][fds]),
            message("epoll to {model} with {fds}, ratio", model=model, fds=_fds(fds)),
            Unit.TIMES,
            model,
            fds,
        )
        for fds, cost in by_model["epoll"].items()
        for model in MUX
    ]
    return Figures([*events, *ratios])


def _whole(costs: Costs, model: str) -> dict[int, float]:
    """Return the cost per event with all fds active, by their number."""
    rows = costs.pick(model)
    return _of(costs, rows[rows["active"] == rows["fds"]])


def _no_gain(found: Figures) -> Outcome:
    ratios = found.values(What.EPOLL_TO)
    if all(each >= 1 / SAME for each in ratios):
        return SUPPORTED
    return REFUTED if all(each <= 1 / SLIGHTLY for each in ratios) else CORRECTED


def _all_active_words(found: Figures) -> str:
    ratios = [
        message(
            "{ratio:.2f} times {model} of {fds}",
            ratio=each.value,
            model=each.model,
            fds=_fds(each.fds),
        )
        for each in found.pick(What.EPOLL_TO)
    ]
    return message(
        "with all fds active an event of epoll (epoll_wait and the callback in the writer) costs "
        "{ratios}",
        ratios=joined(", ", ratios),
    )


_ALL_ACTIVE: Final = Question(all_active, (), _no_gain, _all_active_words)


def all_active_no_gain(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per delivered event at 100 % active, all three models."""
    return decide_twice(_ALL_ACTIVE, first, second)


def churn(costs: Costs) -> Figures:
    rows = costs.pick("epoll")
    churned = rows[rows["rearm"] != "none"]
    if churned.empty:
        raise Undecided("no phase that calls epoll_ctl after each event")
    fds = int(churned["fds"].iloc[0])
    plain = _of(costs, rows[(rows["active"] == rows["fds"]) & (rows["fds"] == fds)])
    if not plain:
        raise Undecided(message("no phase with {fds} fds, all active, and no epoll_ctl", fds=fds))
    none = Figure(What.EVENT, plain[fds], message("no epoll_ctl, one event"))
    return Figures([none, *(each for how in REARMS for each in _churned(costs, how, fds, none))])


def _churned(costs: Costs, how: str, fds: int, none: Figure) -> list[Figure]:
    """Return the cost of an event followed by an epoll_ctl, and its ratio to ``none``."""
    event = costs.per_event(costs.one("epoll", rearm=how, fds=fds))
    to_none = message("{how} to none, ratio", how=how)
    return [
        Figure(What.EVENT, event, message("{how}, one event", how=how), rearm=how),
        Figure(What.TO_PLAIN, ratio(event, none.value), to_none, Unit.TIMES, rearm=how),
    ]


def _slower(found: Figures) -> Outcome:
    ratios = found.values(What.TO_PLAIN)
    if all(each <= SAME for each in ratios):
        return REFUTED
    return SUPPORTED if all(SAME < each <= SLIGHTLY for each in ratios) else CORRECTED


def _churn_words(found: Figures) -> str:
    return message(
        "an event costs {plain:,.0f} instructions without epoll_ctl, {mod:.2f} times that with a "
        "MOD for each event (ONESHOT) and {del_add:.2f} times with DEL and ADD",
        plain=found.value(What.EVENT, rearm="none"),
        mod=found.value(What.TO_PLAIN, rearm="mod"),
        del_add=found.value(What.TO_PLAIN, rearm="del-add"),
    )


def _churn_answer(found: Figures) -> str:
    """Return the answer for operations of unequal cost, or cheaper than the event."""
    if _slower(found) != CORRECTED or all(each > 2 for each in found.values(What.TO_PLAIN)):
        return ""
    return message(
        "An epoll_ctl for each event does not cost the same for all operations: some add up to its "
        "own cost again, others more or next to nothing."
    )


_CHURN: Final = Question(
    churn, (Effect(What.TO_PLAIN, null=1.0),), _slower, _churn_words, _churn_answer
)


def ctl_churn_costs(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per event, all active, with a MOD or a DEL and an ADD after each event."""
    return decide_twice(_CHURN, first, second)


def idle(costs: Costs) -> Figures:
    return Figures(each for link in LINKS for each in _idle_over(costs, link))


def _idle_over(costs: Costs, link: str) -> Iterator[Figure]:
    """Yield the cost of an event with 1 % of the fds active, and its ratio to epoll's."""
    by_model = {}
    for model in MODELS:
        rows = costs.pick(model, link=link)
        by_model[model] = _of(costs, rows[rows["active"] * 100 == rows["fds"]])
    if len(by_model["epoll"]) < 2:
        raise Undecided(
            message("fewer than 2 numbers of fds on {link} with 1 % of them active", link=link)
        )
    yield from (_event("epoll", fds, cost, link) for fds, cost in by_model["epoll"].items())
    for model in MUX:
        for fds, cost in by_model[model].items():
            yield _event(model, fds, cost, link)
            label = message("{model} to epoll with {fds}, ratio", model=model, fds=_fds(fds, link))
            times = ratio(cost, by_model["epoll"][fds])
            yield Figure(What.TO_EPOLL, times, label, Unit.TIMES, model, fds, link)


def _ahead(found: Figures) -> Outcome:
    ratios = [
        value
        for link in LINKS
        for model in MUX
        for value in found.values(What.TO_EPOLL, model=model, link=link)
    ]
    if all(each >= FAR for each in ratios):
        return SUPPORTED
    return REFUTED if all(each <= SLIGHTLY for each in ratios) else CORRECTED


def _idle_words(found: Figures) -> str:
    return message(
        "with 1 % of the fds active an event costs select {select} and poll {poll} what it costs "
        "epoll; over a veth {far_select} and {far_poll}",
        select=_times(found, "select", "loopback"),
        poll=_times(found, "poll", "loopback"),
        far_select=_times(found, "select", "lan"),
        far_poll=_times(found, "poll", "lan"),
    )


def _times(found: Figures, model: str, link: str) -> Message:
    """Return the least and the largest ratio to epoll over ``link``."""
    ratios = found.values(What.TO_EPOLL, model=model, link=link)
    return message("{least:,.0f} to {most:,.0f} times", least=min(ratios), most=max(ratios))


_IDLE: Final = Question(idle, (), _ahead, _idle_words)


def idle_advantage(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per delivered event at 1 % active, against n: unix sockets, and a server."""
    return decide_twice(_IDLE, first, second)
