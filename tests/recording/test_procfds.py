"""What is behind this process's own fds."""

from __future__ import annotations

import os
import select
import socket
import subprocess
import tempfile
from pathlib import Path

import pytest

from tracer.recording.procfds import Link, ProcessFds, as_utf8


@pytest.fixture
def own() -> ProcessFds:
    return ProcessFds(os.getpid())


def test_numbers_and_links(own, tmp_path):
    with (tmp_path / "x").open("w") as file:
        assert file.fileno() in own.numbers()
        assert own.link(file.fileno()) == Link(str(tmp_path / "x"))
    with pytest.raises(FileNotFoundError):
        own.link(1 << 20)


@pytest.mark.parametrize(
    ("text", "kind", "inode"),
    [
        ("socket:[123]", "socket", 123),
        ("pipe:[7]", "pipe", 7),
        ("pipe:[x]", "other", 0),
        ("anon_inode:[eventpoll]", "epoll", 0),
        ("anon_inode:inotify", "inotify", 0),
        ("anon_inode:[pidfd]", "pidfd", 0),
        ("pidfd:[71]", "pidfd", 0),
        ("anon_inode:bpf-map", "other", 0),
        ("/memfd:x (deleted)", "file", 0),
        ("net:[4026531840]", "other", 0),
    ],
)
def test_kinds(text, kind, inode):
    assert (Link(text).kind, Link(text).inode) == (kind, inode)


def test_what_an_epoll_instance_watches(own):
    with select.epoll() as epoll, tempfile.TemporaryFile():
        first, second = socket.socketpair()
        with first, second:
            epoll.register(first)
            epoll.register(second)
            link = own.link(epoll.fileno())
            watched = sorted((first.fileno(), second.fileno()))
            assert own.details(epoll.fileno(), link) == {"watches": watched}


def test_a_pidfd_has_its_pid(own):
    fd = os.pidfd_open(os.getppid())
    assert own.details(fd, own.link(fd)) == {"text": str(os.getppid())}
    os.close(fd)


def test_a_path_is_kept_as_utf_8_and_not_too_long():
    assert as_utf8(os.fsdecode(b"/a\xff")) == "/a\\xff"
    assert len(as_utf8("x" * 5000)) == 4096


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user's process")
def test_fds_of_another_user(tmp_path):
    reader, writer = os.pipe()
    child = subprocess.Popen(["sleep", "60"], stdin=reader, user=65534, group=65534)
    try:
        others = ProcessFds(child.pid)
        assert 0 in others.numbers()
        assert others.link(0).kind == "pipe"
        assert os.geteuid() == 0
        (tmp_path / "ours").touch()
        assert (tmp_path / "ours").stat().st_uid == 0
    finally:
        child.kill()
        child.wait()
        os.close(reader)
        os.close(writer)


def test_no_such_process():
    with pytest.raises(FileNotFoundError):
        ProcessFds(1 << 23)


def test_a_stand_in_for_proc(tmp_path: Path):
    (tmp_path / "7" / "fd").mkdir(parents=True)
    (tmp_path / "7" / "fd" / "3").symlink_to("/dev/null")
    assert ProcessFds(7, tmp_path).numbers() == [3]
