"""Packets of a Perfetto trace as bytes: what the classes of the ``perfetto`` package would write.

Those take 40 µs per event, too long for the millions in a long trace. Names, numbers and types of
fields are still taken from them, and the tests read the bytes back with them.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

from analysis.export.event import Events, Flows, What
from analysis.export.values import NO_TEXT, Numbers, Places, Texts, Values, numbered
from analysis.export.wire import (
    FIXED64,
    SIZED,
    VARINT,
    Bytes,
    Fixed,
    Piece,
    Rows,
    in_order,
    messages,
    sized,
    varint,
    varints,
)

SEQUENCE: Final = 1
"""All packets are from one writer, so they share its interned strings."""

ADDRESSES: Final = ("entry", "object")
AT_ONCE: Final = 1 << 15
"""How many events are turned into packets at a time."""

_TYPES: Final = {
    What.BEGIN: pb.TrackEvent.TYPE_SLICE_BEGIN,
    What.END: pb.TrackEvent.TYPE_SLICE_END,
    What.INSTANT: pb.TrackEvent.TYPE_INSTANT,
    What.COUNT: pb.TrackEvent.TYPE_COUNTER,
}
_TYPE_OF: Final = np.array([_TYPES[what] for what in What], np.int64)


def _tag(message: Any, name: str) -> bytes:
    """Return the tag before the value of the field ``name`` of a class."""
    field = message.DESCRIPTOR.fields_by_name[name]
    if field.type == field.TYPE_FIXED64:
        wire = FIXED64
    else:
        texts = (field.TYPE_MESSAGE, field.TYPE_STRING, field.TYPE_BYTES)
        wire = SIZED if field.type in texts else VARINT
    return varint(field.number << 3 | wire)


_PACKET: Final = _tag(pb.Trace, "packet")
_HEAD: Final = pb.TracePacket(
    trusted_packet_sequence_id=SEQUENCE,
    sequence_flags=pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE,
).SerializeToString()
_TIMESTAMP: Final = _tag(pb.TracePacket, "timestamp")
_INTERNED: Final = _tag(pb.TracePacket, "interned_data")
_EVENT: Final = _tag(pb.TracePacket, "track_event")
_TYPE: Final = _tag(pb.TrackEvent, "type")
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


def packets(sources: Sequence[Events]) -> Iterator[Bytes]:
    """Yield the packets of all events of ``sources`` in order of time, after one of all texts."""
    texts = Interned()
    by_source = [_fields_of(events, texts) for events in sources]
    yield texts.packet()
    order = np.lexsort([np.concatenate([e.column(key) for e in sources]) for key in _ORDER])
    firsts = np.cumsum([0, *map(len, sources)])
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        which = np.searchsorted(firsts, some, side="right") - 1
        rows: list[Rows] = []
        for number in np.unique(which).tolist():
            here = np.flatnonzero(which == number)
            found = by_source[number].rows(some[here] - firsts[number])
            rows += (Rows(here[each.places], each.table) for each in found)
        yield in_order(rows, len(some))


_ORDER: Final = ("stage", "seq", "ts_ns")
"""Keys by which events are sorted, the most important last."""


class Interned:
    """Gives each text a number, and defines them in a packet."""

    def __init__(self) -> None:
        """Begin without a text."""
        self._numbers: dict[tuple[str, str], int] = {}

    def number(self, kind: str, text: str) -> int:
        """Return the number of ``text``.

        Args:
            kind: the field of InternedData that numbers these.
            text: any.
        """
        return self._numbers.setdefault((kind, text), len(self._numbers) + 1)

    def numbers(self, kind: str, texts: Texts) -> Numbers:
        """Return the numbers of ``texts``."""
        each = np.array([*(self.number(kind, text) for text in texts.texts), 0], np.int64)
        return Numbers(each[texts.places], texts.places != NO_TEXT)

    def packet(self) -> Bytes:
        """Return the packet that defines all texts."""
        data = pb.InternedData()
        for (kind, text), number in self._numbers.items():
            entry = getattr(data, kind).add(iid=number)
            if kind == _STRINGS:
                entry.str = text.encode()
            else:
                entry.name = text
        return messages(sized(_PACKET, [_HEAD, *sized(_INTERNED, [data.SerializeToString()])]), 1)


_STRINGS: Final = "debug_annotation_string_values"


@dataclass(frozen=True, eq=False)
class _Field:
    """A field that events may have: the bytes ``before`` its number. ``note``: an argument."""

    before: bytes
    numbers: Numbers
    note: bool = False

    def pieces(self, rows: Places) -> list[Piece]:
        """Return the field for ``rows``, all of which or none of which have it."""
        known = self.numbers.known
        if known is not None and not known[rows[0]]:
            return []
        pieces: list[Piece] = [self.before, varints(self.numbers.values[rows])]
        return sized(_NOTE, pieces) if self.note else pieces


@dataclass(frozen=True, eq=False)
class _Fields:
    """Events as fields, in their order in a packet; flows come before ``notes``."""

    ts_ns: npt.NDArray[Any]
    fields: Sequence[_Field]
    flows: Sequence[tuple[bytes, Flows]]
    notes: Sequence[_Field]

    def rows(self, some: Places) -> Iterator[Rows]:
        """Yield the packets of the events ``some``, grouped by which fields they have."""
        alike = self._alike(some)
        order = np.argsort(alike, kind="stable")
        for places in np.split(order, np.cumsum(np.bincount(alike))[:-1]):
            yield Rows(places, self._packets(some[places]))

    def _alike(self, some: Places) -> Places:
        """Number the events ``some`` by which fields they have, and how many flows."""
        has = np.zeros(len(some), np.int64)  # optional fields are fewer than its bits
        for field in (*self.fields, *self.notes):
            if field.numbers.known is not None:
                has = has << 1 | field.numbers.known[some]
        return numbered(has, *(flows.counts[some] for _, flows in self.flows))

    def _packets(self, rows: Places) -> Bytes:
        """Return the packets of ``rows``, which have the same fields."""
        event = [piece for field in self.fields for piece in field.pieces(rows)]
        for tag, flows in self.flows:
            firsts = flows.firsts[rows]
            for place in range(int(flows.counts[rows[0]])):
                event += [tag, Fixed(flows.numbers[firsts + place])]
        event += [piece for note in self.notes for piece in note.pieces(rows)]
        packet = [_HEAD, _TIMESTAMP, varints(self.ts_ns[rows]), *sized(_EVENT, event)]
        return messages(sized(_PACKET, packet), len(rows))


def _fields_of(events: Events, texts: Interned) -> _Fields:
    types = Numbers(_TYPE_OF[events.column("what")])
    fields = [_Field(_TYPE, types), _Field(_TRACK, Numbers(events.column("track")))]
    if events.value is not None:
        fields.append(_Field(_VALUE, events.value))
    if events.name is not None:
        names = texts.numbers("event_names", events.name)
        category = texts.number("event_categories", events.category)
        fields.append(_Field(_NAME, names))
        fields.append(_Field(_CATEGORY, replace(names, values=np.full(len(events), category))))
    flows = [(_FLOW, events.flows), (_ENDS, events.ends)]
    return _Fields(
        ts_ns=events.ts_ns,
        fields=fields,
        flows=[(tag, each) for tag, each in flows if each is not None],
        notes=[_note(name, values, texts) for name, values in events.args.items()],
    )


def _note(name: str, values: Values, texts: Interned) -> _Field:
    before = _NOTE_NAME + varint(texts.number("debug_annotation_names", name))
    if isinstance(values, Texts):
        return _Field(before + _TEXT, texts.numbers(_STRINGS, values), note=True)
    if values.values.dtype == bool:
        return _Field(before + _BOOL, values, note=True)
    return _Field(before + (_POINTER if name in ADDRESSES else _INT), values, note=True)
