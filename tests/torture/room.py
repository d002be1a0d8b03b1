"""A room for one case: ``tracer`` runs in it as a separate program, and what it leaves is found."""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from analysis.checks.trust import common_doubts
from analysis.frames import Trace, read_trace
from tests.live.running import PYTHON, ROOT, loaded, programs_of
from tests.torture.figures import Figures
from tracer import cli
from tracer.shared.errors import TracerError

START: Final = "import sys, tracer.start; sys.exit(tracer.start.main())"
TRACER: Final = (sys.executable, "-c", START)
"""Like the installed command, which answers Ctrl-C before anything else is imported."""
MARK: Final = "TRACER_TORTURE"
"""A variable that every process of a case inherits, with a different value per case."""
PATIENCE_S: Final = 120.0
SETTLE_S: Final = 30.0
"""How long things may take to disappear on a busy machine."""
SUBJECTS: Final = Path(__file__).parent / "subjects"


class Room:
    """``work`` is where traces go, ``tmp`` is TMPDIR of all that runs in it."""

    def __init__(self, home: Path) -> None:
        self.mark = secrets.token_hex(8)
        self.work, self.tmp = home / "work", home / "tmp"
        self.work.mkdir()
        self.tmp.mkdir()
        self._out, self._err = home / "stdout", home / "stderr"
        self.programs: set[int] = set()

    @property
    def environment(self) -> dict[str, str]:
        """The environment of what runs in the room."""
        own = {MARK: self.mark, "TMPDIR": str(self.tmp), "PYTHONPATH": str(ROOT)}
        return {**os.environ, **own}

    def start(
        self, *arguments: str | bytes | Path, before: Sequence[str] = ()
    ) -> subprocess.Popen[bytes]:
        """Start a command of tracer, in the directory ``work``; ``before`` runs it.

        Its output goes to files: a pipe would be held open by whatever outlives it.
        """
        with self._out.open("ab") as out, self._err.open("ab") as err:
            return subprocess.Popen(
                [*before, *TRACER, *arguments],
                cwd=self.work,
                env=self.environment,
                start_new_session=True,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    @property
    def said(self) -> bytes:
        """All output in the room until now."""
        return self._out.read_bytes() + self._err.read_bytes()

    def run(
        self,
        *arguments: str | bytes | Path,
        before: Sequence[str] = (),
        timeout_s: float = PATIENCE_S,
    ) -> subprocess.CompletedProcess[bytes]:
        """Run a command of tracer to its end; kill it if it takes too long."""
        for file in (self._out, self._err):
            file.write_bytes(b"")
        process = self.start(*arguments, before=before)
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            with self._err.open("ab") as err:
                err.write(b"\ntorture: it hung and was killed")
        out, err_said = self._out.read_bytes(), self._err.read_bytes()
        return subprocess.CompletedProcess(process.args, process.returncode, out, err_said)

    def note_programs(self, pid: int) -> None:
        """Remember the BPF programs that ``pid`` holds: they must go with it."""
        with suppress(OSError):
            self.programs |= programs_of(pid)

    def processes(self) -> list[int]:
        """Return the processes of this case that are alive."""
        alive = []
        for path in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                if f"{MARK}={self.mark}".encode() in (path / "environ").read_bytes():
                    alive.append(int(path.name))
        return alive

    def processes_of(self, word: str) -> list[int]:
        """Return those of the processes that have ``word`` in their command lines."""
        return [pid for pid in self.processes() if word in _command_of(pid)]

    def commands(self, word: str) -> list[int]:
        """Return those with ``word`` in their command lines that are not recorders.

        A recorder's child has the recorder's command line until it execs; if the recorder was
        killed it ends instead, which takes a moment.
        """
        deadline = time.monotonic() + SETTLE_S
        while self.processes_of(START) and time.monotonic() < deadline:
            time.sleep(0.05)
        return [pid for pid in self.processes_of(word) if pid not in self.processes_of(START)]

    def left(self) -> list[str]:
        """Return what is left of a finished case, after it had time to disappear."""
        deadline = time.monotonic() + SETTLE_S
        while (there := self._left()) and time.monotonic() < deadline:
            time.sleep(0.05)
        for pid in self.processes():
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return there

    def _left(self) -> list[str]:
        names = [f"temporary {path.name}" for path in self.tmp.iterdir()]
        names += [f"process {_command_of(pid)[:80]}" for pid in self.processes()]
        return names + [f"program {number}" for number in loaded(self.programs)]

    def check(self, figures: Figures, said: bytes = b"", case: str = "") -> None:
        """Count tracebacks in the output, and what is left behind."""
        if b"Traceback" in said:
            figures.found("tracebacks", f"{case}: {said.decode(errors='replace')[-300:]}")
        if there := self.left():
            figures.found("left", f"{case}: {', '.join(there[:4])}")


def _command_of(pid: int) -> str:
    with suppress(OSError):
        words = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        return b" ".join(words).decode(errors="replace")
    return str(pid)


@contextmanager
def room() -> Iterator[Room]:
    """Yield an empty room."""
    home = Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        yield Room(home)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def check_trace(figures: Figures, path: Path, case: str, whole: bool = False) -> Trace | None:
    """Read the trace at ``path`` as commands do; count harm. None: it is refused.

    An early end must raise a doubt, unless ``whole`` is expected.
    """
    try:
        trace = read_trace(path)
    except TracerError as error:
        figures.tell("refused")
        if whole:
            figures.found("wrong", f"{case}: a whole trace is refused: {error}")
        return None
    except Exception as error:
        figures.found("tracebacks", f"{case}: reading it: {error!r}")
        return None
    if trace.truncated_bytes:
        figures.found("wrong", f"{case}: a torn record of {trace.truncated_bytes} bytes")
    if trace.manifest.state != "complete" and not common_doubts(trace):
        figures.found("lost", f"{case}: {trace.manifest.state}, and nothing is doubted")
    code, said = answer("report", str(path))
    if code or "Traceback" in said:
        figures.found("tracebacks", f"{case}: report: {said[-300:]}")
    return trace


def answer(*words: str) -> tuple[int, str]:
    """Run a command line in this process; return its exit code and all output."""
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        try:
            code = cli.main(list(words))
        except Exception as error:
            return 1, f"Traceback: {error!r}"
    return code, said.getvalue()


def subject(name: str, *arguments: object) -> list[str]:
    """Return the command line of a program in ``subjects``."""
    return [*PYTHON, str(SUBJECTS / f"{name}.py"), *map(str, arguments)]


def end_command(figures: Figures, place: Room, trace: Path, case: str) -> None:
    """End a storm that outlived its recorder: it is the user's, and a report must show its pid."""
    report = answer("report", str(trace))[1]
    for pid in place.commands("storm.py"):
        figures.tell("commands that went on")
        if f"{pid}" not in report:
            figures.found("left", f"{case}: the command goes on, and nothing tells its pid")
        with suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def zero_writes(trace: Trace) -> int:
    """Return how many writes of zero bytes a trace has: only subjects make them."""
    calls = trace.calls
    return int(((calls.family == "write") & (calls.ret == 0) & ~calls.unfinished).sum())
