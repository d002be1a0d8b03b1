"""Why a recording ends, and whether that was intended."""

from __future__ import annotations

import signal
from collections.abc import Sequence
from pathlib import Path

from tracer.recording.client import Client
from tracer.recording.subject import Subject
from tracer.recording.watch import WELL, End


def is_well(end: End, truth: Path | None) -> bool:
    """A workload of ours has to end by itself; a user's program may be stopped."""
    return end is End.ENDED if truth is not None else end in WELL


def end_of(signals: Sequence[int]) -> End | None:
    """Return the end requested by the first of ``signals``; None if there is none."""
    if not signals:
        return None
    return End.CTRL_C if signals[0] == signal.SIGINT else End.SIGNAL


def why_end(subject: Subject, signals: Sequence[int], client: Client | None) -> End | None:
    """Return why a recording is to end, None if it is not."""
    if subject.ended():
        return End.ENDED
    if signals:
        return end_of(signals)
    return End.CLIENT if client and client.has_ended(subject.pid) else None
