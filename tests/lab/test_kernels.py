"""Which kernel is meant; a cache made by hand, an archive that must not be asked."""

from pathlib import Path

import pytest

from tracer.lab import kernels
from tracer.lab.archive import Archive
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
    return tmp_path


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


@pytest.mark.parametrize("find", [kernels.resolve, kernels.fetch])
def test_a_series_is_the_newest_that_is_here(find: type, cache: Path) -> None:
    home = cache / "kernels/6.1.0-55-amd64"
    assert find("6.1") == kernels.Kernel(
        "6.1.0-55-amd64",
        home / "boot/vmlinuz-6.1.0-55-amd64",
        home / "lib/modules/6.1.0-55-amd64",
    )


def test_a_release_is_that_one() -> None:
    assert kernels.resolve("6.1.0-9-amd64").release == "6.1.0-9-amd64"


def test_resolve_says_how_to_fetch() -> None:
    with pytest.raises(LabError, match=r"not here yet; run: tracer lab fetch 7\.3"):
        kernels.resolve("7.3")


@pytest.mark.parametrize(
    ("name", "hint"),
    [("6.1.0-57-amd64x", "nearest: 6.1.0-5"), ("6,1", "nearest: 6.1"), ("x", "known: 5.10, 6.1")],
)
def test_an_unknown_name_gets_the_nearest(name: str, hint: str) -> None:
    with pytest.raises(UsageError, match=hint):
        kernels.fetch(name)


def test_a_path_is_an_image(tmp_path: Path) -> None:
    image = bzimage(tmp_path / "bzImage", b"6.9.0-mine (me@here) #1 SMP\0")
    assert kernels.resolve(str(image)) == kernels.Kernel("6.9.0-mine", image, None)


def test_an_image_finds_its_modules(tmp_path: Path) -> None:
    modules = tmp_path / "lib/modules/6.9.0-mine"
    modules.mkdir(parents=True)
    (tmp_path / "boot").mkdir()
    image = bzimage(tmp_path / "boot/vmlinuz", b"6.9.0-mine #1\0")
    assert kernels.fetch(str(image)).modules == modules


@pytest.mark.parametrize("content", [b"", b"ELF" * 999])
def test_no_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(UsageError, match="not an x86 kernel image"):
        kernels.resolve(str(tmp_path / "file"))


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(TracerError, match="No such file"):
        kernels.resolve(str(tmp_path / "none"))


def test_a_fetch_that_fails_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_arguments: object) -> list[Path]:
        raise LabError("cannot download")

    monkeypatch.setattr(Archive, "releases", lambda _archive: KNOWN)
    monkeypatch.setattr(Archive, "packages", lambda _archive, release: [release])
    monkeypatch.setattr(Archive, "download", fail)
    (cache / ".partial-killed").mkdir()
    with pytest.raises(LabError, match="cannot download"):
        kernels.fetch("6.1.0-56-amd64")
    assert sorted(path.name for path in cache.iterdir()) == ["kernels", "lock"]
    assert not (cache / "kernels/6.1.0-56-amd64").exists()
