"""Programs whose every poll, entry and callback is known, recorded in one guest: exact numbers."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final, NamedTuple

import pandas as pd
import pytest

from analysis.checks.digest import digest_of
from analysis.frames import Trace, read_trace
from tests.live.running import misses
from tests.live.scenes import Scene
from tests.subjects.building import built
from tracer.shared.records import StepKind, Unseen

pytestmark = [pytest.mark.live, pytest.mark.lab]

DETAILS: Final = ("steps", "calls")
KINDS: Final = ("timerfd", "signalfd", "inotify", "pidfd", "proc", "mounts", "eventfd")
FAULTS: Final = Path(__file__).resolve().parents[2] / "docs" / "report.png"
"""A file that the guest has through 9p, and not in memory."""
EINTR: Final = -4


class Recorded(NamedTuple):
    """The trace of a program and the rows that it printed."""

    trace: Trace
    rows: list[list[str]]

    @property
    def numbers(self) -> list[int]:
        return [int(word) for word in self.rows[-1]]


def build(share: Path) -> None:
    """Build all programs, and return how each is started."""
    programs = {name: built(name, share) for name in ("polls", "passes", "wakers", "restarts")}
    jobs = {name: [str(program)] for name, program in programs.items()}
    jobs["wakers"].append(str(FAULTS))
    (share / "jobs.json").write_text(json.dumps(jobs))


SCENE: Final = Scene(Path(__file__).with_name("guest_subjects.py"), build)


@pytest.fixture(scope="module")
def subjects(scene: Path) -> Path:
    return scene


def recorded(share: Path, detail: str, name: str) -> Recorded:
    rows = (share / f"{detail}-{name}.out").read_text().splitlines()
    return Recorded(read_trace(share / f"{detail}-{name}.trace"), [row.split() for row in rows])


def calls_of(trace: Trace, tid: int, *families: str) -> pd.DataFrame:
    calls = trace.calls[(trace.calls["tid"] == tid) & trace.calls["family"].isin(families)]
    return calls.sort_values("enter_ns")


@pytest.mark.parametrize("detail", DETAILS)
@pytest.mark.parametrize("name", ["polls", "passes", "wakers", "restarts"])
def test_nothing_was_lost_and_all_is_in_balance(subjects, detail, name):
    trace = recorded(subjects, detail, name).trace
    assert set(trace.manifest.losses.values()) == {0}
    assert misses(json.loads((trace.path / "manifest.json").read_text())) <= {0}
    assert not digest_of(trace).ledger.problems


def fd_polls(found: Recorded) -> pd.DataFrame:
    """Return the calls that poll the files, four per row that the program printed."""
    trace = found.trace
    wanted = ["poll", "select", "epoll_ctl", "epoll_wait"]
    (tid,) = trace.calls.loc[trace.calls["family"] == "epoll_ctl", "tid"].unique()
    calls = calls_of(trace, tid, *wanted)
    names = [row[0] for row in found.rows for _ in range(4 if row[0] != "both" else 2)]
    return calls.assign(kind=names)


@pytest.mark.parametrize("detail", DETAILS)
def test_every_kind_of_file_is_seen_polled(subjects, detail):
    found = recorded(subjects, detail, "polls")
    calls = fd_polls(found)
    known = calls[calls["kind"].isin(KINDS)]
    expected = (known["family"] != "epoll_wait") | (known["ret"] == 1)
    assert len(known) == 4 * 2 * len(KINDS)
    assert known["fd_polls"].tolist() == expected.astype(int).tolist()
    mux = known[known["family"].isin(["poll", "select"])]
    assert set(mux["passes"]) == {1}


@pytest.mark.parametrize("detail", DETAILS)
def test_where_a_kind_has_no_hook_the_number_is_missing(subjects, detail):
    calls = fd_polls(recorded(subjects, detail, "polls"))
    looked = calls["kind"].isin(["rtc", "both"]) & calls["family"].isin(["poll", "select"])
    added = (calls["kind"] == "rtc") & (calls["family"] == "epoll_ctl")
    unknown = calls[looked | added]
    assert len(unknown) == 2 * 3 + 2
    assert unknown["fd_polls"].isna().all()
    assert (unknown["unseen"] & int(Unseen.FD_POLL) > 0).all()


@pytest.mark.parametrize("detail", DETAILS)
def test_passes_that_files_do_not_distinguish(subjects, detail):
    found = recorded(subjects, detail, "passes")
    calls = calls_of(found.trace, found.numbers[0], "poll", "select")
    assert calls["family"].tolist() == ["poll", "poll", "poll", "select"]
    assert calls["fd_polls"].tolist() == [4, 4, 3, 4]
    assert calls["passes"].tolist() == [2, 2, 3, 2]


@pytest.mark.parametrize("detail", DETAILS)
def test_wakeups_of_old_style_entries_and_of_io_uring(subjects, detail):
    found = recorded(subjects, detail, "wakers")
    waiter, waker, signals, event, ring, _ = found.numbers
    calls = calls_of(found.trace, waiter, "read", "io_uring_enter")
    by_fd = calls.drop_duplicates("fd", keep="last").set_index("fd")
    assert by_fd.loc[signals, ["insertions", "removals", "notified"]].tolist() == [1, 1, 1]
    assert by_fd.loc[event, "notified"] == 1
    assert calls.loc[calls["fd"] == ring, "insertions"].tolist()[-2:] == [1, 0]
    given = calls_of(found.trace, waker, "write")
    assert given["callbacks"].tolist() == [1, 1], "the eventfd's reader, and the ring's entry"


@pytest.mark.parametrize("detail", DETAILS)
def test_what_a_page_fault_waits_for_is_not_the_calls(subjects, detail):
    found = recorded(subjects, detail, "wakers")
    waiter, *_, socket = found.numbers
    calls = calls_of(found.trace, waiter, "write")
    *_, write = calls[calls["fd"] == socket].to_dict("records")
    assert (write["insertions"], write["removals"], write["notified"]) == (0, 0, 0)
    assert write["sleeps"] > 0, "the page was not in memory"
    assert found.trace.manifest.hits["filemap_fault"] > 0


@pytest.mark.parametrize("detail", DETAILS)
def test_an_interrupted_poll_is_one_call(subjects, detail):
    found = recorded(subjects, detail, "restarts")
    polls = calls_of(found.trace, found.numbers[0], "poll", "select")
    assert polls["ret"].tolist() == [EINTR, EINTR, 0, 0]
    assert polls["restarts"].tolist() == [0, 0, 1, 1]
    assert polls["passes"].tolist() == [2, 2, 4, 4]
    assert (polls["insertions"] == polls["removals"]).all()


def test_steps_of_callbacks_name_the_function(subjects):
    trace = recorded(subjects, "steps", "wakers").trace
    hooks = trace.steps.loc[trace.steps["kind"] == StepKind.CALLBACK, "hook_name"]
    assert {"default_wake_function", "io_poll_wake"} <= set(hooks)
