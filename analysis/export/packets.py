"""Packets of a Perfetto trace as bytes: what the classes of the ``perfetto`` package would write.

Those take 40 µs for an event, which is too long for the millions of a long trace. Names, numbers
and types of fields are theirs all the same, and the tests read the bytes back by them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any, Final

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from analysis.export.event import Event, What

SEQUENCE: Final = 1
"""All packets are of one writer, so they share what it interns."""

ADDRESSES: Final = ("entry", "object")
MOST_KEPT: Final = 1 << 14
"""Values of one annotation whose bytes are kept."""

_KNOWN: Final[list[bytes]] = []
"""Those of small numbers."""
_BITS: Final = 7
_SMALL: Final = 1 << _BITS
_FIXED: Final = 8
_TYPES: Final = {
    What.BEGIN: pb.TrackEvent.TYPE_SLICE_BEGIN,
    What.END: pb.TrackEvent.TYPE_SLICE_END,
    What.INSTANT: pb.TrackEvent.TYPE_INSTANT,
    What.COUNT: pb.TrackEvent.TYPE_COUNTER,
}


def varint(number: int) -> bytes:
    """Return ``number`` as protobuf has integers: 7 bits a byte, a negative one as of 64 bits."""
    if 0 <= number < len(_KNOWN):
        return _KNOWN[number]
    if number < 0:
        number += 1 << 64
    found = bytearray()
    while number >= _SMALL:
        found.append(number & (_SMALL - 1) | _SMALL)
        number >>= _BITS
    found.append(number)
    return bytes(found)


_KNOWN.extend([varint(number) for number in range(1 << 12)])


def _tag(message: Any, name: str) -> bytes:
    """Return what stands before the value of the field ``name`` of a class."""
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.type == field.TYPE_FIXED64:
        wire = 1
    else:
        wire = 2 if field.type in (field.TYPE_MESSAGE, field.TYPE_STRING, field.TYPE_BYTES) else 0
    return varint(field.number << 3 | wire)


def _sized(tag: bytes, data: bytes) -> bytes:
    return b"".join((tag, varint(len(data)), data))


PACKET: Final = _tag(pb.Trace, "packet")
_HEAD: Final = pb.TracePacket(
    trusted_packet_sequence_id=SEQUENCE,
    sequence_flags=pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE,
).SerializeToString()
_TIMESTAMP: Final = _tag(pb.TracePacket, "timestamp")
_INTERNED: Final = _tag(pb.TracePacket, "interned_data")
_EVENT: Final = _tag(pb.TracePacket, "track_event")
_TYPE: Final = {
    what: _tag(pb.TrackEvent, "type") + varint(number) for what, number in _TYPES.items()
}
_TRACK: Final = _tag(pb.TrackEvent, "track_uuid")
_VALUE: Final = _tag(pb.TrackEvent, "counter_value")
_NAME: Final = _tag(pb.TrackEvent, "name_iid")
_CATEGORY: Final = _tag(pb.TrackEvent, "category_iids")
_FLOW: Final = _tag(pb.TrackEvent, "flow_ids")
_ENDS: Final = _tag(pb.TrackEvent, "terminating_flow_ids")
_NOTE: Final = _tag(pb.TrackEvent, "debug_annotations")
_NOTE_NAME: Final = _tag(pb.DebugAnnotation, "name_iid")
_BOOL: Final = _tag(pb.DebugAnnotation, "bool_value")
_TEXT: Final = _tag(pb.DebugAnnotation, "string_value_iid")
_POINTER: Final = _tag(pb.DebugAnnotation, "pointer_value")
_INT: Final = _tag(pb.DebugAnnotation, "int_value")


class Packets:
    """Writes events one by one, and gives each text a number in the packet that uses it first."""

    def __init__(self, file: IO[bytes]) -> None:
        """Begin a sequence of packets in ``file``."""
        self._file = file
        self._numbers: dict[tuple[str, str], int] = {}
        self._new: Any = None
        self._notes: dict[str, dict[Any, bytes]] = {}

    def write(self, event: Event) -> None:
        """Write ``event``."""
        parts = [_TYPE[event.what], _TRACK, varint(event.track)]
        if event.what is What.COUNT:
            parts += (_VALUE, varint(int(event.value)))
        if event.category:
            parts += (_NAME, varint(self._number("event_names", event.name)))
            parts += (_CATEGORY, varint(self._number("event_categories", event.category)))
        parts += [_FLOW + flow.to_bytes(_FIXED, "little") for flow in event.flows]
        parts += [_ENDS + flow.to_bytes(_FIXED, "little") for flow in event.ends]
        self._annotate(parts, event.args)
        told = b"".join(parts)
        packet = [_HEAD, _TIMESTAMP, varint(int(event.ts_ns)), _EVENT, varint(len(told)), told]
        if self._new is not None:
            packet.append(_sized(_INTERNED, self._new.SerializeToString()))
            self._new = None
        self._file.write(_sized(PACKET, b"".join(packet)))

    def _annotate(self, parts: list[bytes], args: Mapping[str, Any]) -> None:
        for name, value in args.items():
            known = self._notes.setdefault(name, {})
            note = known.get(value)
            if note is None:
                note = self._note(name, value)
                if len(known) < MOST_KEPT:
                    known[value] = note
            parts.append(note)

    def _note(self, name: str, value: Any) -> bytes:
        number = varint(self._number("debug_annotation_names", name))
        if isinstance(value, bool):
            told = _BOOL + varint(value)
        elif isinstance(value, str):
            told = _TEXT + varint(self._number("debug_annotation_string_values", value))
        else:
            told = (_POINTER if name in ADDRESSES else _INT) + varint(int(value))
        return _sized(_NOTE, _NOTE_NAME + number + told)

    def _number(self, kind: str, text: str) -> int:
        """Return the number of ``text``, which the packet defines if it is new.

        Args:
            kind: the field of InternedData whose numbers these are.
            text: any.
        """
        number = self._numbers.get((kind, text))
        if number is None:
            number = len(self._numbers) + 1
            self._numbers[kind, text] = number
            if self._new is None:
                self._new = pb.InternedData()
            entry = getattr(self._new, kind).add(iid=number)
            if kind == "debug_annotation_string_values":
                entry.str = text.encode()
            else:
                entry.name = text
        return number
