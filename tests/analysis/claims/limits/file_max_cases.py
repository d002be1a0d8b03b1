"""Cases for fs.file-max against memory: every verdict from made-up machines."""

from __future__ import annotations

from analysis.verdicts.engine import CORRECTED, REFUTED, SUPPORTED
from tests.analysis.handmade import Maker
from tests.analysis.making import UNDECIDED, Build, Cases

GIB = 1 << 20
"""In KiB, as in /proc/meminfo."""


def boot(memory_kib: int | None, file_max: int | None, init: str = "virtme-init") -> Maker:
    """Make the trace of one machine."""
    maker = Maker()
    maker.manifest["machine"] |= {"memory_kib": memory_kib, "file_max": file_max, "init": init}
    maker.phase("poll", active=(4,))
    maker.call("poll", 1)
    return maker


def boots(*sizes: tuple[int | None, int | None]) -> Build:
    """Return a function that makes machines with (memory in KiB, file-max)."""
    return lambda: [boot(*size) for size in sizes]


def sizes(*files_per_gib: int) -> Build:
    """Return a function that makes machines of 1, 2 and 4 GiB with so many files for each."""
    return boots(*((n * GIB, n * each) for n, each in zip((1, 2, 4), files_per_gib, strict=True)))


FILE_MAX_CASES: dict[str, Cases] = {
    "file-max-per-gib": {
        SUPPORTED: [sizes(98_000, 101_000, 103_000), sizes(109_000, 109_000, 109_000)],
        CORRECTED: [sizes(200_000, 200_000, 201_000), sizes(88_000, 89_000, 90_000)],
        REFUTED: [
            boots(*((n * GIB, 200_000) for n in (1, 2, 4))),
            sizes(98_000, 101_000, 130_000),
        ],
        UNDECIDED: [
            boots((GIB, 98_000)),
            boots((GIB, 98_000), (GIB, 98_000)),
            boots((GIB, 98_000), (2 * GIB, None)),
            boots((None, 98_000), (2 * GIB, 196_000)),
            lambda: [boot(GIB, 98_000), boot(2 * GIB, 1 << 62, "systemd")],
        ],
    }
}
