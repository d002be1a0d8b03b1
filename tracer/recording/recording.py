"""One recording: its subject joins, the rings are drained until it ends, all tasks leave."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from tracer.bpf.misses import since
from tracer.bpf.tasks import Slot
from tracer.recording.client import Client
from tracer.recording.ends import end_of, why_end
from tracer.recording.fdnames import FdNames
from tracer.recording.keeping import Keeping
from tracer.recording.recorded import Recorded
from tracer.recording.setup import Misses, Setup
from tracer.recording.sofar import SoFar
from tracer.recording.started import Started
from tracer.recording.subject import How, Subject, still_running
from tracer.recording.tracedir import SCHEMA, WITH_HOLES, TraceDirectory
from tracer.recording.truthfile import whole_truth
from tracer.recording.underway import call_under_way
from tracer.recording.watch import End, Watch
from tracer.shared.errors import TracerError
from tracer.shared.records import CALL, RING_HEADER, SPOOLS

_REST_S: Final = {
    ("host", "real"): 0.005,
    ("lab", "real"): 0.05,
    ("lab", "instructions"): 0.2,
}
"""How long the reader sleeps when the rings are empty, by place and clock.

Emulated CPUs are slow: the rings fill slowly, and a reader that wakes up preempts the workload,
possibly inside a probe, of which a run is then missed.
"""


class Recording:
    """A trace that is being recorded."""

    def __init__(self, setup: Setup, subject: Subject, path: Path, how: How) -> None:
        """Make the subject join; nothing is left of one that cannot be started."""
        self._setup, self._subject = setup, subject
        self._maps = setup.instrument.maps
        self._names: FdNames | None = None
        self._keeping: Keeping | None = None
        self._whole: dict[str, int] = {}
        """How many records of each spool belong together: no call without its steps."""
        trace = None
        try:
            self._maps.release_all()
            for ring in self._maps.rings.values():
                ring.skip()  # records of tasks that outlived an earlier recording
            self._taken_before = self._taken()
            self._misses_before = setup.instrument.misses()
            schema = WITH_HOLES if how.newest else SCHEMA
            trace = TraceDirectory(path, setup.before(subject), schema)
            if how.newest:
                self._keeping = Keeping(trace, how.newest)
            subject.begin()
            for cell in subject.joined():
                trace.append("lives", cell)
            self._names = self._fd_names(trace)
        except BaseException:
            subject.stop()
            if trace:
                trace.remove()
            raise
        self._trace = trace

    def _fd_names(self, trace: TraceDirectory) -> FdNames | None:
        """Return the observer of fds for a user's program; a workload's truth has its own.

        Also None where pids are not those of the initial namespace.
        """
        if not self._subject.is_users or self._maps.tasks.own_pid() != os.getpid():
            return None
        names = FdNames(trace, self._subject.pid if isinstance(self._subject, Started) else None)
        for cell in self._subject.joined():
            names.note_lives(cell)
        return names

    def follow(self, watch: Watch, signals: Sequence[int], client: Client | None) -> End:
        """Drain until the recording ends; what the recorder started has ended then."""
        so_far = SoFar(self._trace, self._counted)
        try:
            while True:
                drained = self._drain()
                so_far.refresh()
                if self._names:
                    self._names.work()
                end = why_end(self._subject, signals, client)
                end = end or watch.why_stop(drained, self._subject.remark)
                if end:
                    break
                if not drained:
                    time.sleep(_REST_S[self._setup.where, self._setup.clock])
            if end is not End.ENDED:
                if self._names:
                    self._names.read_again(meanwhile=self._drain)
                self._subject.stop(meanwhile=self._drain)
        except BaseException:
            self._subject.stop()
            with suppress(TracerError):  # the first failure is the one to report
                self.finish("interrupted", None)
            raise
        # Ctrl-C reaches the command too, which may be gone before it is asked to stop.
        return end_of(signals) or end

    def _drain(self) -> int:
        done = 0
        names, calls = self._names, self._written()["calls"]
        observers = {"calls": names.note_calls, "lives": names.note_lives} if names else {}
        for name, ring in self._maps.rings.items():
            with self._trace.writing(SPOOLS[name]):
                done += ring.drain(self._trace.spool(name), observers.get(name))
        written = self._written()
        # A call's steps come before it: those of calls seen before are all drained now.
        self._whole = {**written, "calls": calls}
        if self._keeping:
            self._keeping.discard_excess(written)
        return done

    def finish(self, state: str, truth: Path | None) -> Recorded:
        """Make all tasks leave, drain the rest, keep unfinished calls and the truth.

        Raises:
            TracerError: something could not be written; the manifest was written, and says so.
        """
        failure = None
        tasks = self._maps.tasks
        running = still_running(tasks) if tasks.tids() else ""
        left = tasks.release_all()
        try:
            while self._drain():
                pass
            self._keep_unfinished(left)
            if self._names:
                self._trace.update({"fd_names": self._names.finish()})
            content = whole_truth(truth) if truth else None
            if content is not None:
                self._trace.keep_truth(content)
        except TracerError as error:
            state, failure = "interrupted", error
        totals = self._maps.totals()
        records = self._written()
        discarded = self._keeping.discarded if self._keeping else {}
        facts = self._setup.after(self._subject, totals, self._missed())
        self._trace.finish(state, {**facts, "records": records})
        if failure:
            raise failure
        return Recorded(
            path=self._trace.path,
            state=state,
            exit_status=self._subject.exit_status,
            calls=records["calls"] - discarded.get("calls", 0),
            steps=records["steps"] - discarded.get("steps", 0),
            let_go=sum(discarded.values()),
            lost=sum(totals.losses.values()),
            missed=sum(count or 0 for count in self._trace.manifest["misses"].values()),
            joined=totals.joined,
            running=running,
        )

    def _taken(self) -> dict[str, int]:
        """Return how many records have been taken from each ring so far."""
        return {name: ring.taken() for name, ring in self._maps.rings.items()}

    def _written(self) -> dict[str, int]:
        """Return how many records each spool of the trace has."""
        return {
            name: count - self._taken_before[name] + self._trace.appended[name]
            for name, count in self._taken().items()
        }

    def _keep_unfinished(self, left: Sequence[Slot]) -> None:
        """Write the calls that live tasks are in, with exit_ns 0."""
        header = RING_HEADER.pack(CALL.size, 0)
        for slot in left:
            under_way = call_under_way(slot)
            for call in (*slot.calls, *([under_way] if under_way else [])):
                self._trace.append("calls", header + call)

    def _counted(self) -> dict[str, Any]:
        return {
            "losses": self._maps.totals().losses,
            "misses": self._missed(),
            "records": self._whole,
        }

    def _missed(self) -> Misses:
        return since(self._misses_before, self._setup.instrument.misses())
