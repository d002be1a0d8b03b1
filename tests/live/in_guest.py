"""Run a program of the tests inside a guest."""

from __future__ import annotations

from pathlib import Path

from tracer.lab.boot import boot
from tracer.lab.kernels import fetch
from tracer.lab.releases import DEFAULT
from tracer.labrecord import GUEST_PYTHON, to_stderr

DEADLINE_S = 1200.0
"""For a machine that is busy with others; alone these programs take a minute or two."""


def run_in_guest(program: Path, share: Path, kernel: str = DEFAULT) -> None:
    """Run ``program`` with the directory ``share``, where it leaves what it found."""
    command = [*GUEST_PYTHON, str(program), str(share)]
    result = boot(fetch(kernel), command, share=share, progress=to_stderr, deadline_s=DEADLINE_S)
    assert result.exit_code == 0, result.stderr.decode()
