"""Runs one phase: open, mark, run, mark, return the truth, close."""

from __future__ import annotations

import gc
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

from tracer.shared.errors import WorkloadError
from tracer.shared.phase import Phase, to_json
from tracer.shared.records import PHASE_MAGIC
from tracer.workloads import limits, models, wires
from tracer.workloads.models import Model
from tracer.workloads.registry import entry
from tracer.workloads.rig import Rig

_NO_FD: Final = -1


def run(number: int, phase: Phase) -> dict[str, Any]:
    """Run ``phase`` as the ``number``-th and return its entry of the truth.

    Raises WorkloadError if it doesn't end within its deadline or the kernel refuses an fd.
    """
    limits.raise_fd_limit(phase)
    rig = Rig(phase)
    try:
        model = models.load(entry(phase))(rig)
        try:
            _run_model(number, model)
            return _truth(number, model)
        finally:
            model.close()
    finally:
        rig.close()


def _run_model(number: int, model: Model) -> None:
    with _deadline(number, model):
        model.prepare()
        with _marked(number):
            model.run()


@contextmanager
def _marked(number: int) -> Iterator[None]:
    """Mark the beginning and the end; between them nothing of Python's own may run."""
    gc.disable()
    _mark(number)
    try:
        yield
    finally:
        _mark(0)
        gc.enable()


def _mark(number: int) -> None:
    try:
        os.lseek(_NO_FD, PHASE_MAGIC << 16 | number, os.SEEK_SET)
    except OSError:
        return  # EBADF: the probes have seen it, and nothing else happens
    raise AssertionError("lseek on fd -1 succeeded")


@contextmanager
def _deadline(number: int, model: Model) -> Iterator[None]:
    """Raise WorkloadError in the body once the phase has taken longer than ``deadline_s``."""

    def expire(_signal: int, _frame: object) -> None:
        raise WorkloadError(
            f"phase {number} {model.phase.name!r} did not end within {model.phase.deadline_s} s; "
            f"its calls so far: {_summary(model)}; raise deadline_s or lower rounds"
        )

    signal.signal(signal.SIGALRM, expire)
    signal.setitimer(signal.ITIMER_REAL, model.phase.deadline_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def _summary(model: Model) -> str:
    calls = model.tally.to_json()
    return ", ".join(f"{family} {row['count']}" for family, row in calls.items()) or "none"


def _truth(number: int, model: Model) -> dict[str, Any]:
    rig = model.rig
    results, waiters = model.results(), model.waiters()
    return {
        "number": number,
        "name": model.phase.name,
        "spec": to_json(model.phase),
        "pid": os.getpid(),
        "tid": os.getpid(),  # a workload has one thread
        "waker_pid": rig.waker.pid if rig.waker else None,
        "fds": [channel.watched for channel in rig.channels],
        "active": [channel.watched for channel in model.active()],
        "calls": model.tally.to_json(),
        "results": {**results, **wires.truth_of(model.phase, rig.link)},
        **({"waiters": waiters} if waiters else {}),
    }
