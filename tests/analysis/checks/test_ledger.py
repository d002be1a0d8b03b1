from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analysis.checks.digest import digest_of
from analysis.checks.ledger import Ledger
from analysis.windows.problems import NO_PROBLEMS
from analysis.windows.recording import open_recording
from tests.analysis.handmade import EPOLL_CTL_ADD, WAKER, Maker
from tracer.shared.records import StepKind

ENTRY = 0xFFFF_8880_0000_1000
OTHER = 0xFFFF_8880_0000_2000


def insert(maker: Maker, entry: int = ENTRY, hook: str = "add_wait_queue", **fields: int) -> None:
    fields = {"seq": maker.next_seq()} | fields
    maker.step(StepKind.INSERTION, hook=hook, entry=entry, **fields)


def drop(maker: Maker, entry: int = ENTRY, hook: str = "remove_wait_queue", **fields: int) -> None:
    fields = {"seq": maker.next_seq()} | fields
    maker.step(StepKind.REMOVAL, hook=hook, entry=entry, **fields)


def wake(maker: Maker, entry: int = ENTRY, hook: str = "pollwake") -> None:
    maker.step(StepKind.CALLBACK, hook=hook, entry=entry, tid=WAKER, pid=WAKER)


def ledger(maker: Maker, path: Path) -> Ledger:
    return digest_of(open_recording(maker.write(path))).ledger


def disagreeing(maker: Maker, path: Path) -> list[str]:
    return list(digest_of(open_recording(maker.write(path))).disagreeing)


def test_balanced_poll(tmp_path: Path) -> None:
    maker = Maker(detail="steps")
    for _ in range(2):
        insert(maker)
        insert(maker, OTHER)
        wake(maker)
        drop(maker)
        drop(maker, OTHER)
        maker.call("poll", 1, insertions=2, removals=2)
    found = ledger(maker, tmp_path)
    assert found == Ledger(None, NO_PROBLEMS, insertions=4, removals=4, callbacks=2, epoll_live=0)


def never_taken_off(maker: Maker) -> None:
    insert(maker)
    maker.call("poll", 1)


def queued_twice(maker: Maker) -> None:
    insert(maker)
    insert(maker)
    drop(maker)
    maker.call("poll", 1)


def taken_off_twice(maker: Maker) -> None:
    insert(maker)
    drop(maker)
    drop(maker)
    maker.call("poll", 1)


def late_callback(maker: Maker) -> None:
    insert(maker)
    drop(maker)
    wake(maker)
    maker.call("poll", 1)


def callback_of_nobody(maker: Maker) -> None:
    wake(maker, hook="ep_poll_callback")


def wait_not_finished(maker: Maker) -> None:
    insert(maker, hook="prepare_to_wait")
    maker.call("read", 1)


def prepared_by_another_call(maker: Maker) -> None:
    insert(maker, hook="prepare_to_wait")
    maker.call("read", 1)
    insert(maker, hook="prepare_to_wait")
    drop(maker, hook="finish_wait")
    maker.call("read", 1)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (
            never_taken_off,
            "add_wait_queue queued entry 0xffff888000001000, and it was still queued",
        ),
        (queued_twice, "add_wait_queue: live entry 0xffff888000001000"),
        (taken_off_twice, "remove_wait_queue: unknown entry"),
        (late_callback, "pollwake: unknown entry"),
        (callback_of_nobody, "ep_poll_callback: unknown entry"),
        (wait_not_finished, "prepare_to_wait queued entry"),
        (prepared_by_another_call, "prepare_to_wait: live entry"),
    ],
)
def test_unbalanced(tmp_path: Path, make: Callable[[Maker], None], words: str) -> None:
    maker = Maker(detail="steps")
    make(maker)
    (problem,) = ledger(maker, tmp_path).problems
    assert problem.startswith(words)


@pytest.mark.parametrize("detail", ["calls", "steps"])
def test_an_entry_that_was_queued_before_tracer_attached(tmp_path: Path, detail: str) -> None:
    """Its item identifies it when it is found: it may be called back, removed, or left queued."""
    maker = Maker(detail=detail)
    for entry in (ENTRY, OTHER):
        maker.step(StepKind.ITEM, hook="ep_poll_callback", entry=entry, owner_pid=71)
        wake(maker, entry, hook="ep_poll_callback")
    maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=OTHER)
    maker.manifest["live_entries"] = 1
    found = ledger(maker, tmp_path)
    assert found.problems == NO_PROBLEMS
    assert found.epoll_live == 1


def woken_blocking_read(maker: Maker) -> None:
    insert(maker, hook="prepare_to_wait")
    insert(maker, hook="prepare_to_wait")
    wake(maker, hook="autoremove_wake_function")
    insert(maker, hook="prepare_to_wait")
    drop(maker, hook="finish_wait")
    maker.call("read", 1)


def removed_without_being_queued(maker: Maker) -> None:
    drop(maker, hook="finish_wait")
    maker.call("read", 1)


def eventfd_read_taken_off_inline(maker: Maker) -> None:
    for _ in range(2):
        insert(maker, hook="do_wait_intr_irq")
        wake(maker, hook="autoremove_wake_function")
        maker.call("read", 8)


def eventfd_read_closed_by_the_probe(maker: Maker) -> None:
    insert(maker, hook="do_wait_intr_irq")
    maker.step(StepKind.REMOVAL, entry=ENTRY, seq=1, value=2)
    maker.call("read", 8)


def tcp_read(maker: Maker) -> None:
    insert(maker)
    wake(maker, hook="woken_wake_function")
    wake(maker, hook="woken_wake_function")
    drop(maker)
    maker.call("read", 1)


def sleeper_on_the_instance_queue(maker: Maker) -> None:
    wake(maker, hook="ep_autoremove_wake_function")


def file_that_goes_away(maker: Maker) -> None:
    insert(maker)
    maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD)
    wake(maker, hook="ep_poll_callback")
    maker.step(StepKind.REMOVAL, hook="ep_poll_callback", entry=ENTRY, value=1)


def call_that_never_returned(maker: Maker) -> None:
    insert(maker)
    maker.call("poll", 0, exit_ns=0)


@pytest.mark.parametrize(
    "make",
    [
        woken_blocking_read,
        removed_without_being_queued,
        eventfd_read_taken_off_inline,
        eventfd_read_closed_by_the_probe,
        tcp_read,
        sleeper_on_the_instance_queue,
        file_that_goes_away,
        call_that_never_returned,
    ],
)
def test_balanced_kinds(tmp_path: Path, make: Callable[[Maker], None]) -> None:
    maker = Maker(detail="steps")
    make(maker)
    assert ledger(maker, tmp_path).problems == NO_PROBLEMS


@pytest.mark.parametrize("detail", ["calls", "steps"])
def test_epoll_entries_that_are_queued_at_the_end(tmp_path: Path, detail: str) -> None:
    maker = Maker(detail=detail)
    for entry in (ENTRY, OTHER):
        if detail == "steps":
            insert(maker, entry)
        maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, insertions=1)
    maker.step(StepKind.REMOVAL, hook="remove_wait_queue", entry=OTHER)
    maker.manifest["live_entries"] = 1
    good = ledger(maker, tmp_path / "good")
    assert (good.problems, good.epoll_live) == (NO_PROBLEMS, 1)
    maker.manifest["live_entries"] = 2
    assert ledger(maker, tmp_path / "bad").problems.sentences == (
        "1 entries are still queued according to the ledger, 2 according to the kernel's map",
    )


def test_balance_of_calls(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1, insertions=41, removals=41)
    maker.call("select", 1, insertions=41, removals=40)
    assert ledger(maker, tmp_path).problems.sentences == (
        "select 2 of 71: 41 insertions, 40 removals",
    )


def test_no_ledger_without_its_hooks(tmp_path: Path) -> None:
    maker = Maker(detached={"add_wait_queue": "EPERM"})
    never_taken_off(maker)
    found = ledger(maker, tmp_path)
    assert found.unchecked == "hook add_wait_queue not attached"
    assert found.problems == NO_PROBLEMS


def counted_poll(**other: int) -> Maker:
    maker = Maker(detail="steps")
    insert(maker)
    maker.step(StepKind.FD_POLL, hook="sock_poll", seq=1)
    maker.step(StepKind.SWITCH_OUT, hook="sched_switch", seq=1, value=0)
    maker.step(StepKind.SWITCH_OUT, hook="sched_switch", seq=1, value=1)
    maker.step(StepKind.COPY_IN, hook="_copy_from_user", seq=1, value=8)
    maker.step(StepKind.COPY_IN, hook="_copy_from_user", seq=1, value=16)
    drop(maker)
    counts = {"insertions": 1, "removals": 1, "fd_polls": 1, "sleeps": 1, "preemptions": 1}
    maker.call("poll", 1, **(counts | {"bytes_in": 24} | other))
    return maker


def test_counters_agree_with_steps(tmp_path: Path) -> None:
    assert disagreeing(counted_poll(), tmp_path) == []


@pytest.mark.parametrize(
    ("column", "other", "steps"),
    [("fd_polls", 2, 1), ("sleeps", 0, 1), ("bytes_in", 8, 24), ("callbacks", 1, 0)],
)
def test_counters_that_disagree(tmp_path: Path, column: str, other: int, steps: int) -> None:
    found = disagreeing(counted_poll(**{column: other}), tmp_path)
    assert found == [f"poll 1 of 71: {column} {other}, its steps say {steps}"]


def test_no_agreement_to_check_at_detail_calls(tmp_path: Path) -> None:
    maker = Maker()
    maker.call("poll", 1, fd_polls=7)
    assert disagreeing(maker, tmp_path) == []


def insert_request(maker: Maker, name: str) -> None:
    """A poll of AIO or io_uring: its entry outlives the call."""
    insert(maker)
    maker.call(name, 1, insertions=1)


REQUESTS = [("io_submit", "aio_poll_wake"), ("io_uring_enter", "io_poll_wake")]


@pytest.mark.parametrize(("name", "hook"), REQUESTS)
def test_request_that_is_removed_in_its_callback(tmp_path: Path, name: str, hook: str) -> None:
    maker = Maker(detail="steps")
    for _ in range(3):
        insert_request(maker, name)
        wake(maker, hook=hook)
        drop(maker, hook=f"{hook}_done", tid=WAKER, pid=WAKER)
    found = ledger(maker, tmp_path)
    assert found == Ledger(None, NO_PROBLEMS, insertions=3, removals=3, callbacks=3, epoll_live=0)


@pytest.mark.parametrize("name", [name for name, _ in REQUESTS])
def test_request_whose_end_no_hook_saw(tmp_path: Path, name: str) -> None:
    """It counts as queued in the probes' map too, until its address is reused."""
    maker = Maker(detail="steps")
    for _ in range(3):
        insert_request(maker, name)
    maker.manifest["live_entries"] = 1
    found = ledger(maker, tmp_path / "good")
    assert (found.problems, found.epoll_live, found.request_live) == (NO_PROBLEMS, 0, 1)
    maker.manifest["live_entries"] = 2
    assert ledger(maker, tmp_path / "bad").problems


@pytest.mark.parametrize(("name", "hook"), REQUESTS)
def test_request_with_a_callback_after_its_removal(tmp_path: Path, name: str, hook: str) -> None:
    maker = Maker(detail="steps")
    insert_request(maker, name)
    wake(maker, hook=hook)
    drop(maker, hook=f"{hook}_done", tid=WAKER, pid=WAKER)
    wake(maker, hook=hook)
    (problem,) = ledger(maker, tmp_path).problems
    assert problem.startswith(f"{hook}: unknown entry")


def test_requests_at_detail_calls_are_not_compared_with_the_map(tmp_path: Path) -> None:
    """A removal is counted in the call of the task that made the fd ready."""
    maker = Maker()
    maker.call("io_submit", 1, insertions=1)
    maker.call("write", 1, removals=1)
    assert ledger(maker, tmp_path).problems == NO_PROBLEMS


def test_an_epoll_entry_that_is_removed_as_its_file_is_closed(tmp_path: Path) -> None:
    """In the call itself since 6.6, after its return before that."""
    maker = Maker(detail="calls")
    maker.call("epoll_ctl", 0, op=EPOLL_CTL_ADD, insertions=1)
    maker.call("close", 0, removals=1)
    found = ledger(maker, tmp_path)
    assert (found.problems, found.epoll_live) == (NO_PROBLEMS, 0)
