"""Protobuf's wire format for many messages at once, each a row of bytes.

Messages that have the same fields, and numbers of the same number of bytes, are a table of bytes:
what all of them share is written once, and each number is a few columns. So that numbers of
different size take the same number of bytes, a varint may be padded with zeros, which all readers
of protobuf accept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

Bytes = npt.NDArray[np.uint8]

VARINT: Final = 0
FIXED64: Final = 1
SIZED: Final = 2
"""Wire types."""

_BITS: Final = 7
_MORE: Final = 1 << _BITS
"""Set in each byte of a varint but the last."""
_NEGATIVE: Final = 10
"""Bytes of a negative number, which is encoded as 64 bits."""


def varint(number: int) -> bytes:
    """Return ``number`` as a protobuf varint: 7 bits a byte, a negative one as 64 bits."""
    if number < 0:
        number += 1 << 64
    found = bytearray()
    while number >= _MORE:
        found.append(number & (_MORE - 1) | _MORE)
        number >>= _BITS
    found.append(number)
    return bytes(found)


@dataclass(frozen=True, eq=False)
class Varints:
    """A varint per message, each of ``size`` bytes."""

    numbers: npt.NDArray[Any]
    size: int

    def fill(self, into: Bytes) -> None:
        """Write the numbers into the columns ``into``."""
        rest = self.numbers
        for place in range(self.size - 1):
            into[:, place] = rest & (_MORE - 1) | _MORE
            rest = rest >> _BITS
        into[:, self.size - 1] = rest & (_MORE - 1)


@dataclass(frozen=True, eq=False)
class Fixed:
    """A number of 8 bytes per message."""

    numbers: npt.NDArray[Any]
    size: int = 8

    def fill(self, into: Bytes) -> None:
        """Write the numbers into the columns ``into``."""
        into[:] = self.numbers.astype("<u8")[:, np.newaxis].view(np.uint8)


Piece = bytes | Varints | Fixed
"""What comes next in all messages: the same bytes, or a number of each."""


def varints(numbers: npt.NDArray[Any]) -> Piece:
    """Return ``numbers``, at least one, in as many bytes as the largest of them needs."""
    least, most = int(numbers.min()), int(numbers.max())
    if least == most:
        return varint(least)
    size = _NEGATIVE if least < 0 else len(varint(most))
    if size > 4:
        return Varints(_unsigned(numbers), size)
    return Varints(numbers.astype(np.uint32), size)


def _unsigned(numbers: npt.NDArray[Any]) -> npt.NDArray[np.uint64]:
    if numbers.dtype == np.uint64:
        return numbers
    return numbers.astype(np.int64).view(np.uint64)


def sized(tag: bytes, pieces: Sequence[Piece]) -> list[Piece]:
    """Return the field ``tag`` containing ``pieces``, of the same size in all messages."""
    return [tag + varint(sum(map(_size, pieces))), *pieces]


def _size(piece: Piece) -> int:
    return len(piece) if isinstance(piece, bytes) else piece.size


def messages(pieces: Sequence[Piece], count: int) -> Bytes:
    """Return ``count`` messages of ``pieces``, a row of bytes each."""
    row = b"".join(p if isinstance(p, bytes) else bytes(p.size) for p in pieces)
    table = np.empty((count, len(row)), np.uint8)
    table[:] = np.frombuffer(row, np.uint8)
    end = 0
    for piece in pieces:
        start, end = end, end + _size(piece)
        if not isinstance(piece, bytes):
            piece.fill(table[:, start:end])
    return table


@dataclass(frozen=True, eq=False)
class Rows:
    """Messages of one length, ``table``, and the place of each in the whole."""

    places: npt.NDArray[np.intp]
    table: Bytes


def in_order(all_rows: Sequence[Rows], count: int) -> Bytes:
    """Return the ``count`` messages of ``all_rows``, one after the other by their places."""
    sizes = np.zeros(count, np.int64)
    for rows in all_rows:
        sizes[rows.places] = rows.table.shape[1]
    ends = np.cumsum(sizes)
    out = np.empty(int(ends[-1]) if count else 0, np.uint8)
    for rows in all_rows:
        size = rows.table.shape[1]
        # Overlapping pieces of this size, one from each byte: a message is copied as one of them.
        starts: npt.NDArray[Any] = np.ndarray(
            (len(out) - size + 1,), f"V{size}", out.data, strides=(1,)
        )
        starts[ends[rows.places] - size] = rows.table.view(f"V{size}")[:, 0]
    return out
