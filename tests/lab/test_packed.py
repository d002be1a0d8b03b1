"""The kernel that is compressed in an image."""

from __future__ import annotations

import lzma
from pathlib import Path

import pyarrow
import pytest

from tracer.lab.packed import unpacked

KERNEL = b"\x7fELF" + bytes(range(256)) * 40


def zstd(data: bytes) -> bytes:
    return bytes(pyarrow.compress(data, "zstd", asbytes=True))


def image(path: Path, compressed: bytes, size: int = len(KERNEL), sectors: int = 3) -> Path:
    """Lay out a bzImage: sectors of setup code, 100 bytes of something, then the kernel."""
    payload = compressed + size.to_bytes(4, "little")
    head = bytearray(((sectors or 4) + 1) * 512 + 100)
    head[0x1F1] = sectors
    head[0x202:0x206] = b"HdrS"
    head[0x248:0x24C] = (100).to_bytes(4, "little")
    head[0x24C:0x250] = len(payload).to_bytes(4, "little")
    path.write_bytes(head + payload + b"what follows")
    return path


@pytest.mark.parametrize("compress", [lzma.compress, zstd])
def test_a_compressed_kernel(compress, tmp_path):
    assert unpacked(image(tmp_path / "bzImage", compress(KERNEL))) == KERNEL


def test_setup_code_of_default_length(tmp_path):
    assert unpacked(image(tmp_path / "bzImage", zstd(KERNEL), sectors=0)) == KERNEL


@pytest.mark.parametrize(
    "compressed",
    [
        b"\x1f\x8b a way that is not known",
        lzma.compress(KERNEL)[:-100],
        lzma.compress(KERNEL).replace(b"YZ", b"  "),
        zstd(KERNEL)[:-20],
        lzma.compress(b"no ELF file" * 50),
        b"",
    ],
)
def test_what_cannot_be_unpacked_is_left_alone(compressed, tmp_path):
    assert unpacked(image(tmp_path / "bzImage", compressed)) is None


def test_a_size_that_is_not_the_kernels(tmp_path):
    assert unpacked(image(tmp_path / "bzImage", lzma.compress(KERNEL), len(KERNEL) - 1)) is None


@pytest.mark.parametrize("content", [b"", b"short", bytes(3000)])
def test_no_image(content, tmp_path):
    (tmp_path / "bzImage").write_bytes(content)
    assert unpacked(tmp_path / "bzImage") is None
