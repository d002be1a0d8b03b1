"""Hosts that differ from the others, by one rule for every rate.

A host is an outlier in a rate if at least ``LEAST_HOSTS`` hosts have the rate, its modified z-score
is ``LEAST_SCORE`` or more either way, and it is at least ``LEAST_TIMES`` the median or at most that
part of it. The modified z-score is 0.6745 (x - median) / MAD, with MAD the median absolute
deviation; where more than half of the hosts are alike and MAD is 0, it is (x - median) / (1.2533
times the mean absolute deviation). Iglewicz and Hoaglin, "How to Detect and Handle Outliers", 1993.
Every host is one value, however many traces it has.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, median
from typing import Final

from analysis.fleet.fleet import Sum
from tracer.shared.message import message

LEAST_HOSTS: Final = 8
"""With fewer hosts that have a rate, none is an outlier: their spread is not known."""
LEAST_SCORE: Final = 3.5
LEAST_TIMES: Final = 1.5
"""So many times the median, or that fraction: else hosts that are nearly alike would count."""

NS_PER_S: Final = 1e9
_OF_MAD: Final = 0.6745
_OF_MEAN: Final = 1.2533


@dataclass(frozen=True)
class Rate:
    """A number by which hosts are compared; ``of`` returns None if a host has none."""

    name: str
    unit: str
    heading: str
    meaning: str
    of: Callable[[Sum], float | None]


@dataclass(frozen=True)
class Outlier:
    """A host that differs: its ``value``, and the ``median`` of the ``hosts`` that have one."""

    host: str
    rate: str
    unit: str
    value: float
    median: float
    score: float
    hosts: int


def _part(amount: float, whole: float) -> float | None:
    return amount / whole if whole else None


RATES: Final = (
    Rate(
        "calls_per_s", "calls/s", message("calls/s"),
        message("calls per second of recording"),
        lambda host: _part(host.amount.calls, host.recorded_ns / NS_PER_S),
    ),
    Rate(
        "kernel_ns_per_call", "ns", message("kernel\nns/call"),
        message("time in the kernel per call"),
        lambda host: _part(host.amount.kernel_ns, host.amount.kernel_known),
    ),
    Rate(
        "fd_polls_per_call", "polls", message("polls\nper call"),
        message("fds polled per call"),
        lambda host: _part(host.amount.fd_polls, host.amount.polls_known),
    ),
    Rate(
        "slept_share", "", message("share\nthat slept"),
        message("share of calls that slept"),
        lambda host: _part(host.amount.slept, host.amount.slept_known),
    ),
    Rate(
        "findings_per_trace", "", message("findings\nper trace"),
        message("findings per trace that could be judged"),
        lambda host: _part(host.findings, host.judged),
    ),
)  # fmt: skip
BY_NAME: Final[Mapping[str, Rate]] = {rate.name: rate for rate in RATES}


def outliers(hosts: Sequence[Sum]) -> list[Outlier]:
    """Return the ``hosts`` that differ from the others, the largest scores first."""
    found = [each for rate in RATES for each in _of_rate(hosts, rate)]
    return sorted(found, key=lambda each: (-abs(each.score), each.rate, each.host))


def _of_rate(hosts: Sequence[Sum], rate: Rate) -> list[Outlier]:
    values = {host.name: value for host in hosts if (value := rate.of(host)) is not None}
    if len(values) < LEAST_HOSTS:
        return []
    middle = median(values.values())
    distances = [abs(value - middle) for value in values.values()]
    mad, mean = median(distances), fmean(distances)
    if not mean:
        return []
    unit = mad / _OF_MAD if mad else mean * _OF_MEAN
    return [
        Outlier(name, rate.name, rate.unit, value, middle, (value - middle) / unit, len(values))
        for name, value in values.items()
        if abs(value - middle) / unit >= LEAST_SCORE and _far(value, middle)
    ]


def _far(value: float, middle: float) -> bool:
    return value >= middle * LEAST_TIMES or value * LEAST_TIMES <= middle
