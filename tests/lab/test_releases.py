"""Names as the archive had them in November 2026."""

import pytest

from tracer.lab import releases

PACKAGES = [
    "linux-image-6.1.0-9-amd64",
    "linux-image-6.1.0-56-amd64",
    "linux-image-6.1.0-56-amd64-dbg",
    "linux-image-6.1.0-56-amd64-unsigned",
    "linux-image-6.1.0-56-cloud-amd64",
    "linux-image-6.1.0-56-rt-amd64",
    "linux-image-6.1.0-0.deb11.7-amd64",
    "linux-image-6.12-amd64",
    "linux-image-6.12.90+deb12-amd64",
    "linux-image-6.12.90+deb12.1-amd64",
    "linux-image-6.12.107+deb13-amd64",
    "linux-image-6.12.107+deb13-arm64",
    "linux-image-7.3~rc4-amd64",
    "linux-image-7.3.4+deb13-amd64",
    "linux-image-amd64",
    "linux-image-cloud-amd64",
    "linux-headers-6.1.0-56-amd64",
]


def test_kernels_are_kept_oldest_first() -> None:
    assert releases.releases_among(PACKAGES) == [
        "6.1.0-0.deb11.7-amd64",
        "6.1.0-9-amd64",
        "6.1.0-56-amd64",
        "6.1.0-56-cloud-amd64",
        "6.1.0-56-rt-amd64",
        "6.12.90+deb12-amd64",
        "6.12.90+deb12.1-amd64",
        "6.12.107+deb13-amd64",
        "7.3.4+deb13-amd64",
    ]


@pytest.mark.parametrize(
    ("name", "release"),
    [
        ("6.1", "6.1.0-56-amd64"),
        ("6.12", "6.12.107+deb13-amd64"),
        ("7.3", "7.3.4+deb13-amd64"),
        ("6.1-rt", "6.1.0-56-rt-amd64"),
        ("6.1-cloud", "6.1.0-56-cloud-amd64"),
        ("6.12-rt", None),
        ("6.1.0-9-amd64", "6.1.0-9-amd64"),
        ("6.1.0-8-amd64", None),
        ("6", None),
        ("6.2", None),
    ],
)
def test_newest(name: str, release: str | None) -> None:
    assert releases.newest(name, releases.releases_among(PACKAGES)) == release


def test_series_are_newest_first_and_come_before_their_flavours() -> None:
    grouped = releases.by_series(releases.releases_among(PACKAGES))
    assert list(grouped) == ["7.3", "6.12", "6.1", "6.1-cloud", "6.1-rt"]
    assert grouped["6.1"] == ["6.1.0-56-amd64", "6.1.0-9-amd64", "6.1.0-0.deb11.7-amd64"]


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("9.9", ["7.3"]),
        ("6.19", ["6.12", "7.3"]),
        ("2.6", ["5.10"]),
        ("9-rt", ["6.1-rt"]),
        ("6.1.0-9-amd46", []),
        ("9.9-rt", ["6.1-rt"]),
        ("x", []),
    ],
)
def test_nearest(name: str, near: list[str]) -> None:
    assert releases.nearest(name, ["5.10", "6.1", "6.1-rt", "6.12", "7.3"]) == near


@pytest.mark.parametrize("name", ["6", "6.1.0", "6.1.0-56", "v6.1", "", "6.1 "])
def test_neither_series_nor_release(name: str) -> None:
    assert not releases.is_series(name)
    assert not releases.is_release(name)


def test_default_is_a_series() -> None:
    assert releases.is_series(releases.DEFAULT)
