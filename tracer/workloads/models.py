"""What every workload does between the marks and around them."""

from __future__ import annotations

import importlib
from typing import Any, cast

from tracer.workloads.fds import Channel
from tracer.workloads.rig import Rig


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
        """Do what is not part of the phase."""
        self.rig.start_waker()

    def run(self) -> None:
        """Do all rounds, counting every system call of the tally's families."""
        raise NotImplementedError

    def results(self) -> dict[str, Any]:
        """Return results besides the counts of calls."""
        return {"bytes_read": self.rig.bytes_read}

    def waiters(self) -> list[dict[str, Any]]:
        """Return the truth's ``waiters``: none where the process itself waits."""
        return []

    def close(self) -> None:
        """Close what ``prepare`` and ``run`` opened."""


def load(entry: str) -> type[Model]:
    """Return the class that ``entry``, "module:class" of a row of the registry, names."""
    module, _, member = entry.partition(":")
    return cast(type[Model], getattr(importlib.import_module(f"tracer.workloads.{module}"), member))
