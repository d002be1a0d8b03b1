"""A trace examined by all rules: what was found, what could not be judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from analysis.checks.digest import STEPS, Meanwhile, digest_of
from analysis.fds.names import fd_names_of
from analysis.findings.evidence import lost_evidence, not_judged
from analysis.findings.parts import Parts
from analysis.findings.registry import RULES
from analysis.findings.rule import Facts, Finding, Gather, Instance, Rule
from analysis.tasks import names, parents, programs, tasks_frame
from analysis.windows.recording import WINDOW, Recorded, Recording
from analysis.windows.window import Window

NO_FD: Final = -1
LAST_NS: Final = (1 << 63) - 1
"""Later than anything in a trace."""


@dataclass(frozen=True)
class Unjudged:
    """Rules that could not be judged for the same reason."""

    because: str
    rules: tuple[str, ...]


@dataclass(frozen=True)
class Examination:
    """``findings`` in order of the time they took, longest first; ``judged`` are ids of rules."""

    findings: tuple[Finding, ...]
    judged: tuple[str, ...]
    rules: tuple[Rule, ...]
    unjudged: tuple[Unjudged, ...]
    facts: Facts


def examine_in_one_pass(
    trace: Recorded, rules: Sequence[Rule] = RULES, meanwhile: Meanwhile | None = None
) -> Examination:
    """Return what ``rules`` find in ``trace``; it is read once for them and for its digest.

    And for ``meanwhile``, which is given each window.
    """
    recording = trace.recording
    parts: dict[str, Parts] = {}
    reasons = _reasons(recording, rules)
    judged = [rule for rule in rules if not reasons[rule.id]]

    def gather(window: Window) -> None:
        _gather(parts, judged, window)
        if meanwhile:
            meanwhile(window)

    found = digest_of(recording, gather)
    return _examination(recording, rules, _reasons(recording, rules, list(found.gaps)), parts)


def examine(
    trace: Recorded, gaps: Sequence[str] = (), rules: Sequence[Rule] = RULES, size: int = WINDOW
) -> Examination:
    """Return what ``rules`` find in ``trace``, read in windows of ``size``.

    ``gaps`` are records missing between others: if there are any, nothing is judged.
    """
    recording = trace.recording
    reasons = _reasons(recording, rules, gaps)
    parts = _gathered(recording, [rule for rule in rules if not reasons[rule.id]], size)
    return _examination(recording, rules, reasons, parts)


Reasons = Mapping[str, str | None]
"""By rule why it cannot be judged; None if it can."""


def _reasons(recording: Recording, rules: Sequence[Rule], gaps: Sequence[str] = ()) -> Reasons:
    lost = lost_evidence(recording.manifest, gaps)
    return {rule.id: lost or not_judged(rule, recording.manifest) for rule in rules}


def _examination(
    recording: Recording, rules: Sequence[Rule], reasons: Reasons, parts: Mapping[str, Parts]
) -> Examination:
    facts = facts_of(recording)
    judged = [rule for rule in rules if reasons[rule.id] is None]
    found = [each for rule in judged for each in _judged(rule, parts, facts)]
    return Examination(
        findings=_named(sorted(found, key=lambda each: -each.time_ns), recording),
        judged=tuple(rule.id for rule in judged),
        rules=tuple(rules),
        unjudged=_by_reason(reasons),
        facts=facts,
    )


def _judged(rule: Rule, parts: Mapping[str, Parts], facts: Facts) -> Iterable[Finding]:
    """Return what ``rule`` finds; nothing in a trace without records."""
    return rule.judge(parts[rule.id], facts) if parts else ()


def facts_of(recording: Recording) -> Facts:
    """Return the names of the processes and threads of ``recording``."""
    tasks = tasks_frame(recording.tasks.records)
    return Facts(
        programs=programs(tasks),
        threads=names(tasks),
        architecture=recording.manifest.architecture,
        parents=parents(tasks),
    )


def _gathered(recording: Recording, rules: Sequence[Rule], size: int) -> dict[str, Parts]:
    """Return what ``rules`` gather from all windows, by id; nothing for a trace without records."""
    result: dict[str, Parts] = {}
    for window in recording.windows(size, STEPS * size):
        _gather(result, rules, window)
    return result


def _gather(result: dict[str, Parts], rules: Sequence[Rule], window: Window) -> None:
    """Add what ``rules`` gather from ``window`` to ``result``; some share a ``gather``."""
    found: dict[Gather, Parts] = {}
    for rule in rules:
        if rule.gather not in found:
            part = rule.gather(window)
            found[rule.gather] = result[rule.id].combine(part) if rule.id in result else part
        result[rule.id] = found[rule.gather]


def _named(findings: Sequence[Finding], recording: Recording) -> tuple[Finding, ...]:
    """Return ``findings`` with what was behind their fds, at the call of each or at the end."""
    if not recording.fds.seen or all(each.fd is None for each in findings):
        return tuple(findings)
    named = [each.instance for each in findings if each.fd is not None and each.instance]
    begun = _begun(recording, named)
    rows = pd.DataFrame(
        {
            "pid": [each.pid for each in findings],
            "fd": [NO_FD if each.fd is None else each.fd for each in findings],
            "at_ns": [begun.get(each.instance, LAST_NS) for each in findings],
        }
    )
    names = fd_names_of(recording).names(rows)
    return tuple(
        replace(each, fd_name=None if each.fd is None else name)
        for each, name in zip(findings, names.tolist(), strict=True)
    )


def _begun(recording: Recording, instances: Sequence[Instance]) -> dict[Instance | None, int]:
    """Return when the calls of ``instances`` began, boot clock ns."""
    keys = np.array([each.tid << 32 | each.seq for each in instances], np.int64)
    calls = recording.calls_of(keys).calls
    numbers = (calls[name].tolist() for name in ("tid", "seq", "enter_ns"))
    return {Instance(tid, seq): enter_ns for tid, seq, enter_ns in zip(*numbers, strict=True)}


def _by_reason(reasons: Reasons) -> tuple[Unjudged, ...]:
    found: dict[str, list[str]] = {}
    for rule, reason in reasons.items():
        if reason is not None:
            found.setdefault(reason, []).append(rule)
    return tuple(Unjudged(reason, tuple(rules)) for reason, rules in found.items())
