"""Runs every command that reads a trace on one, and says what came of it."""

from __future__ import annotations

import contextlib
import io
import json
import random
import traceback
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

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
    """What one command made of a trace: ``problem`` is None if all was well."""

    command: str
    refused: bool
    problem: str | None = None


AT_ONCE = 2
"""How many commands a mutation is tried with; which, its seed decides."""


def outcomes(
    trace: Path, whole: Path, claims: Sequence[Claim], room: Path, rng: random.Random
) -> Iterator[Outcome]:
    """Yield the outcome of some commands on ``trace``; ``whole`` is one to compare it with.

    A trace that is refused is refused by all of them, since they read it by the same function.
    """
    read: Trace | None = None
    try:
        read = read_trace(trace)
    except TracerError:
        pass
    except Exception:
        yield Outcome("read", refused=False, problem=traceback.format_exc())
        return
    if read is None:
        yield _ran("report", lambda: _cli(["report", str(trace)]), refused=True)
        return
    checks = _checks(trace, whole, read, room) | {"decide": lambda: _decided(read, claims)}
    for name in rng.sample(sorted(checks), AT_ONCE):
        yield _ran(name, checks[name], refused=False)


def _checks(
    trace: Path, whole: Path, read: Trace, room: Path
) -> dict[str, Callable[[], Iterator[str]]]:
    name, out = str(trace), str(room / "out")

    def report() -> Iterator[str]:
        yield from _cli(["report", name, "--json", f"{out}.json", "--html", f"{out}.html"])
        yield from absurd.in_report(absurd.finite_json(Path(f"{out}.json").read_text()), read)

    def explain() -> Iterator[str]:
        yield from _cli(["explain", name, "--html", f"{out}.way"], may_fail=True)

    def export() -> Iterator[str]:
        yield from _cli(
            [
                "export",
                name,
                "--csv",
                f"{out}.d",
                "--parquet",
                f"{out}.d",
                "--perfetto",
                f"{out}.pf",
            ]
        )
        yield from absurd.in_csv(Path(f"{out}.d"), read)

    def compare() -> Iterator[str]:
        yield from _cli(["compare", name, str(whole), "--json", f"{out}.compared"])
        yield from absurd.in_spreads(absurd.finite_json(Path(f"{out}.compared").read_text()))

    return {"report": report, "explain": explain, "export": export, "compare": compare}


def _cli(words: list[str], may_fail: bool = False) -> Iterator[str]:
    """Run a command line; yield what is wrong with its exit code and what it printed."""
    said, errors = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(errors):
        code = cli.main(words)
    if code and not errors.getvalue().startswith("tracer: "):
        yield f"exit code {code} without a word"
    if code not in (0, 1, 2) or (code and "Traceback" in errors.getvalue()):
        yield f"exit code {code}: {errors.getvalue()[-300:]}"
    if not code:
        yield from absurd.in_text(said.getvalue())


def _decided(trace: Trace, claims: Sequence[Claim]) -> Iterator[str]:
    traces = {each.experiment.id: [trace] * len(each.experiment.boots) for each in claims}
    decisions = decide_kernel(claims, traces)
    result = KernelResult(trace.manifest.release, "lab", decisions, exhibits_of(decisions, traces))
    found = to_json([result])
    yield from absurd.in_verdicts(absurd.finite_json(json.dumps(found)))
    yield from absurd.in_text(to_text([result], 100))
    verdicts_html([result])


def _ran(name: str, check: Callable[[], Iterator[str]], refused: bool) -> Outcome:
    try:
        problems = list(check())
    except Exception:
        return Outcome(name, refused, traceback.format_exc())
    return Outcome(name, refused, "absurd: " + "; ".join(problems[:3]) if problems else None)
