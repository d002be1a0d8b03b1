"""Checks the number of passes that select and poll made against what they polled.

A pass polls each fd once, in the same order. The probes count a call's passes by the file that was
polled first; where that file was polled twice in a pass, or was closed meanwhile, they derive the
number from its sleeps, or mark it as not known (probes/fd_polls.bpf.h, check_passes()). So a call's
passes divide its polls evenly, with no more fds per pass than it named; and at detail ``steps``
there are as many as polls of its first file, or as its sleeps and restarts explain.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt

from analysis.windows.problems import NO_PROBLEMS, Problem, Problems, in_order
from analysis.windows.window import SEQ, Window
from tracer.shared.message import message
from tracer.shared.records import StepKind

Numbers = npt.NDArray[Any]
FAMILIES: Final = ("select", "poll")
POLL: Final = np.dtype([("key", "i8"), ("file", "u8")])
CALL: Final = np.dtype(
    [("key", "i8"), ("place", "i8"), ("polls", "i8"), ("passes", "i8"), ("explained", "i8")]
)
"""``explained``: the passes that the call's restarts and sleeps explain."""
MOST_OPEN: Final = 1 << 17
"""Most calls, and polls, that are kept until the rest of their call comes; older ones are
dropped.
"""


@dataclass(frozen=True, eq=False)
class Passes:
    """A stretch: unsettled ``calls``, ``polls`` of such, and what is wrong."""

    calls: Numbers
    polls: Numbers
    problems: Problems

    def combine(self, later: Self, /) -> Self:
        """Return the passes of both stretches."""
        problems = self.problems.combine(later.problems)
        calls = np.concatenate([self.calls, later.calls])
        polls = np.concatenate([self.polls, later.polls])
        if len(self.calls) or len(self.polls):
            calls, polls, found = _settled(calls, polls)
            problems = problems.combine(found)
        return type(self)(calls[-MOST_OPEN:], polls[-MOST_OPEN:], problems)


def gather_passes(window: Window) -> Passes:
    """Return what the calls of ``window`` and their polls say about passes."""
    mux = window.are(*FAMILIES)
    lacking = window.missing.get("passes", np.zeros(len(mux), bool))
    rows = np.flatnonzero(mux & ~lacking)
    polls, passes, fds = (window.column(name, rows) for name in ("fd_polls", "passes", "nr"))
    uneven = ((polls == 0) != (passes == 0)) | (polls % np.maximum(passes, 1) != 0)
    uneven |= polls > passes * fds
    wrong = rows[uneven]
    problems = Problems.of((_uneven(window, row) for row in wrong.tolist()), len(wrong))
    if window.manifest.detail != "steps":
        return Passes(np.zeros(0, CALL), np.zeros(0, POLL), problems)
    rows = rows[~uneven & (polls > 0)]
    return _held(window, rows, ~mux | lacking, problems)


def _held(window: Window, rows: Numbers, others: Numbers, problems: Problems) -> Passes:
    """Return the passes of the calls ``rows`` and their polls, leaving out calls ``others``."""
    joined = window.joined
    calls = np.zeros(len(rows), CALL)
    calls["key"], calls["place"] = joined.keys[joined.of_calls[rows]], window.first_call + rows
    calls["polls"] = window.of_calls("fd_polls")[rows]
    calls["passes"] = window.of_calls("passes")[rows]
    calls["explained"] = 1 + window.column("restarts", rows) + window.column("sleep_calls", rows)
    foreign = np.zeros(len(joined.keys), bool)
    foreign[joined.of_calls[others]] = True
    steps = np.flatnonzero(window.of_steps("kind") == StepKind.FD_POLL)
    steps = steps[~foreign[joined.of_steps[steps]]]
    of, files = joined.of_steps[steps], window.of_steps("object")[steps]
    there, again = _polled(of, files, len(joined.keys))
    of_calls = joined.of_calls[rows]
    whole = there[of_calls] == calls["polls"]
    settled = np.zeros(len(joined.keys), bool)
    settled[of_calls[whole]] = True
    left = np.flatnonzero(~settled[of])
    polls = np.zeros(len(left), POLL)
    polls["key"], polls["file"] = joined.keys[of[left]], files[left]
    wrong = _wrong(calls[whole], again[of_calls[whole]])
    return Passes(calls[~whole], polls, problems.combine(wrong))


def _polled(of: Numbers, files: Numbers, count: int) -> tuple[Numbers, Numbers]:
    """Return how many polls each of ``count`` calls has, and how many of its first file.

    ``of`` is the index of each poll's call; ``files`` are the polled files, in order.
    """
    first = np.zeros(count, files.dtype)
    first[of[::-1]] = files[::-1]
    again = np.bincount(of[files == first[of]], minlength=count)
    return np.bincount(of, minlength=count), again


def _settled(calls: Numbers, polls: Numbers) -> tuple[Numbers, Numbers, Problems]:
    """Return calls whose polls are not all there, polls of no settled call, and what is wrong.

    ``polls`` are in the order in which they were made.
    """
    keys, place = np.unique(polls["key"], return_inverse=True)
    there, again = _polled(place, polls["file"], len(keys))
    at = np.minimum(np.searchsorted(keys, calls["key"]), max(len(keys) - 1, 0))
    whole = np.zeros(len(calls), bool)
    if len(keys):
        whole = (keys[at] == calls["key"]) & (there[at] == calls["polls"])
    done = calls[whole]
    problems = _wrong(done, again[at[whole]])
    return calls[~whole], polls[~np.isin(polls["key"], done["key"])], problems


def _wrong(calls: Numbers, counted: Numbers) -> Problems:
    """Return which ``calls`` have other passes than ``counted``, or than explained."""
    wrong = (calls["passes"] != counted) & (calls["passes"] != calls["explained"])
    return _other(calls[wrong], counted[wrong])


def _other(calls: Numbers, counted: Numbers) -> Problems:
    found = (
        Problem(
            int(calls["place"][row]),
            message(
                "call {seq} of task {tid}: passes {passes}, its first file was polled {counted} "
                "times",
                seq=int(calls["key"][row]) & SEQ,
                tid=int(calls["key"][row]) >> 32,
                passes=int(calls["passes"][row]),
                counted=int(counted[row]),
            ),
        )
        for row in in_order(calls["place"])
    )
    return Problems.of(found, len(calls)) if len(calls) else NO_PROBLEMS


def _uneven(window: Window, row: int) -> Problem:
    sentence = message(
        "call {seq} of task {tid}: {polls} polls of fds cannot be {passes} passes",
        seq=int(window.calls["seq"][row]),
        tid=int(window.calls["tid"][row]),
        polls=int(window.calls["fd_polls"][row]),
        passes=int(window.calls["passes"][row]),
    )
    return Problem(window.first_call + row, sentence)
