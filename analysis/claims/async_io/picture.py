"""Signal-driven I/O, AIO poll, io_uring's rings: what is queued, who completes, who must ask."""

from __future__ import annotations

import pandas as pd

from analysis.claims.async_io.aio import CALLBACK as AIO_CALLBACK
from analysis.claims.async_io.requests import accepted_phases, lives
from analysis.claims.async_io.sigio import CALLS, fds_listed, signals_sent
from analysis.claims.async_io.uring_rings import seen, shared_mappings
from analysis.frames import Trace
from analysis.pictures.picture import Picture
from analysis.pictures.shares import share_rows, shares_chart
from analysis.verdicts.pick import calls_of, messages, number, phases_of
from tracer.shared.message import message


def _sigio(trace: Trace) -> pd.DataFrame:
    """Return fds with an entry and on a list, events with a signal, signals taken."""
    phases = phases_of(trace, "sigio")
    calls = calls_of(trace, phases, *CALLS)
    taken = int((calls[calls["family"] == "rt_sigtimedwait"]["ret"] > 0).sum())
    sent, to_idle = signals_sent(trace, phases)
    fds, events = sum(len(phase.fds) for phase in phases), messages(phases)
    lines = [
        (message("entries queued on wait queues, for fds"), int(calls["insertions"].sum()), fds),
        (message("fds on their file's list"), fds_listed(trace, phases), fds),
        (message("signals sent, for events"), sent - to_idle, events),
        (message("signals taken, of those sent"), taken, sent),
    ]
    return share_rows(lines)


def _aio(trace: Trace) -> pd.DataFrame:
    """Return entries per poll submitted; who ran the callback that completed one."""
    phases = accepted_phases(trace, "aio-poll")
    submits, waits = (calls_of(trace, phases, each) for each in ("io_submit", "io_getevents"))
    submitted, completed = (int(calls["ret"].clip(lower=0).sum()) for calls in (submits, waits))
    entries = pd.concat([lives(trace, each, "io_submit", AIO_CALLBACK) for each in phases])
    called = entries[entries["called"] > 0]
    lines = [
        (message("entries queued by io_submit, for polls"), len(entries), submitted),
        (
            message("entries queued by io_getevents, for polls"),
            int(waits["insertions"].sum()),
            submitted,
        ),
        (message("entries called back, for completions"), len(called), completed),
        (message("of them by the waiter's own call"), int((called["own"] > 0).sum()), len(called)),
        (message("of them removed there and then"), int(called["with_first"].sum()), len(called)),
    ]
    return share_rows(lines)


def _rings(trace: Trace) -> pd.DataFrame:
    """Return rings that could be mapped, and completions by the call that had to come first."""
    phases = accepted_phases(trace, "io-uring")
    mapped = sum(not number(p, "mmap_errno") and shared_mappings(p) > 0 for p in phases)
    early = [phase for phase in phases if phase.spec["waker"] == "before"]
    unasked, after = seen(early, "unasked"), seen(early, "after_wait")
    lines = [
        (message("rings mapped into the program"), mapped, len(phases)),
        (message("completions read with no call before"), unasked, unasked + after),
        (message("completions read after a call that waited"), after, unasked + after),
    ]
    return share_rows(lines)


SIGIO = Picture(
    title="What signal-driven I/O queues, lists and sends",
    shows="Each bar sets what was counted against what it is for: entries and list places against "
    "fds, signals against events.",
    rows=_sigio,
    chart=shares_chart,
)
AIO = Picture(
    title="Entries and callbacks of AIO polls",
    shows="Each bar sets what was counted against what it is for: entries against polls "
    "submitted, callbacks against completions.",
    rows=_aio,
    chart=shares_chart,
)
RINGS = Picture(
    title="io_uring's rings, and what came before a completion was read from them",
    shows="The completions are those whose event came before the program asked for it.",
    rows=_rings,
    chart=shares_chart,
)
