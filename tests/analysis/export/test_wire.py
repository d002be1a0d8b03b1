"""Bytes that protobuf's own classes can read: many messages at once, all of the same size."""

from __future__ import annotations

import numpy as np
import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from analysis.export.wire import Fixed, Rows, in_order, messages, sized, varint, varints

NUMBERS = [0, 1, 127, 128, 4095, 4096, (1 << 28) - 1, 1 << 28, 1 << 40, (1 << 63) - 1, -1, -11]
INT = b"\x20"
"""The tag of int_value."""


@pytest.mark.parametrize("number", NUMBERS)
def test_one_number_is_as_short_as_it_can_be(number: int) -> None:
    note = pb.DebugAnnotation(int_value=number).SerializeToString()
    assert note == INT + varint(number)
    assert varints(np.array([number, number])) == varint(number)


@pytest.mark.parametrize("few", [NUMBERS[:3], NUMBERS[:5], NUMBERS[:7], NUMBERS[:10], NUMBERS])
def test_numbers_of_different_size(few: list[int]) -> None:
    table = messages([INT, varints(np.array(few))], len(few))
    assert [pb.DebugAnnotation.FromString(row.tobytes()).int_value for row in table] == few


@pytest.mark.parametrize("type_", [np.uint8, np.int32, np.uint32, np.int64, np.uint64, np.bool_])
def test_numbers_of_each_type(type_: type) -> None:
    most = True if type_ is np.bool_ else np.iinfo(type_).max
    few = np.array([0, most, 1], type_)
    table = messages([INT, varints(few)], 3)
    found = [pb.DebugAnnotation.FromString(row.tobytes()).int_value for row in table]
    assert [number % (1 << 64) for number in found] == few.tolist()


def test_messages_in_messages_and_fixed_numbers() -> None:
    flows = np.array([1, 1 << 62])
    event = [b"\x58", varints(np.array([7, 300])), b"\xf9\x02", Fixed(flows)]
    table = messages(sized(b"\x5a", event), 2)
    found = [pb.TracePacket.FromString(row.tobytes()).track_event for row in table]
    assert [(each.track_uuid, list(each.flow_ids)) for each in found] == [
        (7, [1]),
        (300, [1 << 62]),
    ]


def test_rows_of_several_sizes_come_in_their_order() -> None:
    short = Rows(np.array([0, 3]), np.array([[1], [2]], np.uint8))
    long = Rows(np.array([2, 1]), np.array([[3, 3, 3], [4, 4, 4]], np.uint8))
    assert in_order([short, long], 4).tolist() == [1, 4, 4, 4, 3, 3, 3, 2]
    assert in_order([], 0).tolist() == []
