"""A table of the calls worth seeing, with the option that shows each."""

from __future__ import annotations

import errno
from collections.abc import Hashable, Mapping
from typing import Any

import pandas as pd

from analysis.fds.names import fd_names_of
from analysis.fds.words import fd_and_name
from analysis.terminal.tables import table
from analysis.timeline.choice import Wanted, candidates
from analysis.timeline.text import microseconds
from analysis.timeline.worth import BY_CALLBACK, WOKEN
from analysis.windows.recording import Recording
from tracer.shared.message import localized, message
from tracer.shared.syscalls import by_number_of
from tracer.shared.wrapping import wrapped


def offered(recording: Recording, wanted: Wanted, width: int) -> str:
    """Return the calls worth showing as a table; errors as from candidates()."""
    found = candidates(recording, wanted)
    alike = [] if wanted.slowest else [message("like\nit")]
    headers = [
        message("what"), message("slept"), message("returned"), message("kernel\nµs"),
        message("all\nµs"), *alike, message("show it with"),
    ]  # fmt: skip
    names = fd_names_of(recording)
    asked = found[["pid", "fd"]].assign(at_ns=found["enter_ns"])
    rows = [
        _row(recording, row, name, wanted)
        for row, name in zip(found.to_dict("records"), names.names(asked).tolist(), strict=True)
    ]
    title = localized(_title(recording, wanted, found))
    return f"{wrapped(title, width, '    ')}\n{table(headers, rows, width, words=2)}"


def _title(recording: Recording, wanted: Wanted, found: pd.DataFrame) -> str:
    how = message("tracer explain {path} --call TID:SEQ shows one", path=recording.path)
    if wanted.slowest:
        return message(
            "The {count} calls that took longest in the kernel; {how}", count=len(found), how=how
        )
    return message("Calls worth seeing, the most instructive first; {how}", how=how)


def _row(
    recording: Recording, row: Mapping[Hashable, Any], name: str | None, wanted: Wanted
) -> tuple[object, ...]:
    known = by_number_of(recording.manifest.architecture).get(row["syscall"])
    call = known.name if known else "?"
    about = localized(fd_and_name(row["fd"], name)) if row["fd"] >= 0 else ""
    what = f"{call} {about}".strip()
    kernel = microseconds(row["kernel_ns"]) if row["kernel_ns"] >= 0 else None
    return (
        what, _slept(row), _returned(row["ret"]), kernel,
        microseconds(row["wall_ns"]), *([] if wanted.slowest else [int(row["alike"])]),
        f"--call {row['tid']}:{row['seq']}",
    )  # fmt: skip


def _returned(ret: int) -> str:
    """Return a call's result: a number, or the name of its error."""
    return errno.errorcode.get(-ret, str(ret)) if ret < 0 else f"{ret:,}"


def _slept(row: Mapping[Hashable, Any]) -> str:
    if row["rank"] & BY_CALLBACK:
        return message("yes, a callback ran")
    if row["slept"]:
        return message("yes, was woken") if row["rank"] & WOKEN else message("yes")
    return message("no")
