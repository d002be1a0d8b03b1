"""The lectures of a course on waiting for I/O: the claims of each, in the order they are told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from analysis.claims.async_io import claims as async_io
from analysis.claims.blocking import claims as blocking
from analysis.claims.cost import claims as cost
from analysis.claims.epoll_modes import claims as epoll_modes
from analysis.claims.epoll_register import claims as epoll_register
from analysis.claims.epoll_wait import claims as epoll_wait
from analysis.claims.herd import claims as herd
from analysis.claims.limits import claims as limits
from analysis.claims.mux import claims as mux
from analysis.claims.spurious_wakeups import claims as spurious_wakeups
from analysis.verdicts.engine import Claim
from tracer.shared.message import message


@dataclass(frozen=True)
class Lecture:
    """A chapter of the course."""

    id: str
    title: str
    claims: tuple[Claim, ...]


LECTURES: Final = (
    Lecture(
        "blocking",
        message("Blocking and non-blocking"),
        (
            blocking.BLOCKING_WAITS,
            blocking.NONBLOCKING_RETURNS,
            blocking.NONBLOCKING_BACKGROUND,
            blocking.NONBLOCKING_REPOLLS,
        ),
    ),
    Lecture(
        "mux",
        message("select and poll"),
        (
            mux.MUX_ONE_CALL,
            mux.MUX_CONTINUOUS_SCAN,
            mux.MUX_LINEAR_SCAN,
            mux.MUX_QUEUES_EACH_CALL,
            mux.MUX_COPIES_EACH_CALL,
            spurious_wakeups.MUX_MANY_SPURIOUS,
        ),
    ),
    Lecture(
        "register",
        message("epoll: registering"),
        (
            epoll_register.EPOLL_CTL_EVENT_DRIVEN,
            epoll_register.QUEUE_ONCE_AT_CTL,
            epoll_wait.ENTRY_IS_CURRENT,
            epoll_register.CTL_COPIES_ONCE,
            epoll_register.WAIT_COPIES_NOTHING_IN,
            epoll_register.EPOLL_MMAP,
        ),
    ),
    Lecture(
        "wait",
        message("epoll: waiting and waking"),
        (
            epoll_wait.EPOLL_ONLY_ACTIVE,
            epoll_wait.EPOLL_KERNEL_PUSHES,
            epoll_wait.CALLBACK_FILLS_LIST,
            epoll_wait.EPOLL_WAIT_CHECKS_LIST,
            spurious_wakeups.WAIT_SPURIOUS,
            spurious_wakeups.EPOLL_MANY_SPURIOUS,
            epoll_wait.EPOLL_OWN_QUEUE,
            epoll_wait.EPOLL_OWN_QUEUE_ONCE,
        ),
    ),
    Lecture(
        "cost",
        message("Cost and limits"),
        (
            cost.MUX_DEGRADES,
            cost.AWAKE_SCAN,
            cost.CALLBACK_SAVES_CPU,
            cost.IDLE_ADVANTAGE,
            cost.ALL_ACTIVE_NO_GAIN,
            cost.CTL_CHURN_COSTS,
            limits.SELECT_FD_LIMIT,
            limits.EPOLL_NO_LIMIT,
            limits.FILE_MAX_PER_GIB,
        ),
    ),
    Lecture(
        "beyond",
        message("Beyond: modes, herds, AIO and io_uring"),
        (
            epoll_modes.ET_NO_REPOLL,
            epoll_modes.ONESHOT_SILENT,
            epoll_modes.NESTED_CALLBACK,
            herd.EXCLUSIVE_ONE,
            herd.SHARED_INSTANCE_ONE,
            herd.LIFO_WAKEUP,
            async_io.SIGIO_NO_ENTRY,
            async_io.AIO_POLL_ENTRY,
            async_io.URING_POLL_ONESHOT,
            async_io.URING_POLL_MULTISHOT,
            async_io.URING_RINGS_MAPPED,
        ),
    ),
)
