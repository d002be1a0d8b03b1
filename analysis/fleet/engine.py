"""Where the functions run: in this process, or on a cluster's workers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

from analysis.fleet.fleet import NO_TRACES, Fleet
from analysis.fleet.gather import gather, not_gathered
from analysis.fleet.source import Source, each_once, identify, unidentified

T = TypeVar("T")
R = TypeVar("R")


class Engine(Protocol):
    """Runs a function on many things."""

    def each(
        self,
        function: Callable[[T], R],
        things: Sequence[T],
        failed: Callable[[T, str], R],
    ) -> Iterator[tuple[int, R]]:
        """Yield ``function`` of each of ``things`` with its index, in any order.

        If the function was never completed: ``failed`` of the thing and the reason.
        """


class OneProcess:
    """Runs everything here, one after the other."""

    def each(
        self,
        function: Callable[[T], R],
        things: Sequence[T],
        failed: Callable[[T, str], R],
    ) -> Iterator[tuple[int, R]]:
        """Yield ``function`` of each of ``things`` with its index, in order."""
        for place, thing in enumerate(things):
            yield place, function(thing)


def fleet_of(
    sources: Sequence[Source],
    engine: Engine,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Fleet:
    """Return the fleet of all ``sources``, each recording once.

    ``progress`` is told how many of how many traces are done.
    """
    by_place = dict(engine.each(identify, sources, unidentified))
    once, left_out = each_once([by_place[place] for place in range(len(sources))])
    fleet = NO_TRACES.combine(left_out)
    for done, (_, part) in enumerate(engine.each(gather, once, not_gathered), 1):
        fleet = fleet.combine(part)
        progress(done, len(once))
    return fleet.ordered()
