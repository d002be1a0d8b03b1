"""What takes the output of a guest while it runs: bytes, lines."""

from __future__ import annotations

import codecs
from collections.abc import Callable
from dataclasses import dataclass

Sink = Callable[[bytes], object]
"""Takes bytes as they come; an exception it raises ends the guest."""


@dataclass(frozen=True)
class Sinks:
    """One sink for each stream of a guest."""

    stdout: Sink
    stderr: Sink
    notes: Sink
    console: Sink


_LONGEST_LINE = 1 << 16
"""A longer one is passed on in parts: its writer may never end it."""


def discarded(_chunk: bytes) -> None:
    """Take bytes and drop them."""


def both(first: Sink, second: Sink) -> Sink:
    """Return a sink that passes its bytes to two others."""

    def hand_on(chunk: bytes) -> None:
        first(chunk)
        second(chunk)

    return hand_on


def lines_to(on_line: Callable[[str], object] | None) -> Sink:
    """Return a sink that calls ``on_line`` for each complete line, without its newline."""
    if on_line is None:
        return discarded
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    rest = ""

    def split(chunk: bytes) -> None:
        nonlocal rest
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        if len(rest) > _LONGEST_LINE:
            lines, rest = [*lines, rest], ""
        for line in lines:
            on_line(line)

    return split
