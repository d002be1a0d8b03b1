"""Programs that tests attach to."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from tests.live.running import PYTHON


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[bytes]]]:
    running: list[subprocess.Popen[bytes]] = []

    def run(text: str, *command: str) -> subprocess.Popen[bytes]:
        program = subprocess.Popen(
            [*command, *PYTHON, "-c", text], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        running.append(program)
        return program

    yield run
    for program in running:
        program.kill()
        program.wait()
        for stream in (program.stdin, program.stdout):
            with suppress(OSError):
                stream.close()
