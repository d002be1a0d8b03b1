"""Does KVM work here? Tried once per boot of this machine.

``/dev/kvm`` may be there and not work: in a nested virtual machine QEMU was seen to abort on an MSR
that it may not set, and to hang. Only booting a real kernel tells (a 16-byte ROM ran fine where
that kernel aborted): without a root file system it panics in about a second, on purpose.
"""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from tracer.lab.cache import cache_dir
from tracer.lab.tools import Progress
from tracer.shared import arch
from tracer.shared.directory import Directory

DEVICE = Path("/dev/kvm")
TRIAL_S = 10
_FILE = "kvm"


def usable(image: Path, progress: Progress) -> bool:
    """Tell whether KVM boots ``image``; ``TRACER_KVM=0`` says no without trying."""
    if os.environ.get("TRACER_KVM") == "0" or not os.access(DEVICE, os.R_OK | os.W_OK):
        return False
    known = _answers().get(_boot_id())
    if known is None:
        progress("trying KVM")
        known = _trial(image)
        remember(works=known)
    return known


def remember(*, works: bool) -> None:
    """Keep the answer until this machine reboots."""
    text = f"{_boot_id()} {'yes' if works else 'no'}\n"
    with Directory(cache_dir(), ours=True) as cache, cache.whole(_FILE, force=True) as file:
        file.write(text.encode())


def _trial(image: Path) -> bool:
    row = arch.here()
    machine = ["-machine", f"{row.board},accel=kvm", "-cpu", "max", "-m", "256", "-nodefaults"]
    guest = [
        "-kernel",
        str(image),
        "-append",
        f"console={row.console} panic=-1",
        "-serial",
        "stdio",
    ]
    argv = [row.qemu, *machine, "-display", "none", "-no-reboot", *guest]
    try:
        done = subprocess.run(
            argv, stdin=subprocess.DEVNULL, capture_output=True, timeout=TRIAL_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and b"Kernel panic" in done.stdout


def _answers() -> dict[str, bool]:
    if not _file().exists():
        return {}
    boot_id, _, answer = _file().read_text().strip().partition(" ")
    return {boot_id: answer == "yes"}


def _file() -> Path:
    return cache_dir() / _FILE


def _boot_id() -> str:
    return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
