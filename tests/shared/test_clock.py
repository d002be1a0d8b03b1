"""The boot clock inside a time namespace and outside."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tracer.shared import clock
from tracer.shared.clock import boot_ns

DAY_S = 86_400
HOUR_NS = 3_600_000_000_000
OFFSETS = "monotonic           3         5\nboottime       -86400         7\n"


def test_it_is_the_boot_clock_outside() -> None:
    assert abs(boot_ns() - time.clock_gettime_ns(time.CLOCK_BOOTTIME)) < HOUR_NS


def test_the_offset_is_that_of_the_boot_clock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "offsets").write_text(OFFSETS)
    monkeypatch.setattr(clock, "_OFFSETS", tmp_path / "offsets")
    assert clock._offset_ns() == -DAY_S * 1_000_000_000 + 7


def test_without_offsets_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "_OFFSETS", tmp_path / "none")
    assert clock._offset_ns() == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="a time namespace needs root")
def test_it_is_the_same_inside_a_time_namespace() -> None:
    script = "from tracer.shared.clock import boot_ns; print(boot_ns())"
    command = [
        "unshare",
        "--time",
        "--boottime",
        str(DAY_S),
        "--fork",
        sys.executable,
        "-c",
        script,
    ]
    inside = int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    assert abs(boot_ns() - inside) < HOUR_NS
