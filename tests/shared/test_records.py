"""The tables of records: cells fill a ring, enums match old traces."""

from __future__ import annotations

import pytest

from tracer.shared.records import CALL, CALL_FIELDS, RING_HEADER, STEP, STEP_FIELDS, TASK, StepKind


@pytest.mark.parametrize(("record", "size"), [(CALL, 120), (STEP, 56), (TASK, 56)])
def test_a_record_and_its_header_divide_a_ring(record, size) -> None:
    cell = RING_HEADER.size + record.size
    assert record.size == size
    assert cell & (cell - 1) == 0


@pytest.mark.parametrize("fields", [CALL_FIELDS, STEP_FIELDS])
def test_fields_are_aligned(fields) -> None:
    offset = 0
    for field in fields:
        size = int(field.type[1:])
        assert offset % size == 0, field.name
        offset += size


@pytest.mark.parametrize("fields", [CALL_FIELDS, STEP_FIELDS])
def test_the_absence_of_a_value_has_a_meaning(fields) -> None:
    assert all(field.meaning for field in fields)
    assert all(field.missing for field in fields if field.raw)


def test_kinds_keep_their_numbers() -> None:
    """Recorded traces contain them, and no manifest names them."""
    assert [(kind.name, int(kind)) for kind in StepKind] == [
        ("PHASE", 1), ("FD_POLL", 2), ("INSERTION", 3), ("REMOVAL", 4), ("CALLBACK", 5),
        ("SLEEP", 6), ("SWITCH_OUT", 7), ("SWITCH_IN", 8), ("WAKEUP", 9), ("COPY_IN", 10),
        ("COPY_OUT", 11), ("FUNCTION", 12), ("USER", 13), ("ITEM", 14), ("INSTANCE", 15),
    ]  # fmt: skip
    assert StepKind(2).carries == "poll mask returned"
