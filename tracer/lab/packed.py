"""The kernel that is compressed in an image."""

from __future__ import annotations

import lzma
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tracer.shared import arch

_ELF: Final = b"\x7fELF"
_SETUP_SECTORS_AT: Final = 0x1F1
_SECTOR_BYTES: Final = 512
_SIZE_BYTES: Final = 4
"""A compressed kernel is followed by its size uncompressed (scripts/Makefile.lib, size_append)."""


def unpacked(image: Path) -> bytes | None:
    """Return the kernel that is compressed in ``image`` as an ELF file, which QEMU loads as it is.

    None: it is not compressed, or in a way that is not known here. Debian's are xz up to 6.1, then
    zstd.
    """
    at = arch.here().image.payload_at
    if at is None:
        return None
    payload = _payload(image.read_bytes(), at)
    found = next((of for magic, of in _UNPACKERS.items() if payload.startswith(magic)), None)
    try:
        kernel = found(payload) if found else b""
    except (lzma.LZMAError, OSError):  # the latter is Arrow's
        return None
    size = int.from_bytes(payload[-_SIZE_BYTES:], "little")
    return kernel if kernel.startswith(_ELF) and len(kernel) == size else None


def _xz(payload: bytes) -> bytes:
    return lzma.LZMADecompressor().decompress(payload)


def _zstd(payload: bytes) -> bytes:
    import pyarrow  # 0.1 s, and only who fetches a kernel needs it

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


def _payload(image: bytes, at: int) -> bytes:
    """Return what stands where the header says, behind the sectors of its setup code.

    Documentation/arch/x86/boot.rst: setup_sects, payload_offset, payload_length.
    """
    sectors = image[_SETUP_SECTORS_AT : _SETUP_SECTORS_AT + 1]
    offset, length = (int.from_bytes(image[word : word + 4], "little") for word in (at, at + 4))
    start = (int.from_bytes(sectors, "little") + 1) * _SECTOR_BYTES + offset
    return image[start : start + length]
