"""The traced command: held back, released, failed, stopped."""

from __future__ import annotations

import os
import signal
import sys
import time
from pathlib import Path

import pytest

from tracer.recording import launch
from tracer.recording.launch import Stopped
from tracer.shared.errors import UsageError, WorkloadError


def ended(*command: str) -> int:
    child = Stopped(command)
    child.release()
    return child.wait()


def wait_for(condition) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


def executable(path: Path, text: str) -> str:
    path.write_text(text)
    path.chmod(0o755)
    return str(path)


def test_nothing_runs_before_the_release(tmp_path):
    target = tmp_path / "touched"
    child = Stopped(["touch", str(target)])
    time.sleep(0.05)
    assert child.poll() is None
    assert not target.exists()
    child.release()
    assert child.wait() == 0
    assert target.exists()


@pytest.mark.parametrize(
    ("script", "status"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", -9), ("kill -15 $$", -15)]
)
def test_status(script, status):
    assert ended("sh", "-c", script) == status


@pytest.mark.parametrize("command", [["no-such-command"], ["/no/such/command"], [""], ["/"], []])
def test_no_such_command(command):
    with pytest.raises(UsageError, match="no such command, or it is not executable") as caught:
        Stopped(command)
    assert caught.value.exit_code == 2


def test_not_executable(tmp_path):
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    with pytest.raises(UsageError, match="not executable"):
        Stopped([str(tmp_path / "plain")])


@pytest.mark.parametrize(
    ("text", "reason"),
    [("\x7fELF", "Exec format error"), ("#!/no/such/interpreter\n", "No such file or directory")],
)
def test_exec_fails(tmp_path, text, reason):
    name = executable(tmp_path / "broken", text)
    child = Stopped([name])
    with pytest.raises(WorkloadError, match=f"cannot run '{name}': {reason}") as caught:
        child.release()
    assert caught.value.exit_code == 1
    assert child.poll() == 127
    child.stop()


def test_stopped_before_its_release_it_never_runs(tmp_path):
    child = Stopped(["touch", str(tmp_path / "touched")])
    child.stop()
    assert child.poll() == 0
    assert not (tmp_path / "touched").exists()


@pytest.mark.parametrize(
    ("ignored", "status"),
    [("", -signal.SIGINT), ("INT", -signal.SIGTERM), ("INT TERM", -signal.SIGKILL)],
)
def test_stop_gets_harder(tmp_path, monkeypatch, ignored, status):
    monkeypatch.setattr(launch, "_GRACE_S", (0.1, 0.1))
    trap = f"trap '' {ignored}; " if ignored else ""
    ready = tmp_path / "ready"
    child = Stopped(["sh", "-c", f"{trap}: > {ready}; while :; do :; done"])
    child.release()
    wait_for(ready.exists)
    child.stop()
    assert child.returncode == status


def test_stop_after_the_end_changes_nothing():
    child = Stopped(["true"])
    child.release()
    child.wait()
    child.stop()
    assert child.returncode == 0


def test_command_that_dies_at_once():
    child = Stopped(["false"])
    child.release()
    wait_for(lambda: child.poll() is not None)
    assert child.returncode == 1


def test_no_fd_is_inherited(tmp_path):
    held = os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(held, True)
    target = tmp_path / "fds"
    try:
        assert ended("sh", "-c", f"ls /proc/$$/fd > {target}") == 0
    finally:
        os.close(held)
    assert [fd for fd in target.read_text().split() if int(fd) not in (0, 1, 2, 10, 255)] == []


def test_while_it_waits_it_holds_its_two_pipes_only():
    held = os.open("/dev/null", os.O_RDONLY)
    child = Stopped(["true"])
    wait_for(lambda: len([*Path(f"/proc/{child.pid}/fd").iterdir()]) == 5)
    child.stop()
    os.close(held)


def test_signals_that_the_caller_ignores_end_it_all_the_same():
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        child = Stopped(["sleep", "100"])
        child.release()
        child.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert child.returncode == -signal.SIGINT


def test_body_runs_in_the_commands_stead():
    child = Stopped([sys.executable, "x"], lambda command: len(command) + os.getpid() % 1)
    child.release()
    assert child.wait() == 2
