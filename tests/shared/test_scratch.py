"""A temporary directory: gone after the block, and after kill -9."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.waiting import wait_for
from tracer.shared.scratch import scratch_directory

HOLDER = """
import time
from tracer.shared.scratch import scratch_directory
with scratch_directory("test") as path:
    (path / "full").mkdir()
    print(path, flush=True)
    time.sleep(600)
"""


def test_gone_after_the_block():
    with scratch_directory("test") as path:
        assert path.stat().st_mode & 0o777 == 0o700
        (path / "x").touch()
    assert not path.exists()


def test_gone_after_kill_9():
    with subprocess.Popen([sys.executable, "-c", HOLDER], stdout=subprocess.PIPE, text=True) as it:
        assert it.stdout is not None
        path = Path(it.stdout.readline().strip())
        assert path.is_dir()
        os.kill(it.pid, signal.SIGKILL)
    wait_for(lambda: not path.exists())


def test_gone_whatever_the_search_path(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with scratch_directory("test") as path:
        (path / "x").touch()
    assert not path.exists()
