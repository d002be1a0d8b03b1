"""Where tracer's workloads write their truth: an unnamed file that disappears with the recorder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def unnamed_file() -> Iterator[Path]:
    """Yield a path by which children of this process can write a file that is not on any disk."""
    fd = os.memfd_create("truth")
    try:
        yield Path(f"/proc/{os.getpid()}/fd/{fd}")
    finally:
        os.close(fd)


def whole_truth(path: Path) -> bytes | None:
    """Return what a workload wrote; None if it is incomplete."""
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        return None
    return text if text.endswith(b"\n") else None
