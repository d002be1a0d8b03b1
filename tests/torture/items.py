"""All items of the campaign, in the order of its table."""

from __future__ import annotations

import random
from typing import Final, Protocol, cast

from tests.torture import (
    altered,
    boot_kills,
    damaged,
    disk,
    forks,
    guest_kills,
    guest_overflows,
    interrupts,
    kills,
    mutations,
    names,
    namespaces,
    nofds,
    overflows,
    several,
    signals,
    threads,
)
from tests.torture.figures import Figures


class Item(Protocol):
    """The interface of each item's module."""

    TITLE: str
    QUICK: int
    LONG: int
    LIVE: bool

    def run(self, count: int, rng: random.Random) -> Figures:
        """Try ``count`` cases and return what was found."""
        ...


ITEMS: Final = {
    module.__name__.rpartition(".")[2]: cast("Item", module)
    for module in (
        kills, guest_kills, boot_kills, overflows, guest_overflows, damaged, altered, mutations,
        signals, interrupts, disk, nofds, threads, forks, several, namespaces, names,
    )
}  # fmt: skip
IN_GUEST: Final = (guest_kills.TITLE, boot_kills.TITLE, guest_overflows.TITLE)
"""Items that boot a kernel: minutes each, only in the long run."""
