"""For the claims on costs: kernels whose prices give each verdict, in one boot and in two."""

from __future__ import annotations

from analysis.claims.cost.experiment import COST, IDLE
from analysis.experiments.experiment import Experiment
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.cost.scenes import Prices, cost
from tests.analysis.handmade import Maker
from tests.analysis.making import UNDECIDED, Build, Cases


def of(experiment: Experiment = COST, **prices: int) -> Build:
    """Return a function that makes the same boot twice."""
    return differing(Prices(**prices), Prices(**prices), experiment)


def differing(one: Prices, two: Prices, experiment: Experiment = COST) -> Build:
    """Return a function that makes two boots of other prices."""
    return lambda: [cost(each, of=experiment) for each in (one, two)]


def wall_time(experiment: Experiment = COST) -> list[Maker]:
    """Make two boots that did not count instructions."""
    return [cost(clock="real", of=experiment)] * 2


FREE = {"fd_poll": 0, "entry": 0, "copy": 0}

CASES: dict[str, Cases] = {
    "mux-degrades": {
        SUPPORTED: [of(), of(fd_poll=100, entry=0)],
        CORRECTED: [of(fd_poll=20, entry=10, copy=0)],
        REFUTED: [of(**FREE), of(fd_poll=0, entry=0, copy=1)],
        UNDECIDED: [differing(Prices(), Prices(fd_poll=9000)), wall_time],
    },
    "awake-scan": {
        SUPPORTED: [of(), of(epoll_fd_poll=4)],
        CORRECTED: [of(epoll_fd_poll=90)],
        REFUTED: [of(epoll_fd_poll=400), of(**FREE)],
        UNDECIDED: [
            differing(Prices(epoll_fd_poll=4), Prices(epoll_fd_poll=90)),
            differing(Prices(fd_poll=10, copy=0), Prices(fd_poll=9000)),
            wall_time,
        ],
    },
    "callback-saves-cpu": {
        SUPPORTED: [of()],
        CORRECTED: [of(callback=150_000), of(fd_poll=10, entry=5, copy=700)],
        REFUTED: [of(callback=400_000), of(**FREE, call=500)],
        UNDECIDED: [differing(Prices(callback=100), Prices(callback=90_000)), wall_time],
    },
    "all-active-no-gain": {
        SUPPORTED: [of(), of(epoll_event=300, callback=250)],
        CORRECTED: [of(epoll_event=300, callback=60)],
        REFUTED: [of(epoll_event=100, callback=60)],
        UNDECIDED: [differing(Prices(), Prices(epoll_event=100, callback=60)), wall_time],
    },
    "ctl-churn-costs": {
        SUPPORTED: [of(ctl=200)],
        CORRECTED: [of(), of(ctl=350)],
        REFUTED: [of(ctl=10)],
        UNDECIDED: [differing(Prices(ctl=10), Prices(ctl=900)), wall_time],
    },
    "idle-advantage": {
        SUPPORTED: [of(IDLE)],
        CORRECTED: [of(IDLE, epoll_fd_poll=150)],
        REFUTED: [of(IDLE, epoll_fd_poll=800)],
        UNDECIDED: [
            differing(Prices(), Prices(epoll_fd_poll=150), IDLE),
            lambda: wall_time(IDLE),
        ],
    },
}
