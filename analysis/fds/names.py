"""Which file was behind an fd at a given moment, and what to call it.

fd numbers are reused, so a name is valid for a stretch of time (analysis.fds.turns). Within it the
name is that of the last observation before the moment, else of the first one after it; a socket of
which that one has the inode alone is named by another (analysis.fds.identity). Without any, the
accept that returned the fd gives its listener. Otherwise it is not known: socket, dup2, close_range
and the like are not traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fds.changes import Changes
from analysis.fds.identity import identified
from analysis.fds.turns import Coding, Flags, Numbers, fd_changes, fd_keys
from analysis.fds.words import accepted_on, seen_words
from analysis.trace.fdlines import FdSeen
from analysis.trace.spools import Records
from analysis.windows.recording import Recording
from tracer.shared import fds

Codes = npt.NDArray[np.int32]

KEY: Final = ["pid", "fd"]
NEVER_SEEN: Final = -1
HEARD: Final = -2
"""Minus the fd of a listener: the code for the name of what was accepted on it."""
LEAST_CODE: Final = -(1 << 31)


@dataclass(frozen=True, eq=False)
class FdNames:
    """What was seen of fds in a trace, and when their names changed; None: nothing was seen."""

    seen: Sequence[FdSeen] = ()
    changes: Changes | None = None

    def __bool__(self) -> bool:
        """Tell whether there is anything to name by."""
        return bool(self.seen)

    def names(self, rows: pd.DataFrame) -> pd.Series[Any]:
        """Return the name of each row's fd; None: not known.

        Args:
            rows: ``pid``, ``fd`` and ``at_ns``, int64, as in ``fds_at``; any index.

        Returns texts (``Message`` if they contain words), with the index of ``rows``.
        """
        places, words = self.listed(*(rows[name].to_numpy() for name in ("pid", "fd", "at_ns")))
        texts = np.array([*words, None], dtype=object)
        return pd.Series(texts[places], index=rows.index, dtype=object)

    def codes(self, rows: pd.DataFrame) -> pd.Series[int]:
        """Return a number for the name of each row's fd, NEVER_SEEN if it is not known.

        ``text`` gives the name; several numbers may have the same one.
        """
        codes = self._codes(*(rows[name].to_numpy() for name in ("pid", "fd", "at_ns")))
        return pd.Series(codes, index=rows.index).astype("int64")

    def _codes(
        self, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]
    ) -> Codes:
        if self.changes is None:
            return np.full(len(pids), NEVER_SEEN, np.int32)
        return self.changes.at(fd_keys(pids, fds), at_ns.astype(np.int64), NEVER_SEEN)

    def text(self, pid: int, code: int) -> str | None:
        """Return the name with ``code``, for an fd of the process ``pid``."""
        if code > HEARD:
            return None if code == NEVER_SEEN else self._words[code]
        listener = HEARD - code
        return accepted_on(listener, self._listeners.get((pid, listener)))

    def name(self, pid: int, fd: int, at_ns: int) -> str | None:
        """Return the name of one fd at a moment; None: not known."""
        row = pd.DataFrame({"pid": [pid], "fd": [fd], "at_ns": [at_ns]})
        found: str | None = self.names(row).iloc[0]
        return found

    def listed(
        self, pids: npt.NDArray[Any], fds: npt.NDArray[Any], at_ns: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[np.intp], list[str | None]]:
        """Return the names of many fds at moments: for each its index in a list of names."""
        codes = self._codes(pids, fds, at_ns)
        named = np.where(codes < NEVER_SEEN, pids.astype(np.int64), 0)  # a listener is a process's
        places, first = pd.factorize(fd_keys(named, codes))
        one = np.zeros(len(first), np.intp)
        one[places] = np.arange(len(places))
        pairs = zip(pids[one].tolist(), codes[one].tolist(), strict=True)
        return places, [self.text(pid, code) for pid, code in pairs]

    @cached_property
    def _listeners(self) -> dict[tuple[int, int], str]:
        """The last name of each listening fd."""
        return {
            (each.pid, each.fd): words
            for each, words in zip(self.seen, self._words, strict=True)
            if each.state == "LISTEN" and words
        }

    @cached_property
    def _words(self) -> list[str | None]:
        ends = {each.inode: (each.pid, each.fd) for each in self.seen if each.kind == "unix"}
        return [seen_words(each, ends.get(each.peer_inode)) for each in self.seen]


_KNOWN: Final[WeakKeyDictionary[Recording, FdNames]] = WeakKeyDictionary()


def fd_names_of(recording: Recording) -> FdNames:
    """Return the names of fds in ``recording``, from one pass over its calls.

    Where nothing was seen of any fd, none has a name, and no calls are read.
    """
    if recording not in _KNOWN:
        seen = recording.fds.seen
        _KNOWN[recording] = (
            FdNames(seen, fd_changes(recording, _coding(seen))) if seen else FdNames()
        )
    return _KNOWN[recording]


def _coding(seen: Sequence[FdSeen]) -> Coding:
    """Code names by the observation or the listener that they come from."""
    gone = np.array([each.kind == fds.GONE for each in seen], bool)
    vague = np.array([each.kind == fds.SOCKET for each in seen], bool)

    def given(accepted: Flags, listeners: Numbers) -> Codes:
        heard = np.maximum(HEARD - listeners, LEAST_CODE)
        return np.where(accepted, heard, NEVER_SEEN).astype(np.int32)

    def resolved(observed: Codes, given: Codes) -> Codes:
        return np.where(gone[observed] | (vague[observed] & (given <= HEARD)), given, observed)

    return Coding(NEVER_SEEN, given, identified(seen), resolved)


def fds_at(calls: Records, fd: str = "fd", at: str = "enter_ns") -> pd.DataFrame:
    """Return which fd each of ``calls`` has in field ``fd``, and when: pid, fd, at_ns (int64)."""
    fields = {"pid": "pid", "fd": fd, "at_ns": at}
    return pd.DataFrame({name: calls[field].astype(np.int64) for name, field in fields.items()})
