"""Costs out of all boots of an experiment, for pictures."""

from __future__ import annotations

from analysis.checks.undecided import Undecided
from analysis.claims.cost.costs import Costs, costs_of
from analysis.frames import Trace


def counted(boots: tuple[Trace, ...]) -> list[Costs]:
    """Return the costs of each boot, in instructions; Undecided if one did not count them."""
    costs = [costs_of(trace) for trace in boots]
    if not costs or any(each.unit != "instructions" for each in costs):
        raise Undecided("costs are drawn where a boot counted instructions")
    return costs
