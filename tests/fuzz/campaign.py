"""A campaign: many mutations of small real and hand-made traces, through every command."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar
from unittest.mock import patch

from analysis.comparison import sides
from analysis.findings.examine import examine
from analysis.fleet import gather
from analysis.packs import OURS
from analysis.verdicts.engine import Claim
from analysis.windows.recording import Recorded, open_recording
from tests.analysis.claims.cases import CASES
from tests.analysis.handmade import Maker
from tests.fuzz.commands import Outcome, outcomes
from tests.fuzz.mutate import mutate

T = TypeVar("T")

RECORDED: Final = Path(__file__).parents[1] / "traces"
RECORDED_SHARE: Final = 0.6
SEEDS: Final = Path(__file__).parent / "seeds" / "seeds.txt"


BEHIND_FDS: Final[dict[str, dict[str, Any]]] = {
    "tcp": {"local": "127.0.0.1:80", "peer": "127.0.0.1:4711", "state": "ESTABLISHED"},
    "unix": {"inode": 7, "peer_inode": 7},
    "epoll": {"watches": [3, 4]},
    "file": {"text": "/dev/null"},
}
"""Observations of a hand-made trace's first fds, which workloads of ours don't have."""


class Tried(NamedTuple):
    """One mutation: its seed, the trace, what was done to it, and each command's outcome.

    There is no outcome if the trace reads as before: nobody reads what was changed.
    """

    seed: int
    trace: str
    done: Sequence[str]
    outcomes: Sequence[Outcome]

    @property
    def fate(self) -> str:
        """Whether the trace is refused, or read, or reads as before."""
        if not self.outcomes:
            return "of no consequence"
        return "refused" if any(each.refused for each in self.outcomes) else "read"

    @property
    def problems(self) -> list[str]:
        """What must not happen."""
        return [f"{each.command}: {each.problem}" for each in self.outcomes if each.problem]


def kept_seeds() -> list[tuple[int, str]]:
    """Return seeds that once found something, each with the mutated trace."""
    lines = [line.split() for line in SEEDS.read_text().splitlines()]
    return [(int(words[0]), words[1]) for words in lines if words]


def subject(seed: int) -> str:
    """Return which trace ``seed`` mutates: a recorded one, or a claim's."""
    recorded = sorted(path.stem for path in RECORDED.glob("*.trace"))
    rng = random.Random(f"subject {seed}")  # noqa: S311 - the same again is the point
    return rng.choice(recorded if rng.random() < RECORDED_SHARE else sorted(CASES))


def run(seeds: Iterable[tuple[int, str]], every: bool = False) -> Iterator[Tried]:
    """Try each seed on its trace; the same seed is the same mutation, and ``every``: all commands.

    Unmutated traces are made once, and examined once: the result would be the same each time.
    """
    with tempfile.TemporaryDirectory(prefix="tracer-fuzz-") as name, examined_once(Path(name)):
        for seed, trace in seeds:
            whole, room = Path(name) / f"{trace}.trace", Path(name) / str(seed)
            if not whole.exists():
                _make(trace, whole)
            room.mkdir()
            yield _try(seed, trace, whole, room, every)
            shutil.rmtree(room)


def _try(seed: int, name: str, whole: Path, room: Path, every: bool) -> Tried:
    rng = random.Random(seed)  # noqa: S311 - the same again is the point
    trace = room / "x.trace"
    shutil.copytree(whole, trace)
    done = mutate(trace, rng)
    if not every and _reads_alike(trace, whole):
        return Tried(seed, name, done, [])
    found = outcomes(trace, whole, _claims(name), room, rng, every=every)
    return Tried(seed, name, done, list(found))


def _reads_alike(trace: Path, whole: Path) -> bool:
    """Tell whether commands, which all use `open_recording`, get the same from both."""
    try:
        return _contents(trace) == _contents(whole)
    except Exception:  # its next reader reports why
        return False


def _contents(trace: Path) -> tuple[Any, ...]:
    found = open_recording(trace)
    spools = (found.calls, found.steps, found.tasks)
    records = [(each.records.tobytes(), each.truncated_bytes) for each in spools]
    return found.manifest, found.truth, found.fds, records


@contextmanager
def examined_once(home: Path) -> Iterator[None]:
    """Let the traces in ``home``, which never change, be examined only once each."""
    with (
        patch.object(sides, "_member", _once(sides._member, home)),
        patch.object(gather, "examine", _once(examine, home)),
    ):
        yield


def _once(examining: Callable[..., T], home: Path) -> Callable[..., T]:
    known: dict[Path, T] = {}

    def once(trace: Recorded, *rest: Any) -> T:
        path = trace.recording.path
        if path.parent != home:
            return examining(trace, *rest)
        if path not in known:
            known[path] = examining(trace, *rest)
        return known[path]

    return once


def _claims(name: str) -> tuple[Claim, ...]:
    """Return the claims that are decided from the trace: all from a recorded one."""
    return tuple(claim for claim in OURS if name not in CASES or claim.id == name)


def _make(name: str, path: Path) -> None:
    if (RECORDED / f"{name}.trace").is_dir():
        shutil.copytree(RECORDED / f"{name}.trace", path)
        return
    made = next(iter(CASES[name].values()))[0]()
    maker = made if isinstance(made, Maker) else made[0]
    for fd, (kind, details) in enumerate(BEHIND_FDS.items(), 3):
        maker.observe(fd, kind, **details)
    maker.write(path)
