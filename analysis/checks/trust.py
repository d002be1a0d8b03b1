"""Why a claim may not be decided from a trace: lost evidence, missing hooks, no balance.

A need is the name of a column of a call ("fd_polls"), of one family only ("bytes_in:epoll_wait"), a
hook ("hook:ep_poll_callback"), "steps", "truth", or "calls-in-truth": the claim uses only calls
that the truth accounts for, so a lost one would show.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from analysis.checks.digest import digest_of
from analysis.recorded import LOST, STATES
from analysis.trace import unseen
from analysis.trace.coverage import feeders, unmet
from analysis.trace.manifest import Manifest
from analysis.windows.problems import Problems
from analysis.windows.recording import Recorded
from tracer.shared.message import joined, message

ALWAYS: Final = (
    "sys_enter",
    "sys_exit",
    "sched_process_fork",
    "sched_process_exit",
)
"""Hooks whose missed runs lose whole calls."""

CALLS_IN_TRUTH: Final = "calls-in-truth"

REMEDIES: Final = {
    "calls": message("raise --ring-size"),
    "steps": message("raise --ring-size or use --detail calls"),
    "tasks": message("trace fewer tasks at once"),
    "entries": message("watch fewer fds with epoll"),
    "waiters": message("trace fewer tasks at once"),
    "compat_calls": message("trace a 64-bit program"),
}
SHOWN: Final = 3


def doubts(trace: Recorded, needs: Sequence[str]) -> list[str]:
    """Return each reason not to decide a claim that needs ``needs`` from ``trace``."""
    return [*common_doubts(trace), *doubts_of_needs(trace, needs)]


def doubts_of_needs(trace: Recorded, needs: Sequence[str]) -> list[str]:
    """Return the doubts about ``needs``: missed runs, missing columns, hooks, numbers."""
    return [
        *_misses(trace, needs),
        *_missing(trace, needs),
        *unseen.doubts(digest_of(trace).totals.unseen, trace.recording.manifest.plan, needs),
    ]


def common_doubts(trace: Recorded) -> list[str]:
    """Return the doubts that every claim on ``trace`` has, whatever it needs."""
    return [*_state(trace), *doubts_of_borders(trace), *doubts_of_records(trace)]


def doubts_of_borders(trace: Recorded) -> list[str]:
    """Return the doubt that the beginning of a recording was discarded, if it was."""
    if trace.recording.manifest.let_go is None:
        return []
    return [message("its oldest records were discarded: its beginning is missing")]


def doubts_of_records(trace: Recorded) -> list[str]:
    """Return doubts about records that were lost, or contradict each other or the truth."""
    found = digest_of(trace)
    return [
        *_losses(trace.recording.manifest),
        *_first(message("records"), found.gaps),
        *_first(message("ledger"), found.ledger.problems),
        *_first(message("counters against steps"), found.disagreeing),
        *_first(message("truth against trace"), Problems.plain(found.untrue)),
    ]


def _state(trace: Recorded) -> list[str]:
    manifest = trace.recording.manifest
    if manifest.is_live:
        return [message("it is still being recorded: its end is missing")]
    if manifest.state == "recording":
        return [message("the recorder was killed: losses are unknown")]
    if manifest.state != "complete":
        state = STATES.get(manifest.state, manifest.state)
        return [message("the recording was {state}: its end is missing", state=state)]
    if trace.recording.truth is not None and trace.recording.truth.error is not None:
        return [message("the workload failed: {error}", error=trace.recording.truth.error)]
    if manifest.exit_status:
        return [message("the workload exited with status {status}", status=manifest.exit_status)]
    return []


def _losses(manifest: Manifest) -> list[str]:
    losses = manifest.until_now.losses
    if losses is None:
        return [message("losses are unknown")] if manifest.state == "complete" else []
    return [
        message(
            "{count:,} {what} lost; {remedy}",
            count=count,
            what=LOST.get(what, what),
            remedy=REMEDIES.get(what) or message("record again"),
        )
        for what, count in losses.items()
        if count
    ]


def _misses(trace: Recorded, needs: Sequence[str]) -> list[str]:
    """Return missed runs of programs that serve a need; a kernel that counts none is no doubt."""
    manifest = trace.recording.manifest
    misses = manifest.until_now.misses
    accounted = CALLS_IN_TRUTH in needs and "truth" in needs and not digest_of(trace).untrue
    serving = {
        *(() if accounted else ALWAYS),
        *(hook for need in needs for hook in _hooks(manifest, need)),
    }
    missed = [
        message(
            "{program} missed {count:,} runs (recursion); record again, or use fewer kprobes",
            program=program,
            count=count,
        )
        for program, count in misses.items()
        if count and (hook_of(manifest, program) or "") in {*serving, ""}
    ]
    return [*missed, *_uncounted(manifest, serving)]


def _uncounted(manifest: Manifest, serving: set[str]) -> list[str]:
    """Return hooks of a finished recording whose programs' misses nobody stated."""
    if manifest.records is None:  # an older tracer, or not ended
        return []
    counted = {hook_of(manifest, program) for program in manifest.misses}
    absent = sorted(hook for hook in serving - counted if manifest.attached(hook))
    if not absent:
        return []
    return [message("missed runs of {hooks} are unknown", hooks=", ".join(absent))]


def hook_of(manifest: Manifest, program: str) -> str | None:
    """Return the hook whose program is called ``program`` (``HOOK_TYPE``); None if unknown."""
    hooks, name = {row.hook for row in manifest.plan}, program
    while name:  # longest candidate first
        name = name.rpartition("_")[0]
        if name in hooks:
            return name
    return None


def _hooks(manifest: Manifest, need: str) -> tuple[str, ...]:
    kind, _, name = need.partition(":")
    if kind == "hook":
        return (name,)
    return tuple(row.hook for row in feeders(manifest.plan, kind, name or None))


def _missing(trace: Recorded, needs: Sequence[str]) -> list[str]:
    detail = trace.recording.manifest.detail
    found = unmet(trace.recording.manifest.plan, needs)
    if "truth" in needs and trace.recording.truth is None:
        found.append(message("no truth.json: the command was not one of tracer's workloads"))
    if "steps" in needs and detail != "steps":
        found.append(message("recorded at detail {detail}; needed steps", detail=detail))
    return found


def _first(what: str, problems: Problems) -> list[str]:
    if not problems:
        return []
    shown = list(problems)[:SHOWN]
    if len(problems) > SHOWN:
        shown.append(message("and {number} more", number=len(problems) - SHOWN))
    return [message("{what}: {problems}", what=what, problems=joined("; ", shown))]
