"""Resolves a user's paths: traces, runs of verify, datasets, or directories of these."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from analysis.dataset.layout import is_dataset
from analysis.dataset.partition import partitions
from analysis.fleet.gather import OUR_RULES, OwnRules, TraceDirectory
from analysis.fleet.source import Source
from tracer.commands.paths import expanded, is_run
from tracer.shared.errors import UsageError
from tracer.shared.message import message


@dataclass(frozen=True)
class Many:
    """The traces and the runs of verify that a report is about."""

    traces: tuple[Source, ...]
    runs: tuple[Path, ...]


def many_of(paths: Sequence[Path], own: OwnRules = OUR_RULES) -> Many:
    """Return what ``paths`` stand for; ``own`` rules are applied to the traces.

    A dataset stands for the traces that were appended to it; a directory that is no trace, run or
    dataset, for all traces and runs in it, by name. Anything else is treated as a trace, and
    opening it will say what is wrong. TraceError: a dataset that cannot be read.
    """
    each = [found for path in paths for found in expanded(path)]
    runs = tuple(path for path in each if is_run(path))
    sources = [source for path in each if not is_run(path) for source in _sources(path, own)]
    return Many(tuple(sources), runs)


def _sources(path: Path, own: OwnRules) -> Iterable[Source]:
    if not is_dataset(path):
        return [TraceDirectory(path, own)]
    if own.files:
        raise UsageError(
            message(
                "--findings: {path} is a dataset, whose findings date from when each trace was "
                "appended; name the traces themselves",
                path=path,
            )
        )
    return partitions(path)
