"""Every workload, a row each: its code, the fields it uses, its demands, how many fds it takes.

A new workload is a new module and a row here. A row names its class and does not import it: ctypes
alone costs a guest a second, and a phase needs one class.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final, NamedTuple

from tracer.shared.errors import unknown_name
from tracer.shared.message import message
from tracer.shared.phase import DEFAULTS, Phase
from tracer.workloads import demands
from tracer.workloads.demands import Demand

MEMORY_READY: Final = (1, 3, 7)
"""How many fds are ready in the rounds of epoll-memory."""

_FDS_OF_KIND: Final = {"unix": 2, "tcp": 2, "pipe": 2, "eventfd": 1}
_NONE: Final[Mapping[str, Any]] = MappingProxyType({})


class Workload(NamedTuple):
    """One row.

    ``entry`` is "module:class", a ``models.Model``; ``entry_if_blocking`` another one, for phases
    whose ``io`` is blocking. ``fields`` are the fields of a phase that it uses; ``defaults`` the
    values of omitted fields, if they differ from ``phase.DEFAULTS`` (also for fields that cannot be
    set). ``fds_each`` is how many fds a watched one takes; None: as many as its kind does.
    ``opens_fds``: it opens the watched fds itself, not the rig. ``waits_by`` is the I/O model of
    its waiting calls; "io": the phase says which.
    """

    name: str
    entry: str
    summary: str
    fields: frozenset[str]
    defaults: Mapping[str, Any] = _NONE
    demands: tuple[Demand, ...] = ()
    waits_by: str = "io"
    fds_each: int | None = None
    opens_fds: bool = False
    entry_if_blocking: str = ""


_NAMED: Final = frozenset({"name", "model", "deadline_s"})
_WATCHING: Final = _NAMED | {"fds", "fd_kind"}
_WAKING: Final = _WATCHING | {"active", "position", "rounds", "waker", "delay_ms"}
_LINKED: Final = _WAKING | {"link", "link_delay_ms", "link_jitter_ms", "link_loss_percent"}
_WAITING: Final = _LINKED | {"timeout_ms", "drain"}
_SPURIOUS: Final = _WATCHING | {"rounds", "delay_ms", "spurious"}
_SHARING: Final = _NAMED | {"fd_kind", "rounds", "waiters", "leave"}

_SCRIPTED: Final = {"fds": 2, "waker": "while-asleep"}
_ONE_EVENTFD: Final = {"fd_kind": "eventfd"}
_WAN_DEFAULTS: Final = {"link_delay_ms": 20, "link_jitter_ms": 2}

_ROWS: Final = (
    Workload(
        "blocking", "blocking:Blocking", waits_by="read", fields=_LINKED,
        summary=message("reads that wait until there is data"),
        defaults={"waker": "while-asleep"}, demands=(demands.data_for_a_read,),
    ),
    Workload(
        "nonblocking", "nonblocking:Nonblocking", waits_by="read", fields=_LINKED | {"polls"},
        summary=message("reads that return at once, repeated until there is data"),
    ),
    Workload(
        "select", "select_model:Select", waits_by="select", fields=_WAITING,
        summary=message("one select of all fds per round"),
        demands=(demands.calls_that_end,),
    ),
    Workload(
        "poll", "poll_model:Poll", waits_by="poll", fields=_WAITING,
        summary=message("one poll of all fds per round"),
        demands=(demands.calls_that_end,),
    ),
    Workload(
        "epoll", "epoll_model:Epoll", waits_by="epoll", fields=_WAITING | {"trigger", "rearm"},
        summary=message("an epoll_ctl per fd, then one epoll_wait per round"),
        demands=(demands.calls_that_end,),
    ),
    Workload(
        "server", "server:Server", entry_if_blocking="server_blocking:BlockingServer",
        fields=_LINKED | {"io"}, fds_each=1, opens_fds=True,
        summary=message("many connections, a few of them active; --io: how it waits"),
        defaults={"fd_kind": "tcp"}, demands=(demands.connections,),
    ),
    Workload(
        "sigio", "sigio:Sigio", waits_by="sigio", fields=_WAKING,
        summary=message("signal-driven I/O: a signal when an fd becomes ready"),
        demands=(demands.data_for_an_endless_wait, demands.fds_that_signal),
    ),
    Workload(
        "aio-poll", "aio_poll:AioPoll", waits_by="aio", fields=_WAKING,
        summary=message("AIO: an IOCB_CMD_POLL per fd and event"),
        demands=(demands.data_for_an_endless_wait,),
    ),
    Workload(
        "io-uring", "io_uring_model:IoUring", waits_by="io_uring", fields=_WAKING | {"shot"},
        summary=message("io_uring: POLL_ADD requests, completions read from the ring"),
        demands=(demands.data_for_an_endless_wait,),
    ),
    Workload(
        "select-raw", "select_raw:SelectRaw", waits_by="raw select", fields=_WAKING | {"drain"},
        summary=message("select with three sets, beyond what glibc's macros allow"),
        demands=(demands.calls_that_end,),
    ),
    Workload(
        "select-limit", "select_limit:SelectLimit", waits_by="select", fields=_NAMED,
        summary=message("the first fd number that glibc's select refuses"),
    ),
    Workload(
        "poll-ignored", "poll_ignored:PollIgnored", waits_by="poll", fields=_WATCHING | {"rounds"},
        summary=message("poll of negative fds: copied in and out, never polled"),
    ),
    Workload(
        "epoll-memory", "epoll_memory:EpollMemory", waits_by="epoll", fields=_WATCHING,
        summary=message("looks for memory that epoll shares with the program"),
        defaults={"fds": max(MEMORY_READY), "rounds": len(MEMORY_READY)},
        demands=(demands.at_least(max(MEMORY_READY)),),
    ),
    Workload(
        "epoll-limits", "epoll_limits:EpollLimits", waits_by="epoll", fields=_NAMED | {"fds"},
        fds_each=3, opens_fds=True,
        summary=message("adds fds to an epoll instance until something is refused"),
        defaults={"fd_kind": "eventfd", "fds": 1201},
    ),
    Workload(
        "epoll-oneshot", "epoll_oneshot:EpollOneshot", waits_by="epoll",
        fields=_WATCHING | {"rounds", "delay_ms"},
        summary=message("EPOLLONESHOT: data before and after the fd is armed again"),
        defaults=_SCRIPTED, demands=(demands.at_least(2),),
    ),
    Workload(
        "epoll-nested", "epoll_nested:EpollNested", waits_by="epoll", fields=_WAKING,
        summary=message("an epoll instance that another one watches"),
    ),
    Workload(
        "select-spurious", "spurious:SelectSpurious", waits_by="select", fields=_SPURIOUS,
        summary=message("select, woken for events it does not watch"),
        defaults=_SCRIPTED, demands=(demands.at_least(2),),
    ),
    Workload(
        "poll-spurious", "spurious:PollSpurious", waits_by="poll", fields=_SPURIOUS,
        summary=message("poll, woken for events it does not watch"),
        defaults=_SCRIPTED, demands=(demands.at_least(2),),
    ),
    Workload(
        "epoll-spurious", "spurious:EpollSpurious", waits_by="epoll", fields=_SPURIOUS,
        summary=message("epoll_wait, woken for events it does not watch"),
        defaults=_SCRIPTED, demands=(demands.at_least(2),),
    ),
    Workload(
        "poll-herd", "herd:PollHerd", waits_by="poll", fields=_SHARING,
        summary=message("processes that wait for one fd, each in poll"),
        defaults=_ONE_EVENTFD,
    ),
    Workload(
        "epoll-herd", "herd_epoll:EpollHerd", waits_by="epoll", fields=_SHARING | {"trigger"},
        summary=message("processes that wait for one fd, each on its own epoll"),
        defaults=_ONE_EVENTFD, demands=(demands.no_trigger("oneshot"),),
    ),
    Workload(
        "epoll-shared-herd", "herd_epoll:SharedEpollHerd", waits_by="epoll",
        fields=_SHARING | {"trigger"},
        summary=message("processes that wait for one fd, all on one epoll instance"),
        defaults=_ONE_EVENTFD, demands=(demands.no_trigger("oneshot", "exclusive"),),
    ),
)  # fmt: skip

WORKLOADS: Final[Mapping[str, Workload]] = {row.name: row for row in _ROWS}


def workload(name: str) -> Workload:
    """Return the row called ``name``; UsageError names the nearest if there is none."""
    try:
        return WORKLOADS[name]
    except KeyError:
        raise unknown_name("model", name, WORKLOADS) from None


def defaults(name: str, link: str = DEFAULTS["link"]) -> dict[str, Any]:
    """Return the fields whose default differs for workload ``name``, or over ``link``."""
    return {**workload(name).defaults, **(_WAN_DEFAULTS if link == "wan" else {})}


def entry(phase: Phase) -> str:
    """Return the entry point of ``phase``: a server of blocking calls is another program."""
    row = WORKLOADS[phase.model]
    return row.entry_if_blocking if phase.io == "blocking" and row.entry_if_blocking else row.entry


def fds_each(phase: Phase) -> int:
    """Return how many fds a watched one takes; a server's clients are another process."""
    return WORKLOADS[phase.model].fds_each or _FDS_OF_KIND[phase.fd_kind]


def waits_by(phase: Phase) -> str:
    """Return the I/O model of the calls in which ``phase`` waits."""
    of_row = WORKLOADS[phase.model].waits_by
    return phase.io if of_row == "io" else of_row
