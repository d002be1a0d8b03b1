"""A recorded command as it was typed: tracer's own workloads by their options, not their JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from tracer.shared.message import joined, message_n
from tracer.shared.phase import DEFAULTS

WORKLOADS: Final = "tracer/workloads/__main__.py"
SPEC: Final = "--spec-json"
LONGEST_SPEC: Final = 1 << 20
SHOWN: Final = 2
"""How many phases are written out if there are more."""
OPTIONS: Final = {
    "timeout_ms": "--timeout", "link_delay_ms": "--link-delay", "link_jitter_ms": "--link-jitter",
    "link_loss_percent": "--link-loss",
}  # fmt: skip
"""Options of ``tracer record`` that are named differently from their field."""


def command_line(command: Sequence[str]) -> str:
    """Return ``command`` in one line; one of our workloads as ``--model poll --fds 41``.

    Only fields that differ from the default. Fields without an option are shown as if there were
    one: an experiment of ``tracer verify`` can set more than ``tracer record`` can.
    """
    phases = phases_of(command)
    if not phases:
        return " ".join(command)
    parts: list[str] = [_options(phase) for phase in phases[:SHOWN]]
    more = len(phases) - len(parts)
    if more:
        parts.append(message_n("{count} more phase", "{count} more phases", count=more))
    return joined("; ", parts)


def phases_of(command: Sequence[str]) -> list[Mapping[str, Any]]:
    """Return the phases that a workload of ours was to run; none for another command."""
    if not any(word.endswith(WORKLOADS) for word in command) or SPEC not in command[:-1]:
        return []
    text = command[list(command).index(SPEC) + 1]
    if len(text) > LONGEST_SPEC:
        return []
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return []
    sound = isinstance(found, list) and all(
        isinstance(each, dict) and isinstance(each.get("model"), str) for each in found
    )
    return found if sound else []


def _options(phase: Mapping[str, Any]) -> str:
    words = ["--model", phase["model"]]
    for field, usual in DEFAULTS.items():
        value = phase.get(field, usual)
        if value != usual and isinstance(value, (str, int)):
            option = OPTIONS.get(field, f"--{field.replace('_', '-')}")
            words += [option, str(value).lower() if isinstance(value, bool) else str(value)]
    return " ".join(words)
