"""The two sides of a comparison: one recording each, or several of the same thing."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final, Self

import numpy as np

from analysis.checks.trust import doubts_of_borders, doubts_of_records
from analysis.fds.streams import Streams, streams_of
from analysis.findings.examine import Examination, examine_in_one_pass, facts_of
from analysis.findings.registry import RULES
from analysis.findings.rule import Rule
from analysis.looptime.served import Served, served
from analysis.recorded import phase_names
from analysis.windows import spreads, totals
from analysis.windows.partial import combined
from analysis.windows.recording import Recorded, Recording
from analysis.windows.spreads import Spreads, gather_spreads
from analysis.windows.totals import Totals, gather_totals, merged
from analysis.windows.window import Window
from tracer.shared.errors import UsageError, unknown_name
from tracer.shared.message import message

COMM: Final = 15
"""How many characters of a task's name the kernel keeps."""


@dataclass(frozen=True, eq=False)
class Counted:
    """The sums of the calls of a recording, or of some of its processes; served by phase."""

    totals: Totals
    spreads: Spreads
    served: Mapping[int, Served]

    def combine(self, later: Self, /) -> Self:
        """Return the sums of both stretches."""
        return type(self)(
            self.totals.combine(later.totals),
            self.spreads.combine(later.spreads),
            merged(self.served, later.served),
        )


NOTHING: Final = Counted(totals.NOTHING, spreads.NOTHING, {})


@dataclass(frozen=True, eq=False)
class Member:
    """One recording of a side, its sums, and the doubts about its records.

    ``examination`` covers all of its programs, whichever are counted.
    """

    recording: Recording
    counted: Counted
    doubts: tuple[str, ...]
    examination: Examination


@dataclass(frozen=True, eq=False)
class Side:
    """Recordings that are compared together with another side; the first represents all."""

    members: tuple[Member, ...]

    @property
    def recording(self) -> Recording:
        """The first recording."""
        return self.members[0].recording

    @cached_property
    def counted(self) -> Counted:
        """The sums of the calls of all."""
        return combined((member.counted for member in self.members), NOTHING)

    @cached_property
    def doubts(self) -> tuple[str, ...]:
        """The doubts about each, with its name if there are several."""
        return tuple(
            self.named(member, doubt) for member in self.members for doubt in member.doubts
        )

    def named(self, member: Member, text: str) -> str:
        """Return ``text`` about ``member``, with its name if there are several."""
        if len(self.members) == 1:
            return text
        return message("{trace}: {text}", trace=member.recording.path.name, text=text)


def side_of(
    recordings: Sequence[Recorded], who: Collection[str] = (), rules: Sequence[Rule] = RULES
) -> Side:
    """Return the side made of ``recordings``: all their calls, or those of programs ``who``.

    ``rules`` are applied to all. UsageError: the recordings have different phases, or none of the
    programs.
    """
    opened = [each.recording for each in recordings]
    _check_alike(opened)
    chosen = [_pids(each, who) if who else None for each in opened]
    members = (_member(each, pids, rules) for each, pids in zip(opened, chosen, strict=True))
    return Side(tuple(members))


def _member(recording: Recording, pids: Collection[int] | None, rules: Sequence[Rule]) -> Member:
    """Return ``recording`` with its findings and the sums of the calls of ``pids`` (None: all)."""
    counting = Counting(streams_of(recording), pids)
    examination = examine_in_one_pass(recording, rules, counting)
    return Member(recording, counting.counted, tuple(_doubts(recording)), examination)


@dataclass
class Counting:
    """Sums up the calls of windows that are read for another purpose as well.

    ``streams`` are those of the recording; ``pids``: whose calls count; None: all.
    """

    streams: Streams
    pids: Collection[int] | None = None
    counted: Counted = NOTHING

    def __call__(self, window: Window) -> None:
        """Add the calls of ``window``, which follows those added before."""
        if self.pids is not None:
            window = only(window, self.pids)
        self.counted = self.counted.combine(gather(window, self.streams))


def gather(window: Window, streams: Streams) -> Counted:
    """Return the sums of the calls of ``window``; ``streams`` are those of its recording."""
    return Counted(gather_totals(window), gather_spreads(window), served(window, streams))


def only(window: Window, pids: Collection[int]) -> Window:
    """Return ``window`` with only the calls of ``pids``, and without steps."""
    calls = window.calls[np.isin(window.calls["pid"], list(pids))]
    return replace(window, calls=calls, steps=window.steps[:0])


def wanted(who: Collection[str], program: str) -> bool:
    """Return whether ``program`` is one of ``who``; if that is empty, always."""
    return not who or program in {name[:COMM] for name in who}


def _check_alike(recordings: Sequence[Recording]) -> None:
    first = recordings[0]
    for other in recordings[1:]:
        if phase_names(first) != phase_names(other):
            raise UsageError(
                message(
                    "{first} and {other} have different phases: they are not recordings of the "
                    "same thing and cannot be on one side; compare them with each other",
                    first=first.path, other=other.path,
                )
            )  # fmt: skip


def _doubts(recording: Recording) -> list[str]:
    doubts = [*doubts_of_borders(recording), *doubts_of_records(recording)]
    manifest = recording.manifest
    if manifest.is_live:
        doubts.insert(0, message("it is still being recorded: its end is missing"))
    elif manifest.losses is None and manifest.state == "recording":
        doubts.insert(0, message("the recorder was killed: losses are unknown"))
    return doubts


def _pids(recording: Recording, who: Collection[str]) -> list[int]:
    """Return the processes of ``recording`` that ran a program in ``who``."""
    programs = facts_of(recording).programs
    found = [pid for pid, name in programs.items() if wanted(who, name)]
    if found:
        return found
    if not programs:
        problem = message(
            "{path}: no names of programs were recorded; leave --who out", path=recording.path
        )
        raise UsageError(problem)
    unknown = unknown_name("program", ",".join(sorted(who)), set(programs.values()))
    raise UsageError(message("{path}: {why}", path=recording.path, why=unknown.args[0]))
