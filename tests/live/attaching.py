"""Programs to attach to, and the recorder that does it."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from analysis.frames import Trace
from tests.live.running import records, started
from tests.waiting import PATIENCE_S, asleep_at_once, wait_for

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
"""Waits for two bytes. After the first, five threads write 23 times each, a new one 11 times, a
forked process 7 times; then it reports that.
"""

NAMED = """
import os, sys
def write():
    for _ in range(17): os.write(2, b"")
sys.stdin.buffer.read(1)
open("/proc/self/comm", "w").write("a-name-of-ours")
write()
sys.stdin.buffer.read(1)
"""
"""Takes a new name at the first byte and writes 17 times."""


def asleep(pid: int, count: int) -> None:
    """Wait until a process has so many tasks and all of them sleep at the same moment."""
    wait_for(lambda: asleep_at_once(pid) == count)


def recorder(*arguments: str | Path) -> subprocess.Popen[str]:
    """Start ``tracer record`` and wait until it records."""
    made = started("record", *arguments)
    trace = Path(arguments[arguments.index("-o") + 1])
    wait_for(lambda: records(trace))
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
