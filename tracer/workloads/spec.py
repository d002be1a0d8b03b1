"""What a workload is asked to do: a list of phases, as JSON.

The recorder and the experiments build such lists, ``python3 -m tracer.workloads`` runs them.
"""

from __future__ import annotations

import json
import pathlib
from collections.abc import Sequence
from typing import Any, Final

from tracer.shared import phase as shape
from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.phase import DEFAULTS, MAX_PHASES, Phase
from tracer.workloads import rules
from tracer.workloads.registry import WORKLOADS, defaults, workload

GUEST_PYTHON: Final = "/usr/bin/python3"


def parse(entries: object) -> list[Phase]:
    """Return the phases requested by ``entries``, a list of JSON objects.

    Raises UsageError for an unknown field, a wrong type, or a request without meaning. The limits
    of this machine are not checked, since the phases may run on another one:
    ``limits.check_fd_limit`` does that.
    """
    if not isinstance(entries, list) or not entries:
        raise UsageError("found no phases; a spec is a JSON list of at least one object")
    if len(entries) > MAX_PHASES:
        raise UsageError(
            message(
                "found {count} phases; at most {max_phases} are possible",
                count=len(entries),
                max_phases=MAX_PHASES,
            )
        )
    return [_phase(number, entry) for number, entry in enumerate(entries, start=1)]


def command(phases: Sequence[Phase], truth: pathlib.Path, python: str = GUEST_PYTHON) -> list[str]:
    """Return the command line that runs ``phases`` and writes ``truth``, from any directory."""
    start = pathlib.Path(__file__).with_name("__main__.py")
    text = json.dumps([shape.to_json(phase) for phase in phases])
    return [python, "-S", "-E", str(start), "--truth", str(truth), "--spec-json", text]


def _phase(number: int, entry: Any) -> Phase:
    shape.check_fields(number, entry)
    if "model" not in entry:
        raise UsageError(
            message(
                "phase {number} has no model; one of {models}",
                number=number,
                models=", ".join(WORKLOADS),
            )
        )
    usual = defaults(entry["model"], entry.get("link", DEFAULTS["link"]))
    phase = shape.from_json({**usual, **entry})
    _check_used(phase)
    rules.check(phase)
    for demand in workload(phase.model).demands:
        demand(phase)
    return phase


def _check_used(phase: Phase) -> None:
    """Raise UsageError if ``phase`` sets a field that its workload does not use."""
    usual = {**DEFAULTS, **defaults(phase.model)}
    for field, value in usual.items():
        if field not in workload(phase.model).fields and getattr(phase, field) != value:
            raise UsageError(
                message(
                    "{model} has no {field} (in {name!r}); leave it out",
                    model=phase.model,
                    field=field,
                    name=phase.name,
                )
            )
