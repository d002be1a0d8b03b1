"""Calls and their time in the kernel by program."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Self

import numpy as np
import pandas as pd

from analysis.findings.rule import Facts
from analysis.fleet.row import Amount
from analysis.windows.totals import merged
from analysis.windows.window import Window


@dataclass(frozen=True)
class Programs:
    """Sums of the calls of each process, by pid."""

    by_pid: Mapping[int, Amount]

    def combine(self, later: Self, /) -> Self:
        """Return the sums of both stretches."""
        return type(self)(merged(self.by_pid, later.by_pid))

    def named(self, facts: Facts) -> dict[str, Amount]:
        """Return the sums by the program's name."""
        found: dict[str, Amount] = {}
        for pid, amount in self.by_pid.items():
            found = merged(found, {facts.program(pid): amount})
        return found


NO_PROGRAMS: Final = Programs({})


def gather_programs(window: Window) -> Programs:
    """Return the sums of the calls of each process in ``window``."""
    codes, pids = pd.factorize(window.of_calls("pid").astype(np.int64))
    columns = {"unfinished": np.bincount(codes[window.unfinished], minlength=len(pids))}
    missing = window.missing
    for name, known, values in (
        ("kernel_ns", "kernel_known", window.column("kernel_ns")),
        ("fd_polls", "polls_known", window.column("fd_polls")),
        ("slept", "slept_known", window.of_calls("sleeps") > 0),
    ):
        column = "sleeps" if name == "slept" else name
        here = ~missing[column] if column in missing else np.ones(len(codes), bool)
        columns[known] = np.bincount(codes[here], minlength=len(pids))
        columns[name] = np.bincount(codes[here], values[here], len(pids)).astype(np.int64)
    columns["calls"] = np.bincount(codes, minlength=len(pids))
    rows = zip(*(column.tolist() for column in columns.values()), strict=True)
    return Programs(
        {
            pid: Amount(**dict(zip(columns, row, strict=True)))
            for pid, row in zip(pids.tolist(), rows, strict=True)
        }
    )
