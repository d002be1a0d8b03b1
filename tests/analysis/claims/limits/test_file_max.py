"""What is said of machines whose fs.file-max cannot be compared with their memory."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.claims.limits.claims import FILE_MAX_PER_GIB
from analysis.frames import read_trace
from analysis.verdicts.engine import Outcome, decide
from tests.analysis.claims.limits.file_max_cases import GIB, boot
from tests.analysis.handmade import Maker


@pytest.mark.parametrize(
    ("boots", "words"),
    [
        ([boot(GIB, 98_000)], "no two machines of different size"),
        ([boot(GIB, 98_000), boot(2 * GIB, None)], "could not be read"),
        ([boot(GIB, 98_000), boot(2 * GIB, 1 << 62, "systemd")], "process 1 is systemd"),
    ],
)
def test_undecided(tmp_path: Path, boots: list[Maker], words: str) -> None:
    traces = [read_trace(each.write(tmp_path / str(n))) for n, each in enumerate(boots)]
    found = decide(FILE_MAX_PER_GIB, *traces)
    assert found.outcome == Outcome.UNDECIDED
    assert words in (found.undecided_because or "")
