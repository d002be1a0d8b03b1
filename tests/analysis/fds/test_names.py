"""A name holds until the fd is closed or reused, or its process runs another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from analysis.fds.names import FdNames
from analysis.frames import read_trace
from tests.analysis.handmade import WAITER, WAKER, Maker
from tracer.shared.records import Life

LISTENS = {"local": "127.0.0.1:80", "state": "LISTEN"}
LISTENER = "TCP 127.0.0.1:80 (LISTEN)"


@pytest.fixture
def maker() -> Maker:
    return Maker()


def names_of(maker: Maker, path: Path) -> FdNames:
    return read_trace(maker.write(path / "x.trace")).fds


def test_a_name_holds_before_and_after_its_observation(maker, tmp_path):
    before = maker.now_ns
    maker.call("read", 1, fd=5)
    maker.observe(5, "file", text="/var/log/x")
    after = maker.now_ns
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, before) == names.name(WAITER, 5, after) == "/var/log/x"
    assert names.name(WAITER, 6, after) is None
    assert names.name(WAKER, 5, after) is None


def test_the_last_observation_before_the_moment_counts(maker, tmp_path):
    maker.observe(5, "tcp", local="a:1", state="SYN_SENT")
    first = maker.now_ns
    maker.call("read", 1, fd=5)
    maker.observe(5, "tcp", local="a:1", peer="b:2", state="ESTABLISHED")
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, first) == "TCP a:1 (SYN_SENT)"
    assert names.name(WAITER, 5, maker.now_ns) == "TCP a:1->b:2 (ESTABLISHED)"


def test_a_close_ends_a_name_and_is_itself_about_it(maker, tmp_path):
    maker.observe(5, "eventfd")
    closed = maker.now_ns
    maker.call("close", 0, fd=5)
    used = maker.now_ns
    maker.call("read", 1, fd=5)
    maker.call("close", 0, fd=5)
    maker.observe(5, "timerfd")
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, closed) == "eventfd"
    assert names.name(WAITER, 5, used) is None, "opened and closed between two observations"
    assert names.name(WAITER, 5, maker.now_ns) == "timerfd"


def test_a_socket_has_its_name_before_and_after_the_tables_have_it(maker, tmp_path):
    """As a server between socket() and listen(), and a connection that the peer has reset."""
    maker.observe(5, "socket", inode=7)
    before = maker.now_ns
    maker.call("accept4", -11, fd=5)
    maker.observe(5, "tcp", inode=7, **LISTENS)
    maker.call("accept4", -11, fd=5)
    maker.observe(5, "socket", inode=7)
    after = maker.now_ns
    maker.call("accept4", -11, fd=5)
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, before) == names.name(WAITER, 5, after) == LISTENER


@pytest.mark.parametrize("between", [{"kind": "gone"}, {"kind": "socket", "inode": 8}, None])
def test_another_socket_names_none(maker, tmp_path, between):
    first = maker.now_ns
    maker.observe(5, "socket", inode=7)
    maker.call("accept4", -11, fd=5)
    if between:
        maker.observe(5, **between)
    maker.call("accept4", -11, fd=5)
    maker.observe(5, "tcp", inode=7 if between else 9, **LISTENS)
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, first) == "socket, nothing more known"
    assert names.name(WAITER, 5, maker.now_ns) == LISTENER


def test_a_connection_between_observations_has_its_listener(maker, tmp_path):
    maker.observe(3, "tcp", **LISTENS)
    maker.call("accept4", 9, fd=3)
    used = maker.now_ns
    maker.call("read", 1, fd=9)
    maker.call("close", 0, fd=9)
    after = maker.now_ns
    maker.call("accept4", 9, fd=4)
    other = maker.now_ns
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 9, used) == f"accepted on {LISTENER}"
    assert names.name(WAITER, 9, after) is None
    assert names.name(WAITER, 9, other) == "accepted on fd 4"


def test_an_observation_precedes_the_listener_unless_it_found_nothing(maker, tmp_path):
    maker.observe(3, "tcp", **LISTENS)
    maker.call("accept4", 9, fd=3)
    maker.observe(9, "socket", inode=7)
    vague = maker.now_ns
    maker.call("accept4", 10, fd=3)
    maker.observe(10, "tcp", local="127.0.0.1:80", peer="127.0.0.1:4711", state="ESTABLISHED")
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 9, vague) == f"accepted on {LISTENER}"
    assert "4711" in str(names.name(WAITER, 10, maker.now_ns))


def test_accept_reuses_a_number_though_no_close_was_seen(maker, tmp_path):
    maker.observe(9, "file", text="/old")
    maker.call("accept4", 9, fd=3)
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 9, maker.now_ns) == "accepted on fd 3"


def test_an_observation_while_the_fd_was_being_closed_says_nothing(maker, tmp_path):
    began = maker.now_ns
    maker.now_ns += 400
    maker.observe(5, "file", text="/which?", took_ns=50)
    maker.call("close", 0, fd=5, enter_ns=began + 100, exit_ns=began + 900)
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, began) is None
    assert names.name(WAITER, 5, maker.now_ns) is None


def test_gone_is_gone(maker, tmp_path):
    maker.observe(5, "eventfd")
    there = maker.now_ns
    maker.now_ns += 1000
    maker.observe(5, "gone")
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, there) == "eventfd"
    assert names.name(WAITER, 5, maker.now_ns) is None


def test_another_program_has_other_fds(maker, tmp_path):
    maker.task(WAITER, "sh")
    maker.observe(5, "file", text="/of/sh")
    before = maker.now_ns
    maker.now_ns += 10
    maker.task(WAITER, "server", Life.EXECED)
    maker.now_ns += 10
    between = maker.now_ns
    maker.now_ns += 10
    maker.observe(5, "eventfd")
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, before) == "/of/sh"
    assert names.name(WAITER, 5, between) == "eventfd"


def test_a_unix_socket_names_its_peer(maker, tmp_path):
    maker.observe(5, "unix", inode=100, peer_inode=101)
    maker.observe(6, "unix", inode=101, peer_inode=100)
    maker.observe(7, "unix", pid=WAKER, inode=102, peer_inode=100)
    names = names_of(maker, tmp_path)
    assert names.name(WAITER, 5, maker.now_ns) == "unix, peer fd 6"
    assert names.name(WAKER, 7, maker.now_ns) == f"unix, peer fd 5 of {WAITER}"


def test_nothing_is_named_where_nothing_was_observed(maker, tmp_path):
    maker.call("accept4", 9, fd=3)
    assert names_of(maker, tmp_path).name(WAITER, 9, maker.now_ns) is None


def test_names_of_many_are_those_of_each(maker, tmp_path):
    began = maker.now_ns
    maker.observe(5, "eventfd")
    maker.observe(6, "tcp", **LISTENS)
    for ret in (7, 5, 7):
        maker.call("accept", ret, fd=6)
        maker.call("read", 1, fd=7)
        maker.call("close", 0, fd=7)
        maker.observe(7, "timerfd")
    maker.task(WAITER, "x", Life.EXECED)
    maker.observe(5, "file", text="/x")
    names = names_of(maker, tmp_path)
    asked = [(fd, at) for at in range(began - 1, maker.now_ns + 2) for fd in (-1, 5, 6, 7)]
    fds, at_ns = (np.array(each) for each in zip(*asked, strict=True))
    places, words = names.listed(np.full(len(fds), WAITER), fds, at_ns)
    found = [words[place] for place in places.tolist()]
    each = names.names(pd.DataFrame({"pid": WAITER, "fd": fds, "at_ns": at_ns}))
    assert found == each.tolist()
    assert len(set(found)) > 4
    assert len(words) < len(asked) / 10


def test_names_are_in_the_requested_order(maker, tmp_path):
    maker.observe(5, "file", text="/first")
    maker.observe(6, "file", text="/second")
    names = names_of(maker, tmp_path)
    asked = pd.DataFrame({"pid": WAITER, "fd": [6, 5, 7], "at_ns": [9, 5, 7]}, index=[3, 4, 1])
    found = names.names(asked)
    assert (found.tolist(), found.index.tolist()) == (["/second", "/first", None], [3, 4, 1])


def test_rows_may_have_any_order_and_index(maker, tmp_path):
    maker.observe(5, "eventfd")
    maker.observe(6, "timerfd")
    maker.call("accept4", 7, fd=6)
    maker.call("read", 1, fd=7)
    names = names_of(maker, tmp_path)
    at = maker.now_ns
    rows = pd.DataFrame(
        {"pid": WAITER, "fd": [7, 5, 8, 6], "at_ns": [at, 3, 2, 1]}, index=[1, 0, 1, 0]
    )
    found = names.names(rows)
    assert found.tolist() == ["accepted on fd 6", "eventfd", None, "timerfd"]
    assert found.index.tolist() == [1, 0, 1, 0]
