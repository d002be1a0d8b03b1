"""The part of a trace's page on its loops: lanes, hold-ups, distributions, hot fds."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from analysis.checks.undecided import Undecided
from analysis.findings.duration import lasting
from analysis.findings.evidence import lost_evidence
from analysis.findings.telling import how_to_see
from analysis.looptime.hotfds_picture import hot_picture
from analysis.looptime.lanes_picture import held_by, lanes_picture, unit_of
from analysis.looptime.looptime import Held, LoopTime, loop_time
from analysis.looptime.spread_picture import counts_picture, times_picture
from analysis.page.charts import ChartSlot, chart_slot
from analysis.pictures.picture import Picture
from analysis.terminal.tables import harmless
from analysis.windows.recording import Recording
from tracer.shared.message import message, message_n

MOST_HELD: Final = 20
"""How many hold-ups are listed."""

TIMES: Final = {
    "wait": (
        message("How long waits took"),
        message("select, poll and epoll_wait, from call to return, asleep or not."),
        message("time of a wait"),
    ),
    "gap": (
        message("Work between two waits"),
        message(
            "From the return of a thread's wait to its next one: every other fd has to wait that "
            "long."
        ),
        message("time between two waits"),
    ),
    "run": (
        message("From the wakeup to the CPU"),
        message("For threads that wait: from their wakeup until they run."),
        message("wakeup to run"),
    ),
    "return": (
        message("From the event to the return of the wait"),
        message("From the wakeup of a waiting thread until its wait returns with an event."),
        message("event to return"),
    ),
}
"""Distributions of times: title, what is shown, what the axis counts."""
EVENTS: Final = (
    message("Events per wait"),
    message("Number of fds a wait returned; 0 if it found nothing."),
    message("events of a wait"),
)


@dataclass(frozen=True)
class HeldRow:
    """A hold-up in words: when, of which thread, how long, and what took the time."""

    at: str
    thread: str
    lasted: str
    by: str
    fd_name: str
    off_cpu: str
    outside: str
    call: str


@dataclass(frozen=True)
class LoopPart:
    """The template's values; a slot that is None could not be drawn.

    ``lost`` says what was lost, "" if nothing. ``not_measured`` are sentences on what is not drawn.
    """

    lanes: ChartSlot | None
    no_loop: bool
    lost: str
    held: Sequence[HeldRow]
    held_more: str
    see_one: str
    spreads: Sequence[ChartSlot]
    not_measured: Sequence[str]
    hot: ChartSlot | None
    fds: Sequence[dict[str, Any]]
    fds_more: str
    no_callbacks: str

    @property
    def slots(self) -> list[ChartSlot]:
        """All charts."""
        return [each for each in (self.lanes, *self.spreads, self.hot) if each is not None]


def loop_part(recording: Recording, gaps: Sequence[str]) -> LoopPart:
    """Return the part of ``recording``; ``gaps`` are records missing between others."""
    found = loop_time(recording, gaps)
    release = harmless(recording.manifest.release)
    lost = lost_evidence(recording.manifest, gaps)
    fds = found.fds
    return LoopPart(
        lanes=_slot("lanes", lanes_picture(found), release),
        no_loop=not found.loops,
        lost="" if lost is None else message(
            "Records are missing ({what}): stretches in which a thread's calls were lost are "
            "marked, and no hold-up is reported there.",
            what=lost,
        ),
        held=[_held_row(found, each) for each in found.held[:MOST_HELD]],
        held_more=_held_more(found),
        see_one=_see_one(found, recording),
        spreads=[each for each in _spreads(found, release) if each is not None],
        not_measured=[
            message("{what}: not measured ({why})", what=TIMES[name][0], why=why)
            for name, why in found.not_measured.items()
        ],
        hot=_slot("hot", hot_picture(fds), release),
        fds=fds.rows.astype(object).to_dict("records"),  # type: ignore[arg-type]
        fds_more=message_n(
            "{count:,} more fd had {calls:,} calls",
            "{count:,} more fds had {calls:,} calls",
            count=fds.more,
            calls=fds.more_calls,
        ) if fds.more else "",
        no_callbacks="" if fds.no_callbacks is None else message(
            "Callbacks are not measured: {why}", why=fds.no_callbacks
        ),
    )  # fmt: skip


def _spreads(found: LoopTime, release: str) -> Iterator[ChartSlot | None]:
    for name, (title, shows, axis) in TIMES.items():
        if spreads := found.spreads.get(name):
            yield _slot(f"of-{name}", times_picture(title, shows, axis, spreads), release)
    if spreads := found.spreads.get("events"):
        title, shows, axis = EVENTS
        yield _slot("of-events", counts_picture(title, shows, axis, spreads), release)


def _slot(name: str, picture: Picture, release: str) -> ChartSlot | None:
    try:
        rows = picture.rows()
    except Undecided:
        return None
    return chart_slot(f"chart-{name}", picture, {release: rows})


def _held_row(found: LoopTime, held: Held) -> HeldRow:
    size, unit = unit_of(found)
    each, busy = held.hold_up, held.hold_up.busy
    return HeldRow(
        at=f"{(each.at_ns - found.bins.first_ns) / size:,.4g} {unit}",
        thread=f"{held.thread.name} {held.thread.tid}",
        lasted=lasting(each.ns),
        by=held_by(held),
        fd_name=held.fd_name or "",
        off_cpu=lasting(busy.off_cpu_ns),
        outside=lasting(each.outside_ns),
        call=f"{held.thread.tid}:{busy.longest.seq}" if held.call else "",
    )


def _see_one(found: LoopTime, recording: Recording) -> str:
    """Return how to see the longest call that held a loop up; "" if none did."""
    held = next((each for each in found.held if each.call), None)
    if held is None:
        return ""
    return how_to_see(f"{held.thread.tid}:{held.hold_up.busy.longest.seq}", recording)


def _held_more(found: LoopTime) -> str:
    every = sum(int(thread.lane.held_times.sum()) for thread in found.threads)
    more = every - min(len(found.held), MOST_HELD)
    if not more:
        return ""
    return message_n("and {count:,} other", "and {count:,} others", count=more)
