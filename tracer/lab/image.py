"""What a kernel image says about itself."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Final

from tracer.shared import arch
from tracer.shared.errors import LabError, UsageError
from tracer.shared.message import message

_BANNER: Final = re.compile(rb"Linux version ([\w.+~-]+) ")
_SETUP_BYTES: Final = 0x200
_VERSION_BYTES: Final = 256
_HEAD_BYTES: Final = _SETUP_BYTES + (1 << 16) + _VERSION_BYTES
"""Far enough to contain the version string of a packed image."""


def release_of(image: Path) -> str:
    """Return the release of a kernel image of this machine's architecture.

    Raises `UsageError` if the file is not such an image, `LabError` if it cannot be read.
    """
    row = arch.here()
    try:
        with image.open("rb") as file:
            content = file.read(-1 if row.image.version_at is None else _HEAD_BYTES)
    except OSError as error:
        raise LabError(
            message(
                "cannot read the kernel image {image}: {why}",
                image=image,
                why=error.strerror,
            )
        ) from error
    release = _release(content, row.image)
    if release is None:
        raise UsageError(
            message(
                "{image} is not a kernel image for {machine} ({format})",
                image=image,
                machine=row.machine,
                format=row.image.name,
            )
        )
    return release


def _release(content: bytes, form: arch.ImageFormat) -> str | None:
    if not content.startswith(form.magic, form.magic_at):
        return None
    if form.version_at is None:
        banner = _BANNER.search(content)
        return banner[1].decode() if banner else None
    start = _SETUP_BYTES + int.from_bytes(content[form.version_at :][:2], "little")
    version = re.match(rb"[\w.+~-]+(?= )", content[start : start + _VERSION_BYTES])
    return version[0].decode() if version else None
