"""Which headers BCC gets, on machines that have them in various places or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tracer.bpf import headers
from tracer.shared import arch
from tracer.shared.errors import KernelError

RUNNING = "6.18.44-cloud"


class Machine:
    def __init__(self, root: Path) -> None:
        self.modules, self.sources = root / "modules", root / "src"
        self.kheaders = root / "kheaders.tar.xz"
        self.modules.mkdir()
        self.sources.mkdir()

    def find(self, **environment: str) -> headers.Headers:
        return headers.find(RUNNING, environment, self.modules, self.sources, self.kheaders)

    def build(self, release: str) -> Path:
        """Headers in one piece, as most distributions have them."""
        path = self.modules / release / "build"
        self.shared(path)
        self.own(path)
        return path

    def debian(self, release: str) -> tuple[Path, Path]:
        """Headers in two parts: the flavour's own and the common ones."""
        own = self.sources / f"linux-headers-{release}-flavour"
        common = self.sources / f"linux-headers-{release}-common"
        self.own(own)
        self.shared(common)
        (own / "Makefile").write_text(f"include {common}/Makefile\n")
        return own, common

    @staticmethod
    def shared(path: Path) -> None:
        (path / "include/linux").mkdir(parents=True)
        (path / "include/linux/kconfig.h").touch()

    @staticmethod
    def own(path: Path) -> None:
        (path / "include/generated").mkdir(parents=True)
        (path / "include/generated/autoconf.h").touch()


@pytest.fixture
def machine(tmp_path):
    return Machine(tmp_path)


def test_exact_ones(machine):
    build = machine.build(RUNNING)
    machine.build("6.18.43-cloud")
    found = machine.find()
    assert (found.path, found.exact, found.source) == (build, True, str(build))
    assert str(found) == str(build)


def test_debian_splits_them(machine):
    own, common = machine.debian("6.1.0-56")
    found = machine.find()
    assert (found.path, found.exact, found.source) == (own, False, str(common))
    assert f"-I{own}/arch/{arch.here().kernel}/include/generated" in found.cflags


def test_exact_ones_in_the_kernel_before_a_neighbours(machine):
    machine.build("6.18.43")
    machine.kheaders.touch()
    found = machine.find()
    assert (found.path, found.exact, found.source) == (machine.kheaders, True, None)


def test_the_next_older_then_the_next_newer(machine):
    newer = machine.build("6.19.1")
    machine.build("7.3.0")
    assert machine.find().path == newer
    machine.build("5.10.0-30")
    older = machine.build("6.12.9-2")
    found = machine.find()
    assert found.path == older
    assert str(found) == f"{older} (of another version)"


def test_a_directory_without_headers_is_skipped(machine):
    (machine.modules / RUNNING / "build").mkdir(parents=True)
    other = machine.build("6.1.0")
    assert machine.find().path == other


def test_asked_for(machine, tmp_path):
    machine.build(RUNNING)
    asked = tmp_path / "mine"
    machine.shared(asked)
    (asked / "include/config").mkdir()
    (asked / "include/config/kernel.release").write_text(f"{RUNNING}\n")
    found = machine.find(BCC_KERNEL_SOURCE=str(asked))
    assert (found.path, found.exact, found.cflags) == (asked, True, ())


def test_requested_and_missing(machine):
    machine.build(RUNNING)
    with pytest.raises(KernelError, match="BCC_KERNEL_SOURCE is /nowhere"):
        machine.find(BCC_KERNEL_SOURCE="/nowhere")


def test_none_names_the_package(machine):
    with pytest.raises(KernelError, match="another version's headers work too") as raised:
        machine.find()
    assert str(machine.modules / RUNNING) in str(raised.value)
