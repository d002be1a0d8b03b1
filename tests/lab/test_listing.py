"""Which kernels the lists have, with hand-made archives."""

from collections.abc import Iterable

import pytest

from tracer.lab import listing
from tracer.lab.archive import Archive, Parts

OWN, OTHER = Archive(("own",)), Archive(("other",))
LISTS = {
    OWN: {"6.1.0-56-amd64": (), "7.1.3-amd64": ("linux-modules-7.1.3-amd64",)},
    OTHER: {
        "5.10.0-32-amd64": (),
        "6.1.0-56-amd64": ("linux-modules-6.1.0-56-amd64",),
        "7.1.3-amd64": ("linux-modules-7.1.3-amd64",),
    },
}


@pytest.fixture(autouse=True)
def archives(monkeypatch: pytest.MonkeyPatch) -> None:
    def parts(archive: Archive, releases: Iterable[str]) -> dict[str, Parts]:
        return {each: Parts((each,), LISTS[archive][each]) for each in releases}

    monkeypatch.setattr(listing, "own_archive", lambda: OWN)
    monkeypatch.setattr(listing, "other_archive", lambda: OTHER)
    monkeypatch.setattr(Archive, "releases", lambda archive: list(LISTS[archive]))
    monkeypatch.setattr(Archive, "parts", parts)


def test_a_kernel_is_whole_if_one_of_the_lists_has_it_whole() -> None:
    assert listing.listed() == [
        listing.Listed("5.10.0-32-amd64", ()),
        listing.Listed("6.1.0-56-amd64", ()),
        listing.Listed("7.1.3-amd64", ("linux-modules-7.1.3-amd64",)),
    ]


def test_an_incomplete_kernel_is_not_available() -> None:
    assert listing.available() == ["5.10.0-32-amd64", "6.1.0-56-amd64"]
