"""The head of a report: what was recorded, what was lost, and whether it agrees with itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from analysis.checks.digest import Digest
from analysis.recorded import (
    WHERE,
    exit_status,
    let_go,
    losses,
    misses,
    other_attempts,
    state,
    watched,
)
from analysis.terminal.tables import harmless
from analysis.trace.commandline import command_line
from analysis.windows.problems import Problems
from analysis.windows.recording import Recording
from tracer.shared.message import localized, message, message_n
from tracer.shared.visible import visible
from tracer.shared.wrapping import cells, padded

SHOWN: Final = 10
"""How many problems of one kind, and rows of a table, are written out; the rest is counted."""
LABEL: Final = 11
"""Cells of a label."""


def head(recording: Recording, found: Digest, width: int) -> Iterator[str]:
    """Yield the first lines of a report on ``recording``."""
    manifest = recording.manifest
    where = localized(WHERE.get(manifest.where, manifest.where))
    kernel = visible(f"{manifest.release} {manifest.architecture}")
    yield f"{visible(recording.path.name)}: {kernel} ({where})"
    yield _line(message("losses:"), losses(manifest))
    yield _line(message("misses:"), misses(manifest))
    yield _line(message("state:"), state(recording))
    if manifest.let_go:
        yield _line(message("discarded:"), let_go(manifest))
    yield _line(message("recorded:"), _recorded(recording, found))
    if manifest.watched:
        yield _line(message("watched:"), watched(manifest.watched))
    else:
        status = localized(message(" (exit status {status})", status=exit_status(manifest)))
        command = _cut(
            harmless(localized(command_line(manifest.command))), width - LABEL - cells(status)
        )
        yield _line(message("command:"), f"{command}{status}")
    if manifest.other_attempts:
        yield _line(message("not kept:"), other_attempts(manifest))
    yield from _checks(recording, found)


def _line(label: str, text: str) -> str:
    return f"{padded(localized(label), LABEL)}{harmless(localized(text))}"


def _recorded(recording: Recording, found: Digest) -> str:
    manifest, truth = recording.manifest, recording.truth
    return message(
        "{calls} ({unfinished:,} unfinished), {steps}, {phases}; detail {detail}, loader {loader}, "
        "{started_at}",
        calls=message_n("{count:,} call", "{count:,} calls", count=found.totals.calls),
        unfinished=found.totals.unfinished,
        steps=message_n("{count:,} step", "{count:,} steps", count=len(recording.steps.records)),
        phases=message_n(
            "{count:,} phase", "{count:,} phases", count=len(truth.phases) if truth else 0
        ),
        detail=manifest.detail,
        loader=manifest.loader,
        started_at=manifest.started_at,
    )


def _cut(text: str, width: int) -> str:
    """Return ``text`` in at most ``width`` characters: a spec on a command line is long."""
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _checks(recording: Recording, found: Digest) -> Iterator[str]:
    if found.gaps:
        yield from _problems(message("records:"), found.gaps, "")
    ledger = found.ledger
    good = message(
        "{insertions:,} insertions, {removals:,} removals, balanced",
        insertions=ledger.insertions,
        removals=ledger.removals,
    )
    if ledger.unchecked:
        good = message("not checked: {why}", why=ledger.unchecked)
    yield from _problems(message("ledger:"), ledger.problems, good)
    known = message("agrees with the trace")
    said = (
        known if recording.truth else message("none; the command was not one of tracer's workloads")
    )
    yield from _problems(message("truth:"), Problems.plain(found.untrue), said)
    if recording.manifest.detail == "steps":
        yield from _problems(
            message("counters:"), found.disagreeing, message("agree with the steps")
        )


def _problems(label: str, problems: Problems, good: str) -> Iterator[str]:
    count = len(problems)
    yield _line(
        label,
        message_n("{count:,} problem", "{count:,} problems", count=count) if problems else good,
    )
    yield from (f"  {harmless(localized(problem))}" for problem in list(problems)[:SHOWN])
    if count > SHOWN:
        yield f"  {localized(message('and {number} more', number=count - SHOWN))}"
