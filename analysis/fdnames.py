"""Which file was behind an fd at a given moment, and what to call it.

fd numbers are reused, so a name is valid for a stretch of time. A stretch of an fd ends when a call
closes it, when accept, open and the like return the number again, and when its process forks or
execs. Within it the name is that of the last observation before the moment, else of the first one
after it. Without any, the accept that returned the fd gives its listener. Otherwise it is not
known: socket, dup2, close_range and the like are not traced.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from analysis.fdlines import FdSeen
from analysis.fdwords import accepted_on, seen_words
from analysis.spools import Records
from analysis.windows.recording import WINDOW, Recording
from tracer.shared import fds
from tracer.shared.records import Life
from tracer.shared.syscalls import by_number_of

KEY: Final = ["pid", "fd"]
Direction = Literal["backward", "forward"]
STRETCH: Final = ["pid", "fd", "turn", "life"]
"""Identifies a stretch of an fd: how many stretches of it, and of its process, came before."""
NEVER_SEEN: Final = -1
HEARD: Final = -2
"""Minus the fd of a listener: the code for the name of what was accepted on it."""
MOST_SYSCALLS: Final = 1 << 16
"""How many system call numbers a record can hold."""
NO_LISTENER: Final = -1
"""Marks an fd returned by another call than accept."""


@dataclass(frozen=True, eq=False)
class FdNames:
    """What was seen of fds in a trace, and what calls tell about them.

    ``calls`` are those that close or return fds: pid, fd, ret, enter_ns and exit_ns (int64, exit_ns
    0: unfinished), and family.
    """

    seen: Sequence[FdSeen]
    calls: pd.DataFrame
    tasks: Records

    def __bool__(self) -> bool:
        """Tell whether there is anything to name by."""
        return bool(self.seen)

    def names(self, rows: pd.DataFrame) -> pd.Series[Any]:
        """Return the name of each row's fd; None: not known.

        Args:
            rows: ``pid``, ``fd`` and ``at_ns``, int64, as from ``fds_at``; any index.

        Returns texts (``Message`` where they have words), on the index of ``rows``.
        """
        if not self.seen:
            return pd.Series([None] * len(rows), index=rows.index, dtype=object)
        codes = self.codes(rows)
        texts = np.array([*self._words, None], dtype=object)
        named = texts[codes.clip(lower=NEVER_SEEN).to_numpy()]
        pids = rows["pid"].to_numpy()
        for place in np.flatnonzero(codes < NEVER_SEEN).tolist():
            named[place] = self.text(int(pids[place]), int(codes.iloc[place]))
        return pd.Series(named, index=rows.index, dtype=object)

    def codes(self, rows: pd.DataFrame) -> pd.Series[int]:
        """Return a number for the name of each row's fd; NEVER_SEEN: not known.

        ``text`` returns the name; several numbers may have the same one.
        """
        if not self.seen:
            return pd.Series(NEVER_SEEN, index=rows.index, dtype="int64")
        found = self._found_for(rows)
        gone = np.array([words is None for words in self._words] + [True])
        codes = found["observation"].mask(gone[found["observation"].to_numpy()], NEVER_SEEN)
        heard = (found["listener"] > NO_LISTENER) & ((codes == NEVER_SEEN) | found["is_vague"])
        codes = codes.mask(heard, HEARD - found["listener"].fillna(0).astype("int64"))
        return codes.sort_index().set_axis(rows.index)

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
        """Return the names of many fds at moments: for each its index in a list of names.

        An fd keeps its name from each moment at which a stretch began or it was seen to the next.
        """
        if not self.seen:
            return np.zeros(len(pids), np.intp), [None]
        at_ns = at_ns.astype(np.int64)
        turns = (np.searchsorted(self._moments, at_ns, side) for side in ("left", "right"))
        of_fd, _ = pd.factorize(pids.astype(np.int64) << 32 | (fds.astype(np.int64) & 0xFFFF_FFFF))
        between = of_fd.astype(np.int64) * (2 * len(self._moments) + 1) + sum(turns)
        places, there = pd.factorize(between)
        one = np.zeros(len(there), np.intp)
        one[places] = np.arange(len(places))
        asked = {"pid": pids[one], "fd": fds[one], "at_ns": at_ns[one]}
        return places, self.names(pd.DataFrame(asked)).tolist()

    @cached_property
    def _moments(self) -> npt.NDArray[np.int64]:
        """All times, in order, at which any fd's name may change."""
        tables = (self._turns, self._lives, self._observed, self._births)
        return np.unique(np.concatenate([table["at_ns"].to_numpy(np.int64) for table in tables]))

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

    def _found_for(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return ``rows`` with the index of the observation that names each, and its listener.

        In order of time; the index is each one's place among ``rows``.
        """
        asked = rows[["pid", "fd", "at_ns"]].astype("int64").reset_index(drop=True)
        asked = asked.sort_values("at_ns", kind="stable")
        asked = self._with_stretch(asked)
        before = _merged(asked, self._observed, STRETCH, "observation", "backward")
        after = _merged(asked, self._observed, STRETCH, "observation", "forward")
        observation = before.fillna(after).fillna(NEVER_SEEN).astype("int64")
        born = _merged(asked, self._births, STRETCH, "listener", "backward")
        vague = np.array([each.kind == fds.SOCKET for each in self.seen] + [False])
        return asked.assign(
            observation=observation, listener=born, is_vague=vague[observation.to_numpy()]
        )

    def _with_stretch(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return ``rows``, in order of time, with how many stretches and lives each had before."""
        turn = _merged(rows, self._turns, KEY, "turn", "backward", exact=False).fillna(0)
        life = _merged(rows, self._lives, ["pid"], "life", "backward").fillna(0)
        return rows.assign(turn=turn.astype("int64"), life=life.astype("int64"))

    @cached_property
    def _turns(self) -> pd.DataFrame:
        """When fds were closed or returned by a call, numbered from 1 per fd."""
        done = self.calls[self.calls["exit_ns"] > 0]
        closed = done[done["family"] == "close"]
        given = done[done["family"].isin(fds.GIVING) & (done["ret"] >= 0)]
        turns = pd.concat([_times(closed, "fd", "enter_ns"), _times(given, "ret", "exit_ns")])
        turns = turns.sort_values("at_ns", kind="stable", ignore_index=True)
        return turns.assign(turn=turns.groupby(KEY).cumcount() + 1)

    @cached_property
    def _lives(self) -> pd.DataFrame:
        """When processes were forked or execed, numbered from 1 per process."""
        kind, leads = self.tasks["kind"], self.tasks["tid"] == self.tasks["pid"]
        begun = self.tasks[(kind == Life.EXECED) | ((kind == Life.FORKED) & leads)]
        lives = pd.DataFrame({"pid": begun["pid"], "at_ns": begun["ts_ns"]}).astype("int64")
        lives = lives.sort_values("at_ns", kind="stable", ignore_index=True)
        return lives.assign(life=lives.groupby("pid").cumcount() + 1)

    @cached_property
    def _observed(self) -> pd.DataFrame:
        """The observations, except those during which a call was closing or returning the fd."""
        observations = pd.DataFrame(
            [
                (each.pid, each.fd, each.at_ns, number, each.took_ns)
                for number, each in enumerate(self.seen)
            ],
            columns=["pid", "fd", "at_ns", "observation", "took_ns"],
        ).astype("int64")
        observations = observations.sort_values("at_ns", kind="stable", ignore_index=True)
        ends = observations.assign(
            at_ns=observations["at_ns"] + observations["took_ns"]
        ).sort_values("at_ns", kind="stable")
        last = _merged(ends, self._turns, KEY, "over_ns", "backward").fillna(0)
        return self._with_stretch(
            observations[last.reindex(observations.index) < observations["at_ns"]]
        )

    @cached_property
    def _births(self) -> pd.DataFrame:
        """When calls returned fds, and for accepts the listener."""
        done = self.calls[self.calls["exit_ns"] > 0]
        giving = done[done["family"].isin(fds.GIVING) & (done["ret"] >= 0)]
        births = pd.DataFrame(
            {
                "pid": giving["pid"],
                "fd": giving["ret"],
                "at_ns": giving["exit_ns"] + 1,  # after the turn made by the call itself
                "listener": giving["fd"].where(giving["family"] == "accept", NO_LISTENER),
            }
        ).astype("int64")
        return self._with_stretch(births.sort_values("at_ns", kind="stable", ignore_index=True))


def fd_names_of(recording: Recording) -> FdNames:
    """Return the names of fds in ``recording``, read in one pass over its calls."""
    seen, tasks = recording.fds.seen, recording.tasks.records
    known = by_number_of(recording.manifest.architecture)
    families = {
        number: call.family
        for number, call in known.items()
        if call.family in ("close", *fds.GIVING)
    }
    wanted = np.zeros(MOST_SYSCALLS, bool)
    wanted[list(families)] = True
    found = [_turning(window, wanted) for window in recording.calls.windows(WINDOW)]
    rows = pd.concat([_turning(recording.calls.records[:0], wanted), *found], ignore_index=True)
    return FdNames(seen, rows.assign(family=rows["syscall"].map(families)), tasks)


def file_names_of(recording: Recording) -> FdNames:
    """Return the names of fds in ``recording``, if nothing but names is needed.

    Where nothing was seen of any fd, none has a name, and no calls are read.
    """
    seen = recording.fds.seen
    return fd_names_of(recording) if seen else FdNames((), pd.DataFrame(), recording.tasks.records)


def fds_at(calls: Records, fd: str = "fd", at: str = "enter_ns") -> pd.DataFrame:
    """Return which fd each of ``calls`` has in field ``fd``, and when: pid, fd, at_ns (int64)."""
    fields = {"pid": "pid", "fd": fd, "at_ns": at}
    return pd.DataFrame({name: calls[field].astype(np.int64) for name, field in fields.items()})


def _turning(calls: Records, wanted: npt.NDArray[np.bool_]) -> pd.DataFrame:
    """Return those of ``calls`` whose system call is ``wanted``, by its number."""
    kept = calls[wanted[calls["syscall"]]]
    names = ("pid", "fd", "ret", "enter_ns", "exit_ns", "syscall")
    return pd.DataFrame({name: kept[name].astype(np.int64) for name in names})


def _times(calls: pd.DataFrame, fd: str, at: str) -> pd.DataFrame:
    """Return when calls did something to the fd in column ``fd``, and when they returned."""
    columns = {
        "pid": calls["pid"],
        "fd": calls[fd],
        "at_ns": calls[at],
        "over_ns": calls["exit_ns"],
    }
    return pd.DataFrame(columns).astype("int64")


def _merged(
    rows: pd.DataFrame,
    others: pd.DataFrame,
    by: list[str],
    column: str,
    direction: Direction,
    *,
    exact: bool = True,
) -> pd.Series[Any]:
    """Return ``column`` of the nearest of ``others`` with the same ``by``, on the index of rows."""
    if others.empty:
        return pd.Series(np.nan, index=rows.index)
    found = pd.merge_asof(
        rows[[*by, "at_ns"]],
        others[[*by, "at_ns", column]],
        on="at_ns",
        by=by,
        direction=direction,
        allow_exact_matches=exact,
    )
    return pd.Series(found[column].to_numpy(), index=rows.index)
