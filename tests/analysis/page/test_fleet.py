from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.analysis import scenes
from tests.analysis.findings.cases import CASES
from tests.analysis.handmade import WAITER, Maker
from tracer import cli

EVIL = "<img src=x onerror=alert(1)>\u202e"


@pytest.fixture
def traces(tmp_path: Path) -> list[str]:
    """Two hosts, one with a fault and a hostile name; and something that is no trace."""
    found = []
    for name, host in (("a", "web-1"), ("b", EVIL)):
        maker = Maker(detached={"sched_waking": "EPERM"})
        maker.task(WAITER, "server")
        CASES["busy-poll"].faulty(maker) if name == "a" else scenes.blocking(maker)
        maker.manifest |= {"host": host, "command": [name]}
        found.append(str(maker.write(tmp_path / f"{name}.trace")))
    return [*found, str(tmp_path / "none.trace")]


def test_the_page_has_what_the_report_says(
    traces: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "fleet.html"
    assert cli.main(["report", *traces, "--html", str(path)]) == 1, "one is no trace"
    page = path.read_text().partition("<body>")[2].partition("<script")[0]
    text = re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", page))
    assert "2 traces, 2 hosts, 1 release" in text
    assert "none.trace" in text
    assert text.index("Outliers: not determined") < text.index("By host") < text.index("By program")
    assert re.search(r"busy-poll 1 2 1", text)
    assert "kernel median" in text
    assert "<img" not in page
    assert "\u202e" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    said = capsys.readouterr().out
    assert "2 traces, 2 hosts, 1 release" in said
