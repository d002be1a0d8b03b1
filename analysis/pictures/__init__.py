"""Which picture shows which claim."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from analysis.pictures.async_io import AIO, RINGS, SIGIO
from analysis.pictures.background import NONBLOCKING_BACKGROUND
from analysis.pictures.crowds import HERD, ORDER, SHARED
from analysis.pictures.epoll_bytes import CANARIES, CTL_BYTES, WAIT_BYTES
from analysis.pictures.epoll_chain import ENTRIES, LINKS, OWN_QUEUE, OWN_QUEUE_ONCE, PUSHES
from analysis.pictures.epoll_fds import FD_CALLBACKS, LIST_LOOKS
from analysis.pictures.epoll_modes import NESTED, ONESHOT, SECOND_LOOKS
from analysis.pictures.events import ALL_ACTIVE, IDLE_ADVANTAGE
from analysis.pictures.file_max import FILE_MAX
from analysis.pictures.growth import AWAKE_SCAN, MUX_DEGRADES
from analysis.pictures.hung import DRIVEN, QUEUED, URING_MULTISHOT, URING_ONESHOT
from analysis.pictures.limits import EPOLL_LIMIT, SELECT_LIMIT
from analysis.pictures.looks import MUX_LOOKS
from analysis.pictures.mux_bytes import MUX_BYTES
from analysis.pictures.mux_entries import MUX_ENTRIES
from analysis.pictures.naps import EPOLL_NAPS, MUX_NAPS, WAIT_NAPS
from analysis.pictures.parts import CALLBACK_SAVES, CTL_CHURN
from analysis.pictures.per_call import MUX_CONTINUOUS, MUX_ONE_CALL
from analysis.pictures.picture import Picture
from analysis.pictures.requests import BLOCKING_WAITS, NONBLOCKING_REPOLLS, NONBLOCKING_RETURNS

PICTURES: Final[Mapping[str, Picture]] = {
    "blocking-waits": BLOCKING_WAITS,
    "nonblocking-returns": NONBLOCKING_RETURNS,
    "nonblocking-background": NONBLOCKING_BACKGROUND,
    "nonblocking-repolls": NONBLOCKING_REPOLLS,
    "mux-one-call": MUX_ONE_CALL,
    "mux-continuous-scan": MUX_CONTINUOUS,
    "mux-linear-scan": MUX_LOOKS,
    "mux-degrades": MUX_DEGRADES,
    "epoll-ctl-event-driven": DRIVEN,
    "epoll-wait-checks-list": LIST_LOOKS,
    "epoll-only-active": FD_CALLBACKS,
    "epoll-kernel-pushes": PUSHES,
    "all-active-no-gain": ALL_ACTIVE,
    "ctl-churn-costs": CTL_CHURN,
    "idle-advantage": IDLE_ADVANTAGE,
    "epoll-mmap": CANARIES,
    "ctl-copies-once": CTL_BYTES,
    "wait-copies-nothing-in": WAIT_BYTES,
    "queue-once-at-ctl": QUEUED,
    "entry-is-current": ENTRIES,
    "callback-fills-list": LINKS,
    "wait-naps": WAIT_NAPS,
    "select-fd-limit": SELECT_LIMIT,
    "epoll-no-limit": EPOLL_LIMIT,
    "file-max-per-gib": FILE_MAX,
    "mux-many-naps": MUX_NAPS,
    "epoll-many-naps": EPOLL_NAPS,
    "awake-scan": AWAKE_SCAN,
    "callback-saves-cpu": CALLBACK_SAVES,
    "mux-copies-each-call": MUX_BYTES,
    "mux-queues-each-call": MUX_ENTRIES,
    "epoll-own-queue": OWN_QUEUE,
    "epoll-own-queue-once": OWN_QUEUE_ONCE,
    "et-no-repoll": SECOND_LOOKS,
    "oneshot-silent": ONESHOT,
    "exclusive-one": HERD,
    "shared-instance-one": SHARED,
    "lifo-wakeup": ORDER,
    "nested-callback": NESTED,
    "sigio-no-entry": SIGIO,
    "aio-poll-entry": AIO,
    "uring-poll-oneshot": URING_ONESHOT,
    "uring-poll-multishot": URING_MULTISHOT,
    "uring-rings-mapped": RINGS,
}
"""By id of the claim. A claim without one is shown by the numbers of its evidence."""
