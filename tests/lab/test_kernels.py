"""Which kernel is meant, with a hand-made cache, and an archive that must not be asked."""

from pathlib import Path

import pytest

from tracer.lab import kernels
from tracer.lab.archive import Archive, Parts
from tracer.lab.needs import NEEDED
from tracer.lab.sealed import seal
from tracer.shared.errors import LabError, TracerError, UsageError

KNOWN = ["5.10.0-32-amd64", "6.1.0-55-amd64", "6.1.0-56-amd64", "7.3.4+deb13-amd64"]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a cache that has two releases of 6.1, and an archive that knows some more."""
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path))
    monkeypatch.setattr(kernels, "available", lambda: KNOWN)
    monkeypatch.setattr(Archive, "releases", lambda _archive: pytest.fail("asked the archive"))
    for release in ("6.1.0-9-amd64", "6.1.0-55-amd64"):
        (tmp_path / "kernels" / release / "boot").mkdir(parents=True)
        with_modules(tmp_path / "kernels" / release / "lib/modules" / release)
        seal(tmp_path / "kernels" / release)
    return tmp_path


def with_modules(modules: Path, *left_out: str) -> None:
    """Make an index of the modules that the lab needs, except some."""
    modules.mkdir(parents=True)
    names = [name for name in NEEDED if name not in left_out]
    (modules / "modules.dep").write_text("".join(f"kernel/{name}.ko.xz:\n" for name in names))


def bzimage(path: Path, version: bytes) -> Path:
    setup = bytearray(0x400)
    setup[0x202:0x206] = b"HdrS"
    setup[0x20E:0x210] = (0x100).to_bytes(2, "little")
    setup[0x300 : 0x300 + len(version)] = version
    path.write_bytes(setup)
    return path


def test_fetched_is_in_order() -> None:
    assert [kernel.release for kernel in kernels.fetched()] == ["6.1.0-9-amd64", "6.1.0-55-amd64"]


def test_nothing_fetched(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("TRACER_CACHE", str(tmp_path / "new"))
    assert kernels.fetched() == []


def test_a_series_is_its_newest_fetched_kernel(cache: Path) -> None:
    home = cache / "kernels/6.1.0-55-amd64"
    assert kernels.fetch("6.1") == kernels.Kernel(
        "6.1.0-55-amd64",
        home / "boot/vmlinuz-6.1.0-55-amd64",
        home / "lib/modules/6.1.0-55-amd64",
    )


def test_a_release_is_that_one() -> None:
    assert kernels.fetch("6.1.0-9-amd64").release == "6.1.0-9-amd64"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("6.1.0-57-amd64x", "nearest: 6.1.0-5"),
        ("6,1", "nearest: 6.1"),
        ("9", "nearest: 7.3$"),
        ("x", "known: 5.10, 6.1"),
    ],
)
def test_an_unknown_name_gets_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        kernels.fetch(name)


@pytest.mark.parametrize(
    ("name", "near"), [("9.9", "7.3"), ("6.5", "6.1, 7.3"), ("3.2", "5.10"), ("7.0-rt", "6.1-rt")]
)
def test_a_series_the_archive_lacks_gets_those_before_and_after(
    name: str, near: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = [*KNOWN, "6.1.0-56-rt-amd64"]
    monkeypatch.setattr(kernels, "available", lambda: known)
    monkeypatch.setattr(Archive, "releases", lambda _archive: known)
    monkeypatch.setattr(Archive, "parts", parts_of)
    monkeypatch.setattr(kernels, "update_other_archive", lambda _progress: kernels.own_archive())
    with pytest.raises(UsageError, match=f"nearest: {near}$"):
        kernels.fetch(name)


def test_a_path_is_an_image(tmp_path: Path) -> None:
    image = bzimage(tmp_path / "bzImage", b"6.9.0-mine (me@here) #1 SMP\0")
    assert kernels.fetch(str(image)) == kernels.Kernel("6.9.0-mine", image, None)


def test_an_image_finds_its_modules(tmp_path: Path) -> None:
    modules = tmp_path / "lib/modules/6.9.0-mine"
    with_modules(modules)
    (tmp_path / "boot").mkdir()
    image = bzimage(tmp_path / "boot/vmlinuz", b"6.9.0-mine #1\0")
    assert kernels.fetch(str(image)).modules == modules


def test_a_kernel_that_the_lab_cannot_use_is_refused(tmp_path: Path) -> None:
    with_modules(tmp_path / "lib/modules/6.9.0-cloud", "9p", "9pnet_virtio")
    image = bzimage(tmp_path / "vmlinuz", b"6.9.0-cloud #1\0")
    with pytest.raises(
        LabError, match=r"cannot boot kernel 6\.9\.0-cloud: it has 9pnet_virtio, 9p"
    ):
        kernels.fetch(str(image))


@pytest.mark.parametrize("content", [b"", b"ELF" * 999])
def test_no_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match=r"not a kernel image for \w+ \(\w+\)"):
        kernels.fetch(str(tmp_path / "file"))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="No such file"):
        kernels.fetch(str(tmp_path / "none"))


def parts_of(_archive: Archive, releases: list[str]) -> dict[str, Parts]:
    """Return parts: 7.3 lacks its modules, the others are complete."""
    return {
        each: Parts((each,), (f"linux-modules-{each}",) if each.startswith("7.3") else ())
        for each in releases
    }


def test_an_incomplete_kernel_is_refused_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Archive, "releases", lambda _archive: KNOWN)
    monkeypatch.setattr(Archive, "parts", parts_of)
    monkeypatch.setattr(Archive, "download", lambda *_: pytest.fail("downloaded"))
    monkeypatch.setattr(kernels, "update_other_archive", lambda _progress: kernels.own_archive())
    with pytest.raises(
        LabError, match=r"7\.3\.4.* cannot be completed: the archive has no linux-modules-7\.3"
    ):
        kernels.fetch("7.3")


def test_a_series_and_a_release_are_removed(cache: Path) -> None:
    assert kernels.remove(["6.1"]) == ["6.1.0-9-amd64", "6.1.0-55-amd64"]
    assert list((cache / "kernels").iterdir()) == []
    assert not list(cache.glob(".partial-*"))


def test_nothing_is_removed_where_one_is_not_here(cache: Path) -> None:
    with pytest.raises(UsageError, match=r"unknown kernel '7\.3'; known: 6\.1\.0-55-amd64, 6"):
        kernels.remove(["6.1.0-9-amd64", "7.3"])
    assert len(kernels.fetched()) == 2


def test_a_fetch_that_fails_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> list[Path]:
        raise LabError("cannot download")

    monkeypatch.setattr(Archive, "releases", lambda _archive: KNOWN)
    monkeypatch.setattr(Archive, "parts", parts_of)
    monkeypatch.setattr(Archive, "download", fail)
    (cache / ".partial-killed").mkdir()
    with pytest.raises(LabError, match="cannot download"):
        kernels.fetch("6.1.0-56-amd64")
    assert sorted(path.name for path in cache.iterdir()) == ["kernels", "lock"]
    assert not (cache / "kernels/6.1.0-56-amd64").exists()


def test_an_incomplete_kernel_is_not_listed(cache: Path) -> None:
    (cache / "kernels/6.1.0-99-amd64/boot").mkdir(parents=True)
    assert kernels.fetch("6.1").release == "6.1.0-55-amd64"


def test_a_planted_image_is_not_booted(cache: Path) -> None:
    (cache / "kernels/6.1.0-55-amd64/boot/vmlinuz-6.1.0-55-amd64").write_text("planted")
    with pytest.raises(
        LabError, match=r"boot/vmlinuz-6.1.0-55-amd64 has changed since it was unpacked"
    ):
        kernels.fetch("6.1")
