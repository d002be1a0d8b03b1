"""What a kernel image says about itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from tracer.shared import arch
from tracer.shared.errors import LabError, UsageError
from tracer.shared.message import message

_HEAD_BYTES: Final = 0x8000


def release_of(image: Path) -> str:
    """Return the release that a kernel image of this machine's architecture was built as.

    Raises `UsageError` if the file is no such image, `LabError` if it cannot be read.
    """
    try:
        with image.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except OSError as error:
        raise LabError(
            message(
                "cannot read the kernel image {image}: {why}",
                image=image,
                why=error.strerror,
            )
        ) from error
    row = arch.here()
    version = FORMATS[row.image](head)
    if version is None:
        raise UsageError(
            message(
                "{image} is not a kernel image for {machine} ({format})",
                image=image,
                machine=row.machine,
                format=row.image,
            )
        )
    return version.split(" ", 1)[0]


def _bzimage(head: bytes) -> str | None:
    """Documentation/arch/x86/boot.rst: header magic, and where the version string is."""
    magic_at, version_at, setup_bytes = 0x202, 0x20E, 0x200
    if head[magic_at : magic_at + 4] != b"HdrS":
        return None
    start = int.from_bytes(head[version_at : version_at + 2], "little") + setup_bytes
    return head[start : head.index(b"\0", start)].decode("ascii", "replace")


FORMATS: Final[Mapping[str, Callable[[bytes], str | None]]] = {"bzImage": _bzimage}
"""Format → takes an image's first bytes, gives its version string; None: not of this format."""
