"""All rules, in the order in which findings that took equally long are told."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final

from analysis.findings.rule import Rule
from analysis.findings.rules import (
    blocking,
    busy_poll,
    empty_reads,
    epoll_ctl,
    full_batches,
    held_up,
    herd,
    idle_sets,
    shared_instances,
    unused_fds,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    chain.from_iterable(
        module.RULES
        for module in (
            held_up,
            busy_poll,
            herd,
            blocking,
            idle_sets,
            full_batches,
            epoll_ctl,
            empty_reads,
            shared_instances,
            unused_fds,
        )
    )
)
BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
