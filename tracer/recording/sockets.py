"""The kernel's tables of sockets, /proc/PID/net: addresses and states by inode.

They are read for the process's network namespace, without entering it. Read and parsed in pieces,
since a table of many connections takes longer than a reader of rings may pause. Source:
net/ipv4/tcp_ipv4.c get_tcp4_sock(), net/unix/af_unix.c unix_seq_show(); 6.1. Standard library only.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final, NamedTuple

from tracer.recording.proc import PROC
from tracer.recording.procfds import as_utf8

_PIECE_BYTES: Final = 1 << 16
_STATES: Final = (
    "", "ESTABLISHED", "SYN_SENT", "SYN_RECV", "FIN_WAIT1", "FIN_WAIT2", "TIME_WAIT", "CLOSE",
    "CLOSE_WAIT", "LAST_ACK", "LISTEN", "CLOSING", "NEW_SYN_RECV",
)  # fmt: skip
"""By number: include/net/tcp_states.h. An unconnected UDP socket is in TCP_CLOSE."""
_LISTENS: Final = 0x10000
"""__SO_ACCEPTCON, of the flags of a unix socket."""
TABLES: Final = ("tcp", "tcp6", "udp", "udp6", "unix")


class Socket(NamedTuple):
    """One socket; addresses as ``ss`` writes them, a unix one's is its path."""

    kind: str
    local: str = ""
    peer: str = ""
    state: str = ""


def sockets_of(pid: int, wanted: Collection[int], proc: Path = PROC) -> Iterator[dict[int, Socket]]:
    """Yield, in pieces, the sockets of ``pid``'s namespace whose inodes are in ``wanted``."""
    for name in TABLES:
        read = _unix if name == "unix" else _internet
        for lines in _pieces(proc / str(pid) / "net" / name):
            found = (read(name.rstrip("6"), line, wanted) for line in lines)
            yield dict(filter(None, found))


def _pieces(table: Path) -> Iterator[list[bytes]]:
    """Yield the lines of a table in batches, without its heading."""
    try:
        with table.open("rb", buffering=0) as file:
            rest = b""
            while piece := file.read(_PIECE_BYTES):
                *lines, rest = (rest + piece).split(b"\n")
                yield lines
    except OSError:  # no IPv6, or the process has ended
        return


def _internet(kind: str, line: bytes, wanted: Collection[int]) -> tuple[int, Socket] | None:
    words = line.split()
    if len(words) < 10 or not words[9].isdigit() or int(words[9]) not in wanted:
        return None
    state = int(words[3], 16)
    known = _STATES[state] if state < len(_STATES) else ""
    return int(words[9]), Socket(
        kind, _address(words[1]), _peer(words[2]), known if kind == "tcp" else ""
    )


def _address(words: bytes) -> str:
    """Return ``0100007F:1F90`` as ``127.0.0.1:8080``: words of the machine's own byte order."""
    digits, _, port = words.decode().partition(":")
    packed = bytes.fromhex(digits)
    if sys.byteorder == "little":
        packed = b"".join(packed[at : at + 4][::-1] for at in range(0, len(packed), 4))
    if len(packed) == 4:
        return f"{socket.inet_ntop(socket.AF_INET, packed)}:{int(port, 16)}"
    return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]:{int(port, 16)}"


def _peer(words: bytes) -> str:
    return "" if words.endswith(b":0000") else _address(words)


def _unix(kind: str, line: bytes, wanted: Collection[int]) -> tuple[int, Socket] | None:
    words = line.split(None, 7)
    if len(words) < 7 or not words[6].isdigit() or int(words[6]) not in wanted:
        return None
    path = words[7].decode("utf-8", "surrogateescape") if len(words) > 7 else ""
    listens = int(words[3], 16) & _LISTENS
    return int(words[6]), Socket(kind, as_utf8(path), "", "LISTEN" if listens else "")
