"""Which tasks to watch: those that take a name, those in a cgroup, all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from subprocess import Popen

import pytest

from analysis.frames import read_trace
from tests.live.attaching import NAMED, asleep, ended, recorder, writes
from tests.waiting import wait_for

pytestmark = pytest.mark.live


def assert_alone(path: Path, program: Popen[bytes], other: Popen[bytes], *whom: str) -> None:
    """Record ``whom`` while both run, and assert that only ``program`` was traced."""
    made = recorder(*whom, "-o", path)
    for each in (other, program):
        each.stdin.write(b"g")
        each.stdin.flush()
    asleep(program.pid, 1)
    ended(made)
    trace = read_trace(path)
    assert set(trace.calls.pid) == {program.pid}
    assert writes(trace) == [17]


def test_tasks_that_take_a_name(tmp_path, start):
    program, other = start(NAMED), start(NAMED.replace("a-name-of-ours", "another"))
    assert_alone(tmp_path / "x.trace", program, other, "--comm", "a-name-of-ours")


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
    assert_alone(tmp_path / "x.trace", program, other, "--cgroup", f"/{cgroup.name}")
    program.kill()


def test_everything_but_the_recorder(tmp_path, start):
    program, other = start(NAMED), start(NAMED)
    path = tmp_path / "x.trace"
    made = recorder("-a", "--ring-size", "64", "-o", path)
    for each in (other, program):
        each.stdin.write(b"g")
        each.stdin.flush()
        asleep(each.pid, 1)
    ended(made)
    trace = read_trace(path)
    assert {program.pid, other.pid} <= set(trace.calls.pid)
    assert made.pid not in set(trace.calls.pid)
    both = trace.calls[trace.calls.pid.isin([program.pid, other.pid])]
    assert ((both.name == "write") & (both.fd == 2)).sum() == 34
