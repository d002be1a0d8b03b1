"""Which unix sockets are connected: not shown in /proc, but by socket diagnostics.

Asked by netlink as ``ss`` does, with the module struct: guests have no pyroute2. It knows only the
sockets of the recorder's network namespace. Source: include/uapi/linux/unix_diag.h,
net/unix/diag.c; 6.1. Standard library only.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Final

_NETLINK_SOCK_DIAG: Final = 4
_SOCK_DIAG_BY_FAMILY: Final = 20
_REQUEST_DUMP: Final = 0x301
_ALL_STATES: Final = 0xFFFF_FFFF
_SHOW_PEER: Final = 4
_PEER: Final = 2
_HEADER: Final = struct.Struct("=IHHII")
_ASKED: Final = struct.Struct("=BBHIIIII")
_TOLD: Final = struct.Struct("=BBBBIII")
_ATTRIBUTE: Final = struct.Struct("=HH")
_PEER_INODE: Final = struct.Struct("=I")
_PIECE_BYTES: Final = 1 << 16
_PATIENCE_S: Final = 0.5


def unix_peers() -> Iterator[dict[int, int]]:
    """Yield inode → inode of the peer, in pieces; nothing if the kernel does not tell."""
    asked = _ASKED.pack(socket.AF_UNIX, 0, 0, _ALL_STATES, 0, _SHOW_PEER, 0, 0)
    size = _HEADER.size + len(asked)
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, _NETLINK_SOCK_DIAG) as netlink:
            netlink.settimeout(_PATIENCE_S)
            header = _HEADER.pack(size, _SOCK_DIAG_BY_FAMILY, _REQUEST_DUMP, 1, 0)
            netlink.send(header + asked)
            while piece := netlink.recv(_PIECE_BYTES):
                yield dict(_pairs(piece))
                if not _goes_on(piece):
                    return
    except OSError:
        return


def _messages(piece: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield type and content of each message in a received buffer."""
    at = 0
    while at + _HEADER.size <= len(piece):
        size, kind, *_ = _HEADER.unpack_from(piece, at)
        if size < _HEADER.size:
            return
        yield kind, piece[at + _HEADER.size : at + size]
        at += size + 3 & ~3


def _goes_on(piece: bytes) -> bool:
    return all(kind == _SOCK_DIAG_BY_FAMILY for kind, _ in _messages(piece))


def _pairs(piece: bytes) -> Iterator[tuple[int, int]]:
    for kind, content in _messages(piece):
        if kind != _SOCK_DIAG_BY_FAMILY or len(content) < _TOLD.size:
            continue
        inode = _TOLD.unpack_from(content)[4]
        at = _TOLD.size
        while at + _ATTRIBUTE.size <= len(content):
            size, name = _ATTRIBUTE.unpack_from(content, at)
            if name == _PEER and size == _ATTRIBUTE.size + 4:
                yield inode, _PEER_INODE.unpack_from(content, at + _ATTRIBUTE.size)[0]
            at += max(size + 3 & ~3, _ATTRIBUTE.size)
