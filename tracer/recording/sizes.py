"""The sizes of the machine that a recording was made on. Standard library only."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

_PROC = Path("/proc")


def machine_facts(clock: str, proc: Path = _PROC) -> dict[str, Any]:
    """Return the manifest's ``machine``: CPUs, memory, limits; None where it cannot be read.

    ``memory_kib`` is MemTotal, what the kernel leaves for use; ``file_max`` and
    ``max_user_watches`` are the sysctls fs.file-max and fs.epoll.max_user_watches; ``init`` is the
    name of process 1, which may have raised them.
    """
    return {
        "clock": clock,
        "cpus": os.cpu_count(),
        "memory_kib": memory_kib("MemTotal", proc),
        "file_max": _number(proc / "sys/fs/file-max"),
        "max_user_watches": _number(proc / "sys/fs/epoll/max_user_watches"),
        "init": _text(proc / "1/comm"),
    }


def _text(path: Path) -> str | None:
    try:
        return path.read_text().strip()
    except OSError:
        return None


def _number(path: Path) -> int | None:
    text = _text(path)
    return int(text) if text and text.isdigit() else None


def memory_kib(row: str, proc: Path = _PROC) -> int | None:
    """Return a row of /proc/meminfo, such as MemTotal, in KiB; None if there is none."""
    for line in (_text(proc / "meminfo") or "").splitlines():
        name, _, rest = line.partition(":")
        if name == row:
            return int(rest.split()[0])
    return None
