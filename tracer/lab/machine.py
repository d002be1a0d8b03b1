"""The virtual machine: QEMU's command line as virtme-ng makes it, leaner and with extra ports."""

from __future__ import annotations

import re
import shlex
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tracer.lab.job import MODULES, MOUNT, SHARE, Job
from tracer.lab.kernels import Kernel
from tracer.lab.tools import require, run
from tracer.shared import arch

_INITRAMFS = "initramfs"

ICOUNT = ("-icount", "shift=1,sleep=off")
"""One instruction is 2 ns of guest time, and an idle guest's time jumps to its next timer."""

TURNS = ("-accel", "tcg,thread=single")
"""Emulated CPUs take turns. In threads of their own, one that the host does not schedule keeps the
other waiting for its locks: beside another guest a command took three times as long as alone.
"""

_UNUSED = re.compile(
    r"virtio-serial-pci|virtserialport,name=virtme\..*|(?:stdio|file),id=(?!console,).*|i6300esb,.*"
)
"""Devices that virtme-ng adds for scripts of its own, and a watchdog: six that the kernel probes.

They take a fifth of an emulated boot. virtme-ng's init does without them, and we have our own
ports."""

_ROOT_OPTIONS = b"version=9p2000.L,trans=virtio,access=any,msize=524288"
_CACHED_ROOT_OPTIONS = b"cache=loose,trans=virtio,access=any,msize=524288".ljust(len(_ROOT_OPTIONS))
"""Mount options of the guest's root: this machine's files, read-only. Uncached, each page fault in
a program asks QEMU for 4 KiB, every time; python alone took two seconds to start. ``loose``: if a
file changes here while the guest runs, the guest may see its old content. What both write is shared
through other mounts, uncached. (9p2000.L is what kernels speak unless told otherwise, since 3.0.)
"""


@dataclass(frozen=True)
class Machine:
    """What to build: sizes, accelerator, what is shared."""

    kernel: Kernel
    job: Job
    """The job and the guest's answers; the guest may write there."""
    own: Path
    """QEMU's own files; the guest does not see them."""
    memory_mib: int = 1024
    cpus: int = 2
    kvm: bool = False
    icount: bool = False
    share: Path | None = None
    append: Sequence[str] = ()


def tools() -> tuple[str, ...]:
    """Return the programs that a boot needs, QEMU first."""
    return (arch.here().qemu, "busybox", "file", "modprobe", "depmod", "setpriv")


def qemu_argv(machine: Machine, ports: Mapping[str, int]) -> list[str]:
    """Return QEMU's command line: virtme-ng's, and ports by name that end in the given fds.

    Writes an initramfs to the machine's own directory. Raises `LabError` if virtme-ng cannot set
    the machine up.
    """
    require(*tools())
    printed = run(
        _virtme_argv(machine),
        "set up the virtual machine with virtme-ng",
        # QEMU will write to what virtme makes there, so it must be removed with the machine.
        variables={"TMPDIR": str(machine.own)},
    )
    _cache_root(machine.own / _INITRAMFS)
    argv = list(_without_unused(shlex.split(printed.strip().splitlines()[-1])))
    if machine.kernel.unpacked and not machine.kvm:
        # Under emulation, a kernel takes four seconds to unpack itself.
        argv[argv.index("-kernel") + 1] = str(machine.kernel.unpacked)
    argv += ["-device", "virtio-serial-pci,id=tracer"]
    for name, fd in ports.items():
        argv += ["-chardev", f"file,id={name},path=/proc/self/fd/{fd}"]
        argv += ["-device", f"virtserialport,bus=tracer.0,name={name},chardev={name}"]
    if machine.icount:
        argv += ICOUNT
    elif not machine.kvm:
        argv += TURNS
    # The guest dies with a killed tracer.
    return ["setpriv", "--pdeathsig", "KILL", *argv]


def _without_unused(argv: Sequence[str]) -> Iterator[str]:
    words = iter(argv)
    for word in words:
        if word not in ("-device", "-chardev"):
            yield word
        elif not _UNUSED.fullmatch(value := next(words)):
            yield from (word, value)


def _cache_root(initramfs: Path) -> None:
    """Make the guest cache what it reads of its root. Unknown options are left as they are."""
    made = initramfs.read_bytes()
    if made.count(_ROOT_OPTIONS) == 1:
        initramfs.write_bytes(made.replace(_ROOT_OPTIONS, _CACHED_ROOT_OPTIONS))


def _virtme_argv(machine: Machine) -> list[str]:
    sizes = [f"--memory={machine.memory_mib}M", f"--cpus={1 if machine.icount else machine.cpus}"]
    accelerator = [] if machine.kvm and not machine.icount else ["--disable-kvm"]
    shares = [f"--rwdir={MOUNT}={machine.job.path}"]
    if machine.kernel.modules is not None:
        path = f"{MODULES}/lib/modules/{machine.kernel.release}"
        shares.append(f"--rodir={path}={machine.kernel.modules}")
    if machine.share is not None:
        shares.append(f"--rwdir={SHARE}={machine.share}")
    emulated = () if machine.kvm and not machine.icount else arch.here().emulated
    parameters = [f"--kopt={parameter}" for parameter in ("loglevel=5", *emulated, *machine.append)]
    return [
        *(*_virtme_run(), "--kimg", str(machine.kernel.image), "--mods=auto"),
        *("--force-9p", "--disable-microvm", *accelerator, *sizes, *shares, *parameters),
        *("--show-boot-console", "--script-sh", f"sh {MOUNT}/run.sh"),
        *("--dry-run", "--show-command", "--save-initramfs", str(machine.own / _INITRAMFS)),
    ]


def _virtme_run() -> list[str]:
    beside = Path(sys.executable).with_name("virtme-run")
    if beside.exists():
        return [str(beside)]
    return [sys.executable, "-c", "from virtme.commands.run import main; raise SystemExit(main())"]
