"""The pack of claims of the I/O model notes, in the notes' order."""

from __future__ import annotations

from typing import Final

from analysis.claims.blocking.claims import (
    BLOCKING_WAITS,
    NONBLOCKING_BACKGROUND,
    NONBLOCKING_REPOLLS,
    NONBLOCKING_RETURNS,
)
from analysis.claims.cost.claims import (
    ALL_ACTIVE_NO_GAIN,
    AWAKE_SCAN,
    CALLBACK_SAVES_CPU,
    CTL_CHURN_COSTS,
    IDLE_ADVANTAGE,
    MUX_DEGRADES,
)
from analysis.claims.epoll_register.claims import (
    CTL_COPIES_ONCE,
    EPOLL_CTL_EVENT_DRIVEN,
    EPOLL_MMAP,
    QUEUE_ONCE_AT_CTL,
    WAIT_COPIES_NOTHING_IN,
)
from analysis.claims.epoll_wait.claims import (
    CALLBACK_FILLS_LIST,
    ENTRY_IS_CURRENT,
    EPOLL_KERNEL_PUSHES,
    EPOLL_ONLY_ACTIVE,
    EPOLL_OWN_QUEUE,
    EPOLL_OWN_QUEUE_ONCE,
    EPOLL_WAIT_CHECKS_LIST,
)
from analysis.claims.limits.claims import EPOLL_NO_LIMIT, FILE_MAX_PER_GIB, SELECT_FD_LIMIT
from analysis.claims.mux.claims import (
    MUX_CONTINUOUS_SCAN,
    MUX_COPIES_EACH_CALL,
    MUX_LINEAR_SCAN,
    MUX_ONE_CALL,
    MUX_QUEUES_EACH_CALL,
)
from analysis.claims.spurious_wakeups.claims import (
    EPOLL_MANY_SPURIOUS,
    MUX_MANY_SPURIOUS,
    WAIT_SPURIOUS,
)
from analysis.verdicts.engine import Claim
from tracer.shared.message import message

DOCUMENT: Final = message(
    "“IO模型” (I/O models), lecture notes in Chinese: 1 blocking, 2 non-blocking, 3 multiplexed "
    "I/O (select and poll; epoll and how it mends three defects of theirs; summary 1 and 2)"
)
"""What is verified, and its sections as claims cite them: "notes 3, defect 2"."""

CLAIMS: Final[tuple[Claim, ...]] = (
    BLOCKING_WAITS,
    NONBLOCKING_RETURNS,
    NONBLOCKING_BACKGROUND,
    NONBLOCKING_REPOLLS,
    MUX_ONE_CALL,
    MUX_CONTINUOUS_SCAN,
    MUX_LINEAR_SCAN,
    MUX_DEGRADES,
    EPOLL_CTL_EVENT_DRIVEN,
    EPOLL_WAIT_CHECKS_LIST,
    EPOLL_ONLY_ACTIVE,
    EPOLL_KERNEL_PUSHES,
    ALL_ACTIVE_NO_GAIN,
    CTL_CHURN_COSTS,
    IDLE_ADVANTAGE,
    EPOLL_MMAP,
    CTL_COPIES_ONCE,
    WAIT_COPIES_NOTHING_IN,
    QUEUE_ONCE_AT_CTL,
    ENTRY_IS_CURRENT,
    CALLBACK_FILLS_LIST,
    WAIT_SPURIOUS,
    SELECT_FD_LIMIT,
    EPOLL_NO_LIMIT,
    FILE_MAX_PER_GIB,
    MUX_MANY_SPURIOUS,
    EPOLL_MANY_SPURIOUS,
    AWAKE_SCAN,
    CALLBACK_SAVES_CPU,
    MUX_COPIES_EACH_CALL,
    MUX_QUEUES_EACH_CALL,
    EPOLL_OWN_QUEUE,
    EPOLL_OWN_QUEUE_ONCE,
)
