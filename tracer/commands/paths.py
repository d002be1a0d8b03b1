"""What a user's path is: a trace, a run of verify, a dataset, or a directory of these.

A report of one trace begins with this question, so nothing here takes long to import.
"""

from __future__ import annotations

from pathlib import Path

from analysis.dataset.layout import is_dataset
from analysis.verdicts.results import VERDICTS
from tracer.shared.errors import UsageError
from tracer.shared.message import message
from tracer.shared.records import MANIFEST


def is_run(path: Path) -> bool:
    """Tell whether ``path`` is the directory of a finished run."""
    return (path / VERDICTS).is_file()


def stands_for_many(path: Path) -> bool:
    """Tell whether ``path`` is a dataset, or a directory of traces or runs."""
    return is_dataset(path) or expanded(path) != [path]


def expanded(path: Path) -> list[Path]:
    """Return the traces and runs in the directory ``path``; it itself, if it is anything else.

    UsageError: the directory cannot be read.
    """
    if (path / MANIFEST).exists() or is_run(path) or is_dataset(path) or not path.is_dir():
        return [path]
    try:
        inside = sorted(path.iterdir())
    except OSError as error:
        problem = message("cannot read {path}: {why}", path=path, why=error.strerror or error)
        raise UsageError(problem) from error
    return [each for each in inside if (each / MANIFEST).exists() or is_run(each)] or [path]
