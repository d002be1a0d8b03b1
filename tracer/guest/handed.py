"""Takes from the directory shared with a guest what its recorder leaves there, and nothing else.

Whatever ran in the guest was root there and could put anything into it: links, devices, pipes,
files without end. So the host looks only at the names it expects, reads only regular files, through
open fds and not by path, and copies them: no file that the guest made is kept.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

from tracer.shared import fds
from tracer.shared.directory import Directory
from tracer.shared.errors import LabError
from tracer.shared.files import write_error
from tracer.shared.message import message
from tracer.shared.records import MANIFEST, SPOOLS, TRUTH
from tracer.shared.untrusted import RefusedError, blocks, read_json, regular_file

ANSWER: Final = "answer.json"
_ANSWER_BYTES: Final = 16 << 20
"""Several times the longest answer, which is a crosscheck's."""
_OPTIONAL: Final = (TRUTH, fds.FILE)
_FILES: Final = (*SPOOLS.values(), *_OPTIONAL, MANIFEST)
"""The manifest comes last: without it nothing takes the directory for a trace."""


def take_answer(share: Path) -> Any:
    """Return what the guest answered.

    Raises:
        LabError: there is none, or it is not an answer.
    """
    try:
        with Directory(share, ours=True) as directory:
            return read_json(directory, ANSWER, _ANSWER_BYTES)
    except FileNotFoundError as error:
        raise LabError("the guest gave no answer") from error
    except RefusedError as error:
        raise LabError(message("the guest's answer: {error}", error=error)) from error


def take_trace(share: Path, name: str, into: Path, limit_bytes: int) -> Path | None:
    """Copy the trace ``name`` to a new directory of that name in ``into``; None: there is none.

    No file of it may be longer than ``limit_bytes``.

    Raises:
        LabError: what is there is not a trace made by a recorder.
        TracerError: it cannot be written.
    """
    with Directory(share, ours=True) as directory:
        try:
            source = Directory(Path(name), within=directory)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise LabError(
                message("the guest left no directory {name}: {why}", name=name, why=error.strerror)
            ) from error
        with source:
            return _copy(source, into / name, limit_bytes)


def _copy(source: Directory, target: Path, limit_bytes: int) -> Path:
    try:
        with Directory(target.parent) as parent, parent.make(target.name) as made:
            try:
                for name in _FILES:
                    _copy_file(source, made, name, limit_bytes)
            except BaseException:
                for name in _FILES:
                    made.remove(name)
                parent.remove_directory(target.name)
                raise
    except OSError as error:
        raise write_error(error, target) from error
    return target


def _copy_file(source: Directory, made: Directory, name: str, limit_bytes: int) -> None:
    try:
        with regular_file(source, name, limit_bytes) as fd, made.whole(name) as file:
            for block in blocks(fd, limit_bytes):
                file.write(block)
    except FileNotFoundError as error:
        if name not in _OPTIONAL:
            raise LabError(message("the guest's trace has no {name}", name=name)) from error
    except RefusedError as error:
        raise LabError(message("the guest's trace: {error}", error=error)) from error
