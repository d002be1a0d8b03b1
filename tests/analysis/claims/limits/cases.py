"""Traces of how kernels and libraries of several kinds would answer ever more fds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.claims.fits_words import Fits, times
from tests.analysis.claims.limits.file_max_cases import FILE_MAX_CASES
from tests.analysis.handmade import EPOLL_CTL_ADD, Maker
from tests.analysis.making import UNDECIDED, Cases, Scene, made
from tracer.shared.records import TIMEOUT_INFINITE

OTHERS = 6
EMFILE: dict[str, Any] = {"refused": "open", "errno_name": "EMFILE"}
ENOSPC: dict[str, Any] = {"refused": "add", "errno_name": "ENOSPC"}


def boundary(first_refused: int | None) -> Scene:
    """The first fd that the library refuses; for the others the kernel returned EBADF."""

    def add(maker: Maker) -> None:
        results = {"first_refused": first_refused, "tried_up_to": 65_536}
        maker.phase("select-limit", results=results)
        maker.call("select", -9, nr=513)

    return add


def beyond(fds: int = 2111, looked: int | None = None, served: bool = True) -> Scene:
    """Three calls of select on fds from 4 on, the last one ready."""

    def add(maker: Maker) -> None:
        watched = tuple(range(4, 4 + fds))
        ready = [watched[-1]] if served else []
        maker.phase(
            "select-raw", fds=watched, active=watched[-1:], rounds=3, waker="before",
            results={"sets": 3, "ready": [ready] * 3},
        )  # fmt: skip
        for _ in range(3):
            maker.call(
                "select", len(ready), nr=watched[-1] + 1, timeout_ns=TIMEOUT_INFINITE,
                fd_polls=fds if looked is None else looked, passes=int(looked != 0),
            )  # fmt: skip

    return add


def row(limit: int = 1201, watched: int | None = None, **refusal: Any) -> dict[str, Any]:
    """How many fds one limit of open fds allowed; by default all of it."""
    reached = limit - OTHERS if watched is None else watched
    return {"limit": limit, "others": OTHERS, "watched": reached, **(refusal or EMFILE)}


def watches(lowered_to: int | None = 2497, **found: Any) -> dict[str, Any]:
    """The result of lowering max_user_watches; None: it was not lowered."""
    if lowered_to is None:
        return {"why_not": "on a host it is not lowered"}
    reached = row(3603, watched=lowered_to, **ENOSPC)
    return {**reached, "before": 216_175, "lowered_to": lowered_to, "added_after": [0], **found}


def many(rows: list[dict[str, Any]], user_watches: dict[str, Any]) -> Scene:
    """An ADD for each watched fd, and those refused."""

    def add(maker: Maker) -> None:
        maker.phase("epoll-limits", results={"limits": rows, "user_watches": user_watches})
        last = user_watches if "watched" in user_watches else rows[-1]
        for fd in range(last["watched"]):
            maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, target=fd + OTHERS, fd=3)
        if last["refused"] == "add":
            maker.call("epoll_ctl", -28, op=EPOLL_CTL_ADD, target=9973, fd=3)

    return add


FULL = [row(1201), row(2402)]

CASES: dict[str, Cases] = {
    **FILE_MAX_CASES,
    "select-fd-limit": {
        CORRECTED: [
            made(boundary(1024), beyond(1103), beyond()),
            made(boundary(4096), beyond()),
            made(boundary(None), beyond(), beyond(2203, looked=2048, served=False)),
        ],
        SUPPORTED: [
            made(boundary(1024), beyond(looked=1024, served=False)),
            made(boundary(None), beyond(looked=0, served=False)),
        ],
        REFUTED: [made(boundary(None), beyond())],
        UNDECIDED: [made(boundary(1024), beyond(1103)), made(boundary(1024))],
    },
    "epoll-no-limit": {
        CORRECTED: [made(many(FULL, watches()))],
        SUPPORTED: [made(many(FULL, watches(watched=3597, **EMFILE)))],
        REFUTED: [
            made(many([row(1201), row(2402, watched=1300, **ENOSPC)], watches(1401))),
            made(many([row(1201), row(2402, watched=1024)], watches())),
        ],
        UNDECIDED: [made(many(FULL, watches(None)))],
    },
}

REFUSED = "first fd refused before the system call"


FITS: Mapping[str, Mapping[str, Fits]] = {
    "select-fd-limit": {
        "The kernel's select": lambda n: (
            n["of them polled every fd and returned one"] == 0
            and n["largest fd returned as ready"] < 2048
        ),
        "The limit is in the C library's": lambda n: (
            n[REFUSED] is not None and n["largest fd returned as ready"] >= n[REFUSED]
        ),
        "The C library limits select": lambda n: n[REFUSED] is not None and n[REFUSED] > 2048,
        "select serves only some": lambda n: (
            n[REFUSED] is None
            and 0 < n["of them polled every fd and returned one"] < n["calls with n beyond 2,048"]
        ),
        "Neither the C library": lambda n: (
            n[REFUSED] is None
            and n["of them polled every fd and returned one"] == n["calls with n beyond 2,048"]
        ),
    },
    "epoll-no-limit": {
        "epoll watches every fd that can be open; fs": lambda n: (
            n["EPOLL_CTL_ADD refused with ENOSPC"] == 0
            and n["watched fds with max_user_watches lowered"] > n["max_user_watches, lowered to"]
        ),
        "epoll watches every fd that can be open, until": lambda n: (
            n["EPOLL_CTL_ADD refused with ENOSPC"] > 0
            and n["watched fds with max_user_watches lowered"] == n["max_user_watches, lowered to"]
            and n["watched fds when 2,402 could be open"] > 2300
        ),
        "epoll cannot watch": lambda n: n["watched fds when 2,402 could be open"] < 2300,
    },
    "file-max-per-gib": {
        "At boot": lambda n: all(times(n, "files per GiB with", least=90_000, most=110_000)),
        "fs.file-max grows": lambda n: (
            n["largest files per GiB above the smallest"] < 10
            and not all(times(n, "files per GiB with", least=90_000, most=110_000))
        ),
        "fs.file-max does not": lambda n: n["largest files per GiB above the smallest"] > 10,
    },
}
"""What a verdict's numbers must be for its answer, given by its first words."""
