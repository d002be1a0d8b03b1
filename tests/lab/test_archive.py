"""apt's output, recorded; no network."""

import platform
from collections.abc import Sequence

import pytest

from tracer.lab import archive
from tracer.lab.cache import cache_dir
from tracer.shared.errors import LabError

SPLIT = """\
linux-image-7.3.4+deb13-amd64
  PreDepends: linux-base
 |Depends: dracut
 |Depends: initramfs-tools
  Depends: <linux-initramfs-tool>
    dracut
    initramfs-tools
  Depends: linux-base-7.3.4+deb13-amd64
  Depends: linux-binary-7.3.4+deb13-amd64
  Depends: linux-modules-7.3.4+deb13-amd64
  Breaks: initramfs-tools
  Recommends: apparmor
  Suggests: linux-doc-7.3
"""

WHOLE = """\
linux-image-6.1.0-56-amd64
  Depends: kmod
  Depends: linux-base
 |Depends: initramfs-tools
  Depends: <linux-initramfs-tool>
    dracut
  Suggests: linux-doc-6.1
"""


INCOMPLETE = """\
linux-image-7.1.13+deb13-amd64
  PreDepends: linux-base
 |Depends: dracut
  Depends: <linux-base-7.1.13+deb13-amd64>
  Depends: linux-binary-7.1.13+deb13-amd64
  Depends: <linux-modules-7.1.13+deb13-amd64>
"""

DOCUMENTS_MISSING = """\
linux-image-6.18.15+deb13-rt-amd64
  Depends: kmod
  Depends: <linux-base-6.18.15+deb13-rt-amd64>
"""

ANSWERS = {
    "7.3.4+deb13-amd64": SPLIT,
    "6.1.0-56-amd64": WHOLE,
    "7.1.13+deb13-amd64": INCOMPLETE,
    "6.18.15+deb13-rt-amd64": DOCUMENTS_MISSING,
}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace apt-cache by its recorded output; return the packages it was asked about."""
    asked: list[str] = []

    def answer(argv: Sequence[str], _doing: str) -> str:
        names = list(argv[argv.index("depends") + 1 :])
        asked.extend(names)
        texts = {f"linux-image-{release}": text for release, text in ANSWERS.items()}
        texts |= {
            "linux-modules-7.3.4+deb13-amd64": "linux-modules-7.3.4+deb13-amd64\n"
            "  Depends: linux-base-7.3.4+deb13-amd64\n",
        }
        return "".join(texts.get(name, f"{name}\n") for name in names)

    monkeypatch.setattr(archive, "run", answer)
    return asked


def parts_of(release: str) -> archive.Parts:
    return archive.own_archive().parts([release])[release]


def test_a_split_kernel_is_its_parts_each_looked_up_once(asked: list[str]) -> None:
    packages = (
        "linux-image-7.3.4+deb13-amd64",
        "linux-base-7.3.4+deb13-amd64",
        "linux-binary-7.3.4+deb13-amd64",
        "linux-modules-7.3.4+deb13-amd64",
    )
    assert parts_of("7.3.4+deb13-amd64") == (packages, ())
    assert asked == list(packages)


@pytest.mark.usefixtures("asked")
def test_a_whole_kernel_is_one_package() -> None:
    assert parts_of("6.1.0-56-amd64") == (("linux-image-6.1.0-56-amd64",), ())


@pytest.mark.usefixtures("asked")
def test_a_package_that_no_list_has_is_missing() -> None:
    assert parts_of("7.1.13+deb13-amd64").missing == (
        "linux-base-7.1.13+deb13-amd64",
        "linux-modules-7.1.13+deb13-amd64",
    )


@pytest.mark.usefixtures("asked")
def test_a_whole_kernel_does_without_its_documents() -> None:
    release = "6.18.15+deb13-rt-amd64"
    assert parts_of(release) == ((f"linux-image-{release}",), ())


def test_all_kernels_are_looked_up_at_once(asked: list[str]) -> None:
    assert list(archive.own_archive().parts(ANSWERS)) == list(ANSWERS)
    assert len(asked) == len(set(asked))


def test_the_base_is_where_the_own_suite_comes_from() -> None:
    targets = ["bookworm-security http://one/security/", "bookworm http://one/debian/"]
    assert archive.base_of(targets, "bookworm") == "http://one/debian/"
    assert archive.base_of(targets, "noble") is None


def test_another_distribution_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "run", lambda _argv, _doing: "noble http://one/ubuntu/\n")
    monkeypatch.setattr(
        platform,
        "freedesktop_os_release",
        lambda: {"ID": "ubuntu", "VERSION_CODENAME": "noble", "PRETTY_NAME": "Ubuntu 24.04"},
    )
    with pytest.raises(LabError, match=r"this is Ubuntu 24\.04 .*path of a kernel image"):
        archive._sources()


def test_a_machine_without_lists_is_told_to_update(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archive, "run", lambda _argv, _doing: "")
    with pytest.raises(LabError, match="run: apt-get update"):
        archive._sources()


GOOD = f"deb [arch=amd64 signed-by={archive.KEYRING}] http://deb.example.org/debian sid main\n"


@pytest.mark.parametrize(
    "line",
    [
        "deb [trusted=yes] http://evil.example.org/debian sid main",
        f"deb [arch=amd64 signed-by={archive.KEYRING} trusted=yes] http://x.example.org sid main",
        "deb http://evil.example.org/debian sid main",
        f"deb [arch=amd64 signed-by={archive.KEYRING}] [trusted=yes] sid main",
    ],
)
def test_planted_sources_are_refused(cache, line):
    home = cache_dir() / "apt"
    home.mkdir()
    (home / "sources.list").write_text(GOOD)
    archive.other_archive()
    (home / "sources.list").write_text(GOOD + line + "\n")
    with pytest.raises(LabError, match="has a line that tracer did not write"):
        archive.other_archive()


def test_lists_that_others_may_write_are_refused(cache):
    lists = cache_dir() / "apt" / "lists"
    lists.mkdir(parents=True)
    (lists / "Packages").touch()
    (lists / "Packages").chmod(0o666)
    with pytest.raises(LabError, match="Packages is not trusted: others may write to it"):
        archive.other_archive()
