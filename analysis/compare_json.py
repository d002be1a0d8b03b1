"""A comparison of two traces as JSON; docs/compare.md has the schema."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from analysis.compare import CALLS, TIME, Comparison, Measured, Row, Side
from analysis.pairing import Phase, PhasePair
from analysis.recorded import circumstances

SCHEMA: Final = 1


def to_json(found: Comparison) -> dict[str, Any]:
    """Return ``found`` with all its metrics; what is missing or says nothing is null."""
    of_a, of_b = (circumstances(side.recording, side.totals) for side in (found.a, found.b))
    return {
        "schema": SCHEMA,
        "a": _recording(found.a),
        "b": _recording(found.b),
        "recorded_otherwise": [what for what in of_a if of_a[what] != of_b.get(what)],
        "times_refused": found.times_refused,
        "phases": [_pair(pair) for pair in found.phases],
        "rows": [_row(row) for row in found.rows],
    }


def _recording(side: Side) -> dict[str, Any]:
    manifest = side.recording.manifest
    return {
        "trace": side.recording.path.name,
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
        "doubts": list(side.doubts),
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
        "difference": row.difference,
        "ratio": row.ratio,
        "outcome": str(row.outcome),
        "because": row.because,
    }


def _unit(metric: str) -> str:
    if metric == CALLS:
        return "calls"
    if metric == TIME:
        return "ns per call"
    return "bytes per call" if metric.startswith("bytes_") else "per call"


def _measured(measured: Measured) -> dict[str, Any] | None:
    return asdict(measured.spread) if measured.spread else None
