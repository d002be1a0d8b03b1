"""Why a rule cannot be judged on a trace: lost records, hooks that are not there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analysis.checks.trust import ALWAYS, hook_of
from analysis.findings.rule import Rule
from analysis.recorded import losses
from analysis.trace.coverage import feeders, why_missing
from analysis.trace.manifest import Manifest
from tracer.shared.message import message

COSTS_CALLS: Final = ("calls", "tasks", "compat_calls")
"""Losses that include calls; lost entries and waiters cost only callbacks."""

STEPS: Final = "steps"


def lost_evidence(manifest: Manifest, gaps: Sequence[str]) -> str | None:
    """Return what was lost that leaves all rules unjudged; None if nothing was.

    ``gaps`` are records missing between others (analysis.checks.continuity).
    """
    lost = manifest.until_now.losses
    if lost is None:
        return message("losses are unknown")
    if any(lost.get(what) for what in COSTS_CALLS):
        return message("lost: {what}", what=losses(manifest))
    if missed := _missed(manifest, ALWAYS):
        return message("missed: {what}", what=", ".join(missed))
    return gaps[0] if gaps else None


def not_judged(rule: Rule, manifest: Manifest) -> str | None:
    """Return why ``rule`` cannot be judged, as a reason that rules may share; None if it can."""
    columns = [need.partition(":") for need in rule.needs if need != STEPS]
    absent = [
        row
        for kind, _, name in columns
        for row in _rows(manifest, kind, name)
        if row is None or row.attached is None
    ]
    if absent or any(_unmeasured(manifest, kind, name) for kind, _, name in columns):
        return message("hooks are not attached")
    if STEPS in rule.needs and manifest.detail != "steps":
        return message("recorded without --detail steps")
    if STEPS in rule.needs and (manifest.until_now.losses or {}).get("steps"):
        return message("steps were lost")
    hooks = [row.hook for kind, _, name in columns for row in _rows(manifest, kind, name) if row]
    if missed := _missed(manifest, hooks):
        return message("missed: {what}", what=", ".join(missed))
    return None


def _rows(manifest: Manifest, kind: str, name: str) -> list:  # type: ignore[type-arg]
    if kind == "hook":
        return [manifest.row(name)]
    return list(feeders(manifest.plan, kind, name or None))


def _unmeasured(manifest: Manifest, kind: str, name: str) -> bool:
    return kind != "hook" and why_missing(manifest.plan, kind, name or None) is not None


def _missed(manifest: Manifest, hooks: Sequence[str]) -> list[str]:
    wanted = {*hooks, ""}
    return [
        f"{program} {count:,}"
        for program, count in manifest.until_now.misses.items()
        if count and (hook_of(manifest, program) or "") in wanted
    ]
