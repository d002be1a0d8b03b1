"""Finds the phase of a trace requested by number or name."""

from __future__ import annotations

from analysis.recorded import phase_names
from analysis.windows.recording import Recording
from tracer.shared.errors import UsageError
from tracer.shared.message import joined, message


def requested_phase(recording: Recording, requested: str) -> int:
    """Return the number of the phase ``requested``. UsageError: there is none; it lists them."""
    names = {number: name for number, name in phase_names(recording).items() if number}
    numbers = sorted({*names, *(number for number in recording.marks.numbers if number)})
    found = [number for number in numbers if requested in (str(number), names.get(number))]
    if len(found) == 1:
        return found[0]
    if not numbers:
        raise UsageError(
            message(
                "{path}: --phase {requested}: the trace has no phases (only tracer's workloads "
                "mark them); leave --phase out",
                path=recording.path,
                requested=requested,
            )
        )
    known = joined(", ", [f"{number} {names.get(number, '')}".strip() for number in numbers])
    if found:
        problem = message(
            "{path}: --phase {requested}: several phases have that name; give the number of one: "
            "{known}",
            path=recording.path, requested=requested, known=known,
        )  # fmt: skip
    else:
        problem = message(
            "{path}: --phase {requested}: there is none; needed the number or the name of one: "
            "{known}",
            path=recording.path, requested=requested, known=known,
        )  # fmt: skip
    raise UsageError(problem)
