"""What this machine has for the lab: QEMU and other tools, KVM, virtme-ng, kernels."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from tracer.doctor.facts import Fact
from tracer.lab import kernels, kvm
from tracer.lab.machine import tools
from tracer.lab.tools import SEARCH_PATH, missing
from tracer.shared.errors import TracerError
from tracer.shared.message import message
from tracer.shared.output import to_stderr
from tracer.shared.packages import install


def lab_facts() -> list[Fact]:
    """Return facts about the lab, each found by checking or trying.

    KernelError: tracer does not know the architecture, and so has no lab for it.
    """
    qemu, *others = tools()
    virtme = importlib.util.find_spec("virtme") is not None
    lacking = missing(*others)
    here, failure = _fetched()
    return [
        Fact("QEMU", not missing(qemu), shutil.which(qemu, path=SEARCH_PATH) or "not found",
             install(qemu) if missing(qemu) else ""),
        Fact("lab tools", not lacking, ", ".join(others) if not lacking else
             message("not found: {tools}", tools=", ".join(lacking)),
             install(*lacking) if lacking else ""),
        Fact("virtme-ng", virtme, "installed" if virtme else "not found",
             "" if virtme else "pip install virtme-ng"),
        _kvm(here) if not missing(qemu, *others) else Fact(
            "KVM", False, "not tried: the lab lacks something", ""),
        Fact("lab kernels", bool(here),
             ", ".join(k.release for k in here) or failure or "none yet",
             "" if here or failure else "tracer lab fetch"),
    ]  # fmt: skip


def _fetched() -> tuple[list[kernels.Kernel], str]:
    """Return the fetched kernels, or why they cannot be listed."""
    try:
        return kernels.fetched(), ""
    except TracerError as error:
        return [], str(error)


def _kvm(here: list[kernels.Kernel]) -> Fact:
    if not Path("/dev/kvm").exists():
        return Fact("KVM", False, "no /dev/kvm", "the lab emulates; boots take about 15 s")
    if not here:
        return Fact("KVM", False, "/dev/kvm exists; not tried: no kernel to try it with", "")
    try:
        works = kvm.usable(here[-1].image, to_stderr)
    except TracerError as error:
        return Fact("KVM", False, str(error), "")
    if works:
        return Fact("KVM", True, "a guest booted", "")
    return Fact(
        "KVM",
        False,
        "/dev/kvm exists, but a guest did not boot",
        "the lab emulates; boots take about 15 s",
    )
