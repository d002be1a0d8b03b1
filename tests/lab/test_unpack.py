"""Hand-made packages, laid out like Debian's."""

import lzma
import subprocess
from pathlib import Path

import pytest

from tests.lab.test_packed import KERNEL, image
from tracer.lab.unpack import unpack
from tracer.shared.errors import LabError

RELEASE = "7.3.4+deb13-amd64"


def package(home: Path, name: str, *files: str) -> Path:
    """Build a package of empty files."""
    root = home / name
    (root / "DEBIAN").mkdir(parents=True)
    control = f"Package: {name}\nVersion: 1\nArchitecture: all\nMaintainer: me\nDescription: x\n"
    (root / "DEBIAN/control").write_text(control)
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    deb = home / f"{name}.deb"
    subprocess.run(["dpkg-deb", "--build", root, deb], check=True, capture_output=True)
    return deb


def files_of(tree: Path, folder: str) -> set[str]:
    home = tree / folder
    return {str(path.relative_to(home)) for path in home.rglob("*") if path.is_file()}


@pytest.mark.parametrize("lib", ["lib", "usr/lib"])
def test_a_whole_kernel(tmp_path: Path, lib: str) -> None:
    modules = f"{lib}/modules/{RELEASE}"
    deb = package(tmp_path, "image", f"boot/vmlinuz-{RELEASE}", f"{modules}/modules.order")
    tree = tmp_path / "tree"
    tree.mkdir()
    unpack([deb], tree, RELEASE)
    assert files_of(tree, "boot") == {f"vmlinuz-{RELEASE}"}
    assert "modules.dep" in files_of(tree, f"lib/modules/{RELEASE}")


def test_the_kernel_in_an_image_is_unpacked_too(tmp_path: Path) -> None:
    modules = f"lib/modules/{RELEASE}"
    deb = package(tmp_path, "image", f"boot/vmlinuz-{RELEASE}", f"{modules}/modules.order")
    image(tmp_path / f"image/boot/vmlinuz-{RELEASE}", lzma.compress(KERNEL))
    subprocess.run(["dpkg-deb", "--build", tmp_path / "image", deb], check=True)
    tree = tmp_path / "tree"
    tree.mkdir()
    unpack([deb], tree, RELEASE)
    assert (tree / f"boot/vmlinux-{RELEASE}").read_bytes() == KERNEL


def test_a_split_kernel_has_its_image_among_the_modules(tmp_path: Path) -> None:
    modules = f"usr/lib/modules/{RELEASE}"
    debs = [
        package(tmp_path, "image", "usr/share/doc/image/copyright"),
        package(tmp_path, "binary", f"{modules}/vmlinuz"),
        package(tmp_path, "base", f"{modules}/config", f"{modules}/modules.order"),
    ]
    tree = tmp_path / "tree"
    tree.mkdir()
    unpack(debs, tree, RELEASE)
    assert files_of(tree, "boot") == {f"vmlinuz-{RELEASE}", f"config-{RELEASE}"}
    assert not files_of(tree, "share")


def test_drivers_of_hardware_the_guest_lacks_are_left_out(tmp_path: Path) -> None:
    kernel = f"lib/modules/{RELEASE}/kernel"
    kept = {"drivers/net/veth.txt", "net/sched/netem.txt", "fs/9p/9p.txt", "drivers/virtio/v.txt"}
    lost = {"drivers/gpu/drm/d.txt", "drivers/net/ethernet/e.txt", "sound/core/s.txt"}
    files = [f"{kernel}/{name}" for name in kept | lost]
    deb = package(tmp_path, "image", f"boot/vmlinuz-{RELEASE}", *files)
    tree = tmp_path / "tree"
    tree.mkdir()
    unpack([deb], tree, RELEASE)
    assert files_of(tree, kernel) == kept


def test_no_image_in_it(tmp_path: Path) -> None:
    deb = package(tmp_path, "image", "usr/share/doc/image/copyright")
    with pytest.raises(LabError, match="contain no kernel image"):
        unpack([deb], tmp_path, RELEASE)


def test_a_damaged_package(tmp_path: Path) -> None:
    deb = package(tmp_path, "image", "usr/share/doc/image/copyright")
    deb.write_bytes(deb.read_bytes()[:300])
    with pytest.raises(LabError, match=r"cannot unpack image\.deb"):
        unpack([deb], tmp_path, RELEASE)
