"""strace counts the same calls: an instrument that shares no code with the truth."""

from __future__ import annotations

import errno
import json
import re
import subprocess

import pytest

from tests.live.running import LAB_S
from tracer.shared.records import PHASE_MAGIC
from tracer.shared.syscalls import BY_NAME, UNTALLIED
from tracer.workloads import spec
from tracer.workloads.registry import WORKLOADS

pytestmark = pytest.mark.live

KINDS = ["unix", "tcp", "pipe", "eventfd"]
SHORT = {"rounds": 3, "delay_ms": 1}
ASLEEP = {"waker": "while-asleep", "rounds": 5, "delay_ms": 2}
ENTRIES = [
    *({"model": model, "fds": 7, "fd_kind": kind, "waker": "before"}
      for model in ("select", "poll", "epoll", "blocking", "nonblocking") for kind in KINDS),
    *({"model": model, "fds": 7, "active": 3, "fd_kind": kind, **ASLEEP}
      for model in ("select", "poll", "epoll", "blocking", "nonblocking") for kind in KINDS),
    *({"model": model, "fds": 7, "waker": "none", "timeout_ms": timeout_ms}
      for model in ("select", "poll", "epoll") for timeout_ms in (0, 1)),
    *({"model": "epoll", "fds": 7, "active": 2, "trigger": trigger}
      for trigger in ("edge", "oneshot", "exclusive")),
    {"model": "epoll", "fds": 7, "rearm": "del-add", "timeout_ms": 500},
    {"model": "epoll", "fds": 7, "drain": False},
    {"model": "select-raw", "fds": 7},
    {"model": "nonblocking", "waker": "none"},
    {"model": "epoll-memory"},
    {"model": "poll-ignored", "fds": 7},
    *({"model": model, "fds": 7, "active": 3, **waker}
      for model in ("sigio", "aio-poll", "io-uring") for waker in ({}, ASLEEP)),
    *({"model": "io-uring", "fds": 7, "shot": "multishot", **waker} for waker in ({}, ASLEEP)),
    {"model": "poll", "fds": 401, "active": 401},
    {"model": "epoll", "fds": 401, "active": 401},
    *({"model": "server", "fds": 41, "active": 3, "io": io, "link": link}
      for io in ("select", "poll", "epoll", "nonblocking") for link in ("loopback", "lan")),
    {"model": "epoll", "fds": 7, "fd_kind": "tcp", "link": "lan"},
    {"model": "select-raw", "fds": 1103, "fd_kind": "eventfd"},
    {"model": "select-limit"},
    {"model": "epoll-limits", "fds": 101},
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
"""Between them every fd kind and waker; a workload that is not here runs with its defaults."""
ENTRIES += [{"model": name} for name in WORKLOADS if name not in {e["model"] for e in ENTRIES}]

HARMLESS = {"brk", "mmap", "munmap", "mremap", "lseek", "madvise", "prlimit64", "eventfd2", "uname"}
"""Calls that may occur in a phase besides the families: memory, marks, a workload's own."""
OF_CHILDREN = {
    "clone", "pread64", "pwrite64", "rt_sigprocmask", "rt_sigaction", "getpid", "getppid",
    "exit_group", "set_robust_list", "gettid", "restart_syscall",
}  # fmt: skip
"""Further calls if the phase itself forks: for children and their state."""

LINE = re.compile(
    r"(?P<name>\w+)\((?P<arguments>.*)\) += (?P<ret>-?\d+|0x[0-9a-f]+)(?: (?P<errno>E[A-Z0-9]+))?"
)


@pytest.fixture(scope="module")
def traced(tmp_path_factory):
    """The truth of all entries, and by tid strace's lines."""
    where = tmp_path_factory.mktemp("strace")
    line = spec.command(spec.parse(ENTRIES), where / "truth.json")
    # -ff: a file per task, so that no call is split by another task's.
    subprocess.run(["strace", "-ff", "-o", where / "calls", *line], check=True, timeout=LAB_S)
    phases = json.loads((where / "truth.json").read_text())["phases"]
    lines = {int(path.suffix[1:]): path.read_text().splitlines() for path in where.glob("calls.*")}
    return phases, lines


@pytest.fixture(scope="module")
def by_phase(traced):
    """Per phase number strace's (name, result) of the calls of the task that marks it."""
    phases, lines = traced
    return split_by_mark(lines[phases[0]["pid"]])


def split_by_mark(lines):
    """Return {phase number: [(name, ret), …]} of the calls between its mark and the next."""
    found, number = {}, 0
    for match in filter(None, map(LINE.match, lines)):
        name = match["name"]
        if name == "lseek" and match["arguments"].startswith("-1, "):
            mark = int(match["arguments"].split(", ")[1])
            assert mark >> 16 == PHASE_MAGIC
            number = mark & 0xFFFF
        elif number:
            failed = match["errno"]
            ret = -getattr(errno, failed) if failed else int(match["ret"], 0)
            found.setdefault(number, []).append((name, ret))
    return found


def tally(calls):
    """Return count and sum of results by family."""
    found = {}
    for name, ret in calls:
        if name in BY_NAME and BY_NAME[name].family not in UNTALLIED:
            row = found.setdefault(BY_NAME[name].family, {"count": 0, "ret_sum": 0})
            row["count"] += 1
            row["ret_sum"] += ret
    return found


@pytest.mark.parametrize(
    "number",
    range(1, len(ENTRIES) + 1),
    ids=["-".join(map(str, entry.values())) for entry in ENTRIES],
)
def test_strace_agrees(traced, by_phase, number):
    """Also for each of several waiters, which are forked and end in the phase."""
    phases, lines = traced
    phase = phases[number - 1]
    assert tally(by_phase[number]) == phase["calls"]
    mark = f"lseek(-1, {PHASE_MAGIC << 16 | number}, SEEK_SET) = -1 EBADF"
    for waiter in phase.get("waiters", ()):
        assert tally(split_by_mark([mark, *lines[waiter["tid"]]])[number]) == waiter["calls"]


def test_nothing_else_runs_in_a_phase(by_phase):
    for calls in by_phase.values():
        others = {name for name, _ in calls} - set(BY_NAME)
        assert others <= (HARMLESS | OF_CHILDREN if "clone" in others else HARMLESS)


def test_timeouts_are_exact(traced):
    phases, lines = traced
    of_marker = lines[phases[0]["pid"]]
    asked = [
        each for each in of_marker if re.search(r"pselect6\(.*\{tv_sec=0, tv_nsec=[1-9]", each)
    ]
    assert asked
    assert all("tv_nsec=1000000}" in line for line in asked)
