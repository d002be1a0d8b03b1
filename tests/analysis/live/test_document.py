"""The JSON of an interval has all rows, whole numbers, and English."""

from __future__ import annotations

import json

from analysis.live.document import SCHEMA, document
from analysis.live.signs import signs
from tests.analysis.live.making import EPOLL_WAIT, READ, row, view
from tracer.shared.message import use
from tracer.shared.sums import COUNTS


def test_all_keys() -> None:
    use("zh_CN")
    busy = row(EPOLL_WAIT, calls=2000, at_once=1500, empty=1200)
    shown = view(busy, others=(row(READ, calls=3),))
    found = json.loads(json.dumps(document(1.0004, 7, shown, signs([busy], []))))
    assert {key: found[key] for key in ("schema", "seconds", "lost")} == {
        "schema": SCHEMA, "seconds": 1.0, "lost": 7,
    }  # fmt: skip
    loop = found["loops"][0]
    assert set(loop) == {"pid", "tid", "comm", "fd", "name", "call", "took", "gaps", *COUNTS}
    assert (loop["fd"], loop["name"], loop["calls"]) == (5, "name of 5", 2000)
    assert found["calls"][0]["call"] == "read"
    sign = found["signs"][0]
    assert (sign["id"], sign["tid"]) == ("busy-polling", 71)
    assert sign["words"].startswith("polls without waiting")
