"""The traced command: held back, released, failed, stopped."""

from __future__ import annotations

import errno
import os
import pwd
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.waiting import wait_for
from tracer.recording import launch
from tracer.recording.launch import Stopped
from tracer.recording.user import user_named
from tracer.shared.ending import ENDING
from tracer.shared.errors import UsageError, WorkloadError


def ended(*command: str) -> int:
    child = Stopped(command)
    child.release()
    return child.wait()


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
def test_stop_escalates(tmp_path, monkeypatch, ignored, status):
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


def test_fds_that_were_inherited_are_passed_on(tmp_path):
    """Such as a socket from systemd (LISTEN_FDS); what tracer opens for itself is not."""
    held, own = os.open("/dev/null", os.O_RDONLY), os.open("/dev/null", os.O_RDONLY)
    os.set_inheritable(held, True)
    target = tmp_path / "fds"
    try:
        assert ended("sh", "-c", f"ls /proc/$$/fd > {target}") == 0
    finally:
        os.close(held)
        os.close(own)
    found = {int(fd) for fd in target.read_text().split()}
    assert held in found
    assert own not in found


def test_signals_are_as_tracer_was_given_them(tmp_path):
    """Python ignores SIGPIPE for itself; handlers of ours don't concern the command."""
    target = tmp_path / "ignored"
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        assert ended("sh", "-c", f"grep SigIgn /proc/self/status > {target}") == 0
    finally:
        signal.signal(signal.SIGTERM, before)
    assert int(target.read_text().split()[1], 16) == 0


def test_signals_that_tracer_was_to_ignore_are_ignored(tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "_IGNORED", frozenset({signal.SIGHUP}))
    target = tmp_path / "ignored"
    assert ended("sh", "-c", f"grep SigIgn /proc/self/status > {target}") == 0
    assert int(target.read_text().split()[1], 16) == 1 << signal.SIGHUP - 1


def test_as_another_user():
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o777)
        child = Stopped(
            ["sh", "-c", f'echo $(id -u) $(id -g) $(id -G) "$HOME" $USER > {name}/who'],
            user=user_named("nobody")._replace(home="/nowhere"),
        )
        child.release()
        assert child.wait() == 0
        output = Path(name, "who").read_text()
    nobody = pwd.getpwnam("nobody")
    ids = f"{nobody.pw_uid} {nobody.pw_gid} {nobody.pw_gid}"
    assert output == f"{ids} /nowhere nobody\n"


def test_no_such_user():
    with pytest.raises(UsageError, match="-u no-one-here: no such user"):
        user_named("no-one-here")


def test_others_that_it_started_are_stopped_too(monkeypatch):
    monkeypatch.setattr(launch, "_GRACE_S", (0.5, 0.5))
    child = Stopped(["sh", "-c", "trap '' INT; sleep 100 & echo; exec sleep 100"])
    other = subprocess.Popen(["sleep", "100"])
    child.release()
    child.stop(others=lambda: {other.pid} if other.poll() is None else set())
    assert other.returncode == -signal.SIGINT
    assert child.returncode is not None


def test_signals_that_the_caller_ignores_still_end_it():
    before = {n: signal.signal(n, signal.SIG_IGN) for n in (signal.SIGINT, signal.SIGTERM)}
    try:
        child = Stopped(["sleep", "100"])
        child.release()
        child.stop()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    assert child.returncode == -signal.SIGINT


def test_the_first_step_may_report_why_it_cannot_run():
    def refuse() -> None:
        raise OSError(errno.EUSERS, "")

    child = Stopped(["true"], first=refuse)
    with pytest.raises(WorkloadError, match="cannot run 'true': Too many users"):
        child.release()


def test_body_runs_instead_of_the_command():
    child = Stopped([sys.executable, "x"], lambda command: len(command) + os.getpid() % 1)
    child.release()
    assert child.wait() == 2


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_during_the_fork_is_not_lost(number):
    """Python runs hooks there, such as logging's, and prints what is raised in them."""
    script = f"""
import os, signal
from tracer.recording.launch import Stopped
def stop(number, frame):
    raise KeyboardInterrupt
signal.signal({int(number)}, stop)
os.register_at_fork(after_in_parent=lambda: signal.raise_signal({int(number)}))
try:
    Stopped(["sh", "-c", "echo ran"])
    print("lost")
except KeyboardInterrupt:
    print("raised")
"""
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    assert (done.stdout, done.stderr) == ("raised\n", "")


def test_signals_before_the_release_are_for_the_parent():
    """Ctrl-C at a terminal reaches the held child too."""
    child = Stopped(["sh", "-c", "exit 7"])
    for number in ENDING:
        os.kill(child.pid, number)
    time.sleep(0.05)
    assert child.poll() is None
    child.release()
    assert child.wait() == 7
