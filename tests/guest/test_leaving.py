"""Leaving before the kernel has closed what a program held open; each in its own process."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.waiting import PATIENCE_S
from tracer.guest import leaving as module


def left(body: str) -> subprocess.CompletedProcess[str]:
    """Run a program that leaves ``body``, a function's statements."""
    lines = "\n    ".join(body.splitlines())
    program = (
        "import os, signal, sys\n"
        f"from {module.__name__} import leaving\n"
        f"def body():\n    {lines}\n"
        "sys.exit(leaving(body))\n"
    )
    return subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_S,
    )


@pytest.mark.parametrize("code", [0, 1, 255])
def test_it_ends_as_the_body_did_and_says_what_it_said(code: int) -> None:
    done = left(f"print('said')\nprint('noted', file=sys.stderr)\nreturn {code}")
    assert (done.returncode, done.stdout, done.stderr) == (code, "said\n", "noted\n")


def test_a_body_that_raises_is_a_failure() -> None:
    assert left("raise OSError").returncode == 1


def test_a_body_that_a_signal_ends_counts_as_in_a_shell() -> None:
    assert left("os.kill(os.getpid(), signal.SIGKILL)").returncode == 128 + 9


def test_it_does_not_leave_while_the_body_runs() -> None:
    assert (
        left("import time\ntime.sleep(0.3)\nprint('at the end')\nreturn 0").stdout == "at the end\n"
    )
