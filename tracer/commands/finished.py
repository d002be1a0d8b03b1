"""A finished run of ``verify``, read from its directory and decided again; nothing is recorded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final, Literal, NamedTuple

from msgspec import Meta

from analysis.claims.overviews import overviews_of
from analysis.frames import Trace
from analysis.page.verdicts import Run
from analysis.trace.strictjson import check_schema, converted, read_object
from analysis.verdicts.engine import Claim, decide_kernel
from analysis.verdicts.exhibits import exhibits_of
from analysis.verdicts.results import SCHEMA, VERDICTS, KernelResult
from tracer.commands.verification import NATIVE, Traces, experiments_of, read_all, trace_name
from tracer.shared.message import message

_MOST_BYTES: Final = 64 << 20
_Release = Annotated[str, Meta(pattern=r"\A\w[\w.+~-]*\Z", max_length=200)]
"""Also the name of a directory, so it must not lead elsewhere."""


@dataclass(frozen=True)
class _Decided:
    id: str


@dataclass(frozen=True)
class _Kernel:
    release: _Release
    where: Literal["host", "lab"]
    claims: tuple[_Decided, ...]


@dataclass(frozen=True)
class _How:
    command: str = ""
    packs: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Verdicts:
    kernels: tuple[_Kernel, ...]
    run: _How = field(default_factory=_How)


class Finished(NamedTuple):
    """What a directory has: results by kernel, how it was run, and unknown claims."""

    results: list[KernelResult]
    run: Run
    unknown: list[str]


def read_run(path: Path, claims: Sequence[Claim]) -> Finished:
    """Return the run in the directory ``path``, its claims decided again from its traces.

    ``claims`` are the known ones: a user's pack must be given again. A trace that is gone leaves
    its claims undecided.

    TraceError: the directory's ``verdicts.json`` was not written by ``verify``.
    """
    raw = read_object(path / VERDICTS, _MOST_BYTES)
    check_schema(path / VERDICTS, raw, SCHEMA)
    found = converted(path / VERDICTS, raw, _Verdicts)
    known = {claim.id: claim for claim in claims}
    asked = dict.fromkeys(each.id for kernel in found.kernels for each in kernel.claims)
    run = Run(found.run.command, found.run.packs)
    unknown = [name for name in asked if name not in known]
    return Finished([_result(path, each, known) for each in found.kernels], run, unknown)


def _result(path: Path, kernel: _Kernel, known: dict[str, Claim]) -> KernelResult:
    claims = [known[each.id] for each in kernel.claims if each.id in known]
    place = path / kernel.release if kernel.where == "lab" else path
    traces = read_all(_traces(claims, place, kernel.where))
    beside = read_all(_traces([each for each in claims if each.beside], path / NATIVE, "host"))
    native = {name: each for name, (each, *_) in beside.items() if isinstance(each, Trace)}
    decisions = decide_kernel(claims, traces, native)
    exhibits, overviews = exhibits_of(decisions, traces), overviews_of(traces)
    return KernelResult(kernel.release, kernel.where, decisions, exhibits, overviews)


def _traces(claims: Sequence[Claim], place: Path, where: str) -> Traces:
    """Return by experiment the traces in ``place``, or why there are none; one each on a host."""
    return {
        each.id: [
            _existing(place / f"{name}.trace")
            for name in (
                [trace_name(each, boot) for boot in each.boots] if where == "lab" else [each.id]
            )
        ]
        for each in experiments_of(claims)
    }


def _existing(path: Path) -> Path | str:
    return path if path.is_dir() else message("{path} does not exist", path=path)
