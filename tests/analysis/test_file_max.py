"""fs.file-max against memory: every verdict from machines made up for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.claims.engine import CORRECTED, REFUTED, SUPPORTED, Outcome, Verdict, decide
from analysis.claims.file_max import file_max_per_gib
from analysis.frames import read_trace
from tests.analysis.handmade import Maker

GIB = 1 << 20
"""In KiB, as /proc/meminfo has it."""


def boot(memory_kib: int | None, file_max: int | None, init: str = "virtme-init") -> Maker:
    maker = Maker()
    maker.manifest["machine"] |= {"memory_kib": memory_kib, "file_max": file_max, "init": init}
    maker.phase("poll", active=(4,))
    maker.call("poll", 1)
    return maker


def verdict(path: Path, *boots: Maker) -> Verdict:
    traces = [read_trace(each.write(path / str(n))) for n, each in enumerate(boots)]
    return decide(file_max_per_gib, *traces)


def sizes(*files_per_gib: int) -> list[Maker]:
    """Machines of 1, 2 and 4 GiB with so many files for each."""
    return [boot(n * GIB, n * each) for n, each in zip((1, 2, 4), files_per_gib, strict=True)]


@pytest.mark.parametrize(
    ("outcome", "boots"),
    [
        (SUPPORTED, sizes(98_000, 101_000, 103_000)),
        (SUPPORTED, sizes(109_000, 109_000, 109_000)),
        (CORRECTED, sizes(200_000, 200_000, 201_000)),
        (CORRECTED, sizes(88_000, 89_000, 90_000)),
        (REFUTED, [boot(n * GIB, 200_000) for n in (1, 2, 4)]),
        (REFUTED, sizes(98_000, 101_000, 130_000)),
    ],
)
def test_verdict(tmp_path: Path, outcome: Outcome, boots: list[Maker]) -> None:
    found = verdict(tmp_path, *boots)
    assert found.outcome == outcome, found.finding
    assert outcome in file_max_per_gib.verdicts
    assert len({each.metric for each in found.evidence}) == len(found.evidence)
    assert "process 1 is virtme-init" in found.finding


@pytest.mark.parametrize(
    ("boots", "words"),
    [
        ([boot(GIB, 98_000)], "no two machines of different size"),
        ([boot(GIB, 98_000), boot(GIB, 98_000)], "no two machines of different size"),
        ([boot(GIB, 98_000), boot(2 * GIB, None)], "could not be read"),
        ([boot(None, 98_000), boot(2 * GIB, 196_000)], "could not be read"),
        ([boot(GIB, 98_000), boot(2 * GIB, 1 << 62, "systemd")], "process 1 is systemd"),
    ],
)
def test_undecided(tmp_path: Path, boots: list[Maker], words: str) -> None:
    found = verdict(tmp_path, *boots)
    assert found.outcome == Outcome.UNDECIDED
    assert words in (found.undecided_because or "")


def test_loss_in_any_boot_decides_nothing(tmp_path: Path) -> None:
    boots = sizes(98_000, 101_000, 103_000)
    boots[1].manifest["losses"]["calls"] = 1
    assert verdict(tmp_path, *boots).undecided_because == "1 calls lost; raise --ring-size"
