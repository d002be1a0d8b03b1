"""Made-up traces of the cost experiment, on a kernel whose prices are known."""

from __future__ import annotations

import functools
from typing import NamedTuple

from analysis.claims.cost.experiment import COST
from analysis.experiments.experiment import Experiment
from analysis.packs import experiment
from tests.analysis.handmade import EPOLL_CTL_ADD, Maker
from tracer.shared.phase import Phase
from tracer.workloads import spec

SYSCALL = {"select": "select", "poll": "poll", "poll-ignored": "poll", "epoll": "epoll_wait"}


ROUNDS = 2
"""Fewer than the experiment's: these kernels have no outliers."""


class Prices(NamedTuple):
    """What things cost on a kernel, in ns of guest time."""

    call: int = 2000
    fd_poll: int = 400
    """For each fd that select or poll polls."""
    entry: int = 300
    """For each entry it queues and removes."""
    copy: int = 70
    """For each fd of poll's array."""
    epoll_call: int = 800
    epoll_fd_poll: int = 0
    """For each fd that epoll_wait watches."""
    epoll_event: int = 500
    callback: int = 480
    write: int = 3000
    ctl: int = 1500


def _waits_by(phase: Phase) -> str:
    return phase.io if phase.model == "server" else phase.model


def _fd_polls(phase: Phase, prices: Prices) -> int:
    if phase.model == "poll-ignored":
        return prices.copy * phase.fds
    ready = {"first": 1, "middle": (phase.fds - phase.active) // 2 + 1,
             "last": phase.fds - phase.active + 1}[phase.position]  # fmt: skip
    queued = 0 if phase.timeout_ms == 0 else ready
    return prices.fd_poll * phase.fds + prices.copy * phase.fds + prices.entry * queued


def _wait_ns(phase: Phase, prices: Prices, events: int) -> int:
    if _waits_by(phase) == "epoll":
        return prices.epoll_call + prices.epoll_fd_poll * phase.fds + prices.epoll_event * events
    return prices.call + _fd_polls(phase, prices)


def cost(
    prices: Prices = Prices(),  # noqa: B008
    clock: str = "instructions",
    of: Experiment = COST,
) -> Maker:
    """Return a trace of all phases of the experiment on a kernel of ``prices``."""
    return _made(prices, clock, of.id).copy()


@functools.cache
def _made(prices: Prices, clock: str, name: str) -> Maker:
    maker = Maker()
    maker.manifest["machine"]["clock"] = clock
    for phase in spec.parse([dict(each) for each in experiment(name).phases]):
        _phase(maker, phase._replace(rounds=ROUNDS), prices)
    return maker


def _phase(maker: Maker, phase: Phase, prices: Prices) -> None:
    fds = tuple(range(4, 4 + phase.fds))
    idle = phase.waker == "none" or phase.model == "poll-ignored"
    events = 0 if idle else phase.active
    asked = phase._asdict()
    model = _waits_by(phase)
    fields = {name: asked[name] for name in asked if name not in ("model", "fds", "active")}
    maker.phase(phase.model, fds=fds, active=fds[:events], **fields)
    if model == "epoll":
        for fd in fds:
            maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, target=fd, wall_ns=5000)
    callback = prices.callback if phase.model == "epoll" else 0
    for _ in range(phase.rounds):
        for _ in range(events):
            maker.call("write", 1, fd=5, nr=1, wall_ns=prices.write + callback)
        wall_ns = _wait_ns(phase, prices, events)
        maker.call(SYSCALL[model], events, timeout_ns=-1, wall_ns=wall_ns)
        for _ in range(_ctls(phase, events)):
            maker.call("epoll_ctl", 0, op=3, target=4, wall_ns=prices.ctl)


def _ctls(phase: Phase, events: int) -> int:
    """Return how many epoll_ctl follow each wait."""
    if phase.trigger == "oneshot":
        return events
    return 2 * events if phase.rearm == "del-add" else 0
