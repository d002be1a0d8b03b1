"""The bcc loader: text generated from the same probes, compiled by BCC on the traced machine.

For kernels without BTF, for users' own probes, and as a second instrument that must give the
same counts. It attaches raw tracepoints and kprobes; a kprobe sees no return value, and what
only trampolines or breakpoints see is missing.
"""

from __future__ import annotations

import atexit
import os
import platform
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tracer.bpf import headers, taskpid
from tracer.bpf.headers import Headers
from tracer.bpf.instrument import RefusedError, attach_planned
from tracer.bpf.libbpf import Libbpf
from tracer.bpf.maps import RINGS, Maps
from tracer.bpf.misses import Misses
from tracer.bpf.plan import Choice, Only, Placement, Requested, Trial
from tracer.bpf.userprobe import UserProbe
from tracer.shared.catalogue import PROBES, Hook
from tracer.shared.errors import KernelError, ProbeError, TracerError
from tracer.shared.message import message, quoted
from tracer.shared.packages import install

TEXT: Final = PROBES / "tracer.bcc.c"
_DIST_PACKAGES: Final = "/usr/lib/python3/dist-packages"
"""Where Debian installs bcc; a Python started with -S does not search there."""
_NOT_HERE: Final = "the bcc loader attaches raw tracepoints and kprobes only"
_PAGE: Final = 4096


def attach(
    lib: Libbpf,
    hooks: tuple[Hook, ...],
    requested: Requested,
    sizes: dict[str, int],
    probes: tuple[UserProbe, ...] = (),
) -> BccInstrument:
    """Compile the probes and attach those of ``hooks`` that the running kernel accepts.

    Args:
        lib: libbpf, for the maps and trials.
        hooks: the catalogue.
        requested: which of them to attach.
        sizes: of the rings ``calls``, ``steps`` and ``lives`` in bytes, powers of two; of ``sums``
            in keys, where calls are added up.
        probes: users' own, compiled with ours and all attached.

    Raises:
        KernelError: no BCC, no headers, or the kernel refuses even the tracepoints.
        ProbeError: a user's probe does not compile, or the kernel refuses it.
    """
    instrument = BccInstrument(lib, sizes, headers.find(platform.release()), probes)
    trial = Trial(lib)
    try:
        kernel = Only(trial, ("raw_tp", "kprobe"), _NOT_HERE)
        attach_planned(instrument, kernel, *requested.of(hooks))
        instrument.plan += tuple(Choice(p.hook, p.hook.attach[0], (), ()) for p in probes)
    except BaseException:
        instrument.close()
        raise
    finally:
        trial.close()
    return instrument


class BccInstrument:
    """Programs that BCC compiled and attached, and their maps."""

    def __init__(
        self, lib: Libbpf, sizes: dict[str, int], found: Headers, probes: tuple[UserProbe, ...]
    ) -> None:
        """Compile; BCC attaches users' probes at once, by their names."""
        self._lib, self._sizes, self._headers = lib, sizes, found
        self._placed: dict[str, Placement] = {}
        self._misses = Misses(lib)
        self._own = {
            name: point.type
            for probe in probes
            for name, point in zip(probe.programs, probe.hook.attach, strict=True)
        }
        self.plan: tuple[Choice, ...] = ()
        if not TEXT.exists():
            raise TracerError(
                message(
                    "{name} is missing: in a checkout run scripts/build (it needs clang); a "
                    "wheel contains it",
                    name=TEXT.name,
                )
            )
        self.bpf = _bcc()
        self.module = _compile(self.bpf, sizes, found, taskpid.offset(lib), probes)
        atexit.unregister(self.module.cleanup)

    @property
    def facts(self) -> dict[str, Any]:
        """What the manifest says about the loader."""
        return {"loader": "bcc", "headers": str(self._headers)}

    def add(self, placements: tuple[Placement, ...]) -> RefusedError:
        """Load and attach programs; return what the kernel refused of them."""
        refused: RefusedError = {}
        for placement in placements:
            if reason := self._attach(placement):
                refused[placement.hook, placement.point] = reason
            else:
                self._placed[placement.hook] = placement
        return refused

    def _attach(self, placement: Placement) -> str | None:
        symbol, program = placement.point.symbol.encode(), placement.program.encode()
        with _captured_stderr() as words:
            try:
                if placement.point.type == "raw_tp":
                    self.module.attach_raw_tracepoint(tp=symbol, fn_name=program)
                else:
                    self.module.attach_kprobe(event=symbol, fn_name=program)
            except Exception as error:  # BCC raises nothing more exact
                return _shortly(words(), str(error))
        return None

    def placed(self, hook: Hook) -> bool:
        """Tell whether a hook is attached."""
        return hook.name in self._placed

    def open_maps(self) -> None:
        """Open the maps."""
        self.maps = Maps(
            self._lib,
            lambda name: int(self.module[name.encode()].map_fd),
            self._own_program,
            self._sizes,
        )

    def _own_program(self, name: str) -> int:
        program = f"{name}_raw_tp".encode()
        return int(self.module.load_func(program, self.bpf.RAW_TRACEPOINT).fd)

    def find_instances(self) -> str | None:
        """Return why open epoll instances are not found: headers lack their structs."""
        return "the bcc loader cannot read struct eventpoll"

    def misses(self) -> dict[str, int | None]:
        """Return how often the kernel skipped each program; None: it does not count that."""
        kinds = {placed.program: placed.point.type for placed in self._placed.values()}
        return {
            name: self._misses.of(kind, self.module.funcs[name.encode()].fd)
            for name, kind in (kinds | self._own).items()
        }

    def detach(self) -> None:
        """Detach all programs; the maps stay readable."""
        with _captured_stderr():
            for event in list(self.module.kprobe_fds):
                self.module.detach_kprobe_event(event)
            for name in list(self.module.raw_tracepoint_fds):
                self.module.detach_raw_tracepoint(name)

    def close(self) -> None:
        """Detach all programs and free the maps."""
        if hasattr(self, "maps"):
            self.maps.close()
        self.detach()
        self.module.cleanup()


def place() -> Path | None:
    """Return the directory of the system's bcc, None if it is not installed.

    A package of that name without libbcc is PyPI's, which is something else.
    """
    found = (Path(each) / "bcc" for each in (*sys.path, _DIST_PACKAGES))
    return next((path for path in found if (path / "libbcc.py").is_file()), None)


def _bcc() -> Any:
    with suppress(ImportError):
        return _import_bcc()
    sys.path.append(_DIST_PACKAGES)
    try:
        return _import_bcc()
    except ImportError as error:
        raise KernelError(
            message(
                "the bcc loader needs Python's bcc ({error}); run: {command} (bcc on PyPI is "
                "something else)",
                error=error,
                command=install("bcc"),
            )
        ) from error
    finally:
        sys.path.remove(_DIST_PACKAGES)


def _import_bcc() -> Any:
    from bcc import BPF  # noqa: PLC0415 -- takes a guest 20 s; only this loader needs it

    return BPF


def _compile(
    bpf: Any, sizes: dict[str, int], found: Headers, pid_offset: int, probes: tuple[UserProbe, ...]
) -> Any:
    cflags = [
        f"-DTASK_PID_OFFSET={pid_offset}",
        *(f"-DRING_PAGES_{name}={sizes[name] // _PAGE}" for name in RINGS),
        *([f"-DMOST_SUMS={sizes['sums']}"] if "sums" in sizes else []),
        *found.cflags,
        "-Werror=implicit-function-declaration",
    ]
    text = "\n".join([TEXT.read_text(), *(probe.text for probe in probes)])
    with _kernel_source(found.source), _captured_stderr() as words:
        try:
            return bpf(text=text.encode(), cflags=cflags)
        except Exception as error:  # BCC raises nothing more exact
            raise _why_not(words(), str(error), probes) from error


def _why_not(words: str, error: str, probes: tuple[UserProbe, ...]) -> TracerError:
    """Return the error for a failure of BCC to compile or attach, by whose fault it is."""
    for probe in probes:
        if f"{probe.path}:" in words:
            start = words.index(f"{probe.path}:")
            return ProbeError(
                message(
                    "the probe does not compile:\n{words}",
                    words=quoted(words[start:].strip()[:2000]),
                )
            )
        if name := next((name for name in probe.programs if f"'{name}'" in error), None):
            return ProbeError(_refused(probe, name, words, error))
        if any(f"({point.symbol})" in words for point in probe.hook.attach):
            return ProbeError(
                message(
                    "{path} cannot be attached: {why}",
                    path=probe.path,
                    why=_shortly(words, error),
                )
            )
    return KernelError(f"BCC did not take the probes: {error}\n{words[-2000:]}".rstrip())


def _refused(probe: UserProbe, program: str, words: str, error: str) -> str:
    """Return which line of a user's file the verifier stopped at, or that it cannot be attached."""
    log = [line for line in words.splitlines() if line.strip()]
    said = [number for number, line in enumerate(log) if line.startswith("processed ")]
    if not said:
        return f"{probe.path}: {program} cannot be attached: {_shortly(words, error)}"
    remarks = [line[2:].split(" @ ")[0].strip() for line in log if line.startswith("; ")]
    hint = "".join(f"\n{line}" for line in log if line.startswith("HINT: "))
    return (
        f"{probe.path}:{_line(probe, program, remarks)}: {program} is refused by the kernel's "
        f"verifier: {log[said[-1] - 1].strip()}\nat: {remarks[-1] if remarks else '?'}{hint}"
    )


def _line(probe: UserProbe, program: str, remarks: list[str]) -> int:
    """Return the last line of the file that the verifier reached, else the program's first.

    The compiler may merge a file's own lines with those of the functions that it calls.
    """
    lines = [line.strip() for line in probe.source.splitlines()]
    telling = (remark for remark in reversed(remarks) if re.search(r"\w", remark))
    last = next((remark for remark in telling if remark in lines), None)
    if last is not None:
        return lines.index(last) + 1
    return next(number for number, line in enumerate(lines, 1) if f"{program}(" in line)


def _shortly(words: str, error: str) -> str:
    """Return the last thing that libbcc said, else BCC's exception."""
    said = [line.strip() for line in words.splitlines() if line.strip()]
    return re.sub(r"\s+", " ", said[-1] if said else error)


@contextmanager
def _kernel_source(path: str | None) -> Iterator[None]:
    """Tell BCC where the headers are, through the environment variable that it reads."""
    before = os.environ.get(headers.VARIABLE)
    if path is not None:
        os.environ[headers.VARIABLE] = path
    try:
        yield
    finally:
        if path is not None and before is None:
            del os.environ[headers.VARIABLE]


@contextmanager
def _captured_stderr() -> Iterator[Callable[[], str]]:
    """Capture what libbcc and its compiler print to standard error; yields its reader."""
    sys.stderr.flush()
    kept, captured = os.dup(2), os.memfd_create("stderr")
    os.dup2(captured, 2)
    try:
        yield lambda: os.pread(captured, os.fstat(captured).st_size, 0).decode(errors="replace")
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(captured)
