"""Hand-made loops, in whole milliseconds, so that every share of a stretch is known."""

from __future__ import annotations

from pathlib import Path

from analysis.windows.recording import Recording, open_recording
from tests.analysis.handmade import MS, WAITER, WAKER, Maker

EPOLL, FD, LOG = 4, 7, 9


def wait(maker: Maker, ms: int, asleep_ms: int, events: int = 1, tid: int = WAITER) -> None:
    maker.call("epoll_wait", events, fd=EPOLL, nr=64, timeout_ns=-1, sleeps=1, wakeups=1,
               wall_ns=ms * MS, off_cpu_ns=asleep_ms * MS, tid=tid)  # fmt: skip
    maker.now_ns -= 10


def work(maker: Maker, name: str, ms: int, off_ms: int, *, fd: int = FD, tid: int = WAITER) -> None:
    maker.call(name, 1, fd=fd, wall_ns=ms * MS, off_cpu_ns=off_ms * MS, tid=tid)
    maker.now_ns -= 10


def loop(maker: Maker) -> None:
    """Wait 30 ms (20 asleep), read 10 ms (all of it on the CPU), compute 10 ms; fsync once."""
    maker.task(WAITER, "server")
    maker.task(WAKER, "client")
    maker.observe(LOG, "file", text="/data/log")
    if not maker.calls:
        maker.now_ns = maker.manifest["started_ns"]
    for number in range(2):
        wait(maker, 30, 20, events=3)
        work(maker, "read", 10, 0)
        maker.now_ns += 10 * MS
        if number == 0:
            wait(maker, 10, 10, events=0)
            work(maker, "fsync", 40, 30, fd=LOG)
    wait(maker, 10, 10)


def recorded(maker: Maker, path: Path, ms: int | None = None) -> Recording:
    """Return what ``maker`` wrote; ``ms`` is how long it lasted."""
    trace = maker.write(path / "x.trace")
    if ms is not None:
        text = (trace / "manifest.json").read_text()
        end_ns = maker.manifest["started_ns"] + ms * MS
        (trace / "manifest.json").write_text(
            text.replace(f'"ended_ns": {maker.manifest["ended_ns"]}', f'"ended_ns": {end_ns}')
        )
    return open_recording(trace)
