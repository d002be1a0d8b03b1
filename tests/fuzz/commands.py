"""Runs every command that reads a trace, and checks the outcomes."""

from __future__ import annotations

import contextlib
import io
import json
import random
import traceback
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, NamedTuple

from analysis.frames import Trace, read_trace
from analysis.page.verdicts import verdicts_html
from analysis.verdicts.engine import Claim, decide_kernel
from analysis.verdicts.exhibits import exhibits_of
from analysis.verdicts.results import KernelResult, to_json
from analysis.verdicts.text import to_text
from tests.fuzz import absurd
from tracer import cli
from tracer.shared.errors import TracerError


class Outcome(NamedTuple):
    """The outcome of one command on a trace: ``problem`` is None if all was well."""

    command: str
    refused: bool
    problem: str | None = None


Check = Callable[[], Iterable[str]]
"""Runs something, yields what is wrong with the outcome."""
AT_ONCE: Final = 2
"""How many commands are tried on a readable trace; its seed decides which."""
DRAWN_SHARE: Final = 1 / 8
"""For one in how many something is also drawn: a picture takes as long as all commands."""


def outcomes(
    trace: Path,
    whole: Path,
    claims: Sequence[Claim],
    room: Path,
    rng: random.Random,
    *,
    every: bool = False,
) -> Iterator[Outcome]:
    """Yield the outcome of commands on ``trace``; ``whole`` is one to compare it with.

    A refused trace is given to all commands, and so is any with ``every``.
    """
    tried = _Tried(trace, whole, claims, room)
    try:
        tried.read = read_trace(trace)
    except TracerError:
        for name, check in tried.refusals.items():
            yield _ran(name, check, refused=True)
        return
    except Exception:
        yield Outcome("read", refused=False, problem=traceback.format_exc())
        return
    checks = dict(_some(tried.printed, len(tried.printed) if every else AT_ONCE, rng))
    if every or rng.random() < DRAWN_SHARE:
        checks |= dict(_some(tried.drawn, len(tried.drawn) if every else 1, rng))
    for name, check in checks.items():
        yield _ran(name, check, refused=False)


def _some(checks: Mapping[str, Check], count: int, rng: random.Random) -> list[tuple[str, Check]]:
    return [(name, checks[name]) for name in rng.sample(sorted(checks), count)]


@dataclass
class _Tried:
    """A trace, and everything that is tried on it."""

    trace: Path
    whole: Path
    claims: Sequence[Claim]
    room: Path
    read: Trace | None = None

    @property
    def printed(self) -> dict[str, Check]:
        """Commands that print words and numbers."""
        return {
            "report": self.report,
            "explain": lambda: _cli(["explain", str(self.trace)], may_fail=True),
            "export": self.export,
            "compare": self.compare,
            "fleet": self.fleet,
            "dataset": self.dataset,
            "decide": self.decide,
        }

    @property
    def drawn(self) -> dict[str, Check]:
        """Commands that draw, or write files for drawing."""
        return {
            "report --html": self._written("report", "--html"),
            "explain --html": self._written("explain", "--html", may_fail=True),
            "compare --html": self._written("compare", "--html", str(self.whole)),
            "export --perfetto": self._written("export", "--perfetto"),
            "verdicts --html": self.draw_verdicts,
        }

    @property
    def refusals(self) -> dict[str, Check]:
        """All commands on a trace that none can read: each must say so, and leave nothing."""
        words = {
            "report": ["report", str(self.trace)],
            "explain": ["explain", str(self.trace)],
            "export": ["export", str(self.trace), "--csv", str(self.room / "out.d")],
            "compare": ["compare", str(self.trace), str(self.whole)],
            "dataset": ["export", str(self.trace), "--dataset", str(self.room / "dataset")],
        }
        return {name: self._refused(each) for name, each in words.items()}

    def _refused(self, words: list[str]) -> Check:
        def check() -> Iterator[str]:
            code = yield from _cli(words, may_fail=True)
            if not code:
                yield f"exit code 0 of {words[0]} on a trace that is refused"

        return check

    def _written(self, command: str, option: str, *more: str, may_fail: bool = False) -> Check:
        out = str(self.room / f"{command}{option}")
        return lambda: _cli([command, str(self.trace), *more, option, out], may_fail)

    def report(self) -> Iterator[str]:
        """The report of one trace, and its numbers."""
        out = self.room / "report.json"
        yield from _cli(["report", str(self.trace), "--json", str(out)])
        assert self.read
        yield from absurd.in_report(absurd.finite_json(out.read_text()), self.read)

    def export(self) -> Iterator[str]:
        """All tables."""
        out = self.room / "out.d"
        yield from _cli(["export", str(self.trace), "--csv", str(out), "--parquet", str(out)])
        assert self.read
        yield from absurd.in_csv(out, self.read)

    def compare(self) -> Iterator[str]:
        """The comparison with the unmutated trace."""
        out = self.room / "compared.json"
        yield from _cli(["compare", str(self.trace), str(self.whole), "--json", str(out)])
        yield from absurd.in_spreads(absurd.finite_json(out.read_text()))

    def fleet(self) -> Iterator[str]:
        """The report of this trace and the unmutated one together."""
        out = self.room / "fleet.json"
        yield from _cli(["report", str(self.trace), str(self.whole), "--json", str(out)])
        absurd.finite_json(out.read_text())

    def dataset(self) -> Iterator[str]:
        """The report of a dataset to which it was appended."""
        out = self.room / "dataset"
        yield from _cli(["export", str(self.trace), "--dataset", str(out)])
        yield from _cli(["report", str(out)])

    def decide(self) -> Iterator[str]:
        """The verdicts from it."""
        result = self._decided()
        yield from absurd.in_verdicts(absurd.finite_json(json.dumps(to_json([result]))))
        yield from absurd.in_text(to_text([result], 100))

    def draw_verdicts(self) -> Iterator[str]:
        """The page of these verdicts."""
        verdicts_html([self._decided()])
        yield from ()

    def _decided(self) -> KernelResult:
        assert self.read
        traces = {each.experiment.id: [self.read] * len(each.experiment.boots)
                  for each in self.claims}  # fmt: skip
        decisions = decide_kernel(self.claims, traces)
        release = self.read.manifest.release
        return KernelResult(release, "lab", decisions, exhibits_of(decisions, traces))


def _cli(words: list[str], may_fail: bool = False) -> Generator[str, None, int]:
    """Run a command line; yield what is wrong with its exit code and what it printed.

    On a readable trace each command must print something, unless it ``may_fail``.
    """
    said, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        code = cli.main(words)
    if code and not may_fail:
        yield f"exit code {code}: {errors.getvalue()[-300:]}"
    if code and not errors.getvalue().startswith("tracer: "):
        yield f"exit code {code} without a word"
    if code not in (0, 1, 2) or (code and "Traceback" in errors.getvalue()):
        yield f"exit code {code}: {errors.getvalue()[-300:]}"
    if not code:
        yield from absurd.in_text(said.getvalue())
    return code


def _ran(name: str, check: Check, refused: bool) -> Outcome:
    try:
        problems = list(check())
    except Exception:
        return Outcome(name, refused, traceback.format_exc())
    return Outcome(name, refused, "absurd: " + "; ".join(problems[:3]) if problems else None)
