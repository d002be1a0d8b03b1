"""What the core loader says of a kernel that cannot serve it; tests/live has one that can."""

from __future__ import annotations

import errno

import pytest

from tracer.bpf import core, layer
from tracer.bpf.catalogue import hooks
from tracer.shared.errors import KernelError, TracerError

RINGS = {"calls": 1 << 20, "steps": 1 << 20, "lives": 1 << 20}


class Library:
    """A libbpf whose kernel has no BTF."""

    def load_vmlinux_btf(self) -> int:
        raise OSError(errno.ENOENT, "no BTF")


def test_kernel_without_btf():
    with pytest.raises(
        KernelError, match=r"this kernel has no BTF .*--loader bcc, or --kernel"
    ) as caught:
        core.attach(Library(), hooks(), {}, RINGS)
    assert caught.value.exit_code == 1


def test_object_that_is_not_built(monkeypatch, tmp_path):
    monkeypatch.setattr(layer, "OBJECT", tmp_path / "tracer.bpf.o")
    with pytest.raises(TracerError, match=r"tracer\.bpf\.o is not there"):
        layer.Layer(Library(), (), RINGS, None)
