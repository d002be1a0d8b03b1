"""Finds the phase of a trace requested by number or name."""

from __future__ import annotations

from analysis.recorded import phase_names
from analysis.windows.recording import Recording
from tracer.shared.errors import UsageError
from tracer.shared.message import joined, message


def asked_phase(recording: Recording, asked: str) -> int:
    """Return the number of the phase ``asked``; UsageError: there is none; it lists them."""
    names = {number: name for number, name in phase_names(recording).items() if number}
    numbers = sorted({*names, *(number for number in recording.marks.numbers if number)})
    found = [number for number in numbers if asked in (str(number), names.get(number))]
    if len(found) == 1:
        return found[0]
    if not numbers:
        raise UsageError(
            message(
                "{path}: --phase {asked}: the trace has no phases (only tracer's workloads mark "
                "them); leave --phase out",
                path=recording.path,
                asked=asked,
            )
        )
    there = joined(", ", [f"{number} {names.get(number, '')}".strip() for number in numbers])
    if found:
        problem = message(
            "{path}: --phase {asked}: several phases have that name; give the number of one: "
            "{there}",
            path=recording.path, asked=asked, there=there,
        )  # fmt: skip
    else:
        problem = message(
            "{path}: --phase {asked}: there is none; needed the number or the name of one: {there}",
            path=recording.path, asked=asked, there=there,
        )  # fmt: skip
    raise UsageError(problem)
