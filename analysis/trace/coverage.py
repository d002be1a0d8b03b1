"""Which columns a trace has: a column whose hook is not attached is missing, never zero."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Final

from analysis.trace.manifest import PlanRow
from tracer.shared.message import joined, message, message_n

Plan = Sequence[PlanRow]

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
"""Columns counted by hooks other than those at the system call's entry and return."""


_ATTACH_POINT: Final = re.compile(r"\b([a-z_]+):[\w.*]+: ")
"""TYPE:SYMBOL before a reason; without the symbol, many hooks share one reason."""


def feeders(plan: Plan, column: str, family: str | None) -> tuple[PlanRow, ...]:
    """Return the rows of ``plan`` that feed ``column`` of ``family``; None: of any family."""
    return tuple(row for row in plan if _covers(_families_fed(row.feeds).get(column), family))


def why_missing(plan: Plan, column: str, family: str | None = None) -> str | None:
    """Return why ``column`` of ``family`` is missing, None if it is there."""
    rows = feeders(plan, column, family)
    absent = [row for row in rows if row.attached is None]
    if absent:
        return joined("; ", absences(absent))
    if not rows and column in MEASURED:
        return message("no hook feeds it")
    return None


def unmet(plan: Plan, needs: Sequence[str]) -> list[str]:
    """Return the reasons, each once, why ``plan`` lacks columns and hooks in ``needs``.

    ``needs`` as in analysis.checks.trust; "truth" and "steps" do not concern the plan.
    """
    found: dict[str, list[str]] = {}
    for need in needs:
        kind, _, name = need.partition(":")
        hook = kind == "hook"
        reason = _why_no_hook(plan, name) if hook else why_missing(plan, kind, name or None)
        if reason:
            found.setdefault(reason, []).extend([] if hook else [need])
    return [
        message("no {columns}: {reason}", columns=", ".join(columns), reason=reason)
        if columns
        else reason
        for reason, columns in found.items()
    ]


def why_missing_of(plan: Plan, needs: Sequence[str]) -> str | None:
    """Return in one line why ``plan`` cannot serve ``needs``, None if it can."""
    found = unmet(plan, needs)
    return joined("; ", found) if found else None


def _why_no_hook(plan: Plan, name: str) -> str | None:
    row = next((row for row in plan if row.hook == name), None)
    if row is None:
        return message("hook {hook}: not in the plan", hook=name)
    return joined("; ", absences([row])) if row.attached is None else None


def absences(rows: Iterable[PlanRow]) -> list[str]:
    """Return why ``rows`` are not attached: one sentence per reason, with its hooks.

    >>> absences([PlanRow("a", 1, None, None, "fentry:a: EPERM", ()),
    ...           PlanRow("b", 2, None, None, "fentry:b: EPERM", ())])
    ['hooks a, b: fentry: EPERM']
    """
    hooks: dict[str, list[str]] = {}
    for row in rows:
        reason = _ATTACH_POINT.sub(r"\1: ", row.reason) if row.reason else message("not attached")
        hooks.setdefault(reason, []).append(row.hook)
    return [
        message_n(
            "hook {names}: {reason}",
            "hooks {names}: {reason}",
            count=len(names),
            names=", ".join(names),
            reason=reason,
        )
        for reason, names in hooks.items()
    ]


@lru_cache(maxsize=1024)
def _families_fed(feeds: tuple[str, ...]) -> Mapping[str, frozenset[str]]:
    """Return by column for which families ``feeds`` has it; "": for all."""
    found: dict[str, frozenset[str]] = {}
    for feed in feeds:
        column, _, family = feed.partition(":")
        found[column] = found.get(column, frozenset()) | {family}
    return found


def _covers(fed: frozenset[str] | None, family: str | None) -> bool:
    return fed is not None and (family is None or family in fed or "" in fed)
