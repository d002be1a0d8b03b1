"""The catalogue of hooks, ``probes/hooks.toml``, checked as it is loaded.

Standard library only: the lab's guests import it.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from tracer.shared.errors import TracerError, unknown_name
from tracer.shared.message import joined, message
from tracer.shared.records import CALL_FIELDS, StepKind
from tracer.shared.syscalls import FAMILIES

PROBES: Final = Path(__file__).resolve().parents[2] / "probes"
DETAILS: Final = ("calls", "steps")
ATTACH_TYPES: Final = ("raw_tp", "fentry", "fexit", "kprobe", "breakpoint")
USER_PROBES: Final = 16
"""Most files of users' probes in one recording; their ids follow the catalogue's last."""
LAST_ID: Final = 255 - USER_PROBES
"""``step_record.hook`` has one byte."""
_COLUMNS: Final = {field.name for field in CALL_FIELDS}
_KEYS: Final = {
    "name", "id", "calls", "attach", "spare", "enclosing", "step", "feeds", "detail",
    "calibrate", "known", "tells", "aliases", "measures", "source",
}  # fmt: skip


class CatalogueError(TracerError):
    """``hooks.toml`` contradicts itself or the records."""


class AttachPoint(NamedTuple):
    """Where a program can be attached, written ``TYPE:SYMBOL``."""

    type: str
    symbol: str

    def __str__(self) -> str:
        """Return ``TYPE:SYMBOL``."""
        return f"{self.type}:{self.symbol}"

    @property
    def by_trampoline(self) -> bool:
        """True where a BPF trampoline is needed (fentry, fexit), and so BTF."""
        return self.type in ("fentry", "fexit")


class Hook(NamedTuple):
    """One row of the catalogue."""

    name: str
    id: int
    attach: tuple[AttachPoint, ...]
    enclosing: tuple[AttachPoint, ...]
    step: str
    feeds: tuple[str, ...]
    detail: str
    calibrate: tuple[str, ...]
    known: str
    aliases: tuple[str, ...]
    measures: str
    source: str
    calls: tuple[AttachPoint, ...] = ()
    """Tried before ``attach`` at detail ``calls``."""
    tells: str = ""
    """What a timeline says of its step, with ``{fds}`` for the fds concerned; "": see the kind."""
    spare: str = ""
    """``STRUCT.FIELD``: if BTF has it, the hook is not needed at detail ``calls``."""

    @property
    def points(self) -> tuple[AttachPoint, ...]:
        """All attach points, best first; the enclosing functions come last."""
        return self.attach + self.enclosing

    def program(self, point: AttachPoint) -> str:
        """Return the name of the BPF program that serves ``point``."""
        return f"{self.name}_{point.type}"


def _point(text: str, hook: str) -> AttachPoint:
    kind, _, symbol = text.partition(":")
    if kind not in ATTACH_TYPES or not symbol:
        raise CatalogueError(
            message(
                "hooks.toml, {hook}: attach point {text!r}; needed: TYPE:SYMBOL with a type of "
                "{types}",
                hook=hook,
                text=text,
                types=", ".join(ATTACH_TYPES),
            )
        )
    return AttachPoint(kind, symbol)


def _checked(row: Mapping[str, Any], hook: Hook) -> Hook:
    unknown = set(row) - _KEYS
    columns = [feed.partition(":") for feed in hook.feeds]
    problems = [
        f"unknown keys {sorted(unknown)}" if unknown else "",
        "" if hook.step in ("", *StepKind.__members__) else f"unknown step {hook.step!r}",
        "" if hook.detail in DETAILS else f"unknown detail {hook.detail!r}",
        "" if hook.attach else "no attach point",
        "" if hook.tells or hook.step != StepKind.FUNCTION.name else "missing tells",
        "" if hook.known or hook.calibrate or not (hook.step or hook.feeds) else "missing known",
        "" if hook.id in range(1, LAST_ID + 1) else f"id {hook.id!r}; needed: 1 to {LAST_ID}",
        *(f"feeds unknown column {c!r}" for c, _, _ in columns if c not in _COLUMNS),
        *(f"feeds unknown family {f!r}" for _, colon, f in columns if colon and f not in FAMILIES),
        *(f"calibrates unknown family {f!r}" for f in hook.calibrate if f not in FAMILIES),
    ]
    found = [problem for problem in problems if problem]
    if found:
        raise CatalogueError(
            message("hooks.toml, {name}: {found}", name=hook.name, found=joined("; ", found))
        )
    return hook


def _hook(row: Mapping[str, Any]) -> Hook:
    name = row.get("name", "a row without a name")
    missing = {"name", "id", "attach", "step", "feeds", "detail", "measures", "source"} - set(row)
    if missing:
        raise CatalogueError(
            message(
                "hooks.toml, {name}: missing {missing}",
                name=name,
                missing=", ".join(sorted(missing)),
            )
        )
    hook = Hook(
        name=name,
        id=row["id"],
        attach=tuple(_point(text, name) for text in row["attach"]),
        enclosing=tuple(_point(text, name) for text in row.get("enclosing", ())),
        step=row["step"],
        feeds=tuple(row["feeds"]),
        detail=row["detail"],
        calibrate=tuple(row.get("calibrate", ())),
        known=row.get("known", ""),
        aliases=tuple(row.get("aliases", ())),
        measures=row["measures"],
        source=row["source"],
        calls=tuple(_point(text, name) for text in row.get("calls", ())),
        tells=row.get("tells", ""),
        spare=row.get("spare", ""),
    )
    return _checked(row, hook)


def load(path: Path = PROBES / "hooks.toml") -> tuple[Hook, ...]:
    """Return the hooks of a catalogue, in its order.

    Raises:
        CatalogueError: a row is incomplete, unknown words are used, or two hooks share a
            name, an alias or an id.
    """
    with path.open("rb") as file:
        hooks = tuple(_hook(row) for row in tomllib.load(file)["hook"])
    words = [str(word) for hook in hooks for word in (hook.id, hook.name, *hook.aliases)]
    twice = {word for word in words if words.count(word) > 1}
    if twice:
        raise CatalogueError(
            message(
                "hooks.toml: used twice: {twice}; a free id: {free}",
                twice=", ".join(sorted(twice)),
                free=max(hook.id for hook in hooks) + 1,
            )
        )
    return hooks


@functools.cache
def hooks() -> tuple[Hook, ...]:
    """Return the project's own catalogue."""
    return load()


def for_calls(hooks: tuple[Hook, ...], spared: Collection[str]) -> tuple[Hook, ...]:
    """Return the hooks as they are attached at detail ``calls``.

    Args:
        hooks: the catalogue.
        spared: names of hooks that are not attached and leave nothing missing.
    """
    return tuple(
        hook._replace(
            attach=hook.calls + hook.attach, feeds=() if hook.name in spared else hook.feeds
        )
        for hook in hooks
    )


def named(names: Iterable[str], catalogue: tuple[Hook, ...]) -> tuple[Hook, ...]:
    """Return the hooks that ``names`` list, by name or alias.

    Raises:
        UsageError: a name is unknown; the nearest known ones are named.
    """
    known = {name: hook for hook in catalogue for name in (hook.name, *hook.aliases)}
    asked = list(names)
    for name in asked:
        if name not in known:
            raise unknown_name("hook", name, known)
    wanted = {known[name].name for name in asked}
    return tuple(hook for hook in catalogue if hook.name in wanted)
