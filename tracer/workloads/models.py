"""What every I/O model does, and where each one is."""

from __future__ import annotations

import importlib
from typing import Any, Final, cast

from tracer.workloads.fds import Channel
from tracer.workloads.rig import Rig
from tracer.workloads.spec import Phase

_CLASSES: Final = {
    "blocking": "blocking:Blocking",
    "nonblocking": "nonblocking:Nonblocking",
    "select": "select_model:Select",
    "select-raw": "select_raw:SelectRaw",
    "poll": "poll_model:Poll",
    "poll-ignored": "poll_ignored:PollIgnored",
    "epoll": "epoll_model:Epoll",
    "epoll-memory": "epoll_memory:EpollMemory",
    "server": "server:Server",
    "server-blocking": "server_blocking:BlockingServer",
    "select-limit": "select_limit:SelectLimit",
    "epoll-limits": "epoll_limits:EpollLimits",
    "sigio": "sigio:Sigio",
    "aio-poll": "aio_poll:AioPoll",
    "io-uring": "io_uring_model:IoUring",
    "select-naps": "naps:SelectNaps",
    "poll-naps": "naps:PollNaps",
    "epoll-naps": "naps:EpollNaps",
    "epoll-oneshot": "epoll_oneshot:EpollOneshot",
    "epoll-nested": "epoll_nested:EpollNested",
    "poll-crowd": "crowd:PollCrowd",
    "epoll-crowd": "crowd_epoll:EpollCrowd",
    "epoll-shared-crowd": "crowd_epoll:SharedEpollCrowd",
}
"""Imported when a phase needs them: ctypes alone costs a guest a second."""


class Model:
    """One I/O model on the fds of one phase; only ``run`` is between the marks."""

    def __init__(self, rig: Rig) -> None:
        self.rig = rig
        self.phase = rig.phase
        self.tally = rig.tally

    def active(self) -> list[Channel]:
        """Return the channels that are made ready in a round."""
        return self.rig.active

    def prepare(self) -> None:
        """Do what is no part of the phase."""
        self.rig.start_waker()

    def run(self) -> None:
        """Do all rounds, counting every system call of the tally's families."""
        raise NotImplementedError

    def results(self) -> dict[str, Any]:
        """Return what was found out besides the calls."""
        return {"bytes_read": self.rig.bytes_read}

    def waiters(self) -> list[dict[str, Any]]:
        """Return the truth's ``waiters``: none where the process itself waits."""
        return []

    def close(self) -> None:
        """Give back what ``prepare`` and ``run`` opened."""


def name_of(phase: Phase) -> str:
    """Return the name that ``load`` takes: a server of blocking calls is another program."""
    return "server-blocking" if (phase.model, phase.io) == ("server", "blocking") else phase.model


def load(name: str) -> type[Model]:
    """Return the class of the model called ``name``: ``name_of`` a phase."""
    module, _, member = _CLASSES[name].partition(":")
    return cast(type[Model], getattr(importlib.import_module(f"tracer.workloads.{module}"), member))
