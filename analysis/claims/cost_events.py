"""Claims on the cost of a delivered event: all fds active, few of them, epoll_ctl for each."""

from __future__ import annotations

from typing import Final

import pandas as pd

from analysis.claims.costs import Costs, Figures, Question, beside, decide_twice
from analysis.claims.engine import (
    CORRECTED,
    REFUTED,
    SUPPORTED,
    Outcome,
    Undecided,
    Verdict,
    claim,
)
from analysis.experiments import COST, IDLE
from analysis.frames import Trace
from tracer.shared.say import Said, joined, say

NEEDS: Final = ("off_cpu_ns", "truth", "calls-in-truth")
SAME: Final = 1.05
"""Ratio up to which two costs are called the same."""
SLIGHTLY: Final = 1.5
FAR: Final = 5.0


def _of(costs: Costs, rows: pd.DataFrame) -> dict[int, float]:
    """Return the cost per event of ``rows`` by number of fds."""
    rows = rows[rows["timeout_ms"].isna() & (rows["rearm"] == "none")]
    return {int(row["fds"]): costs.per_event(row) for _, row in rows.iterrows()}


def _event(model: str, n: int, link: str = "loopback") -> Said:
    return say("{model}, one event of {fds}", model=model, fds=_fds(n, link))


def _fds(n: int, link: str = "loopback") -> Said:
    """Return a number of fds, and the link if they are of connections over one."""
    if link == "loopback":
        return say("{n} fds", n=n)
    return say("{n} fds over a veth", n=n)


def _all_active(costs: Costs) -> Figures:
    found: dict[str, float] = {}
    by_model = {}
    for model in ("select", "poll", "epoll"):
        rows = costs.pick(model)
        by_model[model] = _of(costs, rows[rows["active"] == rows["fds"]])
        found |= {_event(model, n): cost for n, cost in by_model[model].items()}
    if not all(by_model.values()):
        raise Undecided("no phase with all fds active in each of select, poll and epoll")
    for n in by_model["epoll"]:
        found |= {
            say("epoll to {model} of {fds}, times", model=model, fds=_fds(n)): by_model["epoll"][n]
            / by_model[model][n]
            for model in ("select", "poll")
        }
    return found


def _no_gain(found: Figures) -> Outcome:
    ratios = [value for name, value in found.items() if name.endswith("times")]
    if all(ratio >= 1 / SAME for ratio in ratios):
        return SUPPORTED
    return REFUTED if all(ratio <= 1 / SLIGHTLY for ratio in ratios) else CORRECTED


def _all_active_words(found: Figures) -> str:
    ratios = [
        say("{ratio:.2f} times {model} of {fds}", ratio=value, **_epoll_to(name))
        for name, value in found.items()
        if name.endswith("times")
    ]
    return say(
        "with all fds active an event of epoll (epoll_wait and the callback in the writer) costs "
        "{ratios}",
        ratios=joined(", ", ratios),
    )


def _epoll_to(name: str) -> dict[str, str]:
    """Return what the figure ``name`` compares epoll with: model and fds."""
    model, fds = name.removeprefix("epoll to ").removesuffix(" fds, times").split(" of ")
    return {"model": model, "fds": _fds(int(fds))}


_ALL_ACTIVE: Final = Question(_all_active, {}, _no_gain, _all_active_words)


@claim(
    id="all-active-no-gain",
    section="notes 3, epoll",
    statement="With all fds active epoll is no faster than select or poll.",
    otherwise="Corrected if epoll's event cost less than select's or poll's somewhere; refuted if "
    "it cost less than two thirds of both everywhere.",
    experiment=COST,
    needs=NEEDS,
    beside=beside(_all_active),
)
def all_active_no_gain(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per delivered event at 100 % active, all three models."""
    return decide_twice(_ALL_ACTIVE, first, second)


PLAIN: Final = say("no epoll_ctl, one event")


def _to_none(how: str) -> Said:
    return say("{how} to none, times", how=how)


def _churn(costs: Costs) -> Figures:
    rows = costs.pick("epoll")
    churned = rows[rows["rearm"] != "none"]
    if churned.empty:
        raise Undecided("no phase that calls epoll_ctl after each event")
    fds = int(churned["fds"].iloc[0])
    plain = _of(costs, rows[(rows["active"] == rows["fds"]) & (rows["fds"] == fds)])
    if not plain:
        raise Undecided(say("no phase with {fds} fds, all active, and no epoll_ctl", fds=fds))
    found: dict[str, float] = {PLAIN: plain[fds]}
    for how in ("mod", "del-add"):
        event = costs.per_event(costs.one("epoll", rearm=how, fds=fds))
        found |= {say("{how}, one event", how=how): event, _to_none(how): event / plain[fds]}
    return found


def _slower(found: Figures) -> Outcome:
    ratios = [value for name, value in found.items() if name.endswith("times")]
    if all(ratio <= SAME for ratio in ratios):
        return REFUTED
    return SUPPORTED if all(SAME < ratio <= SLIGHTLY for ratio in ratios) else CORRECTED


def _churn_words(found: Figures) -> str:
    return say(
        "an event costs {plain:,.0f} instructions without epoll_ctl, {mod:.2f} times that with a "
        "MOD for each event (ONESHOT) and {del_add:.2f} times with DEL and ADD",
        plain=found[PLAIN],
        mod=found[_to_none("mod")],
        del_add=found[_to_none("del-add")],
    )


_CHURN: Final = Question(
    _churn, {_to_none(how): 1.0 for how in ("mod", "del-add")}, _slower, _churn_words
)


@claim(
    id="ctl-churn-costs",
    section="notes 3, epoll",
    statement="Heavy use of epoll_ctl makes epoll slightly slower.",
    otherwise="Supported if each way cost up to half as much again and more than 5 %; refuted if "
    "none cost more than 5 %.",
    experiment=COST,
    needs=NEEDS,
    beside=beside(_churn),
)
def ctl_churn_costs(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per event, all active, with a MOD or a DEL and an ADD after each event."""
    return decide_twice(_CHURN, first, second)


def _idle(costs: Costs) -> Figures:
    found: dict[str, float] = {}
    for link in ("loopback", "lan"):
        by_model = {}
        for model in ("select", "poll", "epoll"):
            rows = costs.pick(model, link=link)
            by_model[model] = _of(costs, rows[rows["active"] * 100 == rows["fds"]])
        if len(by_model["epoll"]) < 2:
            raise Undecided(
                say("fewer than 2 numbers of fds on {link} with 1 % of them active", link=link)
            )
        for model in ("epoll", "select", "poll"):
            for n, cost in by_model[model].items():
                found[_event(model, n, link)] = cost
                if model != "epoll":
                    ratio = say("{model} to epoll of {fds}, times", model=model, fds=_fds(n, link))
                    found[ratio] = cost / by_model["epoll"][n]
    return found


def _ahead(found: Figures) -> Outcome:
    ratios = [value for name, value in found.items() if name.endswith("times")]
    if all(ratio >= FAR for ratio in ratios):
        return SUPPORTED
    return REFUTED if all(ratio <= SLIGHTLY for ratio in ratios) else CORRECTED


def _idle_words(found: Figures) -> str:
    return say(
        "with 1 % of the fds active an event costs select {select} and poll {poll} what it costs "
        "epoll; over a veth {far_select} and {far_poll}",
        select=_times(found, "select", far=False),
        poll=_times(found, "poll", far=False),
        far_select=_times(found, "select", far=True),
        far_poll=_times(found, "poll", far=True),
    )


def _times(found: Figures, model: str, far: bool) -> Said:
    """Return the ratios to epoll, least and most; ``far``: of connections over a link."""
    ratios = [
        value
        for name, value in found.items()
        if name.startswith(f"{model} to epoll of ") and (" over a veth" in name) == far
    ]
    return say("{least:,.0f} to {most:,.0f} times", least=min(ratios), most=max(ratios))


_IDLE: Final = Question(_idle, {}, _ahead, _idle_words)


@claim(
    id="idle-advantage",
    section="notes 3, epoll",
    statement="With many idle connections epoll is far ahead of select and poll.",
    otherwise="Corrected if select or poll cost less than 5 times what epoll does somewhere; "
    "refuted if less than 1.5 times everywhere.",
    experiment=IDLE,
    needs=NEEDS,
    beside=beside(_idle),
)
def idle_advantage(first: Trace, second: Trace) -> Verdict:
    """Kernel cost per delivered event at 1 % active, against n: unix sockets, and a server."""
    return decide_twice(_IDLE, first, second)
