"""Hand-made phases: what a kernel of a given kind would have left in the trace.

Each scene adds one phase to a ``Maker``. Its keywords are what the kernel did differently;
without them it does what Linux does.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.analysis.handmade import MS, WAKER, Maker
from tracer.shared.records import TIMEOUT_INFINITE

SLEPT: Mapping[str, int] = {
    "wall_ns": 21 * MS,
    "off_cpu_ns": 20 * MS + MS // 2,
    "sleeps": 1,
    "wakeups": 1,
}


def fds_of(n: int) -> tuple[int, ...]:
    """Return ``n`` watched fds as in a workload: every second number."""
    return tuple(range(4, 4 + 2 * n, 2))


def blocking(
    maker: Maker, kind: str = "unix", rounds: int = 5, waiting: int | None = None, **read: int
) -> None:
    """Blocking reads; the first ``waiting`` (default: all) sleep until the writer comes."""
    maker.phase("blocking", active=(4,), waker="while-asleep", rounds=rounds, fd_kind=kind)
    for number in range(rounds):
        waits = waiting is None or number < waiting
        found = {"insertions": 1, "removals": 1, **SLEPT} if waits else {}
        maker.call("read", 1 if waits else -11, **({"fd": 4, "nr": 1} | found | read))
        returned_ns = maker.now_ns
        maker.now_ns -= 900
        maker.call("write", 1, fd=5, tid=WAKER, wall_ns=100)
        maker.now_ns = returned_ns


def nonblocking(
    maker: Maker,
    asked: tuple[int, ...] = (8, 8, 8),
    slow: int = 0,
    last: Mapping[str, int] | None = None,
    **read: int,
) -> None:
    """One message per item of ``asked``, which took so many requests.

    The first ``slow`` empty reads have the counts ``read``, those with data ``last``.
    """
    maker.phase("nonblocking", active=(4,), rounds=len(asked))
    for requests in asked:
        for _ in range(requests - 1):
            slow -= 1
            maker.call("read", -11, fd=4, **(read if slow >= 0 else {}))
        maker.call("write", 1, fd=5)
        maker.call("read", 1, fd=4, **(last or {}))


def mux(
    maker: Maker,
    family: str = "poll",
    *,
    n: int = 41,
    ready: int = 0,
    rounds: int = 3,
    asleep: bool = False,
    timeout_ns: int = TIMEOUT_INFINITE,
    more: int = 0,
    label: str = "mux",
    **call: int,
) -> None:
    """Calls of select or poll on ``n`` fds, of which the ``ready``-th is made ready (0: none).

    ``more`` is how many calls there are beyond one per round, ``label`` the phase's name.
    """
    fds = fds_of(n)
    waker = "while-asleep" if asleep else "before" if ready else "none"
    active = fds[ready - 1 : ready] if ready else ()
    maker.phase(family, fds=fds, active=active, rounds=rounds, waker=waker, name=label)
    waits = asleep or (not ready and timeout_ns > 0)
    queued = 0 if timeout_ns == 0 else n if waits else ready
    passes = 2 if waits else 1
    nr = n if family == "poll" else fds[-1] + 1
    counts = {
        "nr": nr, "timeout_ns": timeout_ns, "fd_polls": passes * n, "passes": passes,
        "insertions": queued, "removals": queued, "sleep_calls": int(waits),
        "bytes_in": 8 * n if family == "poll" else 8 * -(-nr // 64),
    }  # fmt: skip
    counts |= dict(SLEPT) if waits else {}
    counts |= {"fd_polls": call.get("passes", passes) * n} | call
    counts["removals"] = counts["insertions"]
    for _ in range(rounds + more):
        maker.call(family, int(bool(ready)), **counts)


def select_raw(maker: Maker, *, copied_per_set: int) -> None:
    """Three calls of select with n 1,024 and three sets on 11 fds."""
    fds = fds_of(11)
    maker.phase("select-raw", fds=fds, active=fds[-1:], results={"sets": 3}, rounds=3,
                waker="before")  # fmt: skip
    for _ in range(3):
        maker.call("select", 1, nr=1024, timeout_ns=TIMEOUT_INFINITE, bytes_in=3 * copied_per_set)


def background(
    maker: Maker,
    asked: tuple[int, ...] = (4, 4, 4),
    *,
    late: int = 0,
    held: bool = False,
    lost: bool = False,
    **read: int,
) -> None:
    """Messages that another process writes while the waiter is in no read.

    Each takes as many requests as ``asked`` says, ``late`` of them empty ones after the write.
    ``held``: the write does not return before the read has the data; ``lost``: the last write was
    not seen. ``read`` are counts of the reads with data.
    """
    maker.phase("nonblocking", active=(4,), rounds=len(asked), waker="while-asleep")
    for number, requests in enumerate(asked, start=1):
        for _ in range(requests - 1 - late):
            maker.call("read", -11, fd=4)
        if not (lost and number == len(asked)):
            maker.call("write", 1, fd=5, tid=WAKER, wall_ns=1000)
        if held:
            maker.now_ns -= 900
        for _ in range(late):
            maker.call("read", -11, fd=4)
        maker.call("read", 1, fd=4, **read)
