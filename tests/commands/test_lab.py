"""``tracer lab`` as typed."""

import argparse
from pathlib import Path

import pytest

from tracer.commands import lab as command
from tracer.lab import kernels
from tracer.lab.boot import Result
from tracer.lab.kernels import Kernel
from tracer.lab.listing import Listed
from tracer.lab.needs import NEEDED
from tracer.lab.sealed import seal


def parse(*words: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_parser(parser.add_subparsers())
    return parser.parse_args(["lab", *words])


def test_run_takes_what_is_after_the_dashes() -> None:
    args = parse("run", "6.1", "--cpus", "1", "--", "ls", "-l", "--", "x")
    assert (args.kernel, args.cpus) == ("6.1", 1)
    assert args.command == ["ls", "-l", "--", "x"]
    assert args.run is not None


@pytest.mark.parametrize(("status", "reported"), [(127, True), (126, False), (0, False)])
def test_a_command_that_the_guest_lacks(
    status: int, reported: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernel = Kernel("6.1.0-9-amd64", Path("/boot/vmlinuz"), None)
    result = Result(status, b"", b"", b"", "", 1.0, kvm=False)
    monkeypatch.setattr(kernels, "fetch", lambda *_: kernel)
    monkeypatch.setattr(command, "boot", lambda *_, **__: result)
    args = parse("run", "6.1", "--", "no such", "x")
    assert args.run(args) == status
    assert ("no command 'no such'" in capsys.readouterr().err) == reported


def here(cache: Path, release: str, *modules: str) -> None:
    """Put a kernel into the cache that has some modules."""
    home = cache / "kernels" / release
    (home / "boot").mkdir(parents=True)
    (home / "boot" / f"vmlinuz-{release}").write_bytes(bytes(100_000))
    (home / "lib/modules" / release).mkdir(parents=True)
    index = "".join(f"kernel/{name}.ko:\n" for name in modules)
    (home / "lib/modules" / release / "modules.dep").write_text(index)
    seal(cache / "kernels" / release)


@pytest.fixture
def kernels_here(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here(cache, "6.1.0-9-amd64", *NEEDED)
    here(cache, "6.1.0-9-cloud-amd64", "virtio_pci")
    lists = [
        Listed("6.1.0-55-amd64", ()),
        Listed("6.1.0-56-amd64", ()),
        Listed("7.1.3-amd64", ("linux-modules-7.1.3-amd64",)),
    ]
    monkeypatch.setattr(command, "listed", lambda: lists)
    monkeypatch.setattr(command, "other_suites_known", lambda: True)


@pytest.mark.usefixtures("kernels_here")
def test_list_has_the_newest_of_each_series_and_what_is_here(
    capsys: pytest.CaptureFixture[str],
) -> None:
    args = parse("list")
    assert args.run(args) == 0
    assert [line.split(maxsplit=2) for line in capsys.readouterr().out.splitlines()] == [
        ["7.1", "7.1.3-amd64", "incomplete"],
        ["6.1", "6.1.0-56-amd64", "available"],
        ["6.1", "6.1.0-9-amd64", "fetched"],
        ["6.1-cloud", "6.1.0-9-cloud-amd64", "not bootable"],
    ]


@pytest.mark.usefixtures("kernels_here")
def test_list_all_has_every_release(capsys: pytest.CaptureFixture[str]) -> None:
    args = parse("list", "--all")
    assert args.run(args) == 0
    assert len(capsys.readouterr().out.splitlines()) == 5


@pytest.mark.usefixtures("kernels_here")
def test_size_and_rm(capsys: pytest.CaptureFixture[str]) -> None:
    args = parse("size")
    assert args.run(args) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in lines] == ["0.1", "0.1", "0.3"]
    args = parse("rm", "6.1")
    assert args.run(args) == 0
    assert capsys.readouterr().err == "tracer: removed kernel 6.1.0-9-amd64\n"
    assert [kernel.release for kernel in kernels.fetched()] == ["6.1.0-9-cloud-amd64"]
