"""The pack of claims of the I/O model notes, in the notes' order."""

from __future__ import annotations

from typing import Final

from analysis.claims.engine import Claim
from analysis.claims.epoll import callback_fills_list, epoll_only_active, queue_once_at_ctl
from analysis.claims.epoll_memory import epoll_mmap, wait_copies_nothing_in
from analysis.claims.mux import mux_continuous_scan, mux_linear_scan, mux_one_call
from analysis.claims.mux_cost import mux_copies_each_call, mux_queues_each_call
from analysis.claims.waiting import blocking_waits, nonblocking_repolls, nonblocking_returns
from tracer.errors import unknown_name

CLAIMS: Final = (
    blocking_waits,
    nonblocking_returns,
    nonblocking_repolls,
    mux_one_call,
    mux_continuous_scan,
    mux_linear_scan,
    epoll_only_active,
    epoll_mmap,
    wait_copies_nothing_in,
    queue_once_at_ctl,
    callback_fills_list,
    mux_copies_each_call,
    mux_queues_each_call,
)


def claim_named(name: str) -> Claim:
    """Return the claim called ``name``; UsageError names the nearest if there is none."""
    for each in CLAIMS:
        if each.id == name:
            return each
    raise unknown_name("claim", name, [each.id for each in CLAIMS])
