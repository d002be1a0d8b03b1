"""Samples running programs: sums of their calls, once per interval, no records.

The probes add up in the kernel (``probes/sums.bpf.h``); only the sums are read. They contain calls
that returned; a call under way will be in a later sample.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from typing import Final

from tracer.bpf.loaders import AUTO, Loading
from tracer.bpf.tasks import Flags
from tracer.recording import recorder
from tracer.recording.attached import Attached
from tracer.recording.client import Client
from tracer.recording.ends import why_end
from tracer.recording.recorder import Recorder
from tracer.recording.started import Started
from tracer.recording.subject import AS_IT_IS, How, Subject
from tracer.recording.watch import End, Watch
from tracer.recording.watched import Watched
from tracer.shared import rights
from tracer.shared.ending import interruptible
from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.sums import Sample, SumKey, Sums

LEAST_S: Final = 0.1
"""The shortest interval: reading takes some milliseconds."""
_REST_S: Final = 0.05


class Sampler:
    """An attached instrument that adds up what commands and tasks do."""

    def __init__(self, loading: Loading = AUTO) -> None:
        """Attach to tracepoints only, which is all the sums need: it may be left on for long.

        Raises as :class:`tracer.recording.recorder.Recorder` does.
        """
        self._recorder = Recorder(wanted=(), loading=loading, adds_up=True)
        self.plan = self._recorder.plan
        self.end: End | None = None
        """Why the last sampling ended."""
        self.exit_status: int | None = None
        """Of the command that was sampled last."""
        self._before: dict[SumKey, Sums] = {}

    def __enter__(self) -> Sampler:
        """Return itself; the programs are detached at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Detach."""
        self._recorder.close()

    def of_command(
        self,
        command: Sequence[str],
        interval_s: float,
        how: How = AS_IT_IS,
        client: Client | None = None,
    ) -> Generator[Sample, None, None]:
        """Run ``command`` and yield a sample per interval, the last one when it has ended.

        Raises:
            UsageError: there is no such command, or the interval is too short.
            WorkloadError: it could not be started.
        """
        tasks = self._recorder.instrument.maps.tasks
        child = Started(tasks, command, None, how, Flags.ADDS_UP)
        return self._samples(child, interval_s, how, client)

    def of_watched(
        self,
        watched: Watched,
        interval_s: float,
        how: How = AS_IT_IS,
        client: Client | None = None,
    ) -> Generator[Sample, None, None]:
        """Attach to running tasks and yield a sample per interval; they run on undisturbed.

        Raises:
            UsageError: what was named has ended, or the interval is too short.
        """
        instrument = self._recorder.instrument
        subject = Attached(instrument.maps.tasks, watched, Flags.ADDS_UP, instrument.find_instances)
        return self._samples(subject, interval_s, how, client)

    def _samples(
        self, subject: Subject, interval_s: float, how: How, client: Client | None
    ) -> Generator[Sample, None, None]:
        if interval_s < LEAST_S:
            subject.stop()
            raise UsageError(
                message(
                    "--interval {s:g}: needed: at least {least:g} s", s=interval_s, least=LEAST_S
                )
            )
        maps = self._recorder.instrument.maps
        maps.release_all()
        self._before, self.end, self.exit_status = {}, None, None
        watch = Watch(None, None, lambda: False, how.duration_s)
        with interruptible() as signals:
            try:
                subject.begin()
                rights.keep_only(recorder.KEPT)
                began = time.monotonic()
                while not (end := self._until(subject, client, watch, signals, began + interval_s)):
                    yield self._sample(began)
                    began = time.monotonic()
                self.end = end
                if end is not End.ENDED:
                    subject.stop()
                maps.tasks.release_all()
                yield self._sample(began)
            finally:
                maps.tasks.release_all()
                subject.stop()
                if client:
                    client.stop()
                self.exit_status = subject.exit_status

    def _until(
        self,
        subject: Subject,
        client: Client | None,
        watch: Watch,
        signals: Sequence[int],
        when: float,
    ) -> End | None:
        """Wait until ``when``, or until there is an end, which is returned."""
        rings = self._recorder.instrument.maps.rings
        while True:
            for ring in rings.values():
                ring.skip()  # tasks' records and phase marks: nobody needs them
            end = why_end(subject, signals, client) or watch.why_stop(0, subject.remark)
            left = when - time.monotonic()
            if end or left <= 0:
                return end
            time.sleep(min(_REST_S, left))

    def _sample(self, began: float) -> Sample:
        maps = self._recorder.instrument.maps
        now = maps.sums()
        added = {key: sums.since(self._before.get(key)) for key, sums in now.items()}
        self._before = now
        return Sample(
            seconds=time.monotonic() - began,
            sums={key: sums for key, sums in added.items() if sums["calls"]},
            lost=sum(maps.totals().losses[name] for name in ("sums", "tasks")),
        )
