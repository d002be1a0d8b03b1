"""What files behind fds are called."""

from __future__ import annotations

import pytest

from analysis.fds.words import fd_and_name, seen_words
from analysis.trace.fdlines import FdSeen


def seen(kind: str, **details: object) -> FdSeen:
    return FdSeen(at_ns=1, pid=7, fd=3, kind=kind, **details)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("observation", "words"),
    [
        (seen("tcp", local="[::1]:80", peer="[::1]:9", state="CLOSE_WAIT"),
         "TCP [::1]:80->[::1]:9 (CLOSE_WAIT)"),
        (seen("udp", local="0.0.0.0:53"), "UDP 0.0.0.0:53"),
        (seen("unix", local="/run/x.sock", state="LISTEN"), "unix /run/x.sock (LISTEN)"),
        (seen("unix", inode=9), "unix 9"),
        (seen("pipe", inode=9), "pipe 9"),
        (seen("eventfd"), "eventfd"),
        (seen("pidfd", text="4711"), "pidfd of 4711"),
        (seen("file", text="/dev/null"), "/dev/null"),
        (seen("epoll"), "epoll, watches no fd"),
        (seen("epoll", watches=(4,)), "epoll, watches fd 4"),
        (seen("epoll", watches=tuple(range(4, 1005))), "epoll, watches 1,001 fds, 4 to 1004"),
        (seen("socket"), "socket, nothing more known"),
        (seen("gone"), None),
    ],
)  # fmt: skip
def test_words(observation, words):
    assert seen_words(observation) == words


def test_a_path_may_contain_anything_and_is_only_shown():
    assert seen_words(seen("file", text="/tmp/a\x1b[2J\n\u202e")) == "/tmp/a\\x1b[2J\\n\\u202e"  # noqa: S108
    assert seen_words(seen("unix", local="@\x00", state="LISTEN")) == "unix @\\x00 (LISTEN)"


def test_fd_and_name():
    assert fd_and_name(7, None) == "fd 7"
    assert fd_and_name(7, "eventfd") == "fd 7 (eventfd)"
