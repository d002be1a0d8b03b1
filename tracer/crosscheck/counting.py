"""Counts one workload with several instruments: do they agree? Standard library only.

What is compared are the hits of each hook while a process and its children run a fixed list of
calls. The first instrument counts twice: a hook whose two counts differ depends on timing, and is
not compared. bpftrace shares no code with tracer.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping
from typing import Any, Final

from tracer.bpf import loaders
from tracer.bpf.instrument import Instrument
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.loaders import Loading
from tracer.bpf.misses import since
from tracer.bpf.plan import ALL_STEPS
from tracer.bpf.tasks import Flags
from tracer.crosscheck import bpftrace, fixedload
from tracer.shared.catalogue import hooks
from tracer.shared.errors import TracerError
from tracer.shared.message import message

CORE: Final = "core"
AGAIN: Final = "core again"
KPROBE: Final = "core/kprobe"
BCC: Final = "bcc/kprobe"
BPFTRACE: Final = "bpftrace"

_LOADINGS: Final[Mapping[str, Loading]] = {
    CORE: Loading("core"),
    KPROBE: Loading("core", types=("raw_tp", "kprobe")),
    BCC: Loading("bcc"),
}
_RINGS: Final = {"calls": 1 << 20, "steps": 1 << 20, "lives": 1 << 20}


def gather(progress: Callable[[str], None]) -> dict[str, Any]:
    """Count with every instrument.

    Returns ``schema``, ``kernel`` and ``counts``: instrument → ``error`` (or null), ``hits``
    (hook → number), ``attached`` (hook → attach point), ``why_not`` (hook → reason),
    ``misses`` (hook → number, null where the kernel does not count them).
    """
    lib = Libbpf()
    fixedload.run(lambda _pid: None)  # so that its files are in memory when it matters
    counts: dict[str, dict[str, Any]] = {}
    for name, loading in _LOADINGS.items():
        progress(message("counting with {name}", name=name))
        names = (CORE, AGAIN) if name == CORE else (name,)
        counts.update(zip(names, _count(lib, loading, len(names)), strict=True))
    progress(message("counting with {name}", name=BPFTRACE))
    counts[BPFTRACE] = _count_with_bpftrace(counts[KPROBE]["attached"])
    return {"schema": 1, "kernel": platform.release(), "counts": counts}


def _count(lib: Libbpf, loading: Loading, times: int) -> list[dict[str, Any]]:
    try:
        instrument = loaders.attach(loading, lib, hooks(), ALL_STEPS, _RINGS)
    except TracerError as error:
        return [_answer(error=str(error))] * times
    try:
        return [_hits(instrument) for _ in range(times)]
    finally:
        instrument.close()


def _hits(instrument: Instrument) -> dict[str, Any]:
    instrument.maps.release_all()
    before = instrument.misses()
    fixedload.run(lambda pid: instrument.maps.tasks.join(pid, pid, Flags.FOLLOW))
    hits, missed = instrument.maps.totals().hits, since(before, instrument.misses())
    placed = {c.hook: c.placement for c in instrument.plan if c.placement}
    return _answer(
        hits={hook.name: hits[hook.id] for hook in placed},
        attached={hook.name: str(placement.point) for hook, placement in placed.items()},
        why_not={c.hook.name: c.reason for c in instrument.plan if c.hook not in placed},
        misses={hook.name: missed[placement.program] for hook, placement in placed.items()},
    )


def _count_with_bpftrace(points: Mapping[str, str]) -> dict[str, Any]:
    try:
        return _answer(hits=bpftrace.count(points, fixedload.run), attached=dict(points))
    except TracerError as error:
        return _answer(error=str(error))


def _answer(**known: Any) -> dict[str, Any]:
    return {"error": None, "hits": {}, "attached": {}, "why_not": {}, "misses": {}, **known}
