"""``tracer report`` of many traces and runs of ``verify``: the report of a fleet."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from analysis.fleet.as_json import to_json
from analysis.fleet.engine import Engine, OneProcess, fleet_of
from analysis.fleet.gather import OwnRules
from analysis.fleet.markdown import to_markdown
from analysis.fleet.summary import summary_of
from analysis.fleet.text import SHOWN, to_text
from analysis.fleet.verdicts import verdicts_of
from analysis.terminal.tables import terminal_width
from tracer.commands.fail_on import FOUND, UNJUDGED, exit_code, wanted_rules
from tracer.commands.many import many_of
from tracer.shared.errors import TracerError, UsageError
from tracer.shared.files import write_text
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import message
from tracer.shared.output import to_stderr

if TYPE_CHECKING:
    from analysis.fleet.fleet import Fleet
    from analysis.fleet.summary import Summary

OF_ONE = ("junit", "by", "pack")
"""Options of a single trace or run."""
ALL = 1 << 30


def report_fleet(args: argparse.Namespace) -> int:
    """Report all that ``args.traces`` stand for, together.

    Raises:
        UsageError: an option is only for a single trace or run, or does not suit what was given.
    """
    for name in OF_ONE:
        if getattr(args, name):
            raise UsageError(
                message(
                    "{option}: only for one trace or one run, not for several", option=f"--{name}"
                )
            )
    own = OwnRules(tuple(path.absolute() for path in args.findings), args.trust)
    wanted = wanted_rules(args.fail_on, [rule.id for rule in own.rules()])
    paths = [path.absolute() if args.engine == "dask" else path for path in args.traces]
    many = many_of(paths, own)
    if args.findings and not many.traces:
        raise UsageError(
            message(
                "{option}: only for a trace, not for a finished run of verify", option="--findings"
            )
        )
    with Heartbeat(to_stderr) as heart, _engine(args, len(many.traces), heart) as engine:

        def progress(done: int, total: int) -> None:
            heart.now(message("{done:,} of {total:,} traces are read", done=done, total=total))

        progress(0, len(many.traces))
        fleet = fleet_of(many.traces, engine, progress)
        found = summary_of(fleet, verdicts_of(many.runs) if many.runs else None)
    if args.json:
        write_text(args.json, json.dumps(to_json(found), indent=1) + "\n", force=args.force)
    if args.html:
        from analysis.page.fleet import fleet_html

        write_text(args.html, fleet_html(found), force=args.force)
    if args.markdown:
        write_text(args.markdown, to_markdown(found), force=args.force)
    print(to_text(found, terminal_width(), ALL if args.verbose else SHOWN), end="")
    return _exit_code(found, fleet, wanted)


@contextmanager
def _engine(args: argparse.Namespace, traces: int, heart: Heartbeat) -> Iterator[Engine]:
    if args.engine != "dask":
        yield OneProcess()
        return
    from analysis.fleet.cluster import cluster

    heart.now(message("waiting for Dask workers"))
    with cluster(args.scheduler, traces) as engine:
        yield engine


def _exit_code(found: Summary, fleet: Fleet, wanted: frozenset[str]) -> int:
    """Return FOUND if any trace has a wanted finding; else by what the report lacks."""
    codes = {exit_code(row.findings, row.judged, wanted) for row in fleet.rows}
    if FOUND in codes:
        return FOUND
    if fleet.unread or (found.verdicts and found.verdicts.unread):
        return TracerError.exit_code
    return UNJUDGED if UNJUDGED in codes else 0
