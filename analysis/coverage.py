"""Which columns a trace has: a column whose hook is not attached is missing, never zero."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from analysis.manifest import Manifest, PlanRow

MEASURED: Final = (
    "off_cpu_ns",
    "fd_polls",
    "passes",
    "insertions",
    "removals",
    "callbacks",
    "notified",
    "sleeps",
    "sleep_calls",
    "preemptions",
    "wakeups",
    "bytes_in",
    "bytes_out",
)
"""Columns that hooks beyond the entry and return of the system call count."""


_ATTACH_POINT: Final = re.compile(r"\b([a-z_]+):[\w.*]+: ")
"""TYPE:SYMBOL before a reason; without the symbol the reasons of many hooks are one."""


def feeders(manifest: Manifest, column: str, family: str | None) -> tuple[PlanRow, ...]:
    """Return the plan's rows that feed ``column`` of ``family``; None: of any family."""
    return tuple(
        row for row in manifest.plan if any(_covers(feed, column, family) for feed in row.feeds)
    )


def why_missing(manifest: Manifest, column: str, family: str | None = None) -> str | None:
    """Return why ``column`` of ``family`` is missing, None if it is there."""
    rows = feeders(manifest, column, family)
    absent = [row for row in rows if row.attached is None]
    if absent:
        return "; ".join(absences(absent))
    if not rows and column in MEASURED:
        return "no hook feeds it"
    return None


def absences(rows: Iterable[PlanRow]) -> list[str]:
    """Return why ``rows`` are not attached: one sentence per reason, with its hooks.

    >>> absences([PlanRow("a", 1, None, None, "fentry:a: EPERM", ()),
    ...           PlanRow("b", 2, None, None, "fentry:b: EPERM", ())])
    ['hooks a, b: fentry: EPERM']
    """
    hooks: dict[str, list[str]] = {}
    for row in rows:
        reason = _ATTACH_POINT.sub(r"\1: ", row.reason or "not attached")
        hooks.setdefault(reason, []).append(row.hook)
    return [
        f"hook{'s' if len(names) > 1 else ''} {', '.join(names)}: {reason}"
        for reason, names in hooks.items()
    ]


def _covers(feed: str, column: str, family: str | None) -> bool:
    fed, _, only = feed.partition(":")
    return fed == column and (not only or family is None or only == family)
