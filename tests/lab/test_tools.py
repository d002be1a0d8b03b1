"""What to install, and what a tool's last words mean."""

import pytest

from tracer.lab import tools
from tracer.lab.tools import last_words, require
from tracer.shared.errors import LabError


def test_missing_tools_are_named_with_their_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "SEARCH_PATH", "/nowhere")
    with pytest.raises(LabError, match=r"apt-get install busybox-static kmod$"):
        require("busybox", "depmod", "modprobe")


def test_last_words_say_what_to_do() -> None:
    assert last_words("a\n\nb: No space left on device\n").startswith("a; b: No space")
    assert "TRACER_CACHE" in last_words("tar: x: No space left on device")
    assert "apt-get update" in last_words("E: Failed to fetch x  404  Not Found")
    assert last_words("") == "it said nothing"
