"""What runs of ``tracer verify`` decided on many machines: by claim and kernel.

Claims on which runs disagree come first. The verdicts are those in each ``verdicts.json``; the
report of a single run decides again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final, Literal

from msgspec import Meta

from analysis.fleet.fleet import Unread
from analysis.trace.strictjson import check_schema, converted, read_object
from analysis.verdicts.engine import Outcome
from analysis.verdicts.results import SCHEMA, VERDICTS
from tracer.shared.errors import TracerError

MOST_BYTES: Final = 64 << 20
Word = Annotated[str, Meta(min_length=1, max_length=200)]


@dataclass(frozen=True)
class _Claim:
    id: Word
    verdict: Outcome


@dataclass(frozen=True)
class _Kernel:
    release: Word
    where: Literal["host", "lab"]
    claims: tuple[_Claim, ...]


@dataclass(frozen=True)
class _Run:
    kernels: tuple[_Kernel, ...]


@dataclass(frozen=True)
class Verdicts:
    """What ``runs`` directories decided: by claim and kernel, the count of each outcome."""

    runs: int
    kernels: tuple[tuple[str, str], ...]
    """Releases, and where each ran: "host" or "lab"."""
    claims: Mapping[str, Mapping[tuple[str, str], Mapping[Outcome, int]]]
    unread: tuple[Unread, ...]

    def differs(self, claim: str) -> bool:
        """Tell whether there are different outcomes for ``claim``."""
        return len({outcome for each in self.claims[claim].values() for outcome in each}) > 1


def verdicts_of(directories: Sequence[Path]) -> Verdicts:
    """Return what the runs in ``directories`` decided, each directory once."""
    runs, unread = 0, []
    counts: dict[str, dict[tuple[str, str], Counter[Outcome]]] = {}
    kernels: set[tuple[str, str]] = set()
    for directory in dict.fromkeys(path.resolve() for path in directories):
        try:
            run = _read(directory / VERDICTS)
        except (TracerError, OSError) as error:
            unread.append(Unread(str(directory), str(error)))
            continue
        runs += 1
        for kernel in run.kernels:
            key = kernel.release, kernel.where
            kernels.add(key)
            for claim in kernel.claims:
                counts.setdefault(claim.id, {}).setdefault(key, Counter())[claim.verdict] += 1
    found = Verdicts(runs, tuple(sorted(kernels)), counts, tuple(unread))
    ordered = sorted(counts, key=lambda claim: not found.differs(claim))
    return Verdicts(runs, found.kernels, {claim: counts[claim] for claim in ordered}, found.unread)


def _read(path: Path) -> _Run:
    raw = read_object(path, MOST_BYTES)
    check_schema(path, raw, SCHEMA)
    return converted(path, raw, _Run)
