"""The tables compared with what the compiler makes of the header generated from them."""

from __future__ import annotations

import ctypes as c
import re
import subprocess

import pytest

from tests.btf import Btf
from tracer.bpf import layouts, tables
from tracer.bpf.layer import OBJECT
from tracer.bpf.tasks import Flags, Joiners, Joining
from tracer.shared import arch
from tracer.shared.catalogue import PROBES, hooks
from tracer.shared.records import (
    CALL_FIELDS,
    STEP_FIELDS,
    TASK_FIELDS,
    Field,
    Life,
    Removal,
    StepKind,
    Unseen,
)
from tracer.shared.syscalls import FAMILIES, SYSCALLS

HEADER = PROBES / "tables.h"


@pytest.fixture(scope="module")
def built() -> Btf:
    return Btf(OBJECT)


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Btf:
    """The header alone, compiled: the object has BTF for what its maps hold, not for records."""
    where = tmp_path_factory.mktemp("btf")
    instances = "\n".join(f"struct {name} a_{name};" for name in layouts.STRUCTS)
    (where / "types.c").write_text(f'#include <linux/types.h>\n#include "tables.h"\n{instances}\n')
    include = [f"-I{PROBES}", *arch.here().clang_includes.split()]
    subprocess.run(
        ["clang", "-g", "-target", "bpf", *include, "-c", "types.c", "-o", "types.o"],
        cwd=where,
        check=True,
    )
    return Btf(where / "types.o")


def in_btf(kind: str) -> str:
    """Return the type as in BTF: there, text is an array of signed bytes."""
    return "i1*16" if kind == "S16" else kind


def placed(fields: tuple[Field, ...]) -> list[tuple[str, int, str]]:
    """Return name, offset and type of numeric fields, packed."""
    rows, offset = [], 0
    for field in fields:
        rows.append((field.name, offset, in_btf(field.type)))
        offset += int(field.type[1:])
    return rows


def test_the_header_is_that_of_the_tables() -> None:
    assert HEADER.read_text() == tables.header()


@pytest.mark.parametrize(
    ("struct", "fields"),
    [
        ("call_record", CALL_FIELDS),
        ("step_record", STEP_FIELDS),
        ("task_record", TASK_FIELDS),
    ],
)
def test_records(header: Btf, struct: str, fields: tuple[Field, ...]) -> None:
    """No padding: what comes out of the ring is read field by field."""
    assert header.fields(struct) == placed(fields)
    assert header.size(struct) == sum(int(field.type[1:]) for field in fields)


@pytest.mark.parametrize("struct", [name for name in layouts.STRUCTS if name != "task_record"])
def test_structs_of_maps(built: Btf, struct: str) -> None:
    made = layouts.STRUCTURES[struct]
    assert built.fields(struct) == [
        (field.name, getattr(made, field.name).offset, in_btf(field.type))
        for field in layouts.STRUCTS[struct]
    ]
    assert built.size(struct) == c.sizeof(made)


def test_task_slots(built: Btf) -> None:
    assert built.map_entries("tasks") == layouts.TASK_SLOTS + 1
    assert built.map_entries("owners") == built.map_entries("free_slots") == layouts.TASK_SLOTS


def enumerators(name: str) -> dict[str, int]:
    """Return the members of a C enum in the header; the object has no BTF for enums."""
    (body,) = re.findall(rf"^enum {name} {{\n(.*?)^}};", HEADER.read_text(), re.DOTALL | re.M)
    return {member: int(number) for member, number in re.findall(r"^\t(\w+) = (\d+),", body, re.M)}


def test_enums() -> None:
    assert enumerators("hook_id") == {f"HOOK_{hook.name}": hook.id for hook in hooks()}
    assert enumerators("step_kind") == {f"STEP_{kind.name}": kind for kind in StepKind}
    assert enumerators("removal") == {f"REMOVED_{how.name}": how for how in Removal}
    assert enumerators("life") == {f"LIFE_{kind.name}": kind for kind in Life}
    assert enumerators("joining") == {how.name: how for how in Joining}
    assert enumerators("joiners") == {f"JOINERS_{who.name}": who for who in Joiners}
    assert enumerators("join_flags") == {f"JOIN_{flag.name}": flag for flag in Flags}
    assert enumerators("unseen") == {f"UNSEEN_{what.name}": what for what in Unseen}
    kinds = enumerators("call_kind")
    assert list(kinds) == ["NO_CALL", *(f"CALL_{family.upper()}" for family in FAMILIES)]
    assert list(kinds.values()) == list(range(len(FAMILIES) + 1))


def test_the_kinds_that_the_probes_take_for_a_range() -> None:
    """Copies: select to epoll_wait; blocking calls: read to splice; from fcntl on: no entries."""
    assert FAMILIES[:5] == ("select", "poll", "epoll_create", "epoll_ctl", "epoll_wait")
    assert FAMILIES[5:11] == ("read", "write", "accept", "connect", "splice", "fcntl")


def test_every_argument_has_its_macro() -> None:
    macros = set(re.findall(r"#define READ_(\w+)\(n\)", (PROBES / "arguments.bpf.h").read_text()))
    assert macros == {what for call in SYSCALLS for what, _ in call.arguments}


def test_the_file_is_left_alone_where_it_is_right(tmp_path) -> None:
    path = tmp_path / "tables.h"
    assert tables.main([str(path)]) == 0
    written = path.stat().st_mtime_ns
    assert tables.main([str(path)]) == 0
    assert path.stat().st_mtime_ns == written
