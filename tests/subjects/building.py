"""Builds programs to record: small ones, whose every call is known."""

from __future__ import annotations

import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def built(name: str, where: Path) -> Path:
    """Compile ``NAME.c``, statically, so that it runs in any guest, and return the program."""
    program = where / name
    options = ["-O2", "-static", "-pthread", "-Wall", "-Wextra", "-Werror"]
    command = ["gcc", *options, "-o", str(program), str(HERE / f"{name}.c")]
    subprocess.run(command, check=True)
    return program
