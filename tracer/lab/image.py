"""What a kernel image says about itself."""

from __future__ import annotations

from pathlib import Path

from tracer.shared.errors import LabError, UsageError
from tracer.shared.say import say

# Documentation/arch/x86/boot.rst: header magic and where the version string is.
_MAGIC_AT, _MAGIC = 0x202, b"HdrS"
_VERSION_AT, _SETUP = 0x20E, 0x200


def release_of(image: Path) -> str:
    """Return the release that an x86 kernel image (bzImage) was built as.

    Raises `UsageError` if the file is no bzImage, `LabError` if it cannot be read.
    """
    try:
        with image.open("rb") as file:
            setup = file.read(0x8000)
    except OSError as error:
        raise LabError(
            say(
                "cannot read the kernel image {image}: {why}",
                image=image,
                why=error.strerror,
            )
        ) from error
    if setup[_MAGIC_AT : _MAGIC_AT + 4] != _MAGIC:
        raise UsageError(say("{image} is not an x86 kernel image (bzImage)", image=image))
    start = int.from_bytes(setup[_VERSION_AT : _VERSION_AT + 2], "little") + _SETUP
    version = setup[start : setup.index(b"\0", start)].decode("ascii", "replace")
    return version.split(" ", 1)[0]
