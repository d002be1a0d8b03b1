"""Records commands and what runs already: attach once, then one trace for each.

The order is: the command waits stopped, joins the traced tasks as it is released (or those that
run join), the rings are drained until it ends, all tasks leave, everything is drained once more,
and the manifest is written.
"""

from __future__ import annotations

import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.bpf import loaders, sums
from tracer.bpf.instrument import Instrument
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.loaders import AUTO, Loading
from tracer.bpf.maps import Totals
from tracer.bpf.misses import since
from tracer.bpf.plan import Asked, with_silent
from tracer.bpf.tasks import Flags, Slot
from tracer.recording import calibrate
from tracer.recording.client import Client
from tracer.recording.fdnames import FdNames
from tracer.recording.keeping import Keeping
from tracer.recording.launch import Body
from tracer.recording.sizes import machine_facts
from tracer.recording.sofar import SoFar
from tracer.recording.spools import marks_in, returned_in
from tracer.recording.subject import AS_IT_IS, Attached, How, Started, Subject, still_running
from tracer.recording.tracedir import SCHEMA, WITH_HOLES, TraceDirectory
from tracer.recording.truthfile import whole_truth
from tracer.recording.underway import call_under_way
from tracer.recording.watch import WELL, End, Progress, Watch, interruptible
from tracer.recording.watched import Watched
from tracer.shared import rights
from tracer.shared.catalogue import Hook, hooks
from tracer.shared.clock import boot_ns
from tracer.shared.errors import KernelError, TracerError, TruthError, UsageError
from tracer.shared.message import joined, message
from tracer.shared.owner import as_caller
from tracer.shared.packages import install
from tracer.shared.process import identity
from tracer.shared.records import CALL, RING_HEADER, SPOOLS, TRUTH
from tracer.shared.truthcheck import compare
from tracer.shared.version import VERSION

DEFAULT_RING_MIB: Final = 16
KEPT: Final = (rights.BPF, rights.KILL, rights.SYS_PTRACE, rights.SETUID, rights.SETGID)
"""What a recording needs once it is attached: maps, to end a command that runs as somebody else,
calls that are under way (/proc/TID/syscall), and under sudo files that are the caller's."""
_LIVES_BYTES: Final = 1 << 20
"""Of the ring of what becomes of tasks: 16,384 at a time."""
_MOST_NAMED: Final = 64
"""How many lost tasks a manifest names."""
_REST_S: Final = {
    ("host", "real"): 0.005,
    ("lab", "real"): 0.05,
    ("lab", "instructions"): 0.2,
}
"""How long the reader rests when the rings are empty, by place and clock.

Emulated CPUs are slow: the rings fill slowly, and a reader that wakes up takes a CPU from the
workload, inside a probe too, which costs a run of it.
"""


class Recorded(NamedTuple):
    """What came out of a recording."""

    path: Path
    state: str
    exit_status: int | None
    calls: int
    steps: int
    lost: int
    signal: int | None = None
    """SIGINT or SIGTERM, where that stopped the recording."""
    missed: int = 0
    """Runs of programs that the kernel skipped and counted."""
    end: End = End.ENDED
    client_status: int | None = None
    """Exit status of the load generator, where there was one and it ended."""
    waited_for: str | None = None
    """What the load generator waited for to the end, and was never started."""
    seconds: float = 0.0
    joined: int = 0
    """Tasks that were traced."""
    running: str = ""
    """Which processes run on, in words; empty: none."""
    let_go: int = 0
    """Calls and steps that were let go of, the oldest; not among ``calls`` and ``steps``."""

    @property
    def status(self) -> int:
        """What ``record`` ends with: a command that was to be stopped has done no wrong."""
        if self.end is End.CLIENT:
            return self.client_status or 0
        return self.exit_status or 0 if self.end not in WELL or self.end is End.ENDED else 0


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
            ring_mib: size in MiB of the ring of calls, and with ``steps`` of that of steps, which
                has else a quarter of it: a program makes as many calls whatever the detail.
            where: ``host`` or ``lab``, for the manifest.
            loading: which loader, and users' probes.
            clock: ``real``, or ``instructions`` where the lab counts those, for the manifest.
            adds_up: make room for sums instead of records (tracer.recording.sampler).
            once: one recording only: what rights it does not need after attaching are given up.

        Raises:
            KernelError: the kernel gives nothing, or the user may not ask.
            UsageError, ProbeError: the loader or a user's probe cannot be had.
        """
        if lacking := rights.missing(rights.held()):
            raise KernelError(
                message(
                    "recording needs root, or {capabilities} (found uid {uid}); "
                    "run: sudo {command}",
                    capabilities=joined(", ", lacking),
                    uid=os.geteuid(),
                    command=" ".join(sys.argv) or "tracer record …",
                )
            )
        if ring_mib < 1 or ring_mib & (ring_mib - 1):
            raise UsageError(
                message(
                    "--ring-size {ring_mib}: needed: a power of two in MiB, at least 1",
                    ring_mib=ring_mib,
                )
            )
        steps_size = ring_mib << 20 if detail == "steps" else max(ring_mib << 18, 1 << 20)
        sizes = {"calls": ring_mib << 20, "steps": steps_size, "lives": _LIVES_BYTES}
        if adds_up:
            sizes["sums"] = sums.MOST
        self.detail, self.where, self.clock, self._once = detail, where, clock, once
        self._names: FdNames | None = None
        self._keeping: Keeping | None = None
        self._whole: dict[str, int] = {}
        """How many records of each spool belong together: no call without its steps."""
        self._flags = Flags.STEPS if detail == "steps" else Flags(0)
        try:
            self._lib = Libbpf()
        except OSError as error:
            raise KernelError(
                message(
                    "libbpf.so.1 was not found ({error}); run: {command}",
                    error=error,
                    command=install("libbpf"),
                )
            ) from error
        self.loader, self.loader_because = loading.chosen()
        # A signal's exception would be lost in libbpf's calls back into Python.
        with interruptible() as signals:
            asked = Asked(detail, wanted)
            self._instrument = loaders.attach(loading, self._lib, hooks(), asked, sizes)
            try:
                silent = calibrate.silent_hooks(self._instrument)
                if signals:
                    raise KeyboardInterrupt(signals[0])
            except BaseException:
                self.close()
                raise
        self.plan = with_silent(self._instrument.plan, silent)

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
            how: of a user's program, one without truth.
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
            with as_caller():  # what is there by now may be another's doing
                _check_truth(path, result)
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
        """Record what runs already to the new trace directory ``path``; it runs on as it did.

        Args:
            watched: whom; see tracer.recording.watched.checked.
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
            trace = self._begin(subject, path, how)
            if self._once:
                rights.keep_only(KEPT)
            try:
                end = self._follow(subject, trace, watch, signals, client)
                state = "complete" if _is_well(end, truth) else "interrupted"
                result = self._finish(subject, trace, state, truth)
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

    def _begin(self, subject: Subject, path: Path, how: How) -> TraceDirectory:
        """Have the subject join; nothing is left of one that cannot be started."""
        trace = None
        try:
            self._names = self._keeping = None
            self._instrument.maps.release_all()
            for ring in self._instrument.maps.rings.values():
                ring.skip()  # of tasks that outlived an earlier recording
            self._taken_before = self._taken()
            self._misses_before = self._instrument.misses()
            schema = WITH_HOLES if how.newest else SCHEMA
            trace = TraceDirectory(path, self._facts_before(subject), schema)
            if how.newest:
                self._keeping = Keeping(trace, how.newest)
            subject.begin()
            for cell in subject.joined():
                trace.append("lives", cell)
            self._names = self._fd_names(subject, trace)
        except BaseException:
            subject.stop()
            if trace:
                trace.remove()
            raise
        return trace

    def _fd_names(self, subject: Subject, trace: TraceDirectory) -> FdNames | None:
        """Return who observes fds: a user's program's; our workloads' truth has theirs.

        None too where pids are not those by which the kernel knows processes.
        """
        if not subject.is_users or self._instrument.maps.tasks.own_pid() != os.getpid():
            return None
        names = FdNames(trace, subject.pid if isinstance(subject, Started) else None)
        for cell in subject.joined():
            names.hear_lives(cell)
        return names

    def _follow(
        self,
        subject: Subject,
        trace: TraceDirectory,
        watch: Watch,
        signals: Sequence[int],
        client: Client | None,
    ) -> End:
        """Drain until there is an end; what the recorder started is then over."""
        so_far = SoFar(trace, self._counted)
        try:
            while True:
                drained = self._drain(trace)
                so_far.refresh()
                if self._names:
                    self._names.work()
                end = why_end(subject, signals, client) or watch.why_stop(drained, subject.remark)
                if end:
                    break
                if not drained:
                    time.sleep(_REST_S[self.where, self.clock])
            if end is not End.ENDED:
                if self._names:
                    self._names.read_again(meanwhile=lambda: self._drain(trace))
                subject.stop(meanwhile=lambda: self._drain(trace))
        except BaseException:
            subject.stop()
            with suppress(TracerError):  # the first failure is the one to tell
                self._finish(subject, trace, "interrupted", None)
            raise
        # Ctrl-C reaches the command too, which may be gone before it is asked to stop.
        return _end_of(signals) or end

    def _drain(self, trace: TraceDirectory) -> int:
        done = 0
        names, calls = self._names, self._written(trace)["calls"]
        hearers = {"calls": names.hear_calls, "lives": names.hear_lives} if names else {}
        for name, ring in self._instrument.maps.rings.items():
            with trace.writing(SPOOLS[name]):
                done += ring.drain(trace.spool(name), hearers.get(name))
        written = self._written(trace)
        # A call's steps were made before it: those of calls that were there before are all drained.
        self._whole = {**written, "calls": calls}
        if self._keeping:
            self._keeping.look(written)
        return done

    def _finish(
        self, subject: Subject, trace: TraceDirectory, state: str, truth: Path | None
    ) -> Recorded:
        """Let all tasks leave, drain the rest, keep unfinished calls and the truth.

        Raises:
            TracerError: something could not be written; the manifest was, and says so.
        """
        failure = None
        tasks = self._instrument.maps.tasks
        running = still_running(tasks) if tasks.tids() else ""
        left = tasks.release_all()
        try:
            while self._drain(trace):
                pass
            self._keep_unfinished(trace, left)
            if self._names:
                trace.update({"fd_names": self._names.finish()})
            told = whole_truth(truth) if truth else None
            if told is not None:
                trace.keep_truth(told)
        except TracerError as error:
            state, failure = "interrupted", error
        totals = self._instrument.maps.totals()
        records = self._written(trace)
        gone = self._keeping.gone if self._keeping else {}
        trace.finish(state, {**self._facts_after(subject, totals), "records": records})
        if failure:
            raise failure
        return Recorded(
            path=trace.path,
            state=state,
            exit_status=subject.exit_status,
            calls=records["calls"] - gone.get("calls", 0),
            steps=records["steps"] - gone.get("steps", 0),
            let_go=sum(gone.values()),
            lost=sum(totals.losses.values()),
            missed=sum(count or 0 for count in trace.manifest["misses"].values()),
            joined=totals.joined,
            running=running,
        )

    def _taken(self) -> dict[str, int]:
        """Return how many records were taken from each ring so far."""
        return {name: ring.taken() for name, ring in self._instrument.maps.rings.items()}

    def _written(self, trace: TraceDirectory) -> dict[str, int]:
        """Return how many records each spool of ``trace`` has."""
        return {
            name: count - self._taken_before[name] + trace.appended[name]
            for name, count in self._taken().items()
        }

    def _keep_unfinished(self, trace: TraceDirectory, left: Sequence[Slot]) -> None:
        """Write the calls that tasks still alive are in; exit_ns is 0 in them."""
        header = RING_HEADER.pack(CALL.size, 0)
        for slot in left:
            under_way = call_under_way(slot)
            for call in (*slot.calls, *([under_way] if under_way else [])):
                trace.append("calls", header + call)

    def _facts_before(self, subject: Subject) -> dict[str, Any]:
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
            **self._instrument.facts,
            "loader_because": self.loader_because,
            **subject.facts,
            "started_ns": boot_ns(),
            "started_at": time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime()),
            "ended_ns": None,
            "plan": [choice.to_json() for choice in self.plan],
            "process": _started_process(subject),
            "recorder": identity(os.getpid()),
            "losses": None,
            "misses": {},
            "so_far": None,
            "hits": {},
            "live_entries": None,
            "versions": {
                "tracer": VERSION,
                "libbpf": self._lib.version(),
                "python": platform.python_version(),
            },
        }

    def _counted(self) -> dict[str, Any]:
        return {
            "losses": self._instrument.maps.totals().losses,
            "misses": since(self._misses_before, self._instrument.misses()),
            "records": self._whole,
        }

    def _facts_after(self, subject: Subject, totals: Totals) -> dict[str, Any]:
        maps = self._instrument.maps
        names = {choice.hook.id: choice.hook.name for choice in self.plan}
        return {
            **subject.facts,
            "ended_ns": boot_ns(),
            "losses": totals.losses,
            "joined": totals.joined,
            "lost_tasks": [task._asdict() for task in maps.tasks.lost()[:_MOST_NAMED]],
            "misses": since(self._misses_before, self._instrument.misses()),
            "so_far": None,
            "hits": {names[i]: n for i, n in enumerate(totals.hits) if i in names and n},
            "hits_elsewhere": {
                names[i]: n for i, n in enumerate(totals.elsewhere) if i in names and n
            },
            "live_entries": maps.live_entries(),
        }


def _started_process(subject: Subject) -> dict[str, Any] | None:
    """Return which process is the command, for whoever reads the trace of a killed recorder."""
    pid = subject.pid if isinstance(subject, Started) else None
    return None if pid is None else identity(pid)


def _is_well(end: End, truth: Path | None) -> bool:
    """A workload of ours has to come to its own end; a user's program may be stopped."""
    return end is End.ENDED if truth is not None else end in WELL


def _end_of(signals: Sequence[int]) -> End | None:
    if not signals:
        return None
    return End.CTRL_C if signals[0] == signal.SIGINT else End.SIGNAL


def why_end(subject: Subject, signals: Sequence[int], client: Client | None) -> End | None:
    """Return why a recording is to end, None if it is not."""
    if subject.ended():
        return End.ENDED
    if signals:
        return _end_of(signals)
    return End.CLIENT if client and client.has_ended(subject.pid) else None


def _check_truth(path: Path, result: Recorded) -> None:
    target = path / TRUTH
    if not target.exists():
        if result.state == "complete" and result.exit_status == 0:
            raise TruthError(
                message("the workload ended well but wrote no truth; see {path}", path=path)
            )
        return
    marks = marks_in(path / SPOOLS["steps"])
    returned = returned_in(path / SPOOLS["calls"], marks)
    problems = compare(json.loads(target.read_text()), returned)
    if problems and not (result.lost or result.missed) and result.state == "complete":
        raise TruthError(
            message(
                "trace and truth disagree, and nothing was lost: {problems}; the trace is kept "
                "in {path}",
                problems=joined("; ", problems[:5]),
                path=path,
            )
        )
