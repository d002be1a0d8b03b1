"""Records in the lab: one boot of a stock kernel, any number of recordings."""

from __future__ import annotations

import json
import os
import shutil
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import wait as wait_for
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.guest.asked import LabBoot, Outcome
from tracer.guest.collected import answered, collect_all
from tracer.guest.inside import STOP
from tracer.lab.boot import boot
from tracer.lab.kernels import Kernel
from tracer.lab.sinks import Sink, lines_to
from tracer.recording.watch import Progress
from tracer.shared.crossing import from_line
from tracer.shared.directory import Directory
from tracer.shared.ending import on_ending
from tracer.shared.errors import LabError, PanicError
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import joined, message
from tracer.shared.scratch import scratch_directory

GUEST_PYTHON: Final = ("/usr/bin/python3", "-S", "-E", "-B")
_DOCTOR_S: Final = 600.0
_CROSSCHECK_S: Final = 1800.0
_BCC_S: Final = 900.0
"""How much longer a guest may take where BCC compiles in it, emulated.

All limits are for guests that hang: several times what an otherwise idle machine takes.
"""
_BEAT_S: Final = 5.0
"""How long a guest may be silent before what it does is reported again."""
_CHECK_S: Final = 0.2
"""The longest that a signal may wait for its handler, if it comes at a bad moment."""
_MOST_LINES: Final = 20
"""How many of a guest's last lines are reported if its recorder failed: enough for a traceback."""
GUEST_PROGRAM: Final = Path(__file__).resolve().parent / "inside.py"


class OutputSinks(NamedTuple):
    """Who gets the output of a command in the guest, byte for byte."""

    stdout: Sink
    stderr: Sink


class Reporting(NamedTuple):
    """Functions that report the progress of boots."""

    progress: Callable[[LabBoot, str], None]
    finished: Callable[[LabBoot, int], None]
    beat_s: float


def record_in_lab(
    boot: LabBoot, *, progress: Progress, sinks: OutputSinks | None = None
) -> list[Outcome]:
    """Boot a kernel, make the recordings, put the traces where they belong.

    ``sinks`` get the bytes that the commands write; by default they are progress, as lines.

    Ctrl-C asks the guest to stop and keeps what it recorded; a second one kills it.

    Raises:
        LabError: the guest did not come up, hung or panicked, or the recorder failed in it.
    """
    (outcomes,) = record_boots(
        [boot], at_once=1, progress=lambda _, line: progress(line), sinks=sinks
    )
    if isinstance(outcomes, LabError):
        raise outcomes
    return outcomes


def record_boots(
    boots: Sequence[LabBoot],
    *,
    at_once: int,
    progress: Callable[[LabBoot, str], None],
    sinks: OutputSinks | None = None,
    finished: Callable[[LabBoot, int], None] = lambda _boot, _count: None,
    beat_s: float | None = None,
) -> list[list[Outcome] | LabError]:
    """Do as `record_in_lab` for each of ``boots``, up to ``at_once`` at a time.

    ``finished`` is told how many recordings of a boot are done so far. What takes long is reported
    again every ``beat_s`` seconds.

    Returns for each, in order, the outcomes or the reason why there are none. After Ctrl-C a boot
    has the outcomes until then, and one that had not begun has none.
    """
    given_up = threading.Event()
    with ExitStack() as stack:
        shares = [stack.enter_context(_share(boot.job())) for boot in boots]
        signals = stack.enter_context(_stopping(shares, partial(progress, boots[0])))
        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        stack.callback(given_up.set)  # before the pool waits for its threads
        pairs = zip(boots, shares, strict=True)
        reporting = Reporting(progress, finished, _BEAT_S if beat_s is None else beat_s)
        futures = [pool.submit(_record, *pair, given_up, reporting, sinks) for pair in pairs]
        return [_result(future, signals) for future in futures]


def _result(future: Future[list[Outcome]], signals: Sequence[int]) -> list[Outcome] | LabError:
    while not future.done():
        # A signal that comes just before the wait begins does not end it: its handler runs after.
        wait_for([future], _CHECK_S)
    try:
        outcomes = future.result()
        stopped_by = signals[0] if signals else None
        return [outcome._replace(signal=stopped_by) for outcome in outcomes]
    except LabError as error:
        return error


def _record(
    boot: LabBoot,
    share: Path,
    given_up: threading.Event,
    reporting: Reporting,
    sinks: OutputSinks | None,
) -> list[Outcome]:
    if (share / STOP).exists() or given_up.is_set():
        return []

    def progress(line: str) -> None:
        reporting.progress(boot, line)
        reporting.finished(boot, _recorded(share, boot))

    deadline_s = boot.deadline_s
    if boot.loading.loader == "bcc" or boot.loading.probes:
        deadline_s += _BCC_S
    run = partial(
        _run, boot.kernel, share, deadline_s, progress, beat_s=reporting.beat_s,
        memory_mib=boot.memory_mib, icount=boot.clock == "instructions", given_up=given_up,
        sinks=sinks,
    )  # fmt: skip
    try:
        run()
    except PanicError as error:
        if any(recording.command for recording in boot.recordings):
            raise
        progress(message("{error}\nbooting again", error=error))
        _empty(share)
        _fill(share, boot.job())
        run()
    reporting.finished(boot, _recorded(share, boot))
    return collect_all(share, boot)


def _recorded(share: Path, boot: LabBoot) -> int:
    """Return how many recordings the guest has handed over, or begun to: only for display."""
    return sum(os.path.lexists(share / f"{each.name}.trace") for each in boot.recordings)


def doctor_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.doctor.facts.gather` finds there."""
    with _share({"doctor": True}) as share:
        _run(kernel, share, _DOCTOR_S, progress)
        return answered(share)


def crosscheck_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.crosscheck.counting.gather` counts there."""
    with _share({"crosscheck": True}) as share:
        _run(kernel, share, _CROSSCHECK_S, progress)
        return answered(share)


@contextmanager
def _share(job: Mapping[str, Any]) -> Iterator[Path]:
    with scratch_directory("share") as share:
        _fill(share, job)
        yield share


def _fill(share: Path, job: Mapping[str, Any]) -> None:
    (share / "job.json").write_text(json.dumps(job))


def _empty(share: Path) -> None:
    """Remove what a guest left; it may be anything."""
    for entry in os.scandir(share):
        if entry.name == STOP:
            continue  # the host's: the request stands
        if entry.is_dir(follow_symlinks=False):
            shutil.rmtree(entry.path)
        else:
            Path(entry.path).unlink()


def _run(
    kernel: Kernel,
    share: Path,
    deadline_s: float,
    progress: Progress,
    sinks: OutputSinks | None = None,
    *,
    beat_s: float | None = None,
    **options: Any,
) -> None:
    """Run the guest's program; ``options`` are further ones of tracer.lab.boot."""
    with Heartbeat(progress, _BEAT_S if beat_s is None else beat_s) as heart:

        def report(line: str) -> None:
            heart.now(line)
            progress(line)

        report(message("booting {release}", release=kernel.release))
        out, err = sinks or (lines_to(report), lines_to(report))
        result = boot(
            kernel,
            [*GUEST_PYTHON, str(GUEST_PROGRAM), str(share)],
            share=share,
            deadline_s=deadline_s,
            stdout=out,
            stderr=err,
            notes=lines_to(lambda line: report(from_line(line))),
            progress=report,
            **options,
        )
    if result.exit_code != 0:
        lines = result.notes.decode(errors="replace").strip().splitlines()[-_MOST_LINES:]
        raise LabError(
            message(
                "the recorder failed in the guest ({release}): {words}",
                release=kernel.release,
                words=joined("\n", [from_line(line) for line in lines]),
            )
        )


@contextmanager
def _stopping(shares: Sequence[Path], progress: Progress) -> Iterator[list[int]]:
    """On the first signal of ENDING ask the guests to stop, on the second give up on them.

    Yields the signals received so far.
    """
    seen: list[int] = []

    def on_signal(number: int, _frame: object) -> None:
        seen.append(number)
        if len(seen) > 1:
            raise KeyboardInterrupt(number)
        for share in shares:
            _ask_to_stop(share)
        progress("stopping; what was recorded is kept (Ctrl-C again: kill the guest)")

    with on_ending(on_signal):
        yield seen


def _ask_to_stop(share: Path) -> None:
    """Create the file that asks it to stop; the guest may have put anything in its place."""
    with Directory(share, ours=True) as directory:
        directory.touch(STOP)
