"""Which process is meant, and whether it is running."""

from __future__ import annotations

import os
import subprocess

from tracer.shared.process import identity, is_running


def test_own():
    own = identity(os.getpid())
    assert own is not None
    assert own["pid"] == os.getpid()
    assert is_running(**own)
    assert not is_running(**own | {"start_ticks": own["start_ticks"] - 1})
    assert not is_running(**own | {"boot_id": "another machine, or this one before"})


def test_a_name_with_brackets_and_an_end(tmp_path):
    (tmp_path / "a) R 1 (b").symlink_to("/bin/sleep")
    with subprocess.Popen([tmp_path / "a) R 1 (b", "60"]) as sleeper:
        made = identity(sleeper.pid)
        assert made is not None
        assert is_running(**made)
        sleeper.kill()
        os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)
        assert not is_running(**made)  # a zombie
    assert identity(sleeper.pid) is None
