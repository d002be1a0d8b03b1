"""Records in the lab: one boot of a stock kernel, any number of recordings."""

from __future__ import annotations

import json
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.bpf.loaders import AUTO, Loading
from tracer.guest.inside import STOP
from tracer.lab.boot import boot
from tracer.lab.hear import lines_to
from tracer.lab.kernels import Kernel
from tracer.recording.recorder import DEFAULT_RING_MIB
from tracer.recording.watch import Progress
from tracer.shared.errors import LabError, PanicError
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.newfile import give_to_sudo_user
from tracer.shared.say import say

GUEST_PYTHON: Final = ("/usr/bin/python3", "-S", "-E", "-B")
_DOCTOR_S: Final = 600.0
_CROSSCHECK_S: Final = 1800.0
_BCC_S: Final = 900.0
"""How much longer a guest may take where BCC compiles in it, emulated.

All limits are for guests that hang: several times what a machine takes that does nothing else.
"""
_BEAT_S: Final = 5.0
"""How long a guest may say nothing until what it does is said again."""
GUEST_PROGRAM: Final = Path(__file__).resolve().parent / "inside.py"


class Recording(NamedTuple):
    """One recording to be made: a command, or phases of our workloads."""

    name: str
    detail: str
    command: Sequence[str] = ()
    phases: Sequence[Mapping[str, Any]] = ()
    deadline_s: float | None = None
    bare: bool = False
    """Attach the tracepoints only."""


class Outcome(NamedTuple):
    """What became of a recording."""

    name: str
    path: Path | None
    """The trace; None if there is none."""
    error: str | None
    exit_code: int
    exit_status: int | None
    state: str | None


class LabBoot(NamedTuple):
    """One boot of ``kernel`` and the recordings to be made in it, for the directory ``into``."""

    kernel: Kernel
    recordings: Sequence[Recording]
    into: Path
    memory_mib: int = 1024
    clock: str = "real"
    """``instructions``: guest time is an instruction count."""
    hooks: Sequence[str] = ()
    ring_mib: int = DEFAULT_RING_MIB
    loading: Loading = AUTO
    deadline_s: float = 300.0

    def job(self) -> dict[str, Any]:
        """Return what the guest is told."""
        return {
            "hooks": list(self.hooks),
            "ring_mib": self.ring_mib,
            "loading": self.loading,
            "clock": self.clock,
            "recordings": [recording._asdict() for recording in self.recordings],
        }


def record_in_lab(boot: LabBoot, *, progress: Progress) -> list[Outcome]:
    """Boot a kernel, make the recordings, put the traces where they belong.

    Ctrl-C asks the guest to stop and keeps what it recorded; a second one kills it.

    Raises:
        LabError: the guest did not come up, hung or panicked, or the recorder failed in it.
    """
    (outcomes,) = record_boots([boot], at_once=1, progress=lambda _, line: progress(line))
    if isinstance(outcomes, LabError):
        raise outcomes
    return outcomes


def record_boots(
    boots: Sequence[LabBoot], *, at_once: int, progress: Callable[[LabBoot, str], None]
) -> list[list[Outcome] | LabError]:
    """Do as `record_in_lab` for each of ``boots``, up to ``at_once`` at a time.

    Returns for each, in order, the outcomes or why there are none. After Ctrl-C a boot has the
    outcomes until then, and one that had not begun has none.
    """
    given_up = threading.Event()
    with ExitStack() as stack:
        shares = [stack.enter_context(_share(boot.job())) for boot in boots]
        stack.enter_context(_stopping(shares, partial(progress, boots[0])))
        pool = stack.enter_context(ThreadPoolExecutor(at_once))
        stack.callback(given_up.set)  # before the pool waits for its threads
        pairs = zip(boots, shares, strict=True)
        futures = [pool.submit(_record, *pair, given_up, progress) for pair in pairs]
        return [_result(future) for future in futures]


def _result(future: Future[list[Outcome]]) -> list[Outcome] | LabError:
    try:
        return future.result()
    except LabError as error:
        return error


def _record(
    boot: LabBoot,
    share: Path,
    given_up: threading.Event,
    progress: Callable[[LabBoot, str], None],
) -> list[Outcome]:
    if (share / STOP).exists() or given_up.is_set():
        return []
    deadline_s = boot.deadline_s
    if boot.loading.loader == "bcc" or boot.loading.probes:
        deadline_s += _BCC_S
    run = partial(
        _run, boot.kernel, share, deadline_s, partial(progress, boot),
        memory_mib=boot.memory_mib, icount=boot.clock == "instructions", given_up=given_up,
    )  # fmt: skip
    try:
        run()
    except PanicError as error:
        if any(recording.command for recording in boot.recordings):
            raise
        progress(boot, say("{error}\nbooting once more", error=error))
        for trace in share.glob("*.trace"):
            shutil.rmtree(trace)
        run()
    return [_collect(share, answer, boot.into) for answer in _answer(share)]


def doctor_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.doctor.facts.gather` finds there."""
    with _share({"doctor": True}) as share:
        _run(kernel, share, _DOCTOR_S, progress)
        found: dict[str, Any] = _answer(share)
        return found


def crosscheck_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.crosscheck.counting.gather` counts there."""
    with _share({"crosscheck": True}) as share:
        _run(kernel, share, _CROSSCHECK_S, progress)
        counted: dict[str, Any] = _answer(share)
        return counted


@contextmanager
def _share(job: Mapping[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tracer-share-") as name:
        (Path(name) / "job.json").write_text(json.dumps(job))
        yield Path(name)


def _run(
    kernel: Kernel, share: Path, deadline_s: float, progress: Progress, **options: Any
) -> None:
    """Run the guest's program; ``options`` are more of tracer.lab.boot's."""
    with Heartbeat(progress, _BEAT_S) as heart:

        def tell(line: str) -> None:
            heart.now(line)
            progress(line)

        tell(say("booting {release}", release=kernel.release))
        result = boot(
            kernel,
            [*GUEST_PYTHON, str(GUEST_PROGRAM), str(share)],
            share=share,
            deadline_s=deadline_s,
            on_line=tell,
            stderr=lines_to(tell),
            progress=tell,
            **options,
        )
    if result.exit_code != 0:
        words = result.stderr.decode(errors="replace").strip()[-2000:]
        raise LabError(
            say(
                "the recorder failed in the guest ({release}): {words}",
                release=kernel.release,
                words=words,
            )
        )


def _answer(share: Path) -> Any:
    return json.loads((share / "answer.json").read_text())


def _collect(share: Path, answer: Mapping[str, Any], into: Path) -> Outcome:
    source = share / f"{answer['name']}.trace"
    target: Path | None = into / source.name
    if source.exists() and target is not None:
        shutil.move(source, target)
        give_to_sudo_user(target)
    else:
        target = None
    return Outcome(
        name=answer["name"],
        path=target,
        error=answer["error"],
        exit_code=answer.get("exit_code", 0),
        exit_status=answer["exit_status"],
        state=answer.get("state"),
    )


@contextmanager
def _stopping(shares: Sequence[Path], progress: Progress) -> Iterator[None]:
    """On the first Ctrl-C or SIGTERM ask the guests to stop, on the second give up on them."""

    def on_signal(number: int, _frame: object) -> None:
        if (shares[0] / STOP).exists():
            raise KeyboardInterrupt(number)
        for share in shares:
            (share / STOP).touch()
        progress("stopping; what was recorded is kept (Ctrl-C again: kill the guest)")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
