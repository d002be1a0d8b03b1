"""Cases of the claims on costs: kernels whose prices give each verdict, in one boot and two."""

from __future__ import annotations

from collections.abc import Mapping

from analysis.claims.cost.experiment import COST, IDLE
from analysis.experiments.experiment import Experiment
from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.cost.scenes import Prices, cost
from tests.analysis.claims.fits_words import Fits, Numbers, times
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


def per_fd(n: Numbers) -> tuple[float, float]:
    """Return what a call pays per fd: the least of select and poll, and epoll_wait."""
    return min(n["select, per fd more"], n["poll, per fd more"]), n["epoll, per fd more"]


FITS: Mapping[str, Mapping[str, Fits]] = {
    "mux-degrades": {
        "Most of what": lambda n: all(
            n[f"{model}, growth of the cost, ratio"] >= n[f"{model}, growth of the fds, ratio"] / 2
            for model in ("select", "poll")
        ),
        "A call of select or poll costs more": lambda n: any(
            1.5
            < n[f"{model}, growth of the cost, ratio"]
            < n[f"{model}, growth of the fds, ratio"] / 2
            for model in ("select", "poll")
        ),
        "A call of select or poll costs little": lambda n: all(
            times(n, "growth of the cost, ratio", most=1.5)
        ),
    },
    "awake-scan": {
        "While awake select and poll pay for every fd of the set; epoll_wait pays the": lambda n: (
            per_fd(n)[1] < 0.02 * per_fd(n)[0]
        ),
        "While awake select and poll pay for every fd of the set; epoll_wait pays for": lambda n: (
            0.02 * per_fd(n)[0] < per_fd(n)[1] < per_fd(n)[0] / 2
        ),
        "While awake epoll_wait": lambda n: per_fd(n)[1] >= per_fd(n)[0] / 2 or per_fd(n)[0] < 1,
    },
    "callback-saves-cpu": {
        "epoll gains": lambda n: (
            n["scan and entries, share of what is saved"] >= 0.5
            and n["epoll, callback in the writer"] < n["saved per event"] / 2
        ),
        "epoll saves": lambda n: (
            n["saved per event"] > 0
            and (
                n["epoll, callback in the writer"] >= n["saved per event"] / 2
                or n["scan and entries, share of what is saved"] < 0.5
            )
        ),
        "An event costs": lambda n: n["epoll, one event"] >= n["poll, one event"],
    },
    "idle-advantage": {
        "With one fd in a hundred active, an event costs select and poll at least": lambda n: all(
            times(n, ", ratio", least=5)
        ),
        "With one fd in a hundred active, epoll is ahead": lambda n: (
            any(times(n, ", ratio", least=1.5)) and any(times(n, ", ratio", most=5))
        ),
        "With one fd in a hundred active, an event costs select and poll at most": lambda n: all(
            times(n, ", ratio", most=1.5)
        ),
    },
    "all-active-no-gain": {
        "With every fd": lambda n: all(times(n, "fds, ratio", least=0.9)),
        "With every fd active, an event costs epoll less": lambda n: (
            any(times(n, "fds, ratio", most=0.9)) and any(times(n, "fds, ratio", least=2 / 3))
        ),
        "Even with every": lambda n: all(times(n, "fds, ratio", most=2 / 3)),
    },
    "ctl-churn-costs": {
        "An epoll_ctl for each event adds": lambda n: (
            1.05 < n["mod to none, ratio"] <= 1.5 and n["del-add to none, ratio"] <= 1.5
        ),
        "An epoll_ctl for each event costs more than": lambda n: (
            min(n["mod to none, ratio"], n["del-add to none, ratio"]) > 2
        ),
        "An epoll_ctl for each event does not": lambda n: (
            min(n["mod to none, ratio"], n["del-add to none, ratio"]) <= 2
            and max(n["mod to none, ratio"], n["del-add to none, ratio"]) > 1.5
        ),
        "An epoll_ctl for each event costs next": lambda n: (
            max(n["mod to none, ratio"], n["del-add to none, ratio"]) <= 1.05
        ),
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
