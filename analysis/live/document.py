"""One interval as JSON: a line per sample; docs/top.md has the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from analysis.live.rows import Row, View
from analysis.live.signs import Sign

SCHEMA: Final = 2


def document(seconds: float, lost: int, view: View, found: Sequence[Sign]) -> dict[str, Any]:
    """Return the sample; texts are English, times in ns, all rows."""
    return {
        "schema": SCHEMA,
        "seconds": round(seconds, 3),
        "lost": lost,
        "loops": [_row(row, view) for row in view.loops],
        "calls": [_row(row, view) for row in view.others],
        "signs": [
            {"id": sign.id, "pid": sign.row.pid, "tid": sign.row.tid, "fd": sign.row.fd,
             "call": sign.row.call.name, "words": str(sign.words)}
            for sign in found
        ],
    }  # fmt: skip


def _row(row: Row, view: View) -> dict[str, Any]:
    return {
        "pid": row.pid,
        "tid": row.tid,
        "comm": view.comms(row.tid),
        "fd": row.fd if row.fd >= 0 else None,
        "name": (view.names(row.pid, row.fd) or None) if row.fd >= 0 else None,
        "call": row.call.name,
        **row.sums.counts,
        "took": row.sums.took,
        "gaps": row.sums.gaps,
    }
