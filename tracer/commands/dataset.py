"""``tracer export --dataset``: traces, appended to a dataset in Parquet."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from tracer.shared.errors import TraceError, TracerError
from tracer.shared.heartbeat import Heartbeat
from tracer.shared.message import localized, message, message_n
from tracer.shared.output import to_stderr

DONE: Final = {
    "APPENDED": message("appended"),
    "THERE": message("already there"),
    "REPLACED": message("replaced: it was damaged, or still being recorded before"),
}


def append_all(traces: Sequence[Path], dataset: Path) -> int:
    """Append ``traces`` to ``dataset``, each whole or not at all.

    A trace that cannot be read is named, and the others are appended. It stops if the dataset
    cannot be written, say because the disk is full.
    """
    from analysis.dataset.append import prepare

    prepare(dataset)
    unread = 0
    with Heartbeat(to_stderr) as heart:
        for done, trace in enumerate(traces):
            try:
                print(localized(_appended(trace, dataset, heart)), flush=True)
            except TraceError as error:
                to_stderr(str(error))
                unread += 1
            except TracerError:
                _report_appended(done - unread, len(traces), dataset)
                raise
    return TracerError.exit_code if unread else 0


def _report_appended(appended: int, total: int, dataset: Path) -> None:
    if total > 1:
        to_stderr(
            message(
                "{appended:,} of {total:,} traces are in {dataset}, each whole; the same command "
                "appends the others",
                appended=appended,
                total=total,
                dataset=dataset,
            )
        )


def _appended(trace: Path, dataset: Path, heart: Heartbeat) -> str:
    from analysis.dataset.append import append
    from analysis.windows.recording import open_recording

    heart.now(message("reading {trace}", trace=trace))
    recording = open_recording(trace)

    def doing(table: str, rows: int) -> None:
        if table == "trace":
            heart.now(message("{trace}: working out its part of a report", trace=trace))
            return
        heart.now(
            message(
                "{trace}: {rows:,} rows of {table} are written",
                trace=trace,
                rows=rows,
                table=table,
            )
        )

    came = append(dataset, recording, doing)
    return message(
        "{trace}: {calls}, {steps}: {came}",
        trace=trace,
        calls=message_n("{count:,} call", "{count:,} calls", count=len(recording.calls.records)),
        steps=message_n("{count:,} step", "{count:,} steps", count=len(recording.steps.records)),
        came=DONE[came.name],
    )
