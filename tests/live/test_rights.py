"""Who may record on this machine, and who owns the trace then."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from analysis.frames import read_trace
from tests.live.running import ROOT, TRACER, manifest, records, started, tracer
from tests.waiting import PATIENCE_S, wait_for
from tracer.shared import rights

pytestmark = pytest.mark.live

NOBODY = 65534


@pytest.fixture
def open_directory() -> Iterator[Path]:
    """A directory where anyone may write; pytest's own are root's."""
    path = Path(tempfile.mkdtemp())
    path.chmod(0o777)
    yield path
    shutil.rmtree(path)


def as_nobody(*arguments: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", *TRACER]
    return subprocess.run(
        [*command, *arguments], cwd=ROOT, capture_output=True, text=True, check=False, **options
    )


def test_not_root(open_directory):
    done = as_nobody("record", "-o", open_directory / "x.trace", "--", "true")
    assert done.returncode == 1
    assert (
        "recording needs root, or CAP_BPF, CAP_PERFMON (found uid 65534); run: sudo " in done.stderr
    )
    assert "Traceback" not in done.stderr
    assert not (open_directory / "x.trace").exists()


def test_two_capabilities_are_enough(open_directory):
    done = subprocess.run(
        ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups",
         "--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon",
         *TRACER, "record", "-o", str(open_directory / "x.trace"), "--", "cat", "/dev/null"],
        cwd=ROOT, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert len(read_trace(open_directory / "x.trace").calls) > 0


def capabilities(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1], 16) for line in lines if line.startswith("CapEff:"))


def test_what_is_not_needed_after_attaching_is_given_up(tmp_path):
    """CAP_SYS_ADMIN above all; the command, started by root, keeps all of root's."""
    path = tmp_path / "x.trace"
    made = started("record", "-o", path, "--", "sleep", "1000")
    wait_for(lambda: records(path))
    recorder, command = map(capabilities, (made.pid, manifest(path)["process"]["pid"]))
    made.send_signal(signal.SIGINT)
    _, said = made.communicate(timeout=PATIENCE_S)
    assert made.returncode == 0, said
    kept = {rights.NAMES[bit] for bit in range(64) if recorder >> bit & 1}
    assert kept == {"CAP_BPF", "CAP_KILL", "CAP_SYS_PTRACE", "CAP_SETUID", "CAP_SETGID"}
    assert command >> rights.SYS_ADMIN & 1


def test_not_root_and_not_writable(tmp_path):
    done = as_nobody("record", "-o", "/usr/x.trace", "--", "true")
    assert done.returncode == 2
    assert "the directory /usr is not writable" in done.stderr


def test_doctor_says_what_an_ordinary_user_lacks(tmp_path):
    """After su its cache may be root's: that, too, is a fact and no failure."""
    done = as_nobody("doctor", "-v", env={**os.environ, "TRACER_CACHE": str(tmp_path / "roots")})
    assert done.returncode == 1
    assert "run as root" in done.stdout
    assert "cannot keep kernels in" in done.stdout
    assert "Traceback" not in done.stderr


def test_root_without_capabilities(tmp_path):
    command = ["record", "-o", str(tmp_path / "x.trace"), "--", "true"]
    done = subprocess.run(
        ["setpriv", "--bounding-set=-all", "--inh-caps=-all", *TRACER, *command],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 1, done.stderr
    assert "CAP_BPF" in done.stderr
    assert "Traceback" not in done.stderr


def test_under_sudo_the_trace_is_the_callers(open_directory):
    sudo = {**os.environ, "SUDO_UID": str(NOBODY), "SUDO_GID": str(NOBODY)}
    done = tracer("record", "--model", "poll", "-o", open_directory / "x.trace", env=sudo)
    assert done.returncode == 0, done.stderr
    trace = open_directory / "x.trace"
    owners = {(path.stat().st_uid, path.stat().st_gid) for path in (trace, *trace.iterdir())}
    assert owners == {(NOBODY, NOBODY)}
    assert sorted(path.name for path in trace.iterdir()) == [
        "calls.bin", "manifest.json", "steps.bin", "tasks.bin", "truth.json",
    ]  # fmt: skip
