"""What a kernel has for the lab's needs, from the index of its modules."""

from pathlib import Path

import pytest

from tracer.lab import needs
from tracer.shared.errors import LabError

DEPENDENCIES = """\
kernel/drivers/virtio/virtio_pci.ko: kernel/drivers/virtio/virtio.ko
kernel/drivers/char/virtio_console.ko:
kernel/net/9p/9pnet_virtio.ko.xz: kernel/net/9p/9pnet.ko.xz
kernel/fs/9p/9p.ko.zst: kernel/net/9p/9pnet.ko.xz
"""


def modules(home: Path, index: str, builtin: str = "") -> Path:
    path = home / "lib/modules/6.9.0"
    path.mkdir(parents=True)
    (path / "modules.dep").write_text(index)
    if builtin:
        (path / "modules.builtin").write_text(builtin)
    return path


def test_all_as_modules(tmp_path: Path) -> None:
    assert needs.lacking(modules(tmp_path, DEPENDENCIES)) == []


def test_some_built_in(tmp_path: Path) -> None:
    index = "".join(DEPENDENCIES.splitlines(keepends=True)[2:])
    builtin = "kernel/drivers/virtio/virtio-pci.ko\nkernel/drivers/char/virtio_console.ko\n"
    assert needs.lacking(modules(tmp_path, index, builtin)) == []


def test_a_dependency_alone_is_not_there(tmp_path: Path) -> None:
    path = modules(tmp_path, "kernel/a.ko: kernel/fs/9p/9p.ko\n")
    assert needs.lacking(path) == list(needs.NEEDED)


def test_a_cloud_kernel_is_refused_with_what_it_lacks(tmp_path: Path) -> None:
    path = modules(tmp_path, "".join(DEPENDENCIES.splitlines(keepends=True)[:2]))
    with pytest.raises(LabError, match=r"cannot boot kernel 6\.9\.0: it has 9pnet_virtio, 9p nei"):
        needs.check("6.9.0", path)


def test_without_an_index_it_says_how_to_make_one(tmp_path: Path) -> None:
    path = tmp_path / "lib/modules/6.9.0"
    path.mkdir(parents=True)
    with pytest.raises(LabError, match=f"run: depmod -b {tmp_path} 6\\.9\\.0"):
        needs.lacking(path)
