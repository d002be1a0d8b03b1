"""``manifest.json`` as values: what was attached, what was lost, what ran.

Source: docs/design.md, "A trace"; schemas 1 and 2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from msgspec import Meta, convert

from analysis.trace.strictjson import check_schema, converted, read_object
from tracer.shared.process import is_running

OLDEST: Final = 1
SCHEMA: Final = 2
"""The schema of traces with ``let_go``; others have schema 1."""
MOST_BYTES: Final = 16 << 20
MOST_HOOKS: Final = 255
LOST: Final = ("calls", "steps", "tasks", "entries", "waiters")
"""Losses that a recorder counts; another version may count more."""
SPOOLS: Final = ("calls", "steps", "lives")
"""Spools whose records a recorder counts; older ones counted none."""

Count = Annotated[int, Meta(ge=0, le=(1 << 63) - 1)]
Nanoseconds = Annotated[int, Meta(ge=0, le=1 << 62)]
"""Time of the boot clock."""
Text = Annotated[str, Meta(max_length=1 << 20)]
Name = Annotated[str, Meta(min_length=1, max_length=1 << 16)]
Status = Annotated[int, Meta(ge=-255, le=255)]
HookId = Annotated[int, Meta(ge=0, le=MOST_HOOKS)]
When = Annotated[str, Meta(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+]00:00$")]


@dataclass(frozen=True)
class PlanRow:
    """One hook of the plan: where it sits, or why it doesn't."""

    hook: Name
    id: HookId
    attached: Text | None
    stands_for: Text | None
    reason: Text | None
    feeds: tuple[Name, ...]


@dataclass(frozen=True)
class Sizes:
    """Sizes of the machine, see tracer.recording.sizes; None: could not be read."""

    clock: Name
    cpus: Count | None
    memory_kib: Count | None
    file_max: Count | None
    max_user_watches: Count | None
    init: Text | None


@dataclass(frozen=True)
class Kernel:
    """The kernel, as uname names it."""

    release: Text
    machine: Text
    version: Text = ""


@dataclass(frozen=True)
class Watched:
    """The running tasks that were recorded."""

    kind: Literal["pid", "tid", "comm", "cgroup", "all"]
    value: Text
    follow: bool
    epolls_not_sought: Text | None = None
    """Why open epoll instances were not searched for."""


@dataclass(frozen=True)
class SoFar:
    """What a recorder had counted at ``at_ns``, at most about a second ago.

    ``records`` are consistent numbers for each spool: no call without its steps.
    """

    at_ns: Nanoseconds
    losses: Mapping[Name, Count]
    misses: Mapping[Name, Count | None]
    records: Mapping[Name, Count] | None = None


@dataclass(frozen=True)
class LetGo:
    """How many of the oldest ``calls`` and ``steps`` are holes in their spools.

    A call that began at ``until_ns`` or later is still there, with all its steps.
    """

    calls: Count
    steps: Count
    until_ns: Nanoseconds

    def of(self, name: str) -> int:
        """Return how many records of the spool ``name`` are gone."""
        return {"calls": self.calls, "steps": self.steps}.get(name, 0)


@dataclass(frozen=True)
class Process:
    """The command's process, or the recorder's; see tracer.shared.process."""

    pid: Annotated[int, Meta(ge=1, le=1 << 22)]
    start_ticks: Count
    boot_id: Name


@dataclass(frozen=True)
class Manifest:
    """The manifest of a trace. ``losses`` is None if they could not be counted at the end.

    ValueError: it contradicts itself.
    """

    state: Literal["recording", "complete", "interrupted"]
    where: Literal["host", "lab"]
    kernel: Kernel
    machine: Sizes
    detail: Literal["calls", "steps"]
    loader: Text
    command: tuple[Text, ...]
    exit_status: Status | None
    started_ns: Nanoseconds
    ended_ns: Nanoseconds | None
    started_at: When
    plan: Annotated[tuple[PlanRow, ...], Meta(max_length=MOST_HOOKS)]
    losses: Mapping[Name, Count] | None
    misses: Mapping[Name, Count | None]
    hits: Mapping[Name, Count]
    live_entries: Count | None
    versions: Mapping[Text, Text]
    hits_elsewhere: Mapping[Name, Count] = field(default_factory=dict)
    records: Mapping[Name, Count] | None = None
    """How many records each spool should have; None: an older tracer, or a killed one."""
    watched: Watched | None = None
    other_attempts: Annotated[tuple[Text, ...], Meta(max_length=100)] = ()
    """What was wrong with other attempts at this recording, which were not kept."""
    so_far: SoFar | None = None
    let_go: LetGo | None = None
    process: Process | None = None
    recorder: Process | None = None
    fd_names: Mapping[Name, Count] | None = None
    """How many fds were observed, and how many not; None: none were."""
    host: Text | None = None
    """The machine's name (uname); None: an older tracer."""

    def __post_init__(self) -> None:
        """Check what involves several fields."""
        if self.ended_ns is not None and self.ended_ns < self.started_ns:
            raise ValueError(f"Expected ended_ns >= started_ns ({self.started_ns})")
        if self.so_far is not None and self.so_far.at_ns < self.started_ns:
            raise ValueError(f"Expected so_far.at_ns >= started_ns ({self.started_ns})")
        if self.let_go is not None and self.let_go.until_ns < self.started_ns:
            raise ValueError(f"Expected let_go.until_ns >= started_ns ({self.started_ns})")
        if absent := set(LOST) - set(self.losses if self.losses is not None else LOST):
            raise ValueError(f"Expected losses of {', '.join(sorted(absent))} too")
        if absent := set(SPOOLS) - set(self.records if self.records is not None else SPOOLS):
            raise ValueError(f"Expected records of {', '.join(sorted(absent))} too")
        if twice := repeated(row.id for row in self.plan):
            raise ValueError(f"Expected each id in the plan once, got {twice[0]} twice")
        if names := repeated(row.hook for row in self.plan):
            raise ValueError(f"Expected each hook in the plan once, got {names[0]} twice")

    @cached_property
    def is_live(self) -> bool:
        """Tell whether the recorder is still writing, as of the first time this was asked."""
        recorder = self.recorder if self.state == "recording" else None
        return recorder is not None and is_running(**asdict(recorder))

    @property
    def missed(self) -> Mapping[str, int | None] | None:
        """``misses``; None if they could not be counted at the end."""
        return self.misses if self.losses is not None or self.misses else None

    @property
    def until_now(self) -> Manifest | SoFar:
        """The object with the ``losses`` and ``misses`` of the records that are read."""
        return self.so_far if self.is_live and self.so_far else self

    @property
    def drained(self) -> Mapping[str, int] | None:
        """How many records of each spool are read while it is still being written; None: all."""
        if not self.is_live:
            return None
        return (self.so_far.records if self.so_far else None) or {}

    @property
    def release(self) -> str:
        """The kernel's release: 6.1.0-56-amd64."""
        return self.kernel.release

    @property
    def architecture(self) -> str:
        """The kernel's architecture, as in uname -m."""
        return self.kernel.machine

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


def repeated(values: Iterable[Hashable]) -> list[Hashable]:
    """Return which of ``values`` occur more than once."""
    return [value for value, count in Counter(values).items() if count > 1]


def read_manifest(path: Path) -> Manifest:
    """Return the manifest in the file ``path``.

    TraceError: not a regular file, not JSON, another schema, a key missing or of a wrong type.
    """
    return manifest_of(path, read_object(path, MOST_BYTES))


def manifest_of(path: Path, raw: Mapping[str, Any]) -> Manifest:
    """Return the manifest ``raw``, the content of ``path``; as `read_manifest`."""
    check_schema(path, raw, SCHEMA, OLDEST)
    return converted(path, raw, Manifest)


def plan_rows(raw: Sequence[Mapping[str, Any]]) -> tuple[PlanRow, ...]:
    """Return the rows of a plan from a manifest, or from the recorder's ``Choice.to_json``."""
    return convert(raw, type=tuple[PlanRow, ...])
