"""How a recorder was set up, and what a manifest says about that."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tracer.bpf.instrument import Instrument
from tracer.bpf.maps import Totals
from tracer.bpf.plan import Choice
from tracer.recording.sizes import machine_facts
from tracer.recording.started import Started
from tracer.recording.subject import Subject
from tracer.shared.clock import boot_ns
from tracer.shared.process import identity
from tracer.shared.version import VERSION

Misses = Mapping[str, int | None]
"""Skipped runs by program; None: the kernel does not count them."""

_MOST_NAMED: Final = 64
"""How many lost tasks a manifest names at most."""


@dataclass(frozen=True)
class Setup:
    """An attached instrument, and how it was set up; see :class:`tracer.recording.recorder`."""

    instrument: Instrument
    plan: tuple[Choice, ...]
    detail: str
    where: str
    clock: str
    loader_because: str
    libbpf: str
    """Its version."""

    def before(self, subject: Subject) -> dict[str, Any]:
        """Return what the manifest says as ``subject`` begins."""
        kernel = platform.uname()
        return {
            "where": self.where,
            "host": kernel.node,
            "kernel": {
                "release": kernel.release,
                "version": kernel.version,
                "machine": kernel.machine,
            },
            "machine": machine_facts(self.clock),
            "detail": self.detail,
            **self.instrument.facts,
            "loader_because": self.loader_because,
            **subject.facts,
            "started_ns": boot_ns(),
            "started_at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
            "ended_ns": None,
            "plan": [choice.to_json() for choice in self.plan],
            "process": _process_of(subject),
            "recorder": identity(os.getpid()),
            "losses": None,
            "misses": {},
            "so_far": None,
            "hits": {},
            "live_entries": None,
            "versions": {
                "tracer": VERSION,
                "libbpf": self.libbpf,
                "python": platform.python_version(),
            },
        }

    def after(self, subject: Subject, totals: Totals, misses: Misses) -> dict[str, Any]:
        """Return what it says in addition at the end; ``misses`` are those since the beginning."""
        maps = self.instrument.maps
        names = {choice.hook.id: choice.hook.name for choice in self.plan}
        return {
            **subject.facts,
            "ended_ns": boot_ns(),
            "losses": totals.losses,
            "joined": totals.joined,
            "lost_tasks": [task._asdict() for task in maps.tasks.lost()[:_MOST_NAMED]],
            "misses": misses,
            "so_far": None,
            "hits": {names[i]: n for i, n in enumerate(totals.hits) if i in names and n},
            "hits_elsewhere": {
                names[i]: n for i, n in enumerate(totals.elsewhere) if i in names and n
            },
            "live_entries": maps.live_entries(),
        }


def _process_of(subject: Subject) -> dict[str, Any] | None:
    """Return the identity of the command's process, for readers of a killed recorder's trace."""
    pid = subject.pid if isinstance(subject, Started) else None
    return None if pid is None else identity(pid)
