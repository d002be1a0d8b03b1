"""How a trace was recorded, in words: the head of every report about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Final

from analysis.trace.commandline import command_line
from analysis.trace.coverage import MEASURED, absences, feeders
from analysis.trace.manifest import Manifest, PlanRow, Watched
from analysis.windows.recording import Recorded
from analysis.windows.totals import Totals
from tracer.shared.message import joined, message, message_n
from tracer.shared.process import is_running

WHERE: Final = {"lab": message("lab"), "host": message("host")}
"""Where a kernel ran, in words."""

STATES: Final = {
    "complete": message("complete"),
    "recording": message("recording"),
    "interrupted": message("interrupted"),
}
"""The state of a trace, in words."""

LOST: Final = {
    "calls": message("calls"),
    "steps": message("steps"),
    "tasks": message("tasks"),
    "entries": message("entries"),
    "waiters": message("waiters"),
    "lives": message("records of tasks"),
    "compat_calls": message("32-bit system calls, whose numbers mean other calls"),
}
"""What can be lost, in words."""

NS_PER_S: Final = 1_000_000_000

NO_HOOK: Final = message("measured by no hook")


def losses(manifest: Manifest) -> str:
    """Return what was lost; "none" if nothing was."""
    if manifest.losses is not None:
        return _losses(manifest.losses)
    return _until(manifest, _losses(manifest.so_far.losses) if manifest.so_far else None)


def _losses(counted: Mapping[str, int]) -> str:
    lost = [
        message("{count:,} {what}", count=count, what=LOST.get(what, what))
        for what, count in counted.items()
        if count
    ]
    return joined(", ", lost) if lost else message("none")


def _until(manifest: Manifest, until_then: str | None) -> str:
    """Return until when losses were counted, if the recording still runs or was killed."""
    if manifest.so_far is None or until_then is None:
        if manifest.is_live:
            return message("not counted yet")
        return message("unknown: the recorder was killed")
    seconds = (manifest.so_far.at_ns - manifest.started_ns) / NS_PER_S
    if manifest.is_live:
        return message(
            "{counted} in the first {seconds:.1f} s", counted=until_then, seconds=seconds
        )
    return message(
        "{counted} in the first {seconds:.1f} s; then unknown: the recorder was killed",
        counted=until_then,
        seconds=seconds,
    )


def misses(manifest: Manifest) -> str:
    """Return the programs with missed runs, and for how many the kernel does not count them."""
    if manifest.missed is not None:
        return _misses(manifest.missed)
    return _until(manifest, _misses(manifest.so_far.misses) if manifest.so_far else None)


def _misses(counted: Mapping[str, int | None]) -> str:
    missed = [f"{name} {count:,}" for name, count in counted.items() if count]
    unknown = sum(count is None for count in counted.values())
    known = joined(", ", missed) if missed else message("none")
    if not unknown:
        return known
    return message_n(
        "{known} ({count} program not counted by this kernel)",
        "{known} ({count} programs not counted by this kernel)",
        count=unknown,
        known=known,
    )


def state(trace: Recorded) -> str:
    """Return how the recording ended, and what is left out of an incomplete last record."""
    if trace.recording.manifest.is_live:
        return message(
            "still being recorded, {records:,} records so far; numbers cover what was drained, "
            "claims are undecided",
            records=trace.recording.records,
        )
    half = trace.recording.truncated_bytes
    name = trace.recording.manifest.state
    word = STATES.get(name, name)
    words = word if name == "complete" else message("{state}; claims are undecided", state=word)
    process = trace.recording.manifest.process
    if name == "recording" and process and is_running(**asdict(process)):
        words = message("{state}; its command still runs: pid {pid}", state=words, pid=process.pid)
    if not half:
        return words
    return message(
        "{state}, {bytes} bytes of half-written records ignored", state=words, bytes=half
    )


def let_go(manifest: Manifest) -> str:
    """Return how many of the oldest records were discarded; "none" if all were kept."""
    if manifest.let_go is None:
        return message("none")
    return message(
        "the oldest {calls:,} calls and {steps:,} steps, from the first {seconds:.1f} s; numbers "
        "cover the rest, claims are undecided",
        calls=manifest.let_go.calls,
        steps=manifest.let_go.steps,
        seconds=(manifest.let_go.until_ns - manifest.started_ns) / NS_PER_S,
    )


def watched(what: Watched) -> str:
    """Return which running tasks were recorded: ``pid 4711``."""
    value = f"{what.kind} {what.value}".strip()
    return value if what.follow else message("{what}, but nothing it started", what=value)


def exit_status(manifest: Manifest) -> str:
    """Return the exit status of the command."""
    return message("not known") if manifest.exit_status is None else str(manifest.exit_status)


def other_attempts(manifest: Manifest) -> str:
    """Return what was wrong with attempts that were not kept; "none" if there were none."""
    others = manifest.other_attempts
    return joined("; ", others) if others else message("none")


def phase_names(trace: Recorded) -> dict[int, str]:
    """Return the names of phases by number; 0 is what belongs to none."""
    phases = trace.recording.truth.phases if trace.recording.truth else ()
    return {0: message("no phase")} | {each.number: each.name for each in phases}


def circumstances(trace: Recorded, totals: Totals) -> dict[str, str]:
    """Return how a recording was made and how it went: the losses first.

    ``totals`` are those of its calls.
    """
    manifest = trace.recording.manifest
    return {
        message("losses"): losses(manifest),
        message("misses"): misses(manifest),
        message("state"): state(trace),
        **({message("discarded"): let_go(manifest)} if manifest.let_go else {}),
        message("unfinished calls"): f"{totals.unfinished:,}",
        message("kernel"): f"{manifest.release} {manifest.architecture}",
        message("where"): WHERE.get(manifest.where, manifest.where),
        **{name: _known(value) for name, value in asdict(manifest.machine).items()},
        message("detail"): manifest.detail,
        message("loader"): manifest.loader,
        message("hooks attached"): _attached(manifest),
        message("command"): command_line(manifest.command),
        **({message("watched"): watched(manifest.watched)} if manifest.watched else {}),
        message("exit status"): exit_status(manifest),
        message("other attempts"): other_attempts(manifest),
        **{
            message("version of {program}", program=name): version
            for name, version in manifest.versions.items()
        },
    }


def _known(value: str | int | None) -> str:
    if value is None:
        return message("not known")
    return f"{value:,}" if isinstance(value, int) else value


def _attached(manifest: Manifest) -> str:
    kinds = Counter(row.attached.partition(":")[0] for row in manifest.plan if row.attached)
    by_kind = [
        message("{count} by {kind}", count=count, kind=kind) for kind, count in kinds.items()
    ]
    return message(
        "{attached} of {all}: {kinds}",
        attached=kinds.total(),
        all=len(manifest.plan),
        kinds=joined(", ", by_kind),
    )


def absent(trace: Recorded, families: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return what ``families`` lack and for want of which hooks, then why these are missing."""
    rows: dict[str, PlanRow] = {}
    costs: dict[str, dict[str, list[str]]] = {}  # by the missing hooks
    for column in MEASURED:
        for family in families:
            feeding = feeders(trace.recording.manifest.plan, column, family)
            gone = {row.hook: row for row in feeding if row.attached is None}
            rows |= gone
            if gone or not feeding:
                hooks = ", ".join(gone) or NO_HOOK
                costs.setdefault(hooks, {}).setdefault(column, []).append(family)
    lines: list[str] = [
        message(
            "{columns}: {hooks}",
            columns=joined(
                "; ", [_cost(column, lacking, families) for column, lacking in columns.items()]
            ),
            hooks=hooks,
        )
        for hooks, columns in costs.items()
    ]
    return lines, absences(rows.values())


def _cost(column: str, lacking: Sequence[str], families: Sequence[str]) -> str:
    if list(lacking) == list(families):
        return column
    return message("{column} of {families}", column=column, families=", ".join(lacking))
