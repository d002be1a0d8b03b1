"""The kernel's functions that claims are about: files, links to the source, what became of them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from analysis.manifest import Manifest, PlanRow
from tracer.shared.message import message

FILES: Final = {
    "core_sys_select": "fs/select.c",
    "do_select": "fs/select.c",
    "do_poll": "fs/select.c",
    "__pollwait": "fs/select.c",
    "pollwake": "fs/select.c",
    "poll_freewait": "fs/select.c",
    "ep_poll": "fs/eventpoll.c",
    "ep_insert": "fs/eventpoll.c",
    "ep_send_events": "fs/eventpoll.c",
    "ep_item_poll": "fs/eventpoll.c",
    "ep_poll_callback": "fs/eventpoll.c",
    "ep_ptable_queue_proc": "fs/eventpoll.c",
    "ep_autoremove_wake_function": "fs/eventpoll.c",
    "pipe_read": "fs/pipe.c",
    "sk_wait_data": "net/core/sock.c",
    "sock_poll": "net/socket.c",
    "files_maxfiles_init": "fs/file_table.c",
    "aio_poll_queue_proc": "fs/aio.c",
    "aio_poll_wake": "fs/aio.c",
    "fasync_helper": "fs/fcntl.c",
    "send_sigio": "fs/fcntl.c",
    "io_poll_queue_proc": "io_uring/poll.c",
    "io_poll_wake": "io_uring/poll.c",
}
"""Where each is, as of 6.1."""

EARLIER: Final = {"io_uring/poll.c": ((6, 0), "fs/io_uring.c")}
"""By file: the release that it came with, and where its functions were until then."""

SOURCE: Final = "https://git.kernel.org/pub/scm/linux/kernel/git/stable/linux.git/tree/"
_UPSTREAM: Final = re.compile(r"\bDebian (\d+\.\d+(?:\.\d+)?)-")
_RELEASE: Final = re.compile(r"^(\d+\.\d+(?:\.\d+)?)(?:$|[-+])")


@dataclass(frozen=True)
class KernelFunction:
    """A function on one kernel.

    ``tag`` is the upstream release, "6.1.192", and ``link`` that of the file at its tag; both are
    "" where the kernel names none.
    ``remark`` says what became of the function, "" where it is as in the source, or nobody looked.
    """

    name: str
    file: str
    tag: str
    link: str
    remark: str


def functions_on(names: Sequence[str], manifest: Manifest) -> tuple[KernelFunction, ...]:
    """Return ``names``, of FILES, as they are on the kernel of ``manifest``."""
    return tuple(_functions(names, manifest))


def _functions(names: Sequence[str], manifest: Manifest) -> Iterator[KernelFunction]:
    tag = tag_of(manifest.release, manifest.kernel.version)
    for name in names:
        file = _file(name, tag)
        link = f"{SOURCE}{file}?h=v{tag}" if tag else ""
        yield KernelFunction(name, file, tag, link, _remark(name, manifest.plan))


def tag_of(release: str, version: str) -> str:
    """Return the upstream release that a kernel is made of, "" if neither text tells.

    >>> tag_of("6.1.0-56-amd64", "#1 SMP Debian 6.1.192-2 (2026-11-16)")
    '6.1.192'
    >>> tag_of("6.18.44-custom", "#1 SMP"), tag_of("mine", "#1")
    ('6.18.44', '')
    """
    found = _UPSTREAM.search(version) or _RELEASE.match(release)
    return found[1].removesuffix(".0") if found else ""


def _file(name: str, tag: str) -> str:
    file = FILES[name]
    since, before = EARLIER.get(file, ((0, 0), file))
    series = tuple(map(int, tag.split(".")[:2])) if tag else since
    return file if series >= since else before


def _remark(name: str, plan: Sequence[PlanRow]) -> str:
    """Return what ``plan`` tells of ``name``: inlined, or there by another name."""
    row = next((row for row in plan if name in (row.hook, _symbol(row))), None)
    if row is None or row.attached is None or _symbol(row) == name:
        return ""
    symbol = _symbol(row)
    if row.stands_for == name:
        return message("inlined into {symbol}", symbol=symbol)
    if symbol.startswith(f"{name}."):
        return message("compiled as {symbol}", symbol=symbol)
    return message("called {symbol} here", symbol=symbol)


def _symbol(row: PlanRow) -> str:
    return row.attached.partition(":")[2] if row.attached else ""
