"""The tables that probes and Python share, as C: ``python3 -m tracer.bpf.tables FILE``.

``scripts/build`` writes ``probes/tables.h`` with it. What is in there comes from
``probes/hooks.toml``, :mod:`tracer.shared.records`, :mod:`tracer.shared.syscalls`,
:mod:`tracer.shared.arch` and :mod:`tracer.bpf.layouts`; nothing of it is written twice.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from tracer.bpf import layouts
from tracer.bpf.tasks import Flags, Joiners, Joining
from tracer.shared import arch, records, sums
from tracer.shared.catalogue import hooks
from tracer.shared.errors import TracerError
from tracer.shared.records import Field, Life, ListState, Removal, StepKind, Unseen
from tracer.shared.syscalls import FAMILIES, by_number

_BEGIN: Final = """\
/* SPDX-License-Identifier: GPL-2.0-only */
/* Made by scripts/build from the tables that tracer/bpf/tables.py names. Change those. */
#ifndef TRACER_TABLES_H
#define TRACER_TABLES_H
"""
_END: Final = "#endif\n"


def header() -> str:
    """Return the text of ``probes/tables.h`` for the architecture that this runs on."""
    parts = (_constants(), _enums(), _structs(), _syscalls())
    return "\n".join([_BEGIN, *(line for part in parts for line in part), _END])


def _constants() -> Iterator[str]:
    numbers = {
        "PHASE_MAGIC": f"{records.PHASE_MAGIC:#x}ULL",
        "TIMEOUT_INFINITE": f"({records.TIMEOUT_INFINITE})",
        "TIMEOUT_NONE": f"({records.TIMEOUT_NONE})",
        "TIMEOUT_UNREAD": f"({records.TIMEOUT_UNREAD})",
        "TIMEOUT_INVALID": f"({records.TIMEOUT_INVALID})",
        "TIMEOUT_MOST": f"{records.TIMEOUT_MOST:#x}LL",
        "TASK_SLOTS": layouts.TASK_SLOTS,
        "SLOTS_AT_ONCE": layouts.SLOTS_AT_ONCE,
        "TIDS_PER_PAGE": layouts.TIDS_PER_PAGE,
        "KEPT_STEPS": layouts.KEPT_STEPS,
        "MAX_HOOKS": layouts.MAX_HOOKS,
        "SUM_BUCKETS": sums.BUCKETS,
        "NR_LSEEK": arch.here().syscalls["lseek"],
        "NR_RESTART_SYSCALL": arch.here().syscalls["restart_syscall"],
    }
    yield from (f"#define {name} {value}" for name, value in numbers.items())
    yield ""


def _enums() -> Iterator[str]:
    yield from _enum("hook_id", ((f"HOOK_{hook.name}", hook.id, "") for hook in hooks()))
    yield from _enum("step_kind", ((f"STEP_{kind.name}", kind, kind.carries) for kind in StepKind))
    yield from _enum("removal", ((f"REMOVED_{how.name}", how, "") for how in Removal))
    yield from _enum("list_state", ((f"LIST_{what.name}", what, "") for what in ListState))
    yield from _enum("unseen", ((f"UNSEEN_{what.name}", what, "") for what in Unseen))
    yield from _enum("life", ((f"LIFE_{kind.name}", kind, "") for kind in Life))
    yield from _enum("joining", ((how.name, how, "") for how in Joining))
    yield from _enum("joiners", ((f"JOINERS_{who.name}", who, "") for who in Joiners))
    yield from _enum("join_flags", ((f"JOIN_{flag.name}", flag, "") for flag in Flags))
    kinds = ((f"CALL_{family.upper()}", i, "") for i, family in enumerate(FAMILIES, 1))
    yield from _enum("call_kind", [("NO_CALL", 0, ""), *kinds])


def _enum(name: str, members: Iterable[tuple[str, int, str]]) -> Iterator[str]:
    yield f"enum {name} {{"
    for member, number, about in members:
        yield f"\t{member} = {int(number)}," + (f" /* {about} */" if about else "")
    yield "};\n"


def _structs() -> Iterator[str]:
    for name, fields in layouts.STRUCTS.items():
        yield f"struct {name} {{"
        for field in fields:
            yield from textwrap.wrap(
                f"/* {_about(field)} */", 92, initial_indent="\t", subsequent_indent="\t * "
            )
            yield f"\t{_declared(field)};"
        yield "};"
        yield f'_Static_assert(sizeof(struct {name}) == {layouts.size_of(name)}, "{name}");\n'


def _about(field: Field) -> str:
    raw = f"{field.raw}: {field.missing}" if field.raw else ""
    unit = f"[{field.unit}]" if field.unit else ""
    return " ".join(filter(None, [unit, "; ".join(filter(None, [field.meaning, raw]))]))


def _declared(field: Field) -> str:
    kind, _, length = field.type.partition("*")
    number = kind in records.LETTERS
    if kind.startswith("S"):
        return f"char {field.name}[{kind[1:]}]"
    text = f"__{kind[0].replace('i', 's')}{8 * int(kind[1:])}" if number else f"struct {kind}"
    return f"{text} {field.name}" + (f"[{length}]" if length else "")


def _syscalls() -> Iterator[str]:
    """``SYSCALLS(X)``: for each, ``X(number, kind, what to read of its arguments)``."""
    yield "#define SYSCALLS(X) \\"
    for number, call in by_number().items():
        reads = " ".join(f"READ_{what}({n})" for what, n in call.arguments)
        yield f"\tX({number}, CALL_{call.family.upper()}, {reads}) /* {call.name} */ \\"
    yield ""


def main(arguments: list[str]) -> int:
    """Write the header to a file, unless the file already has it."""
    path = Path(arguments[0])
    try:
        text = header()
    except TracerError as error:
        print(f"build: {error}", file=sys.stderr)
        return error.exit_code
    if not path.exists() or path.read_text() != text:
        path.write_text(text)
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
