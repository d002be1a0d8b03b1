"""Functions that claims are about: known, in files that exist, and how they were compiled."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from analysis.frames import Trace
from analysis.packs import OURS
from analysis.trace.manifest import Manifest
from analysis.verdicts.engine import Claim
from analysis.verdicts.kernel_functions import files, functions_on, tag_of
from tests.analysis.claims.cases import CASES
from tests.analysis.making import case_of

DEBIAN = "#1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)"


@pytest.mark.parametrize("claim", OURS, ids=lambda claim: claim.id)
def test_each_claim_names_functions_that_are_known(claim: Claim) -> None:
    assert claim.functions
    assert set(claim.functions) <= set(files())


def test_files_are_those_of_the_catalogue_of_hooks() -> None:
    found = files()
    assert (found["core_sys_select"], found["pipe_read"]) == ("fs/select.c", "fs/pipe.c")
    assert "sys_select" not in found, "a hook's name, not a function's"
    assert all(re.fullmatch(r"[\w/]+\.[cSh]", file) for file in found.values())


@pytest.mark.parametrize(
    ("release", "version", "tag"),
    [
        ("6.1.0-56-amd64", DEBIAN, "6.1.192"),
        ("7.3.4+deb13-amd64", "#1 SMP", "7.3.4"),
        ("6.18-rc1", "", "6.18"),
        ("7.0.0", "", "7.0"),
        ("javascript:alert(1)", "Debian x", ""),
        ("6.1.2x/../evil", "", ""),
    ],
)
def test_tag(release: str, version: str, tag: str) -> None:
    assert tag_of(release, version) == tag


def manifest(release: str, version: str = "") -> Manifest:
    claim = next(each for each in OURS if each.id == "epoll-own-queue")
    trace: Trace = case_of(next(iter(CASES[claim.id].values()))[0], claim)[0]
    kernel = replace(trace.manifest.kernel, release=release, version=version)
    return replace(trace.manifest, kernel=kernel)


def test_link_is_by_the_kernels_tag() -> None:
    (poll,) = functions_on(["ep_poll"], manifest("6.1.0-56-amd64", DEBIAN))
    assert (poll.file, poll.link[-38:]) == (
        "fs/eventpoll.c",
        "linux.git/tree/fs/eventpoll.c?h=v6.1.192"[-38:],
    )
    (of_5_10,) = functions_on(["io_poll_wake"], manifest("5.10.223"))
    assert of_5_10.file == "fs/io_uring.c"
    (unknown,) = functions_on(["ep_poll"], manifest("mine"))
    assert unknown.link == ""


def test_what_the_compiler_made_of_it() -> None:
    of_6_1 = manifest("6.1.0")
    rows = {
        "ep_poll": ("fentry:do_epoll_wait", "ep_poll"),
        "ep_item_poll": ("kprobe:ep_item_poll.isra.0", None),
        "pipe_read": ("fentry:anon_pipe_read", None),
        "__pollwait": (None, None),
    }
    plan = [
        replace(row, attached=rows[row.hook][0], stands_for=rows[row.hook][1])
        for row in of_6_1.plan
        if row.hook in rows
    ]
    assert len(plan) == len(rows)
    found = functions_on(["ep_poll_callback", *rows], replace(of_6_1, plan=tuple(plan)))
    assert {each.name: str(each.remark) for each in found} == {
        "ep_poll_callback": "",
        "ep_poll": "inlined into do_epoll_wait",
        "ep_item_poll": "compiled as ep_item_poll.isra.0",
        "pipe_read": "called anon_pipe_read here",
        "__pollwait": "",
    }
    assert not re.search("[{}]", "".join(each.remark for each in found))
