"""What is taken from virtme-ng's command line, and what is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.lab import machine as machines
from tracer.lab.job import Job
from tracer.lab.kernels import Kernel
from tracer.lab.machine import Machine, qemu_argv

MADE = (
    "qemu -device virtio-9p-pci,fsdev=a,mount_tag=/dev/root -device i6300esb,id=watchdog0 "
    "-chardev file,id=console,path=/proc/self/fd/2 -chardev stdio,id=stdin,signal=on,mux=off "
    "-device virtio-serial-pci -device virtserialport,name=virtme.stdin,chardev=stdin "
    "-kernel vmlinuz -initrd x"
)
LEFT = (
    "qemu -device virtio-9p-pci,fsdev=a,mount_tag=/dev/root "
    "-chardev file,id=console,path=/proc/self/fd/2 -kernel {kernel} -initrd x "
    "-device virtio-serial-pci,id=tracer -accel {accel}"
)
OPTIONS = b"mount -o ro,version=9p2000.L,trans=virtio,access=any,msize=524288 /dev/root"


@pytest.fixture
def virtme(tmp_path, monkeypatch):
    """Make what virtme-ng makes; the initramfs contains `OPTIONS` once."""

    def run(*_arguments: object, **_variables: object) -> str:
        (tmp_path / "initramfs").write_bytes(b"first" + OPTIONS + b"last")
        return MADE

    monkeypatch.setattr(machines, "run", run)
    monkeypatch.setattr(machines, "require", lambda *_programs: None)
    return tmp_path


def argv(home: Path, kernel: Kernel, *, kvm: bool) -> str:
    made = qemu_argv(Machine(kernel, Job(home), home, kvm=kvm), {})
    return " ".join(made).removeprefix("setpriv --pdeathsig KILL ").partition(",thread")[0]


@pytest.mark.parametrize(("unpacked", "booted"), [(Path("vmlinux"), "vmlinux"), (None, "vmlinuz")])
def test_emulated_a_kernel_need_not_unpack_itself(unpacked, booted, virtme):
    kernel = Kernel("6.1.0-56-amd64", Path("vmlinuz"), None, unpacked)
    assert argv(virtme, kernel, kvm=False) == LEFT.format(kernel=booted, accel="tcg")


def test_under_kvm_it_unpacks_itself(virtme):
    kernel = Kernel("6.1.0-56-amd64", Path("vmlinuz"), None, Path("vmlinux"))
    assert (
        f"{argv(virtme, kernel, kvm=True)} -accel"
        == LEFT.format(kernel="vmlinuz", accel="").rstrip()
    )


def test_the_root_is_cached_and_nothing_is_moved(virtme):
    argv(virtme, Kernel("6.1.0-56-amd64", Path("vmlinuz"), None), kvm=False)
    made = (virtme / "initramfs").read_bytes()
    assert b"ro,cache=loose,trans=virtio,access=any,msize=524288" in made
    assert len(made) == len(b"first" + OPTIONS + b"last")
    assert made.endswith(b" /dev/rootlast")
