"""Names the fds of polls that the kernel makes by file alone.

epoll_wait looks at a ready item's file; no fd is turned into a file on the way, and the probes
read no private struct that would tell. But the same file was looked at by the EPOLL_CTL_ADD
that registered it, or by a select or poll, and there the fd was known.
"""

from __future__ import annotations

import pandas as pd

from tracer.shared.records import StepKind

UNKNOWN = -1
COLUMNS = ["kind", "pid", "object", "fd"]
"""All of a step that it is named by."""


def with_fds(steps: pd.DataFrame) -> pd.DataFrame:
    """Return ``steps`` with the fd of each look that can be named.

    A FD_POLL step without an fd gets that of the last look at the same file (``object``) by
    the same process. The address of a file is used again after a close, but then a look with
    an fd comes first. A file under two fds (dup) has the name that was used last.
    """
    fd_polls = steps[steps["kind"] == StepKind.FD_POLL]
    known = fd_polls["fd"].where(fd_polls["fd"] >= 0)
    named = known.groupby([fd_polls["pid"], fd_polls["object"]]).ffill().fillna(UNKNOWN)
    fds = steps["fd"].copy()
    fds.loc[fd_polls.index] = named.astype("int64")
    return steps.assign(fd=fds)


class FileNames:
    """What ``with_fds`` knows of a trace that is read in stretches, from one to the next."""

    def __init__(self) -> None:
        """Begin a trace, of which nothing is known."""
        self._known = pd.DataFrame(columns=COLUMNS)

    def named(self, steps: pd.DataFrame) -> pd.DataFrame:
        """Return ``steps``, the next of the trace, as ``with_fds`` of all would have them."""
        polls = steps.loc[steps["kind"] == StepKind.FD_POLL, COLUMNS]
        if polls.empty:
            return steps
        named = with_fds(pd.concat([self._known.astype(polls.dtypes), polls], ignore_index=True))
        self._known = named[named["fd"] >= 0].drop_duplicates(["pid", "object"], keep="last")
        fds = steps["fd"].copy()
        fds.loc[polls.index] = named["fd"].to_numpy()[-len(polls) :]
        return steps.assign(fd=fds)
