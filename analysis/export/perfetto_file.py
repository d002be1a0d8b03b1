"""A timeline as a Perfetto trace, by the protobuf classes of the ``perfetto`` package."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from perfetto.trace_builder.proto_builder import StreamingTraceProtoBuilder

from analysis.export.event import Event, What
from analysis.export.trace_events import TraceEvents
from analysis.export.tracks import Track

SEQUENCE: Final = 1
"""All packets are of one writer, so they share what it interns."""

ADDRESSES: Final = ("entry", "object")

_TYPES: Final = {
    What.BEGIN: pb.TrackEvent.TYPE_SLICE_BEGIN,
    What.END: pb.TrackEvent.TYPE_SLICE_END,
    What.INSTANT: pb.TrackEvent.TYPE_INSTANT,
    What.COUNT: pb.TrackEvent.TYPE_COUNTER,
}


def write_perfetto(trace_events: TraceEvents, file: IO[bytes]) -> None:
    """Write ``trace_events`` packet by packet. Times are boot clock ns, Perfetto's own default."""
    builder = StreamingTraceProtoBuilder(file)
    builder.write_packet(_first(builder.create_packet()))
    for track in trace_events.tracks:
        builder.write_packet(_described(builder.create_packet(), track))
    texts = _Texts()
    for event in trace_events.events:
        builder.write_packet(_told(builder.create_packet(), event, texts))


def _first(packet: Any) -> Any:
    """Begin the sequence: nothing is interned yet, and the clock is the boot clock."""
    packet.trusted_packet_sequence_id = SEQUENCE
    packet.sequence_flags = pb.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
    packet.first_packet_on_sequence = True
    packet.trace_packet_defaults.timestamp_clock_id = pb.BUILTIN_CLOCK_BOOTTIME
    return packet


def _described(packet: Any, track: Track) -> Any:
    packet.trusted_packet_sequence_id = SEQUENCE
    descriptor = packet.track_descriptor
    descriptor.uuid = track.uuid
    if track.parent is not None:
        descriptor.parent_uuid = track.parent
    if track.pid is not None and track.tid is not None:
        descriptor.thread.pid, descriptor.thread.tid = track.pid, track.tid
        descriptor.thread.thread_name = track.name
    elif track.pid is not None:
        descriptor.process.pid = track.pid
        descriptor.process.process_name = track.name
    else:
        descriptor.name = track.name
    if track.unit is not None:
        descriptor.counter.unit_name = track.unit
    return packet


class _Texts:
    """Gives each text a number, in the packet that uses it first: the format's interning."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, packet: Any, kind: str, text: str) -> int:
        """Return the number of ``text``, which ``packet`` defines if it is new.

        Args:
            kind: the field of InternedData whose numbers these are.
        """
        number = self._numbers.get((kind, text))
        if number is None:
            number = len(self._numbers) + 1
            self._numbers[kind, text] = number
            entry = getattr(packet.interned_data, kind).add(iid=number)
            if kind == "debug_annotation_string_values":
                entry.str = text.encode()
            else:
                entry.name = text
        return number


def _told(packet: Any, event: Event, texts: _Texts) -> Any:
    packet.trusted_packet_sequence_id = SEQUENCE
    packet.sequence_flags = pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
    packet.timestamp = event.ts_ns
    told = packet.track_event
    told.type = _TYPES[event.what]
    told.track_uuid = event.track
    if event.what == What.COUNT:
        told.counter_value = event.value
    if event.category:
        told.name_iid = texts.number(packet, "event_names", event.name)
        told.category_iids.append(texts.number(packet, "event_categories", event.category))
    told.flow_ids.extend(event.flows)
    told.terminating_flow_ids.extend(event.ends)
    _annotate(packet, event.args, texts)
    return packet


def _annotate(packet: Any, args: Mapping[str, Any], texts: _Texts) -> None:
    for name, value in args.items():
        note = packet.track_event.debug_annotations.add()
        note.name_iid = texts.number(packet, "debug_annotation_names", name)
        if isinstance(value, bool):
            note.bool_value = value
        elif isinstance(value, str):
            note.string_value_iid = texts.number(packet, "debug_annotation_string_values", value)
        elif name in ADDRESSES:
            note.pointer_value = value
        else:
            note.int_value = value
