"""Changed fields that no counter of their own call confirms: noticed, or of no consequence.

The traces are the recorded ones of tests/traces/6.1. In calls ``passes`` is changed, in steps
``owner_tid`` and ``object``, in tasks' records any field, and of each kind of record 1 % is
dropped. A line is added about an fd that was not observed. A claim with another verdict and no
doubt was fooled.
"""

from __future__ import annotations

import json
import random
import shutil
import tarfile
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from analysis.checks.trust import doubts_of_records
from analysis.frames import read_trace
from analysis.packs import OURS
from analysis.trace.spools import dtype_of
from analysis.verdicts.engine import Outcome, decide
from tests.analysis.claims.cases import from_topics
from tests.fuzz.campaign import BEHIND_FDS
from tests.torture.figures import Figures
from tracer.shared import fds
from tracer.shared.errors import TracerError
from tracer.shared.records import CALL_FIELDS, MANIFEST, STEP_FIELDS, TASK_FIELDS

TITLE, QUICK, LONG, LIVE = "records altered or dropped, of real traces", 12, 1000, False
EXPERIMENTS = ("waits", "epoll-life", "epoll-modes", "herd", "spurious", "async-io")
PACKED = Path(__file__).parents[1] / "traces/6.1"
REAL: dict[str, Outcome] = from_topics("counter_kernels", "REAL")
WAYS = (("calls.bin", "passes"), ("steps.bin", "owner_tid"), ("steps.bin", "object"),
        ("calls.bin", "syscall"), ("steps.bin", "kind"), ("tasks.bin", "kind"),
        ("tasks.bin", "any"), (fds.FILE, "line"))  # fmt: skip
FIELDS = {"calls.bin": CALL_FIELDS, "steps.bin": STEP_FIELDS, "tasks.bin": TASK_FIELDS}
DROPPED = ("syscall", "kind")
"""For each value of these fields, 1 % of the records is dropped."""


def run(count: int, rng: random.Random) -> Figures:
    """Alter ``count`` traces, each in one way."""
    figures = Figures(kernel="6.1")
    with TemporaryDirectory() as home:
        for name in EXPERIMENTS:
            with tarfile.open(PACKED / f"{name}.tar.xz") as packed:
                for member in packed:
                    packed.extract(member, home)
        for number in range(count):
            _try(figures, Path(home), EXPERIMENTS[number % len(EXPERIMENTS)], rng)
            figures.tried += 1
    return figures


def _try(figures: Figures, home: Path, name: str, rng: random.Random) -> None:
    trace = home / "altered.trace"
    shutil.rmtree(trace, ignore_errors=True)
    shutil.copytree(home / f"{name}.trace", trace)
    done = alter(trace, rng)
    what = done.partition(":")[0]
    try:
        found = read_trace(trace)
        doubted = bool(doubts_of_records(found))
    except TracerError:
        figures.tell(f"{what}: refused")
        return
    if doubted:
        figures.tell(f"{what}: noticed")
        return
    claims = [claim for claim in OURS if claim.experiment.id == name]
    after = {claim.id: decide(claim, found, doubts_of=lambda _: ()).outcome for claim in claims}
    fooled = [each for each, outcome in after.items()
              if outcome not in (REAL[each], Outcome.UNDECIDED)]  # fmt: skip
    if fooled:
        figures.found("wrong", f"{name}: {done}: {fooled}")
    else:
        figures.tell(f"{what}: of no consequence")


def alter(trace: Path, rng: random.Random) -> str:
    """Change one field of one record, or drop 1 % of the records of a kind; return which."""
    file, field = rng.choice(WAYS)
    if file == fds.FILE:
        return _tell_of_fd(trace, rng)
    if field == "any":
        field = rng.choice([each.name for each in TASK_FIELDS])
    records = np.fromfile(trace / file, dtype_of(FIELDS[file]))
    if field in DROPPED:
        kind = rng.choice(np.unique(records[field]).tolist())
        there = np.flatnonzero(records[field] == kind).tolist()
        gone = rng.sample(there, max(1, len(there) // 100))
        np.delete(records, gone).tofile(trace / file)
        return f"dropped: {len(gone)} of {file}, {field} {kind}"
    some = np.flatnonzero(records[field]).tolist() or list(range(len(records)))
    place = rng.choice(some)
    others = [value for value in np.unique(records[field]).tolist()
              if value != records[field][place]]  # fmt: skip
    novel = b"novel" if field == "comm" else int(records[field][place]) + 1
    records[field][place] = rng.choice([*others, novel])
    records.tofile(trace / file)
    return f"{'of a task' if file == 'tasks.bin' else field}: record {place}, {field}"


def _tell_of_fd(trace: Path, rng: random.Random) -> str:
    manifest = json.loads((trace / MANIFEST).read_text())
    pid = int(np.fromfile(trace / "tasks.bin", dtype_of(TASK_FIELDS))["pid"][0])
    kind, details = rng.choice(list(BEHIND_FDS.items()))
    at_ns = rng.randint(manifest["started_ns"], manifest["ended_ns"])
    line = {"at_ns": at_ns, "pid": pid, "fd": rng.randint(0, 50), "kind": kind, **details}
    (trace / fds.FILE).write_text(json.dumps(line) + "\n")
    return f"of an fd: {line}"
