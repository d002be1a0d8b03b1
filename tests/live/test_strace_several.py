"""strace counts the calls of scripted phases, and of each of several waiters."""

from __future__ import annotations

import json
import subprocess

import pytest

from tests.live.test_strace import split_by_mark
from tracer.shared.records import PHASE_MAGIC
from tracer.shared.syscalls import BY_NAME, HOLDING
from tracer.workloads import spec

pytestmark = pytest.mark.live

SHORT = {"rounds": 3, "delay_ms": 1}
ENTRIES = [
    *({"model": f"{model}-spurious", "fd_kind": kind, "spurious": 5, **SHORT}
      for model in ("select", "poll", "epoll") for kind in ("unix", "eventfd")),
    {"model": "epoll-oneshot", **SHORT},
    {"model": "epoll-nested", "fds": 3, "waker": "while-asleep", **SHORT},
    {"model": "poll-herd", "rounds": 5},
    *({"model": "epoll-herd", "rounds": 5, "trigger": trigger}
      for trigger in ("level", "edge", "exclusive")),
    *({"model": "epoll-shared-herd", "rounds": 5, "trigger": trigger}
      for trigger in ("level", "edge")),
    {"model": "epoll-shared-herd", "rounds": 3, "trigger": "edge", "leave": True},
]  # fmt: skip
NAMES = ["-".join(map(str, entry.values())) for entry in ENTRIES]

HARMLESS = {
    "brk", "mmap", "munmap", "mremap", "madvise", "lseek", "clone", "wait4", "close", "openat",
    "pread64", "pwrite64", "clock_nanosleep", "rt_sigprocmask", "rt_sigaction", "getpid", "getppid",
    "exit_group", "set_robust_list", "gettid", "restart_syscall", "fcntl",
}  # fmt: skip
"""What may run in a phase besides the families: memory, children, looks at their state."""


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """The truth of all entries, and by pid strace's lines."""
    where = tmp_path_factory.mktemp("strace")
    line = spec.command(spec.parse(ENTRIES), where / "truth.json")
    # -ff: a file per task, so that no call is split in two by another task's.
    subprocess.run(["strace", "-ff", "-o", where / "calls", *line], check=True, timeout=300)
    phases = json.loads((where / "truth.json").read_text())["phases"]
    lines = {int(path.suffix[1:]): path.read_text().splitlines() for path in where.glob("calls.*")}
    return phases, lines


def counted(lines, number):
    """Return count and sum of results by family of the calls in a phase."""
    found = {}
    for name, ret in split_by_mark(lines)[number]:
        if name in BY_NAME and BY_NAME[name].family not in HOLDING and name != "close":
            row = found.setdefault(BY_NAME[name].family, {"count": 0, "ret_sum": 0})
            row["count"] += 1
            row["ret_sum"] += ret
    return found


@pytest.mark.parametrize("number", range(1, len(ENTRIES) + 1), ids=NAMES)
def test_strace_agrees(traced, number):
    phases, lines = traced
    phase = phases[number - 1]
    assert counted(lines[phase["pid"]], number) == phase["calls"]


@pytest.mark.parametrize("number", range(1, len(ENTRIES) + 1), ids=NAMES)
def test_strace_agrees_with_each_waiter(traced, number):
    """A waiter is forked in its phase, and ends in it."""
    phases, lines = traced
    mark = f"lseek(-1, {PHASE_MAGIC << 16 | number}, SEEK_SET) = -1 EBADF"
    for waiter in phases[number - 1].get("waiters", []):
        assert counted([mark, *lines[waiter["tid"]]], number) == waiter["calls"]


def test_nothing_else_runs_in_a_phase(traced):
    phases, lines = traced
    by_phase = split_by_mark(lines[phases[0]["pid"]])
    names = {name for calls in by_phase.values() for name, _ in calls}
    assert names - set(BY_NAME) <= HARMLESS
