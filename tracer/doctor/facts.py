"""What the running kernel allows, found by trying. Standard library only: guests run it too."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.bpf import bcc_loader, headers
from tracer.bpf import breakpoint as hardware
from tracer.bpf.libbpf import Libbpf, errno_text
from tracer.bpf.plan import KPROBE_PMU, Trial
from tracer.recording.recorder import Recorder
from tracer.shared import rights
from tracer.shared.catalogue import AttachPoint
from tracer.shared.errors import KernelError, TracerError
from tracer.shared.message import joined, message
from tracer.shared.packages import install

LOCKDOWN: Final = Path("/sys/kernel/security/lockdown")
TRACEFS: Final = (Path("/sys/kernel/tracing"), Path("/sys/kernel/debug/tracing"))
_TRIED_FUNCTION: Final = "do_sys_poll"


class Fact(NamedTuple):
    """One thing that a kernel or machine allows or refuses."""

    name: str
    ok: bool
    found: str
    remedy: str
    """What to do about it; empty where nothing need be done."""


def gather() -> dict[str, Any]:
    """Return facts and hooks of this kernel, ready for JSON.

    Keys: ``kernel`` (release, version, machine), ``facts`` (list of :class:`Fact` as
    objects), ``hooks`` (rows of the plan, see docs/design.md; empty if nothing could be
    attached), ``error`` (why nothing could, or null).
    """
    uname = platform.uname()
    answer: dict[str, Any] = {
        "schema": 1,
        "kernel": {
            "release": uname.release,
            "version": uname.version,
            "machine": uname.machine,
        },
        "facts": [fact._asdict() for fact in kernel_facts()],
        "hooks": [],
        "error": None,
    }
    try:
        with Recorder("steps") as recorder:
            answer["hooks"] = [choice.to_json() for choice in recorder.plan]
    except TracerError as error:
        answer["error"] = str(error)
    return answer


def kernel_facts() -> list[Fact]:
    """Return what the running kernel allows, each found by trying."""
    facts = [_rights(), _lockdown(), _tracefs(), _bcc(), _headers()]
    try:
        lib = Libbpf()
    except OSError as error:
        return [*facts, Fact("libbpf", False, str(error), install("libbpf"))]
    trial = Trial(lib)
    try:
        return [
            Fact("libbpf", True, message("libbpf.so.1, {version}", version=lib.version()), ""),
            _btf(trial),
            _raw_tracepoints(lib),
            _function_tracing(trial),
            _kprobes(trial),
            _breakpoints(trial),
            *facts,
        ]
    finally:
        trial.close()


def _btf(trial: Trial) -> Fact:
    if trial.btf is not None:
        return Fact("BTF", True, "/sys/kernel/btf/vmlinux", "")
    return Fact(
        "BTF",
        False,
        "none",
        "the core loader needs CONFIG_DEBUG_INFO_BTF; --loader bcc needs headers instead",
    )


def _raw_tracepoints(lib: Libbpf) -> Fact:
    try:
        lib.close_fd(lib.load_trivial("raw_tp"))
    except OSError as error:
        return Fact("raw tracepoints", False, errno_text(error), "run as root: sudo tracer doctor")
    return Fact("raw tracepoints", True, "a trivial program loads", "")


def _function_tracing(trial: Trial) -> Fact:
    reason = trial.refusal(AttachPoint("fentry", _TRIED_FUNCTION))
    if reason is None:
        return Fact(
            "function tracing",
            True,
            message("fentry:{function} loads", function=_TRIED_FUNCTION),
            "",
        )
    return Fact(
        "function tracing",
        False,
        reason,
        "system calls, sleeps and wakeups can still be recorded; for wait queues, callbacks and "
        "copies use --kernel K (a stock kernel in the lab)",
    )


def _kprobes(trial: Trial) -> Fact:
    reason = trial.refusal(AttachPoint("kprobe", _TRIED_FUNCTION))
    if reason is None:
        return Fact(
            "kprobes", True, message("a trivial program loads; {path}", path=KPROBE_PMU.parent), ""
        )
    return Fact("kprobes", False, reason, "not needed where function tracing works")


def _breakpoints(trial: Trial) -> Fact:
    if trial.refusal(AttachPoint("fentry", _TRIED_FUNCTION)):
        return Fact("breakpoints", False, "not tried: function tracing is refused", "")
    reason = hardware.refusal("_copy_from_user")
    return Fact("breakpoints", reason is None, reason or "one was set and removed", "")


def _rights() -> Fact:
    """Which capabilities there are; each is useful by itself, and root is not required."""
    have = rights.held()
    names = ", ".join(name for bit, name in rights.NAMES.items() if bit in have)
    found = message(
        "uid {uid}, {capabilities}",
        uid=os.geteuid(),
        capabilities=names or message("none of the relevant capabilities"),
    )
    lacking = rights.missing(have)
    if not lacking:
        return Fact("rights", True, found, "")
    remedy = message(
        "run as root: sudo tracer …, or with {capabilities}; CAP_SYSLOG for breakpoints, "
        "CAP_SYS_PTRACE for calls under way, CAP_SETUID and CAP_SETGID for -u",
        capabilities=joined(", ", lacking),
    )
    return Fact("rights", False, found, remedy)


def _lockdown() -> Fact:
    try:
        text = LOCKDOWN.read_text().strip()
    except OSError as error:
        found = message("{path}: {why}: no lockdown LSM seen", path=LOCKDOWN, why=error.strerror)
        return Fact("lockdown", True, found, "")
    return Fact("lockdown", "[none]" in text, text, "" if "[none]" in text else "use --kernel K")


def _tracefs() -> Fact:
    for path in TRACEFS:
        try:
            if (path / "events").exists():
                return Fact("tracefs", True, str(path), "")
        except OSError as error:
            return Fact("tracefs", False, f"{path}: {error.strerror}", "not needed by tracer")
    return Fact("tracefs", False, "not mounted, or empty", "not needed by tracer")


def _bcc() -> Fact:
    place = bcc_loader.place()
    if place is not None:
        return Fact("bcc for Python", True, str(place), "")
    remedy = message(
        "only --loader bcc and probes of your own need it: {command}", command=install("bcc")
    )
    return Fact("bcc for Python", False, "not found", remedy)


def _headers() -> Fact:
    try:
        return Fact("headers for bcc", True, str(headers.find(platform.release())), "")
    except KernelError as error:
        return Fact("headers for bcc", False, str(error), "only the bcc loader needs them")
