"""Detects changes to a kernel's tree since it was unpacked."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared.sudo import CALLER, needs_root
from tracer.lab.sealed import check, is_sealed, seal
from tracer.shared.errors import LabError


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    tree = tmp_path / "6.1.0-56-amd64"
    (tree / "boot").mkdir(parents=True)
    (tree / "boot" / "vmlinuz").write_text("image")
    (tree / "lib").mkdir()
    (tree / "lib" / "a module").write_text("module")
    (tree / "usr").symlink_to(".")
    assert not is_sealed(tree)
    seal(tree)
    return tree


def test_as_it_was(tree):
    check(tree)
    assert is_sealed(tree)
    assert len((tree / "SHA256SUMS").read_text().splitlines()) == 3


def put(name: str, text: str) -> Callable[[Path], object]:
    return lambda tree: (tree / name).write_text(text)


def link(name: str, target: str) -> Callable[[Path], object]:
    def replace(tree: Path) -> None:
        (tree / name).unlink()
        (tree / name).symlink_to(target)

    return replace


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (put("boot/vmlinuz", "imagE"), "boot/vmlinuz"),
        (put("boot/config", "new"), "boot/config"),
        (lambda tree: (tree / "lib" / "a module").unlink(), "lib/a module"),
        (lambda tree: (tree / "boot").rename(tree / "toob"), "toob/vmlinuz"),
        (lambda tree: os.mkfifo(tree / "boot" / "pipe"), "boot/pipe"),
        (link("boot/vmlinuz", "/etc/passwd"), "boot/vmlinuz"),
        (link("usr", "/etc"), "usr"),
    ],
)
def test_what_changed_is_named(tree, change, name):
    change(tree)
    with pytest.raises(
        LabError, match=f"{name} has changed since it was unpacked; remove the kernel"
    ):
        check(tree)


@pytest.mark.parametrize("name", ["..", ".", "boot", "boot/vmlinuz", "SHA256SUMS"])
def test_what_others_may_write_is_not_trusted(tree, name):
    (tree / name).chmod(0o777)
    with pytest.raises(LabError, match=r"is not trusted: others may write to it \(mode 777\)"):
        check(tree)


@needs_root
@pytest.mark.parametrize("name", ["..", ".", "boot/vmlinuz"])
def test_what_belongs_to_others_is_not_trusted(tree, name):
    os.chown(tree / name, CALLER, CALLER)
    with pytest.raises(LabError, match="is not trusted: it belongs to uid 54321"):
        check(tree)
