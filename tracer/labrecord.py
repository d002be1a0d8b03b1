"""Records in the lab: one boot of a stock kernel, any number of recordings."""

from __future__ import annotations

import json
import shutil
import signal
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.errors import LabError
from tracer.guest import STOP
from tracer.lab.boot import boot
from tracer.lab.kernels import Kernel
from tracer.loaders import AUTO, Loading
from tracer.record import DEFAULT_RING_MIB
from tracer.tracedir import give_to_sudo_user
from tracer.watch import Progress

GUEST_PYTHON: Final = ("/usr/bin/python3", "-S", "-E", "-B")
_BCC_S: Final = 300.0
"""How much longer a guest may take where BCC compiles in it, emulated."""
GUEST_PROGRAM: Final = Path(__file__).resolve().parent / "guest.py"


class Recording(NamedTuple):
    """One recording to be made: a command, or phases of our workloads."""

    name: str
    detail: str
    command: Sequence[str] = ()
    phases: Sequence[Mapping[str, Any]] = ()
    deadline_s: float | None = None


class Outcome(NamedTuple):
    """What became of a recording."""

    name: str
    path: Path | None
    """The trace; None if there is none."""
    error: str | None
    exit_code: int
    exit_status: int | None
    state: str | None


def record_in_lab(
    kernel: Kernel,
    recordings: Sequence[Recording],
    into: Path,
    *,
    hooks: Sequence[str] = (),
    ring_mib: int = DEFAULT_RING_MIB,
    loading: Loading = AUTO,
    deadline_s: float = 300.0,
    memory_mib: int = 1024,
    progress: Progress,
) -> list[Outcome]:
    """Boot ``kernel``, make the recordings, put the traces into the directory ``into``.

    Ctrl-C asks the guest to stop and keeps what it recorded; a second one kills it.

    Raises:
        LabError: the guest did not come up, hung or panicked, or the recorder failed in it.
    """
    job = {
        "hooks": list(hooks),
        "ring_mib": ring_mib,
        "loading": loading,
        "recordings": [recording._asdict() for recording in recordings],
    }
    with _share(job) as share, _stopping(share, progress):
        if loading.loader == "bcc" or loading.probes:
            deadline_s += _BCC_S
        _run(kernel, share, deadline_s, memory_mib, progress)
        return [_collect(share, answer, into) for answer in _answer(share)]


def doctor_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.facts.gather` finds there."""
    with _share({"doctor": True}) as share:
        _run(kernel, share, 120.0, 1024, progress)
        found: dict[str, Any] = _answer(share)
        return found


def crosscheck_in_lab(kernel: Kernel, *, progress: Progress) -> dict[str, Any]:
    """Boot ``kernel`` and return what :func:`tracer.crosscheck.gather` counts there."""
    with _share({"crosscheck": True}) as share:
        _run(kernel, share, 300.0 + _BCC_S, 1024, progress)
        counted: dict[str, Any] = _answer(share)
        return counted


@contextmanager
def _share(job: Mapping[str, Any]) -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="tracer-share-") as name:
        (Path(name) / "job.json").write_text(json.dumps(job))
        yield Path(name)


def _run(
    kernel: Kernel, share: Path, deadline_s: float, memory_mib: int, progress: Progress
) -> None:
    progress(f"booting {kernel.release}")
    result = boot(
        kernel,
        [*GUEST_PYTHON, str(GUEST_PROGRAM), str(share)],
        share=share,
        memory_mib=memory_mib,
        deadline_s=deadline_s,
        on_line=progress,
        progress=progress,
    )
    if result.exit_code != 0:
        words = result.stderr.decode(errors="replace").strip()[-2000:]
        raise LabError(f"the recorder failed in the guest ({kernel.release}): {words}")


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
def _stopping(share: Path, progress: Progress) -> Iterator[None]:
    """On the first Ctrl-C or SIGTERM ask the guest to stop, on the second give up on it."""

    def on_signal(number: int, _frame: object) -> None:
        if (share / STOP).exists():
            raise KeyboardInterrupt(number)
        (share / STOP).touch()
        progress("stopping; what was recorded is kept (Ctrl-C again: kill the guest)")

    numbers = (signal.SIGINT, signal.SIGTERM)
    before = {number: signal.signal(number, on_signal) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def to_stderr(line: str) -> None:
    """Show a line of progress."""
    print(f"tracer: {line}", file=sys.stderr, flush=True)
