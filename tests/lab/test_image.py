"""An image has its release in its header, or, if it is not packed, in its banner."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from tracer.lab.image import release_of
from tracer.shared import arch
from tracer.shared.errors import UsageError

PLAIN = arch.ImageFormat("Image", magic=b"MAGIC", magic_at=8, version_at=None)


@pytest.fixture(autouse=True)
def plain(monkeypatch: pytest.MonkeyPatch) -> None:
    row = replace(arch.here(), image=PLAIN)
    monkeypatch.setattr(arch, "here", lambda: row)


def test_a_plain_image_has_its_banner(tmp_path: Path) -> None:
    (tmp_path / "Image").write_bytes(
        b"\0" * 8 + b"MAGIC" + b"\0" * 99_999 + b"Linux version 7.3.4+deb13-cloud (who@where) \n"
    )
    assert release_of(tmp_path / "Image") == "7.3.4+deb13-cloud"


@pytest.mark.parametrize("content", [b"\0" * 8 + b"MAGIC, no banner", b"Linux version 7.3.4 (x) "])
def test_what_lacks_either_is_no_image(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "Image").write_bytes(content)
    with pytest.raises(UsageError, match=r"is not a kernel image for \w+ \(Image\)"):
        release_of(tmp_path / "Image")
