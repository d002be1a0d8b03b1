"""Who hears a guest while it runs: bytes, lines, a log file."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

Sink = Callable[[bytes], object]
"""Takes bytes as they come; what it raises ends the guest."""


@dataclass(frozen=True)
class Hearers:
    """One sink for each stream of a guest."""

    stdout: Sink
    stderr: Sink
    console: Sink


def nobody(_chunk: bytes) -> None:
    """Take bytes and drop them."""


def both(first: Sink, second: Sink) -> Sink:
    """Return a sink that hands its bytes to two."""

    def hand_on(chunk: bytes) -> None:
        first(chunk)
        second(chunk)

    return hand_on


def lines_to(on_line: Callable[[str], object] | None) -> Sink:
    """Return a sink that calls ``on_line`` for each line that is complete, without its end."""
    if on_line is None:
        return nobody
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""

    def split(chunk: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        for line in lines:
            on_line(line)

    return split


def file_at(path: Path | None) -> Sink:
    """Return a sink that keeps a log at ``path``, emptied first; complete after every chunk."""
    if path is None:
        return nobody
    path.write_bytes(b"")

    def append(chunk: bytes) -> None:
        with path.open("ab") as log:
            log.write(chunk)

    return append
