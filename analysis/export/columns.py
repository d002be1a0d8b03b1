"""The columns of exported calls and steps: types, units, meanings. docs/export.md shows them.

Those of the records themselves come from the table of records (tracer.shared.records).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tracer.shared.records import CALL_FIELDS, STEP_FIELDS, Field

ADDRESS: Final = "address"
"""The unit of columns that are unsigned."""

ALWAYS: Final = (
    "enter_ns", "ts_ns", "pid", "tid", "seq", "syscall", "kind", "cpu", "unseen", "restarts",
)  # fmt: skip
"""Recorded columns that are never null."""


@dataclass(frozen=True)
class Column:
    """One column of a file.

    ``type`` is int64, uint64, bool or string; ``unit`` is empty for a name, or a number that counts
    nothing. An unknown or absent value is null; ``always``: the column has no nulls.
    """

    name: str
    type: str
    unit: str
    meaning: str
    always: bool = False


def _recorded(fields: tuple[Field, ...]) -> tuple[Column, ...]:
    """Return the columns that the records themselves have."""
    return tuple(
        Column(
            field.name,
            "uint64" if field.unit == ADDRESS else "int64",
            field.unit,
            field.meaning + (f"; null: {field.missing}" if field.missing else ""),
            field.name in ALWAYS,
        )
        for field in fields
    )


CALLS: Final = (
    *_recorded(CALL_FIELDS),
    Column("name", "string", "", "system call; null: not one of those traced"),
    Column("family", "string", "", "family of system calls, see design.md"),
    Column("phase", "int64", "", "number of the workload's phase; 0: none", always=True),
    Column(
        "unfinished", "bool", "", "the thread or the recording ended inside the call", always=True
    ),
    Column("wall_ns", "int64", "ns", "exit_ns - enter_ns"),
    Column("kernel_ns", "int64", "ns", "wall_ns - off_cpu_ns"),
    Column("phase_name", "string", "", "name of the phase; null: none, or no workload of ours"),
    Column("fd_name", "string", "", "what was behind fd then; null: not known"),
    Column("target_name", "string", "", "what was behind target then; null: not known"),
)
"""Columns of calls, one row per system call, in order of return."""

STEPS: Final = (
    *_recorded(STEP_FIELDS),
    Column("hook_name", "string", "", "the hook that saw it; null: not in the plan"),
    Column("phase", "int64", "", "number of the workload's phase; 0: none", always=True),
    Column("kind_name", "string", "", "what it is: the kinds named under value"),
    Column("phase_name", "string", "", "name of the phase; null: none, or no workload of ours"),
    Column("fd_name", "string", "", "what was behind fd then; null: not known"),
)
"""Columns of steps, one row per step, in ring order."""


def markdown(columns: tuple[Column, ...]) -> str:
    """Return ``columns`` as the table that docs/export.md shows."""
    rows = [f"| {each.name} | {each.type} | {each.unit} | {each.meaning} |" for each in columns]
    return "\n".join(["| column | type | unit | meaning |", "|---|---|---|---|", *rows])
