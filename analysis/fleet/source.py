"""Where a fleet's traces are, and which recording each one is, before any is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from analysis.fleet.fleet import Fleet, Unread
from tracer.shared.errors import TracerError
from tracer.shared.message import message


class Source(Protocol):
    """A trace, wherever it is. Both methods raise TraceError or OSError if it cannot be read."""

    @property
    def path(self) -> Path:
        """The directory that it is in."""

    def recording_id(self) -> str:
        """Return the id of the recording."""

    def gathered(self) -> Fleet:
        """Return the fleet that is this trace alone."""


@dataclass(frozen=True)
class Identified:
    """A source, and its recording's id or why that is not known."""

    source: Source
    id: str | None
    because: str = ""


def identify(source: Source) -> Identified:
    """Return which recording ``source`` is."""
    try:
        return Identified(source, source.recording_id())
    except (TracerError, OSError) as error:
        return Identified(source, None, str(error))


def unidentified(source: Source, because: str) -> Identified:
    """Return that the recording of ``source`` is not known ``because``."""
    return Identified(source, None, message("{path}: {why}", path=source.path, why=because))


def each_once(found: Sequence[Identified]) -> tuple[list[Source], Fleet]:
    """Return the sources of ``found``, each recording once, and a fleet of those left out.

    Of several copies the first is taken.
    """
    sources: dict[str, Source] = {}
    unread: list[Unread] = []
    copies: list[Unread] = []
    for each in found:
        path = str(each.source.path)
        if each.id is None:
            unread.append(Unread(path, each.because))
        elif each.id in sources:
            first = sources[each.id].path
            because = message("{path}: the same recording as {first}", path=path, first=first)
            copies.append(Unread(path, because))
        else:
            sources[each.id] = each.source
    return list(sources.values()), Fleet(unread=tuple(unread), copies=tuple(copies))
