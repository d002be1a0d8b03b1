"""Attached to running programs, natively: all is recorded, and nothing is changed."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pandas as pd
import pytest

from analysis.checks.trust import doubts_of_records
from analysis.frames import read_trace
from tests.live.attaching import THREADS, asleep, ended, recorder, writes
from tests.live.running import manifest
from tests.waiting import PATIENCE_S, wait_for
from tracer.shared.syscalls import BY_NAME

pytestmark = pytest.mark.live


@pytest.mark.parametrize("detail", ["calls", "steps"])
def test_every_thread_each_new_one_and_what_it_forks(tmp_path, start, detail):
    program = start(THREADS)
    asleep(program.pid, 6)
    path = tmp_path / "x.trace"
    made = recorder("-p", str(program.pid), "--detail", detail, "-o", path)
    program.stdin.write(b"g")
    program.stdin.flush()
    assert program.stdout.read(4) == b"done"
    asleep(program.pid, 1)
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
    program.stdin.write(b"g")
    program.stdin.flush()
    program.stdout.read(4)
    made.communicate(timeout=PATIENCE_S)  # the thread ends, and so does the recording
    assert made.returncode == 0
    trace = read_trace(path)
    assert set(trace.calls.tid) == {tid}
    assert writes(trace) == [23]


def standing(pid: int) -> list[str]:
    """Return the state of a process, except for what the kernel changes as it reclaims memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return [line for line in lines if "ctxt" not in line and not line.startswith(("Vm", "Rss"))]


def test_detaching_leaves_nothing_behind(tmp_path, start):
    program = start(THREADS)
    asleep(program.pid, 6)
    before = standing(program.pid)
    path = tmp_path / "x.trace"
    ended(recorder("-p", str(program.pid), "-o", path))
    assert standing(program.pid) == before
    waits = read_trace(path).calls
    assert set(waits.name) == {"epoll_wait", "read"}
    assert waits.unfinished.all(), "nothing woke them"


def test_strace_counts_the_same_calls_in_each_task(tmp_path, start):
    """For an existing task from the call that it was in, for a new one from its beginning."""
    strace = start(THREADS, "strace", "-ff", "-o", str(tmp_path / "strace"))
    wait_for(lambda: any(len(waiting(child)) == 6 for child in children(strace.pid)))
    (pid,) = children(strace.pid)
    before = waiting(pid)
    path = tmp_path / "x.trace"
    made = recorder("-p", str(pid), "-o", path)
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
    """Return the tids of tasks in a call that waits for what the test does."""
    waits = {"232", "0"}  # epoll_wait, read
    found = set()
    with suppress(FileNotFoundError, ProcessLookupError):  # strace tries things out in a child
        for path in Path(f"/proc/{pid}/task").glob("*/syscall"):
            if path.read_text().split()[0] in waits:
                found.add(int(path.parent.name))
    return found


def counted(calls: pd.DataFrame, tid: int) -> dict[str, int]:
    return calls.loc[calls.tid == tid, "name"].value_counts().to_dict()


def by_strace(where: Path, tid: int, since: str | None = None) -> dict[str, int]:
    lines = (where / f"strace.{tid}").read_text().splitlines()
    names = [match[1] for line in lines if (match := re.match(r"(\w+)\(", line))]
    begin = names.index(since) if since else 0
    return dict(Counter(name for name in names[begin:] if name in BY_NAME))
