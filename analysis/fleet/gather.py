"""One trace's part of a fleet's report: runs once per trace, wherever it is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

from analysis.checks import digest
from analysis.checks.digest import Digest
from analysis.findings.examine import examine
from analysis.findings.own import load_rules
from analysis.findings.registry import RULES
from analysis.findings.rule import Rule
from analysis.fleet.fleet import Fleet, Unread
from analysis.fleet.identity import recording_id
from analysis.fleet.programs import NO_PROGRAMS, gather_programs
from analysis.fleet.row import Amount, Doubts, Row
from analysis.fleet.source import Source
from analysis.trace.manifest import Manifest, read_manifest
from analysis.windows.recording import WINDOW, Recording, open_recording
from analysis.windows.totals import Total, Totals, merged
from tracer.shared.errors import TracerError
from tracer.shared.message import message
from tracer.shared.records import MANIFEST


def gather(source: Source) -> Fleet:
    """Return the fleet that is the trace ``source`` alone.

    A trace that cannot be read is in it as unread, without affecting others.
    """
    try:
        return source.gathered()
    except (TracerError, OSError) as error:
        return Fleet(unread=(Unread(str(source.path), str(error)),))


def not_gathered(source: Source, because: str) -> Fleet:
    """Return the fleet of ``source``, which could not be gathered ``because``."""
    why = message("{path}: {why}", path=source.path, why=because)
    return Fleet(unread=(Unread(str(source.path), why),))


@dataclass(frozen=True)
class OwnRules:
    """Our rules and those in the user's ``files``, which are read where the traces are."""

    files: tuple[Path, ...] = ()
    trusted: bool = False

    def rules(self) -> Sequence[Rule]:
        """Return the rules. UsageError: a file cannot be read, or contains something else."""
        return _rules(self)


OUR_RULES: Final = OwnRules()


@lru_cache(maxsize=8)
def _rules(own: OwnRules) -> Sequence[Rule]:
    rules = list(RULES)
    for path in dict.fromkeys(own.files):
        rules += load_rules(path, rules, trusted=own.trusted)
    return rules


@dataclass(frozen=True)
class TraceDirectory:
    """A trace as it was recorded."""

    path: Path
    own: OwnRules = OUR_RULES

    def recording_id(self) -> str:
        """Return the id of the recording. TraceError: its manifest cannot be read."""
        return recording_id(read_manifest(self.path / MANIFEST))

    def gathered(self) -> Fleet:
        """Return the fleet that is this trace alone. TraceError: it cannot be read."""
        return fleet_of_one(open_recording(self.path), self.own.rules())


def fleet_of_one(recording: Recording, rules: Sequence[Rule] = RULES) -> Fleet:
    """Return the fleet of ``recording`` alone, examined by ``rules``: all of it is read."""
    windows = recording.windows(WINDOW)
    first = next(windows, recording.no_window)
    found, programs = digest.gather(first), NO_PROGRAMS.combine(gather_programs(first))
    for window in windows:
        found = found.combine(digest.gather(window))
        programs = programs.combine(gather_programs(window))
    came_to = digest.finished(recording, found)
    examined = examine(recording, list(came_to.gaps), rules)
    families = by_family(came_to.totals)
    amount = Amount()
    for total in families.values():
        amount = amount.combine(Amount.of(total))
    manifest = recording.manifest
    row = Row(
        id=recording_id(manifest),
        name=recording.path.name,
        host=manifest.host,
        release=manifest.release,
        where=manifest.where,
        detail=manifest.detail,
        started_at=manifest.started_at,
        recorded_ns=recorded_ns(manifest),
        records=recording.records,
        amount=amount,
        programs=programs.named(examined.facts),
        findings=dict(Counter(each.rule for each in examined.findings)),
        judged=examined.judged,
        doubts=_doubts(manifest, came_to),
    )
    return Fleet(rows=(row,), families=families)


def by_family(totals: Totals) -> dict[str, Total]:
    """Return ``totals`` by family, whatever the phase."""
    found: dict[str, Total] = {}
    for (_, family), total in sorted(totals.by_key.items()):
        found = merged(found, {family: total})
    return found


def recorded_ns(manifest: Manifest) -> int:
    """Return how long was recorded and kept; for a killed recorder as far as it had counted."""
    began = manifest.let_go.until_ns if manifest.let_go else manifest.started_ns
    if manifest.ended_ns is not None:
        return max(0, manifest.ended_ns - began)
    return max(0, manifest.so_far.at_ns - began) if manifest.so_far else 0


def _doubts(manifest: Manifest, found: Digest) -> Doubts:
    losses = manifest.until_now.losses
    return Doubts(
        state=manifest.state,
        lost=None if losses is None else sum(losses.values()),
        missed=sum(count or 0 for count in (manifest.missed or {}).values()),
        gaps=len(found.gaps),
        unbalanced=len(found.ledger.problems),
        disagreeing=len(found.disagreeing),
        untrue=len(found.untrue),
    )
