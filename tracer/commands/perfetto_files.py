"""A trace as Perfetto files: one, or, if that were too large, one per stretch of time.

The UI has enough memory for a file of some hundred megabytes, and so has this code.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tracer.shared.files import check_new, new_file
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import joined, message, message_n
from tracer.shared.output import to_stderr

if TYPE_CHECKING:
    from analysis.export.part import Part
    from analysis.windows.recording import Recording

MOST: Final = 1 << 19
"""Calls and steps of a file."""
NS_PER_S: Final = 1_000_000_000


def write_files(trace: Recording, path: Path, heart: Heartbeat, *, force: bool) -> Iterator[str]:
    """Write ``trace`` to ``path``, or to files beside it with a number; yield a line on each."""
    from analysis.export.part import parts_of, whole
    from analysis.export.perfetto_file import write_perfetto
    from analysis.export.trace_events import trace_events

    if trace.records <= MOST:
        files = [path]
        parts: Iterator[Part] = iter([whole(trace)])
    else:
        count = sum(1 for _ in trace.ends(MOST // 2))
        files = [path.with_name(f"{path.stem}.{n}{path.suffix}") for n in range(1, count + 1)]
        parts = parts_of(trace, trace.windows(MOST // 2))
        to_stderr(
            message(
                "{path}: {records:,} calls and steps are too many for a viewer; writing {count} "
                "files, one per stretch of time",
                path=path,
                records=trace.records,
                count=count,
            )
        )
    for file in files:
        check_new(file, force=force)
    for file, part in zip(files, parts, strict=True):
        heart.now(message("writing {path}", path=file))
        with new_file(file, force=force, private=True) as out:
            write_perfetto(trace_events(part), out)
        yield _line(file, part, alone=len(files) == 1)


def _line(file: Path, part: Part, *, alone: bool) -> str:
    calls, steps = part.window.calls, part.window.steps
    rows = [
        message_n("{count:,} call", "{count:,} calls", count=len(calls)),
        message_n("{count:,} step", "{count:,} steps", count=len(steps)),
    ]
    if not alone:
        started_ns = part.recording.manifest.started_ns
        returned = calls["exit_ns"][calls["exit_ns"] > 0]
        last_ns = max([started_ns, *returned[-1:].tolist(), *steps["ts_ns"][-1:].tolist()])
        rows.append(message("until {seconds:.3f} s", seconds=(last_ns - started_ns) / NS_PER_S))
    return message("{path}: {what}", path=file, what=joined(", ", rows))
