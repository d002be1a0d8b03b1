"""What each lecture shows at its head, from the traces of its experiments."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

import pandas as pd

from analysis.checks.trust import common_doubts
from analysis.checks.undecided import Undecided
from analysis.claims.blocking.experiment import WAITS
from analysis.claims.blocking.requests import requests_per_message
from analysis.claims.cost import events
from analysis.claims.cost.costs import MODELS, costs_of
from analysis.claims.cost.experiment import COST, IDLE
from analysis.claims.herd.events import events_of
from analysis.claims.herd.experiment import HERDS
from analysis.claims.mux.experiment import MUX
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.frames import Trace
from analysis.trace.truth import PhaseTruth
from analysis.verdicts.figures import Figures, What
from analysis.verdicts.overview import Bar, Measure, Overview
from analysis.verdicts.pick import calls_of, phases_of
from analysis.verdicts.steps import added
from tracer.shared.message import Message, message

PER_CALL: Final = {
    "fd_polls": message("fds polled per call"),
    "insertions": message("entries queued per call"),
    "bytes_in": message("bytes copied in per call"),
    "bytes_out": message("bytes copied out per call"),
    "sleeps": message("sleeps per call"),
}
"""What is shown of calls, by column."""


def overviews_of(traces: Mapping[str, Sequence[Trace | str]]) -> dict[str, Overview]:
    """Return by lecture id what can be shown; ``traces`` as for decide_kernel.

    What would rest on a doubtful trace, or on one that lacks what is needed, is left out.
    """
    found: dict[str, Overview] = {}
    for lecture, (names, make) in _MADE.items():
        chosen = [next(iter(traces.get(name, ())), None) for name in names]
        there = [each for each in chosen if isinstance(each, Trace) and not common_doubts(each)]
        if len(there) < len(names):
            continue
        try:
            found[lecture] = make(*there)
        except Undecided:
            continue
    return found


def _blocking(waits: Trace) -> Overview:
    kinds = {
        message("blocking read"): phases_of(waits, "blocking"),
        message("non-blocking read"): phases_of(waits, "nonblocking", waker="before"),
    }
    reads: dict[str, pd.DataFrame] = {
        name: calls_of(waits, phases, "read") for name, phases in kinds.items()
    }
    requests = [Bar(name, float(requests_per_message(rows).mean())) for name, rows in reads.items()]
    columns = {key: PER_CALL[key] for key in ("sleeps", "insertions")}
    return Overview(
        message("One message, read either way"),
        (Measure(message("requests per message"), tuple(requests)), *_per_call(reads, columns)),
    )


def _mux(mux: Trace) -> Overview:
    calls = {
        model: _of_41(calls_of(mux, phases_of(mux, model, waker="while-asleep"), model))
        for model in ("select", "poll")
    }
    return Overview(message("One call that waits for 41 fds, one of which becomes ready"),
                    _per_call(calls, PER_CALL))  # fmt: skip


def _register(life: Trace) -> Overview:
    phases = phases_of(life, "epoll")
    calls = {
        "EPOLL_CTL_ADD": added(calls_of(life, phases, "epoll_ctl")),
        "epoll_wait": calls_of(life, phases, "epoll_wait"),
    }
    columns = {key: PER_CALL[key] for key in ("insertions", "bytes_in")}
    return Overview(message("What is done once, at ADD, and what at each wait"),
                    _per_call(calls, columns))  # fmt: skip


def _wait(life: Trace) -> Overview:
    calls = {
        family: calls_of(life, phases_of(life, model, waker="while-asleep"), family)
        for model, family in (("poll", "poll"), ("epoll", "epoll_wait"))
    }
    calls = {name: _of_41(rows) for name, rows in calls.items()}
    return Overview(
        message("poll against epoll: one call that waits for 41 fds, one of which becomes ready"),
        _per_call(calls, PER_CALL),
    )


def _of_41(calls: pd.DataFrame) -> pd.DataFrame:
    """Return those of ``calls`` with 41 fds that got an event."""
    rows = calls[(calls["n"] == 41) & (calls["ret"] > 0)]
    if rows.empty:
        raise Undecided("no call with 41 fds got an event")
    return rows


def _per_call(
    calls: Mapping[str, pd.DataFrame], columns: Mapping[str, Message]
) -> tuple[Measure, ...]:
    """Return the mean of each of ``columns``; "not seen" if one is missing in a call."""
    measures = [
        Measure(what, tuple(Bar(name, _mean(rows[column])) for name, rows in calls.items()))
        for column, what in columns.items()
    ]
    return tuple(each for each in measures if any(bar.value is not None for bar in each.bars))


def _mean(values: pd.Series[int]) -> float | None:
    return None if values.isna().any() else float(values.mean())


def _cost(cost: Trace, idle: Trace) -> Overview:
    few, all_of = events.idle(costs_of(idle)), events.all_active(costs_of(cost))
    return Overview(
        message("What one delivered event costs the kernel, in instructions"),
        (
            *_costs(few, message("1 % of {fds} fds active", fds=_most(few))),
            *_costs(all_of, message("all of {fds} fds active", fds=_most(all_of))),
        ),
    )


def _most(found: Figures) -> int:
    """Return the largest number of fds that each model was measured with."""
    of_model = [{f.fds for f in found.pick(What.EVENT, link="loopback", model=model)}
                for model in MODELS]  # fmt: skip
    shared = set.intersection(*of_model)
    if not shared:
        raise Undecided("no number of fds that each model was measured with")
    return max(shared)


def _costs(found: Figures, what: Message) -> Iterator[Measure]:
    most = _most(found)
    yield Measure(what, tuple(
        Bar(model, found.value(What.EVENT, model=model, fds=most, link="loopback"))
        for model in MODELS
    ))  # fmt: skip


def _beyond(herds: Trace) -> Overview:
    alone, shared = "epoll-herd", "epoll-shared-herd"
    kinds = {
        message("poll, in each process"): phases_of(herds, "poll-herd"),
        message("an epoll instance in each"): phases_of(herds, alone, trigger="level"),
        message("the same with EPOLLEXCLUSIVE"): phases_of(herds, alone, trigger="exclusive"),
        message("one epoll instance for all"): phases_of(
            herds, shared, trigger="edge", leave=False
        ),
    }
    bars = [Bar(name, _woken(herds, phases)) for name, phases in kinds.items()]
    return Overview(
        message("How many of three waiters for one fd an event wakes"),
        (Measure(message("waiters woken by the event"), tuple(bars)),),
    )


def _woken(trace: Trace, phases: Sequence[PhaseTruth]) -> float:
    found = pd.concat([events_of(trace, phase) for phase in phases])
    return float(found["woken"].map(len).mean())


_MADE: Final[Mapping[str, tuple[tuple[str, ...], Callable[..., Overview]]]] = {
    "blocking": ((WAITS.id,), _blocking),
    "mux": ((MUX.id,), _mux),
    "register": ((EPOLL_LIFE.id,), _register),
    "wait": ((EPOLL_LIFE.id,), _wait),
    "cost": ((COST.id, IDLE.id), _cost),
    "beyond": ((HERDS.id,), _beyond),
}
"""By lecture: the experiments whose first traces are taken, and the function that makes an overview
of them.
"""
