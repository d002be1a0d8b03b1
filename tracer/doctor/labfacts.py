"""What this machine has for the lab: QEMU, KVM, virtme-ng, kernels."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

from tracer.doctor.facts import Fact
from tracer.lab import kernels, kvm
from tracer.shared import arch
from tracer.shared.errors import TracerError
from tracer.shared.message import message
from tracer.shared.output import to_stderr


def lab_facts() -> list[Fact]:
    """Return facts about the lab, each found by looking or trying."""
    row = arch.here()
    qemu = shutil.which(row.qemu)
    virtme = importlib.util.find_spec("virtme") is not None
    here, failure = _fetched()
    return [
        Fact("QEMU", qemu is not None, qemu or "not found",
             "" if qemu else message("install {package}", package=row.qemu_package)),
        Fact("virtme-ng", virtme, "installed" if virtme else "not found",
             "" if virtme else "pip install virtme-ng"),
        _kvm(here),
        Fact("lab kernels", bool(here),
             ", ".join(k.release for k in here) or failure or "none yet",
             "" if here or failure else "tracer lab fetch"),
    ]  # fmt: skip


def _fetched() -> tuple[list[kernels.Kernel], str]:
    """Return the kernels that are here, or why that cannot be seen."""
    try:
        return kernels.fetched(), ""
    except TracerError as error:
        return [], str(error)


def _kvm(here: list[kernels.Kernel]) -> Fact:
    if not Path("/dev/kvm").exists():
        return Fact("KVM", False, "no /dev/kvm", "the lab emulates; boots take about 15 s")
    if not here:
        return Fact("KVM", False, "/dev/kvm is there; not tried: no kernel to try", "")
    try:
        works = kvm.usable(here[-1].image, to_stderr)
    except TracerError as error:
        return Fact("KVM", False, str(error), "")
    if works:
        return Fact("KVM", True, "a guest came up", "")
    return Fact(
        "KVM",
        False,
        "/dev/kvm is there, but a guest did not come up",
        "the lab emulates; boots take about 15 s",
    )
