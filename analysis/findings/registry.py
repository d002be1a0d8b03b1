"""All rules; their order decides between findings that took equally long."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import chain
from typing import Final

from analysis.findings.rule import Rule
from analysis.findings.rules import (
    accept_storm,
    after_close,
    blocking,
    busy_poll,
    empty_reads,
    epoll_ctl,
    fairness,
    full_batches,
    held_up,
    herd,
    idle_sets,
    inherited,
    late_wakeups,
    rereading,
    shared_instances,
    unused_fds,
)

RULES: Final[tuple[Rule, ...]] = tuple(
    chain.from_iterable(
        module.RULES
        for module in (
            held_up,
            late_wakeups,
            busy_poll,
            herd,
            accept_storm,
            blocking,
            idle_sets,
            full_batches,
            rereading,
            epoll_ctl,
            empty_reads,
            shared_instances,
            inherited,
            after_close,
            fairness,
            unused_fds,
        )
    )
)
BY_ID: Final[Mapping[str, Rule]] = {rule.id: rule for rule in RULES}
