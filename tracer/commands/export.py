"""``tracer export``: a trace in the formats of other programs."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final, NamedTuple

from tracer.commands.outputs import add_force
from tracer.commands.parser import Commands, add_command
from tracer.commands.perfetto_files import write_files
from tracer.shared.errors import UsageError
from tracer.shared.files import check_new, directory_for, new_file
from tracer.shared.heap import keep_freed_memory
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import localized, message, message_n
from tracer.shared.output import to_stderr

if TYPE_CHECKING:
    from analysis.windows.recording import Recording

_EXAMPLES = """\
examples:
  tracer record --kernel 6.1 --model epoll --fds 41 --waker while-asleep --detail steps
  tracer export epoll.trace --perfetto epoll.pftrace    open it at ui.perfetto.dev
  tracer export epoll.trace --parquet epoll             epoll/calls.parquet, epoll/steps.parquet
  tracer export epoll.trace --csv epoll                 epoll/calls.csv, epoll/steps.csv
  tracer export web-*.trace --dataset fleet             append to a dataset of many traces
  duckdb -c "select name, count(*), avg(kernel_ns) from 'epoll/calls.parquet' group by name"

A Perfetto trace has one track per thread: calls are slices with their counts, steps are instants
in them, sleeps are slices, and an arrow leads from each wakeup to the thread it woke. Steps,
sleeps and arrows need a trace recorded with --detail steps. In tables, a value that is missing or
unknown is null, never 0. docs/export.md lists the columns and their units, with sample queries for
pandas, DuckDB and polars. Only their owner can read the files: they contain kernel addresses.
"""

TABLES: Final = ("calls", "steps")


class Output(NamedTuple):
    """A file to be written; ``table``: which part of the trace, None: all of it."""

    path: Path
    form: str
    table: str | None = None


def add_parser(subparsers: Commands) -> None:
    """Add ``export``."""
    parser = add_command(
        subparsers,
        "export",
        description="Write a trace for other programs: a timeline to view, tables to query.",
        epilog=_EXAMPLES,
    )
    add = parser.add_argument
    add(
        "traces",
        metavar="NAME.trace",
        type=Path,
        nargs="+",
        help="a trace written by tracer record; several only with --dataset",
    )
    add("--perfetto", type=Path, metavar="FILE", help="a timeline: threads, calls, steps, wakeups")
    add("--parquet", type=Path, metavar="DIR", help="calls and steps as DIR/*.parquet")
    add(
        "--csv",
        type=Path,
        metavar="DIR",
        help="calls and steps as DIR/*.csv, with addresses in hex",
    )
    add("--dataset", type=Path, metavar="DIR", help="append to a Parquet dataset partitioned by "
    "release, host and trace (docs/fleet.md)")  # fmt: skip
    add_force(parser)
    parser.set_defaults(run=_run)


def _run(args: argparse.Namespace) -> int:
    keep_freed_memory()
    outputs = list(_outputs(args))
    if args.dataset:
        from tracer.commands.dataset import append_all

        if outputs:
            raise UsageError(
                "--dataset cannot be combined with other formats; export those in a separate run"
            )
        return append_all(args.traces, args.dataset)
    if not outputs:
        raise UsageError(
            "nothing to write; give --perfetto FILE, --parquet DIR, --csv DIR or --dataset DIR"
        )
    if len(args.traces) > 1:
        raise UsageError("several traces need --dataset DIR")
    (trace,) = args.traces
    for output in outputs:
        directory = output.path.parent
        missing = output.table and not directory.is_dir()
        check_new(directory if missing else output.path, force=args.force)
    with Heartbeat(to_stderr) as heart:
        heart.now(message("reading {trace}", trace=trace))
        for line in _written(trace, outputs, heart, args.force):
            print(localized(line), flush=True)
    return 0


def _outputs(args: argparse.Namespace) -> Iterator[Output]:
    if args.perfetto:
        yield Output(args.perfetto, "perfetto")
    for form in ("parquet", "csv"):
        directory = getattr(args, form)
        for table in TABLES if directory else ():
            yield Output(directory / f"{table}.{form}", form, table)


def _written(path: Path, outputs: Sequence[Output], heart: Heartbeat, force: bool) -> Iterator[str]:
    """Write all ``outputs``; yield a line on each file once it exists: later ones may fail."""
    from analysis.windows.recording import open_recording

    trace = open_recording(path)
    _print_losses(trace)
    with ExitStack() as directories:
        for directory in dict.fromkeys(output.path.parent for output in outputs if output.table):
            directories.enter_context(directory_for(directory))
        for output in outputs:
            if output.table is None:
                yield from write_files(trace, output.path, heart, force=force)
                continue
            heart.now(message("writing {path}", path=output.path))
            with new_file(output.path, force=force, private=True) as file:
                _write(trace, output, file)
            rows = {
                "calls": message_n(
                    "{count:,} call", "{count:,} calls", count=len(trace.calls.records)
                ),
                "steps": message_n(
                    "{count:,} step", "{count:,} steps", count=len(trace.steps.records)
                ),
            }
            yield message("{path}: {what}", path=output.path, what=rows[output.table])


def _write(trace: Recording, output: Output, file: IO[bytes]) -> None:
    from analysis.export.arrow import calls_table, steps_table, write_csv, write_parquet
    from analysis.export.part import parts_of
    from analysis.windows.recording import WINDOW

    if output.table == "calls":
        tables = map(calls_table, parts_of(trace, trace.windows_of("calls", WINDOW)))
    else:
        tables = map(steps_table, parts_of(trace, trace.windows_of("steps", WINDOW)))
    (write_parquet if output.form == "parquet" else write_csv)(tables, file)


def _print_losses(trace: Recording) -> None:
    from analysis.recorded import let_go
    from analysis.recorded import losses as losses_of

    if trace.manifest.let_go:
        discarded = let_go(trace.manifest)
        to_stderr(
            message(
                "{path}: discarded while it was recorded: {what}", path=trace.path, what=discarded
            )
        )
    losses = trace.manifest.until_now.losses
    if losses is None:
        to_stderr(
            message("{path}: the recorder was killed; its losses are unknown", path=trace.path)
        )
    elif any(losses.values()):
        lost = losses_of(trace.manifest)
        to_stderr(message("{path}: lost while it was recorded: {lost}", path=trace.path, lost=lost))
