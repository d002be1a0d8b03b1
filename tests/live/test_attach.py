"""Attached to what runs, natively: all of it is recorded, and nothing of it is changed."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from analysis.frames import Trace, read_trace
from analysis.trust import doubts_of_records
from tests.live.running import PYTHON, manifest, started, tracer
from tests.waiting import PATIENCE_S, wait_for
from tracer.bpf.tasks import Flags
from tracer.recording.recorder import Recorder
from tracer.recording.subject import How
from tracer.recording.watched import Watched, checked
from tracer.shared.syscalls import BY_NAME

pytestmark = pytest.mark.live

THREADS = """
import os, select, sys, threading
reader, writer = os.pipe()
go = threading.Barrier(6)
def wait():
    epoll = select.epoll()
    epoll.register(reader, select.EPOLLIN)
    epoll.poll()
    go.wait()
    for _ in range(23):
        os.write(2, b"")
threads = [threading.Thread(target=wait) for _ in range(5)]
for thread in threads: thread.start()
sys.stdin.buffer.read(1)
os.write(writer, b"x")
go.wait()
def later():
    for _ in range(11): os.write(2, b"")
new = threading.Thread(target=later)
new.start(); new.join()
if os.fork() == 0:
    for _ in range(7): os.write(2, b"")
    os._exit(0)
os.wait()
for thread in threads: thread.join()
sys.stdout.buffer.write(b"done"); sys.stdout.flush()
sys.stdin.buffer.read(1)
"""


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


def asleep(pid: int, count: int) -> None:
    """Wait until a process has so many tasks and all of them sleep."""

    def all_sleep() -> bool:
        stats = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/stat")]
        return len(stats) == count and all(") S " in stat for stat in stats)

    wait_for(all_sleep)


def recorder(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start ``tracer record`` and wait until it records."""
    made = started("record", *arguments)
    trace = Path(arguments[arguments.index("-o") + 1])
    wait_for((trace / "manifest.json").exists)
    return made


def ended(made: subprocess.Popen[str]) -> str:
    made.send_signal(signal.SIGINT)
    _, said = made.communicate(timeout=PATIENCE_S)
    assert made.returncode == 0, said
    return said


def writes(trace: Trace) -> list[int]:
    """Return how many writes to fd 2 each task made."""
    calls = trace.calls[(trace.calls.name == "write") & (trace.calls.fd == 2)]
    return sorted(calls.tid.value_counts())


@pytest.mark.parametrize("detail", ["calls", "steps"])
def test_every_thread_each_new_one_and_what_it_forks(tmp_path, start, detail):
    program = start(THREADS)
    asleep(program.pid, 6)
    path = tmp_path / "x.trace"
    made = recorder("-p", str(program.pid), "--detail", detail, "-o", path)
    wait_for(lambda: "pid" in manifest(path)["watched"]["kind"])
    time.sleep(0.3)
    program.stdin.write(b"g")
    program.stdin.flush()
    assert program.stdout.read(4) == b"done"
    said = ended(made)
    assert program.poll() is None, "it runs on"
    trace = read_trace(path)
    assert writes(trace) == [7, 11, *[23] * 5]
    assert doubts_of_records(trace) == []
    waits = trace.calls[trace.calls.name == "epoll_wait"]
    assert len(waits) == 5
    assert (waits.ret == 1).all()
    assert waits[["sleeps", "wakeups", "off_cpu_ns", "wall_ns"]].isna().all(axis=None)
    assert manifest(path)["state"] == "complete"
    assert manifest(path)["joined"] == 8
    assert "8 tasks in " in said
    assert "ended by Ctrl-C; 1 process of it still runs: python3" in said
    under_way = trace.calls[trace.calls.unfinished]
    assert list(under_way.name) == ["read"], "of its standard input"


def test_no_follow_leaves_new_tasks_out(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    path = tmp_path / "x.trace"
    made = recorder("-p", str(program.pid), "--no-follow", "-o", path)
    time.sleep(0.3)
    program.stdin.write(b"g")
    program.stdin.flush()
    program.stdout.read(4)
    ended(made)
    assert writes(read_trace(path)) == [23] * 5
    assert manifest(path)["watched"] == {
        "kind": "pid", "value": str(program.pid), "follow": False,
    }  # fmt: skip


def test_one_thread_alone(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    tid = max(int(path.name) for path in Path(f"/proc/{program.pid}/task").iterdir())
    path = tmp_path / "x.trace"
    made = recorder("-t", str(tid), "-o", path)
    time.sleep(0.3)
    program.stdin.write(b"g")
    program.stdin.flush()
    program.stdout.read(4)
    made.communicate(timeout=PATIENCE_S)  # the thread ends, and so does the recording
    assert made.returncode == 0
    trace = read_trace(path)
    assert set(trace.calls.tid) == {tid}
    assert writes(trace) == [23]


NAMED = """
import os, sys
def write():
    for _ in range(17): os.write(2, b"")
sys.stdin.buffer.read(1)
open("/proc/self/comm", "w").write("a-name-of-ours")
write()
sys.stdin.buffer.read(1)
"""


def test_whoever_takes_a_name(tmp_path, start):
    program, other = start(NAMED), start(NAMED.replace("a-name-of-ours", "another"))
    path = tmp_path / "x.trace"
    made = recorder("--comm", "a-name-of-ours", "-o", path)
    time.sleep(0.3)
    for each in (other, program):
        each.stdin.write(b"g")
        each.stdin.flush()
    asleep(program.pid, 1)
    time.sleep(0.3)
    ended(made)
    trace = read_trace(path)
    assert set(trace.calls.pid) == {program.pid}
    assert writes(trace) == [17]


@pytest.fixture
def cgroup() -> Iterator[Path]:
    """Make a cgroup with one below it."""
    root = next(
        (path for path in map(Path, ("/sys/fs/cgroup/unified", "/sys/fs/cgroup"))
         if (path / "cgroup.controllers").exists()), None,
    )  # fmt: skip
    if root is None:
        pytest.skip("no cgroups of version 2 are mounted here")
    outer = root / f"tracer-test-{os.getpid()}"
    (outer / "inner").mkdir(parents=True)
    yield outer
    wait_for(lambda: not (outer / "inner/cgroup.procs").read_text())
    (outer / "inner").rmdir()
    outer.rmdir()


def test_a_cgroup_with_what_is_below_it(tmp_path, start, cgroup):
    program, other = start(NAMED), start(NAMED)
    (cgroup / "inner/cgroup.procs").write_text(str(program.pid))
    path = tmp_path / "x.trace"
    made = recorder("--cgroup", f"/{cgroup.name}", "-o", path)
    time.sleep(0.3)
    for each in (other, program):
        each.stdin.write(b"g")
        each.stdin.flush()
    asleep(program.pid, 1)
    time.sleep(0.3)
    ended(made)
    trace = read_trace(path)
    assert set(trace.calls.pid) == {program.pid}
    assert writes(trace) == [17]
    program.kill()


def test_everybody_but_the_recorder(tmp_path, start):
    program, other = start(NAMED), start(NAMED)
    path = tmp_path / "x.trace"
    made = recorder("-a", "-o", path)
    time.sleep(0.3)
    for each in (other, program):
        each.stdin.write(b"g")
        each.stdin.flush()
        asleep(each.pid, 1)
    time.sleep(0.3)
    ended(made)
    trace = read_trace(path)
    assert {program.pid, other.pid} <= set(trace.calls.pid)
    assert made.pid not in set(trace.calls.pid)
    both = trace.calls[trace.calls.pid.isin([program.pid, other.pid])]
    assert ((both.name == "write") & (both.fd == 2)).sum() == 34


def test_detaching_leaves_no_trace_of_itself(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    status = Path(f"/proc/{program.pid}/status")
    before = [line for line in status.read_text().splitlines() if "ctxt" not in line]
    path = tmp_path / "x.trace"
    ended(recorder("-p", str(program.pid), "-o", path))
    after = [line for line in status.read_text().splitlines() if "ctxt" not in line]
    assert after == before
    waits = read_trace(path).calls
    assert set(waits.name) == {"epoll_wait", "read"}
    assert waits.unfinished.all(), "nothing woke them"


def test_two_recorders_on_one_process(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    paths = [tmp_path / f"{n}.trace" for n in range(2)]
    made = [recorder("-p", str(program.pid), "-o", path) for path in paths]
    time.sleep(0.5)
    program.stdin.write(b"g")
    program.stdin.flush()
    program.stdout.read(4)
    for each in made:
        ended(each)
    first, second = map(read_trace, paths)
    assert writes(first) == writes(second) == [7, 11, *[23] * 5]
    assert len(first.calls) == len(second.calls)


def test_recorder_killed_while_attached_the_program_runs_on(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    made = recorder("-p", str(program.pid), "-o", tmp_path / "x.trace")
    made.kill()
    made.communicate()
    program.stdin.write(b"g")
    program.stdin.flush()
    assert program.stdout.read(4) == b"done"
    assert program.poll() is None


def test_process_that_ends_is_the_end(tmp_path, start):
    program = start("import sys; sys.stdin.buffer.read(1)")
    asleep(program.pid, 1)
    made = recorder("-p", str(program.pid), "-o", tmp_path / "x.trace")
    program.kill()
    _, said = made.communicate(timeout=PATIENCE_S)
    assert made.returncode == 0, said
    assert "it ended" in said
    assert manifest(tmp_path / "x.trace")["state"] == "complete"


def test_process_that_ended_while_the_probes_were_attached(tmp_path):
    with Recorder() as recorder:
        gone = subprocess.Popen(["sleep", "100"])
        watched = checked(Watched("pid", (str(gone.pid),)))
        gone.kill()
        gone.wait()
        with pytest.raises(Exception, match="ended while tracer attached to it"):
            recorder.attach(watched, tmp_path / "x.trace", how=How(duration_s=1))
        assert recorder._instrument.maps.tasks.tids() == set()
    assert not (tmp_path / "x.trace").exists()


def test_a_tid_that_was_left_behind_is_not_the_next_ones(tmp_path):
    """A stale tid that is used again must not be taken for the task that had it."""
    with Recorder() as recorder:
        tasks = recorder._instrument.maps.tasks
        ring = recorder._instrument.maps.rings["calls"]
        newest = subprocess.Popen(["true"])
        newest.wait()
        stale = set(range(newest.pid + 1, newest.pid + 400))
        for tid in stale:
            tasks.join(tid, tid, Flags.FOLLOW)
        for tid in [tid for tid in stale if Path(f"/proc/{tid}").exists()]:
            tasks.leave(tid)  # another program's, born before it joined
            stale.remove(tid)
        with ring.ready() as before:
            ring.consume(len(before))
        for _ in range(400):
            subprocess.run(["true"], check=True)
        assert len(tasks.tids() & stale) < len(stale), "some tids were used again"
        with ring.ready() as calls:
            assert bytes(calls) == b"", "and nothing of those that have them now was recorded"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["-p", "4194303"], "-p 4194303: there is no such process"),
        (["-p", "2"], "kthreadd is a thread of the kernel's, which makes no system calls"),
        (["-p", "0"], "-p 0: needed: a number"),
        (["-p", "x"], "-p x: needed: a number"),
        (["-t", "1,x"], "-t x: needed: a number"),
        (["-p", "1", "-x"], "unrecognized arguments: -x; nearest: "),
        (["-p", "1", "--", "true"], "name one of: a workload"),
        (["-p", "1", "-a"], "-p, -a: give one of them"),
        (["-p", "1", "-u", "nobody"], "-u is for a command"),
        (["-p", "1", "--kernel", "6.1"], "nothing runs that could be watched"),
        (["--comm", "a-name-of-many-bytes"], "the kernel keeps 15 bytes"),
        (["--cgroup", "/no/such"], "no such cgroup of version 2"),
        (["-a", "--with", "true"], "the client would be watched too"),
        (["--with", "true", "--", "true"], "--with needs --ready"),
        (["--ready", "80", "--", "true"], "name a client with --with"),
        (["--with", "no-such-client", "-p", "1"], "cannot run 'no-such-client'"),
        (["--duration", "0", "--", "true"], "--duration 0: needed: seconds"),
        (["-u", "no-one-here", "--", "true"], "there is no such user"),
        (["--model", "poll", "--duration", "1"], "--duration: for a program of yours"),
        (["--", "no-such-command"], "cannot run 'no-such-command'"),
    ],
)
def test_wrong_use_is_refused_before_anything_is_attached(tmp_path, arguments, words):
    done = tracer("record", "-o", tmp_path / "x.trace", *arguments)
    assert done.returncode == 2, done.stderr
    assert words in done.stderr
    assert "attaching" not in done.stderr
    assert not (tmp_path / "x.trace").exists()


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
    assert not (tmp_path / "x.trace").exists()


def test_strace_counts_the_same_calls_in_each_task(tmp_path, start):
    """Of a task that was there from the call it was in on, of a new one from its beginning."""
    strace = start(THREADS, "strace", "-ff", "-o", str(tmp_path / "strace"))
    wait_for(lambda: any(len(waiting(child)) == 6 for child in children(strace.pid)))
    (pid,) = children(strace.pid)
    before = waiting(pid)
    path = tmp_path / "x.trace"
    made = recorder("-p", str(pid), "-o", path)
    time.sleep(0.5)
    strace.stdin.write(b"g")
    strace.stdin.flush()
    assert strace.stdout.read(4) == b"done"
    ended(made)
    strace.communicate(timeout=PATIENCE_S)
    calls = read_trace(path).calls
    for tid in before - {pid}:  # the main thread reads on
        assert counted(calls, tid) == by_strace(tmp_path, tid, since="epoll_wait"), tid
    new = {int(file.suffix[1:]) for file in tmp_path.glob("strace.*")} - before
    assert len(new) == 2
    for tid in new:
        assert counted(calls, tid) == by_strace(tmp_path, tid), tid


def children(pid: int) -> list[int]:
    return list(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))


def waiting(pid: int) -> set[int]:
    """Return the tids of the tasks that are in a call that waits for what we do."""
    calls = Path(f"/proc/{pid}/task").glob("*/syscall")
    waits = {"232", "0"}  # epoll_wait, read
    return {int(path.parent.name) for path in calls if path.read_text().split()[0] in waits}


def counted(calls: pd.DataFrame, tid: int) -> dict[str, int]:
    return calls.loc[calls.tid == tid, "name"].value_counts().to_dict()


def by_strace(where: Path, tid: int, since: str | None = None) -> dict[str, int]:
    lines = (where / f"strace.{tid}").read_text().splitlines()
    names = [match[1] for line in lines if (match := re.match(r"(\w+)\(", line))]
    begin = names.index(since) if since else 0
    return dict(Counter(name for name in names[begin:] if name in BY_NAME))
