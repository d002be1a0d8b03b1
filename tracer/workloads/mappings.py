"""The memory mappings of this process."""

from __future__ import annotations

from pathlib import Path


def mappings_now() -> list[str]:
    """Return the lines of /proc/self/maps, as ``address perms offset dev inode name`` (proc(5)).

    The name of a mapped file is any bytes but a newline, so that it need not be UTF-8.
    """
    maps = Path("/proc/self/maps").read_text("utf-8", errors="backslashreplace")
    return maps.split("\n")[:-1]
