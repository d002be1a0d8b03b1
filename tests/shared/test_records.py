"""Python's tables of the wire structs against what the compiler made of the C ones."""

from __future__ import annotations

import subprocess

import pytest

from tests.btf import Btf
from tracer.bpf import maps, tasks
from tracer.bpf.catalogue import PROBES
from tracer.bpf.layer import OBJECT
from tracer.shared.records import (
    CALL,
    CALL_FIELDS,
    PHASE_MAGIC,
    RING_HEADER,
    STEP,
    STEP_FIELDS,
    TASK,
    TASK_FIELDS,
    TIMEOUT_INFINITE,
    TIMEOUT_INVALID,
    TIMEOUT_MOST,
    TIMEOUT_NONE,
    TIMEOUT_UNREAD,
    Field,
    Life,
    Removal,
    StepKind,
    Unseen,
)

ALL_TYPES = """
#include <linux/types.h>
#include "record.h"
#include "hook_ids.h"
struct call_record a_call;
struct step_record a_step;
enum step_kind a_kind;
enum removal a_removal;
enum unseen an_unseen;
struct task_record a_task;
enum life a_life;
_Static_assert(PHASE_MAGIC == %d, "PHASE_MAGIC");
_Static_assert(TIMEOUT_INFINITE == %d, "TIMEOUT_INFINITE");
_Static_assert(TIMEOUT_NONE == %d, "TIMEOUT_NONE");
_Static_assert(TIMEOUT_UNREAD == %d, "TIMEOUT_UNREAD");
_Static_assert(TIMEOUT_INVALID == %d, "TIMEOUT_INVALID");
_Static_assert(TIMEOUT_MOST == %dLL, "TIMEOUT_MOST");
"""
"""The object has the BTF of what its maps and programs hold; steps and enums are not in it."""


@pytest.fixture(scope="module")
def built() -> Btf:
    return Btf(OBJECT)


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Btf:
    where = tmp_path_factory.mktemp("btf")
    timeouts = (TIMEOUT_INFINITE, TIMEOUT_NONE, TIMEOUT_UNREAD, TIMEOUT_INVALID, TIMEOUT_MOST)
    text = ALL_TYPES % (PHASE_MAGIC, *timeouts)
    (where / "types.c").write_text(text)
    include = [f"-I{PROBES}", "-I/usr/include/x86_64-linux-gnu"]
    subprocess.run(
        ["clang", "-g", "-target", "bpf", *include, "-c", "types.c", "-o", "types.o"],
        cwd=where,
        check=True,
    )
    return Btf(where / "types.o")


def placed(fields: tuple[Field, ...]) -> list[tuple[str, int, str]]:
    """Return name, offset and type of ``fields``, one behind the other."""
    rows, offset = [], 0
    for name, kind in fields:
        rows.append((name, offset, kind))
        offset += int(kind[1:])
    return rows


def test_call_record(built: Btf, header: Btf) -> None:
    assert built.fields("call_record") == header.fields("call_record") == placed(CALL_FIELDS)
    assert built.size("call_record") == CALL.size


def test_step_record(header: Btf) -> None:
    assert header.fields("step_record") == placed(STEP_FIELDS)
    assert header.size("step_record") == STEP.size


def test_task_record(built: Btf, header: Btf) -> None:
    expected = [
        (name, offset, "i1*16" if kind == "S16" else kind)
        for name, offset, kind in placed(TASK_FIELDS)
    ]
    assert header.fields("task_record") == expected
    assert header.size("task_record") == TASK.size


def test_lives(header: Btf) -> None:
    assert header.enumerators("life") == {f"LIFE_{kind.name}": kind for kind in Life}


@pytest.mark.parametrize("record", [CALL, STEP, TASK])
def test_a_record_and_its_header_divide_a_ring(record) -> None:
    cell = RING_HEADER.size + record.size
    assert cell & (cell - 1) == 0


def test_step_kinds(header: Btf) -> None:
    assert header.enumerators("step_kind") == {f"STEP_{kind.name}": kind for kind in StepKind}


def test_removals(header: Btf) -> None:
    assert header.enumerators("removal") == {f"REMOVED_{how.name}": how for how in Removal}


def test_unseen(header: Btf) -> None:
    assert header.enumerators("unseen") == {f"UNSEEN_{kind.name}": kind for kind in Unseen}


def test_task_state(built: Btf) -> None:
    fields = {name: (offset, kind) for name, offset, kind in built.fields("task_state")}
    head = ("tid", "pid", "steps", "seq", "kind")
    assert [fields[name] for name in head] == [(4 * i, "u4") for i in range(5)]
    tail = ("first_file", "poll_table", "waiting", "off_since_ns")
    assert [fields[name] for name in tail] == [(32 + 8 * i, "u8") for i in range(4)]
    assert fields["kept"] == (28, "u4")
    assert fields["call"] == (tasks.SLOT_HEAD.size, "call_record")
    assert fields["hits"] == (tasks.SLOT_HEAD.size + CALL.size, f"u4*{tasks.MAX_HOOKS}")
    assert built.size("task_state") == tasks.SLOT_BYTES


def test_what_tasks_join_with(built: Btf) -> None:
    offset = tasks._SLOT_TAIL_AT
    assert built.fields("task_state")[-3:] == [
        ("joined_ns", offset, "u8"), ("follow", offset + 8, "u4"), ("under_way", offset + 12, "u4"),
    ]  # fmt: skip
    assert built.fields("watching") == [
        ("who", 0, "u4"), ("own_pid", 4, "u4"), ("flags", 8, "u4"), ("pad", 12, "u4"),
        ("comm", 16, "i1*16"),
    ]  # fmt: skip
    assert built.size("watching") == tasks.WATCHING.size
    assert built.fields("lost_task") == [
        ("pid", 0, "u4"), ("pad", 4, "u4"), ("comm", 8, "i1*16"),
    ]  # fmt: skip
    assert built.size("lost_task") == tasks.LOST_TASK.size


def test_totals(built: Btf) -> None:
    assert [name for name, _, _ in built.fields("losses")] == list(maps._LOSSES)
    losses = built.size("losses")
    assert losses == 8 * len(maps._LOSSES)
    assert built.fields("totals") == [
        ("losses", 0, "losses"),
        ("joined", losses, "u8"),
        ("hits", losses + 8, f"u8*{tasks.MAX_HOOKS}"),
        ("elsewhere", losses + 8 + 8 * tasks.MAX_HOOKS, f"u8*{tasks.MAX_HOOKS}"),
    ]
    assert built.size("totals") == maps._TOTALS.size


def test_task_slots(built: Btf) -> None:
    assert built.map_entries("tasks") == tasks.TASK_SLOTS + 1
    assert built.map_entries("owners") == built.map_entries("free_slots") == tasks.TASK_SLOTS
    assert built.fields("tid_page") == [("slot", 0, f"u2*{tasks.TIDS_PER_PAGE}")]
