"""Which unix socket is connected to which, as the kernel's socket diagnostics say."""

from __future__ import annotations

import os
import socket

import pytest

from tracer.recording import unixpeers
from tracer.recording.unixpeers import unix_peers


def test_a_pair_is_each_others_peer():
    pairs = [socket.socketpair() for _ in range(300)]
    peers: dict[int, int] = {}
    for piece in unix_peers():
        peers |= piece
    for pair in pairs:
        first, second = (os.fstat(each.fileno()).st_ino for each in pair)
        assert (peers[first], peers[second]) == (second, first)
        for each in pair:
            each.close()


def test_where_the_kernel_refuses_nothing_is_known(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unixpeers, "_NETLINK_SOCK_DIAG", 31)
    assert list(unix_peers()) == []
