"""Run a program of the tests inside a guest."""

from __future__ import annotations

from pathlib import Path

from tests.live.running import LAB_S
from tracer.guest.outside import GUEST_PYTHON
from tracer.lab.boot import boot
from tracer.lab.kernels import fetch
from tracer.shared.output import to_stderr


def run_in_guest(program: Path, share: Path, kernel: str) -> None:
    """Run ``program`` with the directory ``share``, where it leaves its results."""
    command = [*GUEST_PYTHON, str(program), str(share)]
    result = boot(fetch(kernel), command, share=share, progress=to_stderr, deadline_s=LAB_S)
    assert result.exit_code == 0, result.stderr.decode()
