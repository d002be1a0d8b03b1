"""A trace held against all rules: what was found, what could not be judged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from analysis.findings.evidence import lost_evidence, not_judged
from analysis.findings.parts import Parts
from analysis.findings.registry import RULES
from analysis.findings.rule import Facts, Finding, Rule
from analysis.tasks import names, parents, processes, tasks_frame
from analysis.windows.recording import Recorded, Recording

WINDOW: Final = 1 << 19
"""Calls of a window: a rule has a price per window, and 64 MiB of calls are read at a time."""


@dataclass(frozen=True)
class Unjudged:
    """Rules that could not be judged for one and the same reason."""

    because: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Examination:
    """``findings`` in order of the time they took, longest first; ``judged`` are rules by id."""

    findings: tuple[Finding, ...]
    judged: tuple[str, ...]
    unjudged: tuple[Unjudged, ...]
    facts: Facts


def examine(
    trace: Recorded, gaps: Sequence[str] = (), rules: Sequence[Rule] = RULES, size: int = WINDOW
) -> Examination:
    """Return what ``rules`` find in ``trace``, read in windows of ``size``.

    ``gaps`` are records that are missing between others: with them nothing is judged.
    """
    recording = trace.recording
    facts = facts_of(recording)
    lost = lost_evidence(recording.manifest, gaps)
    reasons = {rule.id: lost or not_judged(rule, recording.manifest) for rule in rules}
    judged = [rule for rule in rules if reasons[rule.id] is None]
    parts = _gathered(recording, judged, size)
    found = [each for rule in judged for each in rule.judge(parts[rule.id], facts)] if parts else []
    return Examination(
        findings=tuple(sorted(found, key=lambda each: -each.time_ns)),
        judged=tuple(rule.id for rule in judged),
        unjudged=_by_reason(reasons),
        facts=facts,
    )


def facts_of(recording: Recording) -> Facts:
    """Return the names of the processes and threads of ``recording``."""
    tasks = tasks_frame(recording.tasks.records)
    rows = processes(tasks, {})
    return Facts(
        programs={int(pid): str(comm) for pid, comm in zip(rows["pid"], rows["comm"], strict=True)},
        threads=names(tasks),
        architecture=recording.manifest.architecture,
        parents=parents(tasks),
    )


def _gathered(recording: Recording, rules: Sequence[Rule], size: int) -> dict[str, Parts]:
    """Return what ``rules`` gather of all windows, by id; nothing of a trace without records."""
    result: dict[str, Parts] = {}
    for window in recording.windows(size):
        for rule in rules:
            part = rule.gather(window)
            result[rule.id] = result[rule.id].combine(part) if rule.id in result else part
    return result


def _by_reason(reasons: dict[str, str | None]) -> tuple[Unjudged, ...]:
    found: dict[str, list[str]] = {}
    for rule, reason in reasons.items():
        if reason is not None:
            found.setdefault(reason, []).append(rule)
    return tuple(Unjudged(reason, tuple(rules)) for reason, rules in found.items())
