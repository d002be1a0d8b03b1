"""Packets equal those that the ``perfetto`` package's classes make of the same events."""

from __future__ import annotations

import numpy as np
import pytest
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from analysis.export import packets as packets_module
from analysis.export.event import Events, Flows, What
from analysis.export.packets import SEQUENCE, packets
from analysis.export.values import NO_TEXT, Numbers, Texts


def written(*sources: Events) -> list[pb.TracePacket]:
    """Return the packets of ``sources``, read back; the first has the texts."""
    data = b"".join(some.tobytes() for some in packets(sources))
    return list(pb.Trace.FromString(data).packet)


def texts(*each: str) -> Texts:
    return Texts(np.arange(len(each)), each)


def test_an_event_as_the_classes_make_it() -> None:
    entry = np.array([(1 << 64) - 2], np.uint64)
    events = Events(
        ts_ns=np.array([1 << 50]), seq=0, stage=0, what=What.BEGIN, track=np.array([7]),
        name=texts("poll"), category="call",
        args={"ret": Numbers(np.array([-11])), "entry": Numbers(entry),
              "unfinished": Numbers(np.array([True])), "words": texts("läuft"),
              "seq": Numbers(np.array([1 << 33]))},
        flows=Flows(np.array([2]), np.array([1, 1 << 20])),
        ends=Flows(np.array([1]), np.array([3])),
    )  # fmt: skip
    head = {"trusted_packet_sequence_id": SEQUENCE,
            "sequence_flags": pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE}  # fmt: skip
    first, expected = pb.TracePacket(**head), pb.TracePacket(**head, timestamp=1 << 50)
    event = expected.track_event
    event.type, event.track_uuid = pb.TrackEvent.TYPE_SLICE_BEGIN, 7
    event.name_iid = 1
    event.category_iids.append(2)
    event.flow_ids.extend((1, 1 << 20))
    event.terminating_flow_ids.append(3)
    event.debug_annotations.add(name_iid=3, int_value=-11)
    event.debug_annotations.add(name_iid=4, pointer_value=(1 << 64) - 2)
    event.debug_annotations.add(name_iid=5, bool_value=True)
    event.debug_annotations.add(name_iid=6, string_value_iid=7)
    event.debug_annotations.add(name_iid=8, int_value=1 << 33)
    first.interned_data.event_names.add(iid=1, name="poll")
    first.interned_data.event_categories.add(iid=2, name="call")
    for iid, name in ((3, "ret"), (4, "entry"), (5, "unfinished"), (6, "words"), (8, "seq")):
        first.interned_data.debug_annotation_names.add(iid=iid, name=name)
    first.interned_data.debug_annotation_string_values.add(iid=7, str="läuft".encode())
    assert written(events) == [first, expected]


def test_fields_that_an_event_lacks_are_absent() -> None:
    events = Events(
        ts_ns=np.array([1, 2]), seq=0, stage=0, what=np.array([What.INSTANT, What.END]),
        track=np.array([7, 7]), name=Texts(np.array([0, NO_TEXT]), ("poll",)), category="step",
        args={"fd": Numbers(np.array([4, 0]), np.array([True, False]))},
        ends=Flows(np.array([0, 2]), np.array([5, 6])),
    )  # fmt: skip
    _, instant, end = (packet.track_event for packet in written(events))
    assert (instant.debug_annotations[0].int_value, list(instant.terminating_flow_ids)) == (4, [])
    assert not end.HasField("name_iid")
    assert not end.category_iids
    assert not end.debug_annotations
    assert list(end.terminating_flow_ids) == [5, 6]


def test_a_count_has_no_name() -> None:
    values = Numbers(np.array([-3, 9]))
    events = Events(np.array([2, 3]), 0, 0, What.COUNT, np.array([8, 8]), value=values)
    _, first, second = (packet.track_event for packet in written(events))
    assert (first.counter_value, first.HasField("name_iid"), second.counter_value) == (-3, False, 9)


@pytest.mark.parametrize("at_once", [1, 2, 1 << 15])
def test_order_is_by_time_then_call_then_stage_then_source(
    at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(packets_module, "AT_ONCE", at_once)
    times, seqs, stages = ([9, 3, 3, 3], [0, 2, 1, 1], [0, 0, 5, 5])
    some = Events(*map(np.array, (times, seqs, stages)), What.END, np.array([1, 2, 3, 4]))
    more = Events(np.array([3, 3]), 1, np.array([5, 2]), What.END, np.array([5, 6]))
    tracks = [packet.track_event.track_uuid for packet in written(some, more)[1:]]
    assert tracks == [6, 3, 4, 5, 2, 1]


def test_no_events() -> None:
    none = np.zeros(0, np.int64)
    assert len(written(Events(none, 0, 0, What.END, none))) == 1
