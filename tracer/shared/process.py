"""Identifies a process, distinct from later ones with the same pid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

_PROC = Path("/proc")
_START_FIELD = 19
"""``starttime`` of /proc/PID/stat, counted after the name in brackets (proc(5), field 22)."""


def identity(pid: int) -> dict[str, Any] | None:
    """Return what distinguishes the process ``pid`` from any other; None if there is none."""
    started = _start_ticks(pid)
    if started is None:
        return None
    return {"pid": pid, "start_ticks": started, "boot_id": _boot_id()}


def is_running(pid: int, start_ticks: int, boot_id: str) -> bool:
    """Tell whether the process of an `identity` runs on this machine."""
    return boot_id == _boot_id() and _start_ticks(pid) == start_ticks


def _boot_id() -> str:
    return (_PROC / "sys/kernel/random/boot_id").read_text().strip()


def _start_ticks(pid: int) -> int | None:
    """Return when a process started; None if there is none, or it has ended and is a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    fields = stat.rpartition(b")")[2].split()
    return None if fields[0] in (b"Z", b"X") else int(fields[_START_FIELD])
