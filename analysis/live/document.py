"""One interval as JSON: a line per sample; docs/top.md has the keys."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from analysis.live.rows import Row
from analysis.live.screen import Comms, Names
from analysis.live.signs import Sign

SCHEMA: Final = 1


def document(
    seconds: float, lost: int, loops: Sequence[Row], others: Sequence[Row], found: Sequence[Sign],
    names: Names, comms: Comms,
) -> dict[str, Any]:  # fmt: skip
    """Return the sample; texts are English, times in ns, all rows."""
    return {
        "schema": SCHEMA,
        "seconds": round(seconds, 3),
        "lost": lost,
        "loops": [_row(row, names, comms) for row in loops],
        "calls": [_row(row, names, comms) for row in others],
        "signs": [
            {"id": sign.id, "pid": sign.row.pid, "tid": sign.row.tid, "fd": sign.row.fd,
             "call": sign.row.call.name, "words": str(sign.words)}
            for sign in found
        ],
    }  # fmt: skip


def _row(row: Row, names: Names, comms: Comms) -> dict[str, Any]:
    return {
        "pid": row.pid,
        "tid": row.tid,
        "comm": comms(row.tid),
        "fd": row.fd if row.fd >= 0 else None,
        "name": (names(row.pid, row.fd) or None) if row.fd >= 0 else None,
        "call": row.call.name,
        **row.sums.counts,
        "took": row.sums.took,
        "gaps": row.sums.gaps,
    }
