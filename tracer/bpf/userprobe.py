"""Users' own probes: BCC source alongside the built-in ones. The contract is in docs/probes.md."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from tracer.bpf.layouts import FIRST_USER_ID
from tracer.shared.catalogue import USER_PROBES, AttachPoint, Hook
from tracer.shared.errors import ProbeError, UsageError
from tracer.shared.message import message

_PROGRAM: Final = re.compile(r"^\s*int\s+(kprobe|raw_tracepoint)__(\w+)\s*\(", re.MULTILINE)
_OURS: Final = {"kprobe": "kprobe", "raw_tracepoint": "raw_tp"}
_COMMENT: Final = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)


class UserProbe(NamedTuple):
    """A file of a user's programs: one hook, named after the file."""

    path: str
    source: str
    hook: Hook

    @property
    def programs(self) -> tuple[str, ...]:
        """Names of its BPF functions, by which BCC attaches them."""
        return tuple(f"{kind}__{symbol}" for kind, symbol in _programs(self.source))

    @property
    def text(self) -> str:
        """Return what BCC compiles; line numbers are those of the user's file."""
        return f'#define HOOK {self.hook.id}\n#line 1 "{self.path}"\n{self.source}\n#undef HOOK\n'


class Source(NamedTuple):
    """A user's file, read once, before booting a guest that may not see it."""

    path: str
    text: str


def sources(paths: Sequence[str]) -> tuple[Source, ...]:
    """Read the files of users' probes.

    Raises:
        UsageError: no such file, or not text.
    """
    return tuple(_source(Path(path)) for path in paths)


def _source(path: Path) -> Source:
    try:
        return Source(str(path), path.read_text())
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else message("not text")
        raise UsageError(message("--probe {path}: {reason}", path=path, reason=reason)) from error


def probes(files: Sequence[Source], catalogue: Sequence[Hook]) -> tuple[UserProbe, ...]:
    """Give each file its hook.

    Raises:
        UsageError: too many, or a name that is taken.
        ProbeError: a file has no program.
    """
    if len(files) > USER_PROBES:
        raise UsageError(
            message(
                "found --probe {count} times; at most {room} are possible",
                count=len(files),
                room=USER_PROBES,
            )
        )
    taken = {name for hook in catalogue for name in (hook.name, *hook.aliases)}
    made: list[UserProbe] = []
    for number, (path, text) in enumerate(files, FIRST_USER_ID):
        hook = _hook(Path(path), text, number)
        if hook.name in taken:
            raise UsageError(
                message(
                    "--probe {path}: there is a hook {name}; rename the file",
                    path=path,
                    name=hook.name,
                )
            )
        taken.add(hook.name)
        made.append(UserProbe(path, text, hook))
    return tuple(made)


def _programs(source: str) -> list[tuple[str, str]]:
    return _PROGRAM.findall(_COMMENT.sub("", source))


def _hook(path: Path, source: str, number: int) -> Hook:
    programs = _programs(source)
    if not programs:
        raise ProbeError(
            message(
                "{path}: no program found; needed: a function int kprobe__FUNCTION(struct "
                "pt_regs *ctx, …) or int raw_tracepoint__NAME(struct bpf_raw_tracepoint_args "
                "*ctx); see docs/probes.md",
                path=path,
            )
        )
    return Hook(
        name=path.stem,
        id=number,
        attach=tuple(AttachPoint(_OURS[kind], symbol) for kind, symbol in programs),
        enclosing=(),
        step="USER",
        feeds=(),
        detail="calls",
        calibrate=(),
        known="",
        aliases=(),
        measures=f"a user's probe, {path}",
        source=str(path),
    )
