"""Records commands and running programs: attach once, then one trace for each.

The order is: the command is held, and joins the traced tasks as it is released (or the running
tasks join), the rings are drained until it ends, all tasks leave, everything is drained once more,
and the manifest is written.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from tracer.bpf import loaders, sums
from tracer.bpf.instrument import Instrument
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.loaders import AUTO, Loading
from tracer.bpf.plan import Requested, with_silent
from tracer.bpf.tasks import Flags
from tracer.recording import calibrate
from tracer.recording.attached import Attached
from tracer.recording.client import Client
from tracer.recording.ends import is_well
from tracer.recording.launch import Body
from tracer.recording.recorded import Recorded, check_truth
from tracer.recording.recording import Recording
from tracer.recording.setup import Setup
from tracer.recording.started import Started
from tracer.recording.subject import AS_IT_IS, How, Subject
from tracer.recording.watch import Progress, Watch
from tracer.recording.watched import Watched
from tracer.shared import rights
from tracer.shared.catalogue import Hook, hooks
from tracer.shared.ending import interruptible
from tracer.shared.errors import KernelError, UsageError
from tracer.shared.message import joined, message
from tracer.shared.owner import as_caller
from tracer.shared.packages import install

DEFAULT_RING_MIB: Final = 16
KEPT: Final = (rights.BPF, rights.KILL, rights.SYS_PTRACE, rights.SETUID, rights.SETGID)
"""Capabilities a recording needs once it is attached: for maps, ending a command of another user,
calls under way (/proc/TID/syscall), and under sudo the caller's files.
"""
_LIVES_BYTES: Final = 1 << 20
"""Size of the ring of tasks' records: room for 16,384."""


class Recorder:
    """An attached instrument that records commands one after the other."""

    def __init__(
        self,
        detail: str = "calls",
        wanted: tuple[Hook, ...] | None = None,
        ring_mib: int = DEFAULT_RING_MIB,
        where: str = "host",
        loading: Loading = AUTO,
        *,
        clock: str = "real",
        once: bool = False,
        adds_up: bool = False,
    ) -> None:
        """Attach the probes.

        Args:
            detail: ``calls`` or ``steps``.
            wanted: hooks to attach besides the tracepoints; all of the catalogue if None.
            ring_mib: size in MiB of the ring of calls, and with ``steps`` also of that of steps,
            which otherwise has a quarter: a program makes as many calls whatever the detail.
            where: ``host`` or ``lab``, for the manifest.
            loading: which loader, and users' probes.
            clock: ``real``, or ``instructions`` where the lab counts those, for the manifest.
            adds_up: make room for sums instead of records (tracer.recording.sampler).
            once: one recording only: capabilities that it does not need after attaching are given
            up.

        Raises:
            KernelError: the kernel refuses everything, or the user lacks the rights. UsageError,
            ProbeError: the loader or a user's probe cannot be used.
        """
        _check_rights()
        sizes = _sizes(detail, ring_mib)
        if adds_up:
            sizes["sums"] = sums.MOST
        self.detail, self._once = detail, once
        self._flags = Flags.STEPS if detail == "steps" else Flags(0)
        lib = _libbpf()
        self.loader, because = loading.chosen()
        # A signal's exception would be lost in libbpf's callbacks into Python.
        with interruptible() as signals:
            requested = Requested(detail, wanted)
            self._instrument = loaders.attach(loading, lib, hooks(), requested, sizes)
            try:
                silent = calibrate.silent_hooks(self._instrument)
                if signals:
                    raise KeyboardInterrupt(signals[0])
            except BaseException:
                self.close()
                raise
        self.plan = with_silent(self._instrument.plan, silent)
        self._setup = Setup(
            instrument=self._instrument,
            plan=self.plan,
            detail=detail,
            where=where,
            clock=clock,
            loader_because=because,
            libbpf=lib.version(),
        )

    @property
    def instrument(self) -> Instrument:
        """The attached programs and their maps."""
        return self._instrument

    def close(self) -> None:
        """Detach all programs."""
        self._instrument.close()

    def __enter__(self) -> Recorder:
        """Return itself; the programs are detached at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Detach."""
        self.close()

    def record(
        self,
        command: Sequence[str],
        path: Path,
        *,
        truth: Path | None = None,
        progress: Progress | None = None,
        deadline_s: float | None = None,
        asked_to_stop: Callable[[], bool] = lambda: False,
        body: Body | None = None,
        how: How = AS_IT_IS,
        client: Client | None = None,
    ) -> Recorded:
        """Run ``command`` and record it to the new trace directory ``path``.

        Args:
            command: program and arguments.
            path: directory to make, ``NAME.trace``.
            truth: file the command writes its truth to, moved into the trace.
            progress: gets a line of text now and then.
            deadline_s: stop the command after so many seconds.
            asked_to_stop: asked about once a second; True ends it as Ctrl-C does.
            body: runs the command line in the child instead of exec; see tracer.recording.launch.
            how: for a user's program, which has no truth.
            client: a load generator, whose end ends the recording.

        Raises:
            UsageError: no such command, or the directory cannot be made.
            WorkloadError: the command could not be started.
            TruthError: trace and truth disagree and no loss explains it; the trace is kept.
            TracerError: the trace could not be written; what was written is kept.
        """
        program = how if truth is None else None
        child = Started(self._instrument.maps.tasks, command, body, program, self._flags)
        watch = Watch(progress, deadline_s, asked_to_stop, how.duration_s)
        result = self._record(child, path, watch, truth, client, how=how)
        if truth is not None:
            with as_caller():  # someone else may have changed what is there
                check_truth(path, result)
        return result

    def attach(
        self,
        watched: Watched,
        path: Path,
        *,
        progress: Progress | None = None,
        deadline_s: float | None = None,
        how: How = AS_IT_IS,
        client: Client | None = None,
    ) -> Recorded:
        """Record running tasks to the new trace directory ``path``; they run on undisturbed.

        Args:
            watched: which tasks; see tracer.recording.watched.checked.
            path: directory to make, ``NAME.trace``.
            progress: gets a line of text now and then.
            deadline_s: give up after so many seconds.
            how: when to end.
            client: a load generator, whose end ends the recording.

        Raises:
            UsageError: what was named has ended, or the directory cannot be made.
            TracerError: the trace could not be written; what was written is kept.
        """
        subject = Attached(
            self._instrument.maps.tasks, watched, self._flags, self._instrument.find_instances
        )
        watch = Watch(progress, deadline_s, lambda: False, how.duration_s)
        return self._record(subject, path, watch, None, client, how=how)

    def _record(
        self,
        subject: Subject,
        path: Path,
        watch: Watch,
        truth: Path | None,
        client: Client | None,
        *,
        how: How,
    ) -> Recorded:
        with interruptible() as signals:
            began = time.monotonic()
            recording = Recording(self._setup, subject, path, how)
            if self._once:
                rights.keep_only(KEPT)
            try:
                end = recording.follow(watch, signals, client)
                state = "complete" if is_well(end, truth) else "interrupted"
                result = recording.finish(state, truth)
            finally:
                if client:
                    client.stop()
        return result._replace(
            signal=signals[0] if signals else None,
            end=end,
            client_status=client.exit_status if client else None,
            waited_for=client.waits_for if client else None,
            seconds=time.monotonic() - began,
        )


def _check_rights() -> None:
    if lacking := rights.missing(rights.held()):
        raise KernelError(
            message(
                "recording needs root, or {capabilities} (found uid {uid}); run: sudo {command}",
                capabilities=joined(", ", lacking),
                uid=os.geteuid(),
                command=" ".join(sys.argv) or "tracer record …",
            )
        )


def _sizes(detail: str, ring_mib: int) -> dict[str, int]:
    """Return the size of each ring in bytes; UsageError: no ring can have that size."""
    if ring_mib < 1 or ring_mib & (ring_mib - 1):
        raise UsageError(
            message(
                "--ring-size {ring_mib}: needed: a power of two in MiB, at least 1",
                ring_mib=ring_mib,
            )
        )
    steps = ring_mib << 20 if detail == "steps" else max(ring_mib << 18, 1 << 20)
    return {"calls": ring_mib << 20, "steps": steps, "lives": _LIVES_BYTES}


def _libbpf() -> Libbpf:
    try:
        return Libbpf()
    except OSError as error:
        raise KernelError(
            message(
                "libbpf.so.1 was not found ({error}); run: {command}",
                error=error,
                command=install("libbpf"),
            )
        ) from error
