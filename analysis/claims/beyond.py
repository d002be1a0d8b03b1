"""The pack of claims beyond the notes: what the same wait queues do in newer interfaces."""

from __future__ import annotations

from typing import Final

from analysis.claims.aio import aio_poll_entry
from analysis.claims.crowds import exclusive_one, lifo_wakeup, shared_instance_one
from analysis.claims.engine import Claim
from analysis.claims.epoll_nested import nested_callback
from analysis.claims.epoll_trigger import et_no_repoll, oneshot_silent
from analysis.claims.sigio import sigio_no_entry
from analysis.claims.uring import uring_poll_multishot, uring_poll_oneshot
from analysis.claims.uring_rings import uring_rings_mapped

CLAIMS: Final[tuple[Claim, ...]] = (
    et_no_repoll,
    oneshot_silent,
    exclusive_one,
    shared_instance_one,
    lifo_wakeup,
    nested_callback,
    sigio_no_entry,
    aio_poll_entry,
    uring_poll_oneshot,
    uring_poll_multishot,
    uring_rings_mapped,
)
