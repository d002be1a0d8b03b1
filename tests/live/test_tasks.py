"""Which tasks are traced, natively: the right ones and no others, whatever their tids."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from analysis.frames import read_trace
from tests.live.running import PYTHON, manifest, tracer
from tracer.bpf import layer
from tracer.bpf.tasks import TASK_SLOTS, TIDS_PER_PAGE, Flags, Joining, LostTask
from tracer.recording.launch import Stopped
from tracer.recording.recorder import Recorder
from tracer.shared.errors import WorkloadError

pytestmark = pytest.mark.live

COLLIDING = f"""
import ctypes, os, struct, sys
CLONE3, SIGCHLD, APART = 435, 17, {TASK_SLOTS}
libc = ctypes.CDLL(None, use_errno=True)
wanted = (os.getpid() + APART) if os.getpid() + APART < 32768 else os.getpid() - APART
for tid in range(wanted, 300, -APART):
    number = ctypes.c_int32(tid)
    arguments = struct.pack("<11Q", 0, 0, 0, 0, SIGCHLD, 0, 0, 0, ctypes.addressof(number), 1, 0)
    child = libc.syscall(CLONE3, arguments, len(arguments))
    if child >= 0:
        break
if child < 0:
    sys.exit(77)
for _ in range(23 if child else 11):
    os.write(2, b"")
if child:
    os.waitpid(child, 0)
    print(child)
"""

EXEC_FROM_A_THREAD = """
import os, threading
def leave():
    os.write(2, b"")
    os.execv("/bin/cat", ["cat", "/dev/null"])
os.write(2, b"")
threading.Thread(target=leave).start()
threading.Event().wait()
"""


def test_tids_that_are_a_multiple_of_the_slots_apart(tmp_path):
    done = tracer("record", "-o", tmp_path / "x.trace", "--", *PYTHON, "-c", COLLIDING)
    if done.returncode == 77:
        pytest.skip("no such tid was free")
    assert done.returncode == 0, done.stderr
    child = int(done.stdout.splitlines()[0])
    trace = read_trace(tmp_path / "x.trace")
    writes = trace.calls[trace.calls.name == "write"].groupby("tid").size()
    assert writes[child] == 11
    assert (child - next(tid for tid in writes.index if tid != child)) % TASK_SLOTS == 0
    assert manifest(trace.path)["losses"]["tasks"] == 0


def test_a_thread_that_execs_is_followed_under_its_leaders_tid(tmp_path):
    done = tracer("record", "-o", tmp_path / "x.trace", "--", *PYTHON, "-c", EXEC_FROM_A_THREAD)
    assert done.returncode == 0, done.stderr
    calls = read_trace(tmp_path / "x.trace").calls
    (pid,) = set(calls.pid)
    thread = next(tid for tid in calls.tid if tid != pid)
    before = calls[calls.tid == thread]
    after = calls[(calls.tid == pid) & (calls.enter_ns > before.exit_ns.max())]
    assert (before.name == "write").sum() == 1
    last = [name for name in after.name if name != "close"][-1]
    assert last == "read", "of cat, which found /dev/null empty"
    assert "poll" not in set(after.name)


def test_beyond_all_slots_the_loss_is_counted_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(layer, "tid_pages", lambda: 300)
    nobodys = 300 * TIDS_PER_PAGE - 1
    with Recorder() as recorder:
        tasks = recorder.instrument.maps.tasks
        for n in range(TASK_SLOTS):
            assert tasks.join(nobodys - n, 1, Flags(0)) is Joining.JOINED
        for _ in range(2):  # a task that tries twice is counted as lost once
            assert tasks.join(1 << 18, 7, Flags(0)) is Joining.NO_ROOM
        assert tasks.lost() == [LostTask(1 << 18, 7, "")]
        assert recorder.instrument.maps.totals().losses["tasks"] == 1
        with pytest.raises(WorkloadError, match="cannot run 'true': Too many users"):
            Stopped(["true"], first=lambda: tasks.join_self(Flags(0))).release()
        assert len(tasks.lost()) == 2
        tasks.release_all()
        assert tasks.tids() == set()
        result = recorder.record(["true"], tmp_path / "x.trace")
        assert result.lost == 0
        assert result.calls > 0
        assert manifest(tmp_path / "x.trace")["lost_tasks"] == []


def test_joining_twice_is_joining_once():
    with Recorder() as recorder:
        tasks = recorder.instrument.maps.tasks
        tid = os.getpid()
        assert tasks.join(tid, tid, Flags(0)) is Joining.JOINED
        assert tasks.join(tid, tid, Flags(0)) is Joining.WAS_THERE
        tasks.leave(tid)
        tasks.leave(tid)
        assert tasks.tids() == set()
        assert tasks.join(tid, tid, Flags(0)) is Joining.JOINED


def test_in_a_pid_namespace_it_is_the_command_that_is_traced(tmp_path):
    """Pids differ there: once, nothing or a stranger was recorded."""
    program = "import os\nfor _ in range(1009): os.write(2, b'')"
    path: Path = tmp_path / "x.trace"
    done = tracer(
        "record", "-o", path, "--", *PYTHON, "-c", program,
        before=("unshare", "--pid", "--fork", "--mount-proc"),
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    calls = read_trace(path).calls
    assert (calls.name == "write").sum() == 1009
    assert calls.pid.nunique() == 1
