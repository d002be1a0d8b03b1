"""``manifest.json`` as values: what was attached, what was lost, what ran.

Source: docs/design.md, "A trace"; schema 1.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tracer.shared.errors import TraceError
from tracer.shared.say import say

SCHEMA: Final = 1


@dataclass(frozen=True)
class PlanRow:
    """One hook of the plan: where it sits, or why it doesn't."""

    hook: str
    id: int
    attached: str | None
    stands_for: str | None
    reason: str | None
    feeds: tuple[str, ...]


@dataclass(frozen=True)
class Sizes:
    """The machine's, see tracer.recording.sizes; None where it could not be read."""

    clock: str
    cpus: int | None
    memory_kib: int | None
    file_max: int | None
    max_user_watches: int | None
    init: str | None


@dataclass(frozen=True)
class Manifest:
    """The manifest of a trace. ``losses`` is None where nobody could count any more."""

    state: str
    where: str
    release: str
    architecture: str
    machine: Sizes
    detail: str
    loader: str
    command: tuple[str, ...]
    exit_status: int | None
    started_ns: int
    ended_ns: int | None
    started_at: str
    plan: tuple[PlanRow, ...]
    losses: Mapping[str, int] | None
    misses: Mapping[str, int | None]
    hits: Mapping[str, int]
    live_entries: int | None
    versions: Mapping[str, str]

    def row(self, hook: str) -> PlanRow | None:
        """Return the plan's row of ``hook``, None if the plan has no such hook."""
        return next((row for row in self.plan if row.hook == hook), None)

    def attached(self, hook: str) -> bool:
        """Return whether ``hook`` was attached, itself or by an enclosing function."""
        row = self.row(hook)
        return row is not None and row.attached is not None

    def hook_names(self) -> dict[int, str]:
        """Return hook names by the id that steps carry."""
        return {row.id: row.hook for row in self.plan}


def read_json(path: Path) -> dict[str, Any]:
    """Return the object in ``path``; TraceError if it is no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TraceError(
            say(
                "{path}: {why}; a trace needs it: record again",
                path=path,
                why=error.strerror,
            )
        ) from error
    except ValueError as error:
        raise TraceError(
            say(
                "{path}: not JSON ({error}); needed an object: record again", path=path, error=error
            )
        ) from error
    if not isinstance(found, dict):
        raise TraceError(
            say(
                "{path}: a JSON {name}; needed an object: record again",
                path=path,
                name=type(found).__name__,
            )
        )
    return found


def check_schema(path: Path, found: Mapping[str, Any]) -> None:
    """Raise TraceError unless ``found`` is of the one schema this version reads."""
    schema = found.get("schema")
    if schema == SCHEMA:
        return
    newer = isinstance(schema, int) and schema > SCHEMA
    remedy = say("read it with a newer tracer") if newer else say("record again")
    raise TraceError(
        say(
            "{path}: schema {schema!r}; this version reads schema {known}: {remedy}",
            path=path,
            schema=schema,
            known=SCHEMA,
            remedy=remedy,
        )
    )


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in the file ``path``.

    TraceError: no file, no JSON, another schema, a key missing or of the wrong shape.
    """
    raw = read_json(path)
    check_schema(path, raw)
    try:
        return _manifest(raw)
    except KeyError as error:
        raise TraceError(
            say(
                "{path}: no key {error} of schema {schema}: record again",
                path=path,
                error=error,
                schema=SCHEMA,
            )
        ) from error
    except (TypeError, ValueError, AttributeError) as error:
        raise TraceError(
            say(
                "{path}: not a manifest of schema {schema} ({error})",
                path=path,
                schema=SCHEMA,
                error=error,
            )
        ) from error


def _manifest(raw: Mapping[str, Any]) -> Manifest:
    losses = raw["losses"]
    return Manifest(
        state=str(raw["state"]),
        where=str(raw["where"]),
        release=str(raw["kernel"]["release"]),
        architecture=str(raw["kernel"]["machine"]),
        machine=Sizes(**raw["machine"]),
        detail=str(raw["detail"]),
        loader=str(raw["loader"]),
        command=tuple(raw["command"]),
        exit_status=raw["exit_status"],
        started_ns=int(raw["started_ns"]),
        ended_ns=raw["ended_ns"],
        started_at=str(raw["started_at"]),
        plan=plan_rows(raw["plan"]),
        losses=None if losses is None else {str(k): int(v) for k, v in losses.items()},
        misses=dict(raw["misses"]),
        hits=dict(raw["hits"]),
        live_entries=raw["live_entries"],
        versions=dict(raw["versions"]),
    )


def plan_rows(raw: Sequence[Mapping[str, Any]]) -> tuple[PlanRow, ...]:
    """Return the rows of a plan as the manifest, or the recorder's ``Choice.to_json``, has it."""
    return tuple(_row(row) for row in raw)


def _row(raw: Mapping[str, Any]) -> PlanRow:
    return PlanRow(
        hook=str(raw["hook"]),
        id=int(raw["id"]),
        attached=raw["attached"],
        stands_for=raw["stands_for"],
        reason=raw["reason"],
        feeds=tuple(raw["feeds"]),
    )
