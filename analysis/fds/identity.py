"""Sockets that were observed while the kernel's tables had nothing about them.

A TCP socket is not in /proc/net/tcp before it listens or connects, nor once its peer has reset it
(net/ipv4/inet_hashtables.c, inet_hash and inet_unhash). Its inode tells that it is the same one.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from analysis.trace.fdlines import FdSeen
from tracer.shared import fds


def identified(seen: Sequence[FdSeen]) -> npt.NDArray[np.int32]:
    """Return for each observation the index of the one that tells what its fd is: mostly its own.

    For one that has a socket's inode alone it is the next one of that fd and inode that has more,
    else the last, unless something else was seen there in between.
    """
    codes = np.arange(len(seen), dtype=np.int32)
    vague = {(each.pid, each.fd) for each in seen if each.kind == fds.SOCKET}
    places = [at for at, each in enumerate(seen) if (each.pid, each.fd) in vague]
    for order in (reversed(places), places):
        known: dict[tuple[int, int], int] = {}
        for at in order:
            each = seen[at]
            other = known.get((each.pid, each.fd))
            if each.kind != fds.SOCKET:
                known[each.pid, each.fd] = at
            elif other is None or each.inode == 0 or seen[other].inode != each.inode:
                known.pop((each.pid, each.fd), None)
            elif codes[at] == at:
                codes[at] = other
    return codes
