"""A comparison of two traces as JSON; docs/compare.md has the schema."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from analysis.comparison.compare import CALLS, TIMES, Comparison, Row
from analysis.comparison.findings import FoundOnce, OnSide
from analysis.comparison.pairing import Phase, PhasePair
from analysis.comparison.recordings import circumstances_of
from analysis.comparison.sides import Member, Side
from analysis.comparison.values import Measured

SCHEMA: Final = 1


def to_json(found: Comparison) -> dict[str, Any]:
    """Return ``found`` with all its metrics; missing or meaningless values are null."""
    of_a, of_b = circumstances_of(found.a), circumstances_of(found.b)
    return {
        "schema": SCHEMA,
        "a": _recording(found.a.members[0], found.a),
        "b": _recording(found.b.members[0], found.b),
        "recordings": {
            "a": [_recording(member, found.a) for member in found.a.members],
            "b": [_recording(member, found.b) for member in found.b.members],
        },
        "recorded_otherwise": [what for what in of_a if of_a[what] != of_b.get(what)],
        "who": list(found.who),
        "times_refused": found.times_refused,
        "phases": [_pair(pair) for pair in found.phases],
        "rows": [_row(row) for row in found.rows],
        "findings": [_finding(each) for each in found.findings],
    }


def _recording(member: Member, side: Side) -> dict[str, Any]:
    """Return how ``member`` was recorded; the first member has the doubts about its whole side."""
    manifest = member.recording.manifest
    return {
        "trace": member.recording.path.name,
        "release": manifest.release,
        "where": manifest.where,
        "machine": asdict(manifest.machine),
        "detail": manifest.detail,
        "loader": manifest.loader,
        "command": list(manifest.command),
        "exit_status": manifest.exit_status,
        "state": manifest.state,
        "losses": manifest.losses,
        "misses": manifest.missed,
        "hooks": {
            row.hook: {"attached": row.attached, "reason": row.reason} for row in manifest.plan
        },
        "versions": manifest.versions,
        "doubts": list(side.doubts if member is side.members[0] else member.doubts),
    }


def _pair(pair: PhasePair) -> dict[str, Any]:
    return {"a": _phase(pair.a), "b": _phase(pair.b), "matched": pair.matched}


def _phase(phase: Phase | None) -> dict[str, Any] | None:
    return asdict(phase) if phase else None


def _row(row: Row) -> dict[str, Any]:
    return {
        "phase_a": row.phase.a.number if row.phase.a else None,
        "phase_b": row.phase.b.number if row.phase.b else None,
        "family_a": row.family.a,
        "family_b": row.family.b,
        "metric": row.metric,
        "unit": _unit(row.metric),
        "a": _measured(row.a),
        "b": _measured(row.b),
        "medians_a": list(row.a.medians),
        "medians_b": list(row.b.medians),
        "difference": row.difference,
        "ratio": row.ratio,
        "outcome": str(row.outcome),
        "because": row.because,
    }


def _unit(metric: str) -> str:
    if metric == CALLS:
        return "calls"
    if metric.endswith(("_per_event", "_per_request")):
        what = "ns" if metric in TIMES else "calls"
        return f"{what} per {metric.rpartition('_')[2]}"
    if metric in TIMES:
        return "ns per call"
    return "bytes per call" if metric.startswith("bytes_") else "per call"


def _measured(measured: Measured) -> dict[str, Any] | None:
    return asdict(measured.spread) if measured.spread else None


def _finding(found: FoundOnce) -> dict[str, Any]:
    return {
        "rule": found.rule.id,
        "program": found.program,
        "change": str(found.change),
        "because": found.because,
        "a": _on_side(found.a),
        "b": _on_side(found.b),
    }


def _on_side(side: OnSide) -> dict[str, Any]:
    return {
        "recordings": side.recordings,
        "found_in": len(side.findings),
        "text": side.sentence,
        "time_ns": list(side.times_ns),
        "numbers": [
            {"name": name, "unit": unit, "values": list(values)}
            for (name, unit), values in side.numbers.items()
        ],
    }
