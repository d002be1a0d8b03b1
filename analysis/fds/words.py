"""What to call the file behind an fd, as ``lsof`` and ``ss`` do."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from analysis.trace.fdlines import FdSeen
from tracer.shared import fds
from tracer.shared.message import Message, message, message_n
from tracer.shared.visible import visible

Peer = tuple[int, int] | None
"""pid and fd of a unix socket's peer, if that was seen too."""


def seen_words(seen: FdSeen, peer: Peer = None) -> str | None:
    """Return in words what an observation found; None if the fd was gone."""
    if seen.kind == fds.GONE:
        return None
    words = _WORDS.get(seen.kind)
    return words(seen, peer) if words else visible(seen.text) or seen.kind


def _internet(seen: FdSeen, _: Peer) -> str:
    ends = f"{seen.local}->{seen.peer}" if seen.peer else seen.local
    name = f"{seen.kind.upper()} {ends}"
    return visible(f"{name} ({seen.state})" if seen.state else name)


def _unix(seen: FdSeen, peer: Peer) -> str:
    name = f"unix {seen.local}" if seen.local else "unix"
    if seen.state:
        return visible(f"{name} ({seen.state})")
    if peer is None:
        return visible(name) if seen.local else f"unix {seen.inode}"
    if peer[0] == seen.pid:
        return message("{name}, peer fd {fd}", name=name, fd=peer[1])
    return message("{name}, peer fd {fd} of {pid}", name=name, fd=peer[1], pid=peer[0])


def _epoll(seen: FdSeen, _: Peer) -> Message:
    watched = seen.watches
    if not watched:
        return message("epoll, watches no fd")
    return message_n(
        "epoll, watches fd {first}",
        "epoll, watches {count:,} fds, {first} to {last}",
        count=len(watched),
        first=watched[0],
        last=watched[-1],
    )


_WORDS: Final[Mapping[str, Callable[[FdSeen, Peer], str]]] = {
    "tcp": _internet,
    "udp": _internet,
    "unix": _unix,
    "epoll": _epoll,
    "pipe": lambda seen, _: f"pipe {seen.inode}",
    "pidfd": lambda seen, _: message("pidfd of {pid}", pid=seen.text or "?"),
    fds.SOCKET: lambda *_: message("socket, nothing more known"),
}


def accepted_on(listener: int, name: str | None) -> Message:
    """Return what is known of a connection that existed only between two observations."""
    if name is None:
        return message("accepted on fd {fd}", fd=listener)
    return message("accepted on {name}", name=name)


def fd_and_name(fd: int, name: str | None) -> Message:
    """Return "fd 7", with its name if that is known."""
    return message("fd {fd} ({name})", fd=fd, name=name) if name else message("fd {fd}", fd=fd)
