"""Bytes of a packet are what the classes of the ``perfetto`` package make of the same event."""

from __future__ import annotations

import io

import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from analysis.export.event import Event, Place, What
from analysis.export.packets import SEQUENCE, Packets, varint


def packets(*events: Event) -> list[pb.TracePacket]:
    """Return ``events`` as packets, read back."""
    file = io.BytesIO()
    writer = Packets(file)
    for event in events:
        writer.write(event)
    return list(pb.Trace.FromString(file.getvalue()).packet)


@pytest.mark.parametrize("number", [0, 1, 127, 128, 4095, 4096, 1 << 40, (1 << 63) - 1, -1, -11])
def test_integers(number: int) -> None:
    note = pb.DebugAnnotation(int_value=number).SerializeToString()
    assert note == pb.DebugAnnotation(int_value=1).SerializeToString()[:1] + varint(number)


def test_an_event_as_the_classes_make_it() -> None:
    args = {
        "ret": -11, "entry": (1 << 64) - 2, "unfinished": True, "words": "läuft", "seq": 1 << 33,
    }  # fmt: skip
    event = Event(
        1 << 50, Place(), What.BEGIN, 7, "poll", "call", args, flows=(1, 1 << 20), ends=(3,)
    )
    expected = pb.TracePacket(
        trusted_packet_sequence_id=SEQUENCE,
        sequence_flags=pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE,
        timestamp=1 << 50,
    )
    told = expected.track_event
    told.type, told.track_uuid = pb.TrackEvent.TYPE_SLICE_BEGIN, 7
    told.name_iid = 1
    told.category_iids.append(2)
    told.flow_ids.extend((1, 1 << 20))
    told.terminating_flow_ids.append(3)
    told.debug_annotations.add(name_iid=3, int_value=-11)
    told.debug_annotations.add(name_iid=4, pointer_value=(1 << 64) - 2)
    told.debug_annotations.add(name_iid=5, bool_value=True)
    told.debug_annotations.add(name_iid=6, string_value_iid=7)
    told.debug_annotations.add(name_iid=8, int_value=1 << 33)
    texts = expected.interned_data
    texts.event_names.add(iid=1, name="poll")
    texts.event_categories.add(iid=2, name="call")
    for iid, name in ((3, "ret"), (4, "entry"), (5, "unfinished"), (6, "words"), (8, "seq")):
        texts.debug_annotation_names.add(iid=iid, name=name)
    texts.debug_annotation_string_values.add(iid=7, str="läuft".encode())
    assert packets(event) == [expected]


def test_a_text_is_defined_once_and_a_count_has_no_name() -> None:
    begin = Event(1, Place(), What.INSTANT, 7, "poll", "step", {"fd": 4})
    first, again, count = packets(begin, begin, Event(2, Place(), What.COUNT, 8, value=-3))
    assert first.interned_data.event_names[0].name == "poll"
    assert not again.HasField("interned_data")
    assert again.track_event == first.track_event
    assert (count.track_event.counter_value, count.track_event.HasField("name_iid")) == (-3, False)
