"""The pack of claims beyond the notes: what the same wait queues do in newer interfaces.

Each cites the manual page, or the source, that says it.
"""

from __future__ import annotations

from typing import Final

from analysis.claims.async_io.claims import (
    AIO_POLL_ENTRY,
    SIGIO_NO_ENTRY,
    URING_POLL_MULTISHOT,
    URING_POLL_ONESHOT,
    URING_RINGS_MAPPED,
)
from analysis.claims.epoll_modes.claims import ET_NO_REPOLL, NESTED_CALLBACK, ONESHOT_SILENT
from analysis.claims.herd.claims import EXCLUSIVE_ONE, LIFO_WAKEUP, SHARED_INSTANCE_ONE
from analysis.verdicts.engine import Claim

CLAIMS: Final[tuple[Claim, ...]] = (
    ET_NO_REPOLL,
    ONESHOT_SILENT,
    EXCLUSIVE_ONE,
    SHARED_INSTANCE_ONE,
    LIFO_WAKEUP,
    NESTED_CALLBACK,
    SIGIO_NO_ENTRY,
    AIO_POLL_ENTRY,
    URING_POLL_ONESHOT,
    URING_POLL_MULTISHOT,
    URING_RINGS_MAPPED,
)
