"""A timeline as a Perfetto trace: its tracks, then its events packet by packet."""

from __future__ import annotations

from typing import IO, Any

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb
from perfetto.trace_builder.proto_builder import StreamingTraceProtoBuilder

from analysis.export.packets import SEQUENCE, packets
from analysis.export.trace_events import TraceEvents
from analysis.export.tracks import Track


def write_perfetto(trace_events: TraceEvents, file: IO[bytes]) -> None:
    """Write ``trace_events`` packet by packet. Times are boot clock ns, Perfetto's own default."""
    builder = StreamingTraceProtoBuilder(file)
    builder.write_packet(_first(builder.create_packet()))
    for track in trace_events.tracks:
        builder.write_packet(_described(builder.create_packet(), track))
    for some in packets(trace_events.events):
        file.write(some.data)


def _first(packet: Any) -> Any:
    """Return the sequence's first packet: nothing is interned yet, the clock is the boot clock."""
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
