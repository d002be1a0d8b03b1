"""Records dropped, repeated, swapped, cut off: each claim keeps its verdict or is undecided."""

from __future__ import annotations

import json
import random
from pathlib import Path

from analysis.frames import Trace, read_trace
from analysis.packs import OURS
from analysis.verdicts.engine import Claim, decide_kernel
from analysis.verdicts.results import KernelResult, to_json
from tests.analysis.claims.cases import CASES
from tests.analysis.handmade import WAITER, Maker
from tests.fuzz.campaign import BEHIND_FDS
from tests.torture.figures import Figures
from tests.torture.room import room
from tracer.shared import fds
from tracer.shared.errors import TracerError
from tracer.shared.records import CALL_CELL, MANIFEST, SPOOLS, STEP_CELL, TASK_CELL, Life

TITLE, QUICK, LONG, LIVE = "damaged traces through every claim", 20, 1000, False
CELLS = {"calls.bin": CALL_CELL.size, "steps.bin": STEP_CELL.size, "tasks.bin": TASK_CELL.size}
"""Size of a record; in fds.jsonl it is a line."""


def run(count: int, rng: random.Random) -> Figures:
    """Damage ``count`` traces, claim by claim in turn."""
    figures = Figures(kernel="any")
    for number in range(count):
        claim = OURS[number % len(OURS)]
        with room() as place:
            _try(figures, claim, place.work, rng)
        figures.tried += 1
    return figures


def _try(figures: Figures, claim: Claim, home: Path, rng: random.Random) -> None:
    makers = rng.choice(list(CASES[claim.id].values()))[0]()
    paths = [
        _write(maker, home / f"{number}.trace")
        for number, maker in enumerate([makers] if isinstance(makers, Maker) else makers)
    ]
    before = _verdict(claim, [read_trace(path) for path in paths])
    done = damage(rng.choice(paths), rng)
    case = f"{claim.id}: {done}"
    try:
        traces = [read_trace(path) for path in paths]
        after = _verdict(claim, traces)
    except TracerError:
        figures.tell("refused")
        return
    except Exception as error:
        figures.found("tracebacks", f"{case}: {error!r}")
        return
    if after == "undecided":
        figures.tell("undecided")
    elif after == before:
        figures.tell("verdict kept")
    else:
        figures.found("wrong", f"{case}: {before} became {after}")


def _write(maker: Maker, path: Path) -> Path:
    """Write a trace that also has its task and fds, like that of a user's program.

    It also has the numbers of records and missed runs, as from a recorder: in a trace from an older
    tracer a lost step is not always noticed (KNOWN_ISSUES.md).
    """
    maker.task(WAITER, "waiter", Life.EXECED)
    for fd, (kind, details) in enumerate(BEHIND_FDS.items(), 3):
        maker.observe(fd, kind, **details)
    maker.write(path)
    manifest = json.loads((path / MANIFEST).read_text())
    manifest["records"] = {
        name: _size(path / file) // CELLS[file] for name, file in SPOOLS.items() if file in CELLS
    }
    manifest["misses"] |= {
        f"{row['hook']}_{row['attached'].partition(':')[0]}": 0
        for row in manifest["plan"]
        if row["attached"]
    }
    manifest["fd_names"] = {"seen": len(maker.observed), "skipped": 0, "unreadable": 0}
    (path / MANIFEST).write_text(json.dumps(manifest))
    return path


def _verdict(claim: Claim, traces: list[Trace]) -> str:
    decisions = decide_kernel([claim], {claim.experiment.id: traces})
    (found,) = to_json([KernelResult("6.1", "lab", decisions, {})])["kernels"][0]["claims"]
    return str(found["verdict"])


def damage(trace: Path, rng: random.Random) -> str:
    """Drop, repeat, swap or cut off whole records of a trace; return what was done."""
    there = [name for name in (*CELLS, fds.FILE) if _size(trace / name)]
    if not there:
        return "nothing to damage"
    name = rng.choice(there)
    cells = _cells(name, (trace / name).read_bytes())
    count = len(cells)
    a, b = sorted((rng.randrange(count), rng.randrange(count)))
    what = rng.choice(("drop one", "drop some", "drop 1 %", "repeat", "exchange", "cut", "tear"))
    if what == "drop one":
        del cells[a]
    elif what == "drop some":
        del cells[a : b + 1]
    elif what == "drop 1 %":
        gone = set(rng.sample(range(count), max(1, count // 100)))
        cells = [cell for number, cell in enumerate(cells) if number not in gone]
    elif what == "repeat":
        cells.insert(b, cells[a])
    elif what == "exchange":
        cells[a], cells[b] = cells[b], cells[a]
    elif what == "cut":
        del cells[a:]
    else:
        cells[-1] = cells[-1][: rng.randrange(1, len(cells[-1]))]
    (trace / name).write_bytes(b"".join(cells))
    return f"{name}: {what} ({a}, {b} of {count})"


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _cells(name: str, data: bytes) -> list[bytes]:
    if name == fds.FILE:
        return data.splitlines(keepends=True)
    return [data[at : at + CELLS[name]] for at in range(0, len(data), CELLS[name])]
