"""What cannot be attached to is refused, in words that say what to do."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.live.attaching import THREADS, asleep
from tests.live.running import tracer
from tests.waiting import wait_for

pytestmark = pytest.mark.live


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "4194303"], "-p 4194303: no such process"),
        (["-p", "2"], "kthreadd is a kernel thread, which makes no system calls"),
        (["-p", "0"], "-p 0: needed: a number"),
        (["-p", "x"], "-p x: needed: a number"),
        (["-t", "1,x"], "-t x: needed: a number"),
        (["-p", "1", "-x"], "unrecognized arguments: -x; nearest: "),
        (["-p", "1", "--", "true"], "name one of: a workload"),
        (["-p", "1", "-a"], "-p, -a: give one of them"),
        (["-p", "1", "-u", "nobody"], "-u needs a command"),
        (["-p", "1", "--kernel", "6.1"], "-p: not with --kernel; nothing is running"),
        (["--comm", "a-name-of-many-bytes"], "the kernel keeps 15 bytes"),
        (["--cgroup", "/no/such"], "no such cgroup (version 2)"),
        (["-a", "--with", "true"], "the client would be watched too"),
        (["--with", "true", "--", "true"], "--with needs --ready"),
        (["--ready", "80", "--", "true"], "name a client with --with"),
        (["--with", "no-such-client", "-p", "1"], "cannot run 'no-such-client'"),
        (["--duration", "0", "--", "true"], "--duration 0: needed: seconds"),
        (["-u", "no-one-here", "--", "true"], "no such user"),
        (["--model", "poll", "--duration", "1"], "--duration: only for your own program"),
        (["--", "no-such-command"], "cannot run 'no-such-command'"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_attached(tmp_path, arguments, words):
    done = tracer("record", "-o", tmp_path / "x.trace", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "attaching" not in done.stderr
    assert not (tmp_path / "x.trace").exists()


def test_a_cgroup_of_version_1_is_refused_before_anything_is_attached(tmp_path):
    (tmp_path / "cgroup.procs").touch()
    done = tracer("record", "-o", tmp_path / "x.trace", "--cgroup", tmp_path)
    assert done.returncode == 2, done.stderr
    assert "no such cgroup (version 2)" in done.stderr
    assert "attaching" not in done.stderr


def test_thread_given_as_a_process_and_zombie(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    tid = max(int(path.name) for path in Path(f"/proc/{program.pid}/task").iterdir())
    done = tracer("record", "-o", tmp_path / "x.trace", "-p", str(tid))
    assert f"is a thread of process {program.pid}; use -p {program.pid} or -t {tid}" in done.stderr
    zombie = subprocess.Popen(["true"])
    wait_for(lambda: ") Z " in Path(f"/proc/{zombie.pid}/stat").read_text())
    done = tracer("record", "-o", tmp_path / "x.trace", "-p", str(zombie.pid))
    zombie.wait()
    assert done.returncode == 2
    assert "has ended (a zombie)" in done.stderr


def test_in_a_pid_namespace_pids_are_refused(tmp_path):
    done = tracer(
        "record", "-o", tmp_path / "x.trace", "-p", "1",
        before=("unshare", "--pid", "--fork", "--mount-proc", "sh", "-c", '"$@"; exit $?', "sh"),
    )  # fmt: skip
    assert done.returncode == 2, done.stderr
    assert "tracer runs in a pid namespace of its own" in done.stderr
    assert "--comm or --cgroup" in done.stderr
    assert not (tmp_path / "x.trace").exists()
