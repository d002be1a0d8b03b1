"""What the core loader says about an unsuitable kernel; tests/live has a suitable one."""

from __future__ import annotations

import pytest

from tracer.bpf import core, layer
from tracer.bpf.plan import ALL_STEPS
from tracer.shared.catalogue import hooks
from tracer.shared.errors import KernelError, TracerError

RINGS = {"calls": 1 << 20, "steps": 1 << 20, "lives": 1 << 20}


def test_kernel_without_btf(monkeypatch, tmp_path):
    monkeypatch.setattr(core, "BTF", tmp_path / "vmlinux")
    with pytest.raises(
        KernelError, match=r"this kernel has no BTF .*--loader bcc, or --kernel"
    ) as caught:
        core.attach(None, hooks(), ALL_STEPS, RINGS)
    assert caught.value.exit_code == 1


def test_object_that_is_not_built(monkeypatch, tmp_path):
    monkeypatch.setattr(layer, "OBJECT", tmp_path / "tracer.bpf.o")
    with pytest.raises(TracerError, match=r"tracer\.bpf\.o is missing"):
        layer.Layer(None, (), RINGS, None)
