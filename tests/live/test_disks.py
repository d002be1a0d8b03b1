"""Full disks, with this machine's raw tracepoints: what fits is kept, and that is reported."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from analysis.checks.trust import common_doubts
from analysis.frames import read_trace
from tests.live.running import (
    PYTHON,
    ROOT,
    STORM,
    TRACER,
    report,
)
from tests.waiting import PATIENCE_S, is_gone

pytestmark = pytest.mark.live


def on_a_small_disk(tmp_path: Path, size: str, *command: str) -> subprocess.CompletedProcess[str]:
    """Record to a tmpfs of ``size`` in a separate mount namespace; keep what is on it."""
    (tmp_path / "disk").mkdir()
    script = (
        f"mount -t tmpfs -o size={size} none {tmp_path}/disk || exit 99\n"
        f'"$@"; code=$?; cp -r {tmp_path}/disk {tmp_path}/kept; exit $code'
    )
    return subprocess.run(
        ["unshare", "-m", "sh", "-c", script, "sh", *TRACER, "record", *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
    )


@pytest.mark.parametrize("newest", [(), ("--max-size", "64M")], ids=["all", "the newest"])
def test_full_disk_keeps_what_fits(tmp_path, newest):
    (tmp_path / "storm.py").write_text(STORM)
    command = [*PYTHON, str(tmp_path / "storm.py"), str(tmp_path / "pid")]
    where = ("-o", f"{tmp_path}/disk/x.trace")
    done = on_a_small_disk(tmp_path, "1m", *newest, *where, "--", *command)
    assert done.returncode == 1, done.stderr
    last = done.stderr.splitlines()[-1]
    assert last.startswith(f"tracer: cannot write {tmp_path}/disk/x.trace/calls.bin: No space left")
    assert "free some space" in last
    assert done.stderr.count("cannot write") == 1
    assert "Traceback" not in done.stderr
    assert is_gone(int((tmp_path / "pid").read_text()))
    trace = read_trace(tmp_path / "kept" / "x.trace")
    assert trace.manifest.state == "interrupted"
    assert trace.manifest.losses is not None
    assert trace.truncated_bytes == 0
    assert len(trace.calls) > 5000
    assert trace.calls.seq.is_monotonic_increasing
    assert "the recording was interrupted: its end is missing" in common_doubts(trace)
    assert "interrupted" in report(trace.path)


def test_disk_that_is_full_from_the_start(tmp_path):
    done = on_a_small_disk(tmp_path, "8k", "-o", f"{tmp_path}/disk/x.trace", "--", "true")
    assert done.returncode == 1, done.stderr
    assert "No space left on device; free some space" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "kept" / "x.trace").exists()
