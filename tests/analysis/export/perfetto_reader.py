"""Reads a Perfetto file back with the package's protobuf classes, as its own reader would."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfetto.protos.perfetto.trace import perfetto_trace_pb2 as pb

BEGIN = pb.TrackEvent.TYPE_SLICE_BEGIN
END = pb.TrackEvent.TYPE_SLICE_END
INSTANT = pb.TrackEvent.TYPE_INSTANT
COUNTER = pb.TrackEvent.TYPE_COUNTER

Args = dict[str, Any]


@dataclass
class Happening:
    """One event, with its texts in place of their numbers."""

    ts_ns: int
    type: int
    track: int
    name: str
    category: str
    args: Args
    flows: tuple[int, ...]
    ends: tuple[int, ...]
    value: int
    exit_ns: int | None = None
    inside: str = ""


@dataclass
class Found:
    """The content of a file: track descriptors by uuid, events in file order."""

    tracks: dict[int, Any] = field(default_factory=dict)
    events: list[Happening] = field(default_factory=list)
    clock: int = 0

    def of(self, category: str) -> list[Happening]:
        return [event for event in self.events if event.category == category]

    def thread(self, event: Happening) -> int:
        return int(self.tracks[event.track].thread.tid)

    def counts(self, name: str) -> list[tuple[int, int]]:
        """Return when a counter changed, and to what."""
        return [
            (event.ts_ns, event.value)
            for event in self.events
            if event.type == COUNTER and self.tracks[event.track].name == name
        ]


def read(path: Path) -> Found:
    """Return the content of ``path``; AssertionError if events refer to something undefined."""
    found = Found()
    texts: dict[str, dict[int, str]] = defaultdict(dict)
    for packet in pb.Trace.FromString(path.read_bytes()).packet:
        assert packet.trusted_packet_sequence_id == 1
        if packet.HasField("trace_packet_defaults"):
            found.clock = packet.trace_packet_defaults.timestamp_clock_id
            assert packet.sequence_flags == pb.TracePacket.SEQ_INCREMENTAL_STATE_CLEARED
        if packet.HasField("track_descriptor"):
            _add_track(found, packet.track_descriptor)
        _learn(texts, packet.interned_data)
        if packet.HasField("track_event"):
            assert packet.sequence_flags == pb.TracePacket.SEQ_NEEDS_INCREMENTAL_STATE
            found.events.append(_event(packet, texts, found))
    return found


def _add_track(found: Found, track: Any) -> None:
    assert track.uuid
    assert track.uuid not in found.tracks
    assert not track.HasField("parent_uuid") or track.parent_uuid in found.tracks
    found.tracks[track.uuid] = track


def _learn(texts: dict[str, dict[int, str]], data: Any) -> None:
    for kind, entries in data.ListFields():
        for entry in entries:
            assert entry.iid not in texts[kind.name]
            text = entry.str.decode() if kind.name.endswith("string_values") else entry.name
            texts[kind.name][entry.iid] = text


def _event(packet: Any, texts: dict[str, dict[int, str]], found: Found) -> Happening:
    event = packet.track_event
    assert event.track_uuid in found.tracks
    notes = event.debug_annotations
    args = {texts["debug_annotation_names"][note.name_iid]: _value(note, texts) for note in notes}
    assert len(args) == len(notes)
    categories = [texts["event_categories"][iid] for iid in event.category_iids]
    return Happening(
        packet.timestamp,
        event.type,
        event.track_uuid,
        texts["event_names"][event.name_iid] if event.name_iid else "",
        ",".join(categories),
        args,
        tuple(event.flow_ids),
        tuple(event.terminating_flow_ids),
        event.counter_value,
    )


def _value(note: Any, texts: dict[str, dict[int, str]]) -> Any:
    kind = note.WhichOneof("value")
    value = getattr(note, kind)
    return texts["debug_annotation_string_values"][value] if kind == "string_value_iid" else value


def check_order(found: Found) -> None:
    """Times never go back."""
    times = [event.ts_ns for event in found.events]
    assert times == sorted(times)


def nest(found: Found) -> list[Happening]:
    """Give slices their ends and events their enclosing slices; return slices left open.

    An end belongs to the innermost open slice of its track; an end without a slice is an error.
    """
    stacks: dict[int, list[Happening]] = defaultdict(list)
    for event in found.events:
        stack = stacks[event.track]
        if event.type == END:
            assert stack, f"an end without a slice at {event.ts_ns}"
            stack.pop().exit_ns = event.ts_ns
            continue
        event.inside = stack[-1].name if stack else ""
        if event.type == BEGIN:
            stack.append(event)
    return [event for stack in stacks.values() for event in stack]


def check_flows(found: Found) -> dict[int, list[Happening]]:
    """Check that flows begin at one event, continue in order of time, and end; return them."""
    flows: dict[int, list[Happening]] = defaultdict(list)
    ended: Counter[int] = Counter()
    for event in found.events:
        for flow in event.flows:
            assert flow not in ended
            flows[flow].append(event)
        for flow in event.ends:
            assert flow in flows
            assert flows[flow][-1].ts_ns <= event.ts_ns
            flows[flow].append(event)
            ended[flow] += 1
    assert ended == dict.fromkeys(flows, 1)
    return flows
