"""Rows of hooks.toml that contradict themselves are refused; the real ones fit the sources."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tracer.bpf.layouts import FIRST_USER_ID, MAX_HOOKS
from tracer.bpf.tasks import PROGRAMS
from tracer.shared.catalogue import PROBES, CatalogueError, hooks, load, named
from tracer.shared.errors import UsageError

ROW = """
[[hook]]
name = "sock_poll"
id = 10
attach = ["fexit:sock_poll"]
step = "FD_POLL"
feeds = ["fd_polls"]
detail = "calls"
known = "poll-socket"
measures = "a socket is polled"
source = "net/socket.c"
"""


def catalogue(tmp_path: Path, text: str):
    (tmp_path / "hooks.toml").write_text(text)
    return load(tmp_path / "hooks.toml")


def test_good_row(tmp_path):
    (hook,) = catalogue(tmp_path, ROW + 'enclosing = ["kprobe:__x64_sys_poll"]')
    assert [str(point) for point in hook.points] == ["fexit:sock_poll", "kprobe:__x64_sys_poll"]
    assert hook.program(hook.points[1]) == "sock_poll_kprobe"


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("id = 10\n", "", "sock_poll: missing id"),
        ('name = "sock_poll"\n', "", "a row without a name: missing name"),
        ('measures = "a socket is polled"\n', "", "missing measures"),
        ("id = 10", "id = 0", "id 0; needed: 1 to 239"),
        ("id = 10", "id = 240", "id 240; needed: 1 to 239"),
        ("fexit:sock_poll", "uprobe:sock_poll", "attach point 'uprobe:sock_poll'; needed: TYPE"),
        ("fexit:sock_poll", "fexit:", "attach point 'fexit:'"),
        ("fexit:sock_poll", "sock_poll", "attach point 'sock_poll'"),
        ('["fexit:sock_poll"]', "[]", "no attach point"),
        ("FD_POLL", "FD_LOOK", "unknown step 'FD_LOOK'"),
        ("FD_POLL", "FUNCTION", "missing tells"),
        ('known = "poll-socket"\n', "", "missing known"),
        ("fd_polls", "fd_looks", "feeds unknown column 'fd_looks'"),
        ("fd_polls", "fd_polls:pool", "feeds unknown family 'pool'"),
        ('"calls"', '"all"', "unknown detail 'all'"),
        ("[[hook]]", '[[hook]]\ncalibrate = ["pool"]', "calibrates unknown family 'pool'"),
        ("[[hook]]", "[[hook]]\npriority = 1", "unknown keys ['priority']"),
    ],
)
def test_broken_row(tmp_path, old, new, words):
    assert old in ROW
    with pytest.raises(CatalogueError, match=re.escape(words)):
        catalogue(tmp_path, ROW.replace(old, new))


@pytest.mark.parametrize(
    ("second", "twice"),
    [
        (ROW.replace("10", "11"), "sock_poll"),
        (ROW.replace('"sock_poll"', '"pipe_poll"'), "10"),
        (ROW.replace('"sock_poll"', '"b"').replace("10", '11\naliases = ["sock_poll"]'), "sock_po"),
    ],
)
def test_name_alias_or_id_used_twice(tmp_path, second, twice):
    with pytest.raises(CatalogueError, match=f"used twice: {twice}.*; a free id: 1[12]"):
        catalogue(tmp_path, ROW + second)


def test_broken_row_ends_the_program_with_1():
    assert CatalogueError("").exit_code == 1


def test_counters_have_room_for_all_ids_and_no_more():
    assert max(hook.id for hook in hooks()) + 1 == FIRST_USER_ID
    assert FIRST_USER_ID < MAX_HOOKS <= 256, "step_record.hook is one byte"


def test_every_program_has_a_hook():
    types = "raw_tp|fentry|fexit|kprobe|breakpoint"
    found = re.findall(
        rb"\0(\w+)_(%s)(?=\0)" % types.encode(), (PROBES / "tracer.bpf.o").read_bytes()
    )
    programs = {f"{name.decode()}_{kind.decode()}" for name, kind in found}
    catalogued = {hook.program(point) for hook in hooks() for point in hook.calls + hook.points}
    assert programs == catalogued | {f"{name}_raw_tp" for name in PROGRAMS}


def test_named_by_alias_in_the_catalogues_order():
    found = named(["epoll_wait", "unix_poll", "do_epoll_wait"], hooks())
    assert [hook.name for hook in found] == ["sock_poll", "ep_poll"]


def test_unknown_name_gives_the_nearest():
    with pytest.raises(UsageError, match=r"unknown hook 'ep_pol'; nearest: .*ep_poll") as caught:
        named(["ep_pol"], hooks())
    assert caught.value.exit_code == 2
