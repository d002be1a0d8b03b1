"""Recordings on this machine's kernel: raw tracepoints are enough for all tests here."""

from __future__ import annotations

import json
import os
import re
import resource
import shlex
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from analysis.checks.digest import digest_of
from analysis.checks.trust import common_doubts
from analysis.frames import Trace, read_trace
from tests.live.running import PYTHON, manifest, programs_of, tracer
from tracer.bpf import maps
from tracer.recording.launch import Stopped
from tracer.recording.recorder import Recorder
from tracer.recording.subject import How
from tracer.shared.catalogue import hooks
from tracer.shared.errors import TracerError, WorkloadError
from tracer.shared.syscalls import BY_NAME
from tracer.workloads import spec

pytestmark = pytest.mark.live

MODELS = ("blocking", "nonblocking", "select", "poll", "epoll")

FAMILY_OF_THREADS = """
import json, os, select, sys, threading

made = {}

def work(calls):
    waiter = select.poll()
    for _ in range(calls):
        waiter.poll(0)
    made[threading.get_native_id()] = calls

def threads(*counts):
    running = [threading.Thread(target=work, args=(calls,)) for calls in counts]
    for thread in running: thread.start()
    for thread in running: thread.join()

work(2)
reader, writer = os.pipe()
if os.fork() == 0:
    made.clear()
    threads(3, 5)
    if os.fork() == 0:
        made.clear()
        work(7)
        os.write(writer, json.dumps(made).encode() + b"\\n")
        os._exit(0)
    os.wait()
    os.write(writer, json.dumps(made).encode() + b"\\n")
    os._exit(0)
threads(11, 13)
os.wait()
os.close(writer)
for line in os.fdopen(reader):
    made.update(json.loads(line))
open(sys.argv[1], "w").write(json.dumps(made))
"""


def recorded(tmp_path: Path, *arguments: str | Path) -> Trace:
    done = tracer("record", "-o", tmp_path / "x.trace", *arguments)
    assert done.returncode == 0, done.stderr
    return read_trace(tmp_path / "x.trace")


@pytest.mark.parametrize("detail", ["calls", "steps"])
@pytest.mark.parametrize("model", MODELS)
def test_every_model_agrees_with_its_truth(tmp_path, model, detail):
    trace = recorded(tmp_path, "--model", model, "--fds", "7", "--detail", detail)
    assert trace.truth is not None
    assert common_doubts(trace) == []
    assert not digest_of(trace).disagreeing
    assert trace.truncated_bytes == 0
    waits = trace.calls[trace.calls.phase == 1]
    assert set(trace.calls.loc[waits.index, "sleeps"].notna()) == {True}
    assert manifest(trace.path)["hits"]["sys_enter"] > len(trace.calls)
    assert sum(manifest(trace.path)["losses"].values()) == 0


def test_sleeps_and_wakeups_are_the_waits(tmp_path):
    trace = recorded(
        tmp_path,
        *("--model", "poll", "--waker", "while-asleep", "--delay-ms", "2", "--rounds", "23"),
        *("--detail", "steps"),
    )
    waits = trace.calls[(trace.calls.family == "poll") & (trace.calls.phase == 1)]
    assert len(waits) == 23
    assert (waits.sleeps >= 1).all()
    assert (waits.wakeups >= 1).all()
    assert (waits.off_cpu_ns > 1_000_000).all()
    assert waits.fd_polls.isna().all(), "missing, not zero: functions are not traced here"


def test_strace_saw_the_same_calls(tmp_path):
    phases = [{"model": model, "fds": 3, "rounds": 5} for model in ("select", "epoll", "poll")]
    command = spec.command(spec.parse(phases), tmp_path / "truth.json")
    trace = recorded(tmp_path, "--", "strace", "-ff", "-o", str(tmp_path / "strace"), *command)
    pid = json.loads((tmp_path / "truth.json").read_text())["phases"][0]["pid"]
    lines = (tmp_path / f"strace.{pid}").read_text().splitlines()
    names = [match[1] for line in lines if (match := re.match(r"(\w+)\(", line))]
    by_strace = Counter(name for name in names if name in BY_NAME)
    assert trace.calls[trace.calls.tid == pid].name.value_counts().to_dict() == by_strace
    assert by_strace["epoll_wait"] == 5


def test_every_system_call_is_a_hit_of_sys_enter(tmp_path):
    """strace counts the same command in a separate run; ours sees it from before exec on."""
    command = [*PYTHON, "-c", "import os\nfor _ in range(1009): os.getppid()"]
    counted = subprocess.run(
        ["strace", "-c", "-U", "calls", *command], capture_output=True, text=True, check=True
    )
    total = int(counted.stderr.split("---\n")[-1].split()[0])
    trace = recorded(tmp_path, "--", *command)
    before_exec = manifest(trace.path)["hits"]["sys_enter"] - total
    assert 1 <= before_exec <= 12, "closing fds, default signals, the search for execve on PATH"
    assert total > 1009


def test_forks_and_threads_are_traced_each_by_its_own_tid(tmp_path):
    program = tmp_path / "family.py"
    program.write_text(FAMILY_OF_THREADS)
    trace = recorded(tmp_path, "--", *PYTHON, str(program), str(tmp_path / "made"))
    made = {int(tid): calls for tid, calls in json.loads((tmp_path / "made").read_text()).items()}
    polls = trace.calls[trace.calls.family == "poll"]
    assert sorted(made.values()) == [2, 3, 5, 7, 11, 13]
    assert polls.tid.value_counts().to_dict() == made
    assert polls.pid.nunique() == 3


@pytest.mark.parametrize(
    ("script", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137), ("kill -15 $$", 143)]
)
def test_exit_code_of_the_command_comes_through(tmp_path, script, code):
    done = tracer("record", "-o", tmp_path / "x.trace", "--", "sh", "-c", script)
    assert done.returncode == code
    assert manifest(tmp_path / "x.trace")["state"] == "complete"
    assert manifest(tmp_path / "x.trace")["exit_status"] == (code if code < 128 else 128 - code)


def test_the_commands_own_output_comes_through(tmp_path):
    done = tracer("record", "-o", tmp_path / "x.trace", "--", "sh", "-c", "echo out; echo err >&2")
    assert done.stdout.startswith("out\n")
    assert "err\n" in done.stderr


@pytest.mark.parametrize(
    ("command", "code", "words"),
    [
        ("no-such-command", 2, "cannot run 'no-such-command': no such command"),
        ("./plain", 2, "no such command, or it is not executable"),
        ("./broken", 1, "Exec format error"),
    ],
)
def test_command_that_cannot_be_run_leaves_no_trace(tmp_path, command, code, words):
    (tmp_path / "plain").write_text("#!/bin/sh\n")
    (tmp_path / "broken").write_bytes(b"\x7fELF")
    (tmp_path / "broken").chmod(0o755)
    name = command.replace("./", f"{tmp_path}/")
    done = tracer("record", "-o", tmp_path / "x.trace", "--", name)
    assert (done.returncode, words in done.stderr) == (code, True), done.stderr
    assert not (tmp_path / "x.trace").exists()


@pytest.mark.parametrize(("hard", "code"), [(4096, 0), (64, 2)])
def test_soft_fd_limit_is_raised_and_the_hard_one_named(tmp_path, hard, code):
    done = tracer(
        *("record", "-o", tmp_path / "x.trace", "--model", "poll", "--fds", "100"),
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (64, hard)),
    )
    assert done.returncode == code, done.stderr
    assert ("the hard limit is 64; raise it (ulimit -Hn 232)" in done.stderr) == (code == 2)


def test_only_the_wanted_hooks_and_the_tracepoints(tmp_path):
    trace = recorded(tmp_path, "--hook", "sock_poll", "--model", "poll")
    reasons = {row["hook"]: row["reason"] for row in manifest(trace.path)["plan"]}
    assert reasons["sys_enter"] is None
    assert "not among the hooks asked for" in reasons["pipe_poll"]
    assert len(trace.calls) > 23


def test_memory_of_the_recorder(tmp_path):
    """At most 96 MiB resident with a fully used ring of 16 MiB, mapped twice.

    Attaching takes more for a moment: libbpf reads the kernel's BTF then.
    """
    (tmp_path / "storm.py").write_text(
        "import os, shutil\n"
        "for _ in range(200_000): os.write(1, b'')\n"
        f"shutil.copyfile(f'/proc/{{os.getppid()}}/status', '{tmp_path}/status')\n"
    )
    trace = recorded(tmp_path, "--", *PYTHON, str(tmp_path / "storm.py"))
    recorded_or_lost = len(trace.calls) + sum(trace.manifest.losses.values())
    assert recorded_or_lost > 200_000, "on a busy machine the recorder may come too late"
    assert len(trace.calls) >= (16 << 20) // 128 - 1, "the whole ring was used"
    status = (tmp_path / "status").read_text()
    assert int(re.findall(r"VmRSS:\s+(\d+) kB", status)[0]) <= 96 << 10


def test_recordings_one_after_the_other_leave_no_fd_and_no_child(tmp_path):
    children = own_children()
    with Recorder() as recorder:
        before = len([*Path("/proc/self/fd").iterdir()])
        for number in range(3):
            recorder.record(["true"], tmp_path / f"{number}.trace")
        with pytest.raises(WorkloadError):
            recorder.record([broken(tmp_path)], tmp_path / "broken.trace")
        assert len([*Path("/proc/self/fd").iterdir()]) == before
    assert programs_of(os.getpid()) == set()
    assert own_children() <= children


def test_recording_after_one_that_left_a_child_behind_is_its_own(tmp_path):
    polls = "import select\nwhile True: select.select([], [], [], 0.01)"
    leaves = f"{shlex.join(PYTHON)} -c '{polls}' & echo $! > {tmp_path}/pid"
    with Recorder() as recorder:
        recorder.record(["sh", "-c", leaves], tmp_path / "first.trace", how=How(follow=False))
        recorder.record(["sh", "-c", "sleep 1"], tmp_path / "second.trace")
    left = int((tmp_path / "pid").read_text())
    os.kill(left, signal.SIGKILL)
    first, second = (read_trace(tmp_path / f"{name}.trace") for name in ("first", "second"))
    assert left not in {*first.calls.pid, *second.calls.pid}
    assert set(first.calls.pid).isdisjoint(second.calls.pid)
    assert manifest(second.path)["losses"]["tasks"] == 0


def test_interrupted_while_it_attaches_it_leaves_nothing(monkeypatch):
    children = own_children()

    def interrupted(_child: Stopped) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Stopped, "release", interrupted)
    with pytest.raises(KeyboardInterrupt):
        Recorder()
    assert programs_of(os.getpid()) == set()
    assert own_children() <= children


def test_probes_of_another_version_are_not_used(monkeypatch):
    monkeypatch.setitem(maps._VALUE_BYTES, "tasks", 64)
    with pytest.raises(TracerError, match=r"bytes in the map tasks, this tracer 64.*scripts/build"):
        Recorder()
    assert programs_of(os.getpid()) == set()


def test_doctor_gives_a_reason_for_every_hook_that_is_missing(tmp_path):
    done = tracer("doctor", "--json", tmp_path / "x.json")
    assert done.returncode == 0, done.stderr
    answer = json.loads((tmp_path / "x.json").read_text())
    assert answer["error"] is None
    assert [row["hook"] for row in answer["hooks"]] == [hook.name for hook in hooks()]
    assert [row["hook"] for row in answer["hooks"] if not (row["attached"] or row["reason"])] == []
    assert [fact["name"] for fact in answer["facts"] if not fact["ok"] and not fact["found"]] == []


def own_children() -> set[str]:
    """Return the children of this thread: the browser's driver may be one of them."""
    return set(Path(f"/proc/self/task/{os.getpid()}/children").read_text().split())


def broken(tmp_path: Path) -> str:
    (tmp_path / "broken").write_bytes(b"\x7fELF")
    (tmp_path / "broken").chmod(0o755)
    return str(tmp_path / "broken")
