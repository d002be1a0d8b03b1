"""What a side of a comparison lacks: numbers that no hook measured, and why."""

from __future__ import annotations

from collections.abc import Iterator

from analysis.comparison.compare import ALL, Comparison
from analysis.comparison.costs import REQUEST
from analysis.comparison.values import Outcome
from analysis.recorded import absent
from analysis.terminal.tables import MISSING
from tracer.shared.message import localized, message, message_n


def missing(found: Comparison, everything: bool) -> Iterator[str]:
    """Return what either trace lacks for the families seen, then why: missing, not zero.

    What both lack is one line, unless ``everything`` is requested.
    """
    of_one = (row.family for row in found.rows if row.family != ALL)
    families = sorted({name for pair in of_one for name in (pair.a, pair.b) if name})
    of_a, of_b = absent(found.a.recording, families), absent(found.b.recording, families)
    if not everything and any(line in of_b[0] for line in of_a[0]):
        yield localized(_lacking(found))
    reasons = [
        (phase.title, row.because)
        for row in found.rows
        if row.metric in REQUEST and row.outcome == Outcome.MISSING and row.because
        if (phase := row.phase.a or row.phase.b)
    ]
    for title, why in dict.fromkeys(reasons):
        text = message("Cost per request is missing ({phase}): {why}", phase=title, why=why)
        yield localized(text)
    what = (message("Missing ({dash}), not zero,", dash=MISSING), message("Not attached"))
    for kind, a, b in zip(what, of_a, of_b, strict=True):
        both = [line for line in a if line in b]
        for where, lines in (
            (message("in both"), both if everything else []),
            (message("in A"), [line for line in a if line not in both]),
            (message("in B"), [line for line in b if line not in both]),
        ):
            if lines:
                title = message("{what} {where}:", what=kind, where=where)
                yield "\n  ".join(map(localized, [title, *lines]))


def _lacking(found: Comparison) -> str:
    """Return in one line which metrics neither has, and how many hooks neither has."""
    by_metric: dict[str, set[bool]] = {}
    for row in found.rows:
        by_metric.setdefault(row.metric, set()).add(bool(row.a.missing and row.b.missing))
    columns = [
        metric
        for metric, lacking in by_metric.items()
        if lacking == {True} and metric not in REQUEST
    ]
    plans = [side.recording.manifest.plan for side in (found.a, found.b)]
    gone = [{row.hook for row in plan if row.attached is None} for plan in plans]
    return message_n(
        "Not measured in any call of either: {columns} ({count} hook is not attached; --all says "
        "which and why)",
        "Not measured in any call of either: {columns} ({count} hooks are not attached; --all says "
        "which and why)",
        count=len(gone[0] & gone[1]),
        columns=", ".join(columns) if columns else message("none"),
    )
