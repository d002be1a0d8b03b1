"""Shares of signal-driven I/O, AIO and io_uring's rings."""

from __future__ import annotations

from pathlib import Path

import pytest

from analysis.checks.undecided import Undecided
from analysis.claims.async_io import picture as pictures
from tests.analysis.claims.async_io.cases import UNMAPPED, aio, multishot, oneshot, refused, sigio
from tests.analysis.claims.async_io.scenes import Oddly
from tests.analysis.pictures.drawing import lines_of, trace_of


def test_signals(tmp_path: Path) -> None:
    assert lines_of(pictures.SIGIO.rows(trace_of(tmp_path, sigio(), sigio(n=1)))) == {
        "entries queued on wait queues, for fds": (0, 4),
        "fds on their file's list": (4, 4),
        "signals sent, for events": (8, 8),
        "signals taken, of those sent": (8, 8),
    }


def test_more_signals_than_events_are_more_than_all(tmp_path: Path) -> None:
    rows = pictures.SIGIO.rows(trace_of(tmp_path, sigio(sent=2, queued=1, listed=False)))
    assert rows["percent"].round(1).tolist() == [133.3, 0, 200, 50]


def test_aio_polls(tmp_path: Path) -> None:
    odd = Oddly(pulled=True)
    trace = trace_of(tmp_path, aio(), aio(asleep=True, odd=odd))
    assert lines_of(pictures.AIO.rows(trace)) == {
        "entries queued by io_submit, for polls": (12, 12),
        "entries queued by io_getevents, for polls": (0, 12),
        "entries called back, for completions": (8, 8),
        "of them by the waiter's own call": (4, 8),
        "of them removed there and then": (8, 8),
    }


def test_rings(tmp_path: Path) -> None:
    trace = trace_of(tmp_path, oneshot(waits=1), multishot(), oneshot(asleep=True), UNMAPPED)
    assert lines_of(pictures.RINGS.rows(trace)) == {
        "rings mapped into the program": (3, 4),
        "completions read with no call before": (7, 8),
        "completions read after a call that waited": (1, 8),
    }


def test_refused_ring_is_not_drawn(tmp_path: Path) -> None:
    with pytest.raises(Undecided, match="refused io_uring_setup"):
        pictures.RINGS.rows(trace_of(tmp_path, oneshot(), refused("io_uring_setup", "ENOSYS")))
