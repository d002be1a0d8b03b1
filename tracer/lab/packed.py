"""Unpacks the kernel that is compressed in an image."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import BinaryIO, Final

from tracer.shared import arch

_ELF: Final = b"\x7fELF"
_SECTOR_BYTES: Final = 512
_SETUP_SECTORS: Final = 4
"""Number of sectors of setup code, where the header says 0."""
_SIZE_BYTES: Final = 4
"""A compressed kernel is followed by its size uncompressed (scripts/Makefile.lib, size_append)."""


def unpacked(image: Path) -> bytes | None:
    """Return the kernel that is compressed in ``image`` as an ELF file, which QEMU loads as it is.

    None: it is not compressed, or in an unknown format. Debian's are xz up to 6.1, then zstd.
    """
    at = arch.here().image.packed
    if at is None:
        return None
    with image.open("rb") as file:
        payload = _payload(file, at)
    found = next((of for magic, of in _UNPACKERS.items() if payload.startswith(magic)), None)
    try:
        kernel = found(payload) if found else b""
    except (lzma.LZMAError, OSError):  # OSError is Arrow's
        return None
    size = int.from_bytes(payload[-_SIZE_BYTES:], "little")
    return kernel if kernel.startswith(_ELF) and len(kernel) == size else None


def _xz(payload: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(payload)


def _zstd(payload: bytes) -> bytes:
    import pyarrow  # takes 0.1 s, and only fetching a kernel needs it

    with pyarrow.CompressedInputStream(
        pyarrow.BufferReader(payload[:-_SIZE_BYTES]), "zstd"
    ) as stream:
        kernel: bytes = stream.read()
    return kernel


_UNPACKERS: Final[Mapping[bytes, Callable[[bytes], bytes]]] = {
    b"\xfd7zXZ\0": _xz,
    b"\x28\xb5\x2f\xfd": _zstd,
}
"""First bytes of a compressed kernel → what unpacks it."""


def _payload(image: BinaryIO, at: arch.PackedAt) -> bytes:
    """Return the payload: where the header says, after the sectors of setup code."""
    sectors = _number(image, at.setup_sectors, 1) or _SETUP_SECTORS
    offset, length = (_number(image, word, 4) for word in (at.offset, at.offset + 4))
    image.seek((sectors + 1) * _SECTOR_BYTES + offset)
    return image.read(length)


def _number(image: BinaryIO, at: int, size_bytes: int) -> int:
    image.seek(at)
    return int.from_bytes(image.read(size_bytes), "little")
