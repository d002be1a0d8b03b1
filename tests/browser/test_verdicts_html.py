"""The report in a real browser: it stands alone, and nothing in it is run."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from analysis.claims.engine import Claim, Decision, Evidence, Verdict, refuted
from analysis.experiments import MUX
from analysis.frames import Trace
from analysis.results import KernelResult, write_reports

pytestmark = pytest.mark.live

HOSTILE = "<script>document.title = 'owned'</script><img src=x onerror=\"document.title='owned'\">"
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def page(directory: Path) -> Path:
    def judge(_trace: Trace) -> Verdict:
        raise AssertionError("not asked")

    claim = Claim("hostile", "notes 0", HOSTILE, MUX, (), (), judge)
    verdict = refuted(HOSTILE, [Evidence(HOSTILE, 23, HOSTILE, "mux")])
    result = KernelResult(HOSTILE, "lab", (Decision(claim, verdict),))
    return write_reports(directory, [result])[1]


def chromium(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("chromium")
    assert program, "chromium is not installed; run scripts/setup dev"
    return subprocess.run(
        [program, *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", *arguments],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip


def test_nothing_in_a_report_is_run(tmp_path: Path) -> None:
    dom = chromium(tmp_path, "--dump-dom", page(tmp_path).as_uri()).stdout
    assert "<title>Verdicts</title>" in dom
    assert dom.count("&lt;script&gt;") >= 4
    assert "<script" not in dom
    assert "<img" not in dom


def test_report_stands_alone(tmp_path: Path) -> None:
    text = page(tmp_path).read_text()
    assert not re.search(r"<(script|link|img|iframe)\b|url\(|@import", text)


@pytest.mark.parametrize("width", [500, 1400])
def test_report_is_drawn(tmp_path: Path, width: int) -> None:
    picture = tmp_path / "page.png"
    size = f"--window-size={width},900"
    chromium(tmp_path, size, f"--screenshot={picture}", page(tmp_path).as_uri())
    header = picture.read_bytes()[:24]
    assert header.startswith(b"\x89PNG")
    assert int.from_bytes(header[16:20], "big") == width
