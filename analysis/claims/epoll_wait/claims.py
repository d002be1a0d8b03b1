"""The claims on epoll: waiting and waking."""

from __future__ import annotations

from typing import Final

from analysis.claims.epoll_wait import (
    callbacks,
    chain_picture,
    fds_picture,
    own_queue,
    ready_list,
    timeline,
    wakers,
)
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.verdicts.engine import Claim
from analysis.verdicts.steps import CALLBACK, SLEEPER
from analysis.verdicts.timelines import ASLEEP, waits

EPOLL_ONLY_ACTIVE: Final = Claim(
    id="epoll-only-active",
    section="notes 3, epoll",
    statement="Only fds on which something happens run their callback; idle ones do not.",
    otherwise="Corrected if some idle fds ran a callback or some active ones none; refuted if all "
    "idle ones did.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        "hook:ep_ptable_queue_proc",
        "insertions:epoll_ctl",
        "truth",
    ),
    judge=callbacks.epoll_only_active,
    picture=fds_picture.FD_CALLBACKS,
)
CALLBACK_FILLS_LIST: Final = Claim(
    id="callback-fills-list",
    section="notes 3, defect 2",
    statement="The callback puts its fd on the ready list and whoever waits there is woken.",
    otherwise="Corrected if the chain of callback, wake and returned fd was broken in some "
    "epoll_waits; refuted if in all.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        f"hook:{SLEEPER}",
        "hook:ep_ptable_queue_proc",
        "sleep_calls:epoll_wait",
        "insertions:epoll_ctl",
        "truth",
    ),
    judge=callbacks.callback_fills_list,
    picture=chain_picture.LINKS,
    timeline=waits("epoll", waker=ASLEEP),
)
EPOLL_WAIT_CHECKS_LIST: Final = Claim(
    id="epoll-wait-checks-list",
    section="notes 3, epoll and summary 1",
    statement="epoll_wait keeps going over the list of ready fds while it waits.",
    otherwise="Supported if every call that slept polled items more often than once each; "
    "refuted if none polled any, or all polled every fd watched.",
    experiment=EPOLL_LIFE,
    needs=("steps", "fd_polls", "sleep_calls:epoll_wait", "truth"),
    judge=ready_list.epoll_wait_checks_list,
    picture=fds_picture.LIST_POLLS,
)
EPOLL_KERNEL_PUSHES: Final = Claim(
    id="epoll-kernel-pushes",
    section="notes 3, epoll",
    statement="The kernel drives it: whoever brings the data runs the callback, while the "
    "program sleeps or is elsewhere.",
    otherwise="Corrected if some callbacks ran in the waiter's own epoll_wait; refuted if all did.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        "hook:ep_ptable_queue_proc",
        "hook:sched_switch",
        "sleep_calls:epoll_wait",
        "truth",
    ),
    judge=wakers.epoll_kernel_pushes,
    picture=chain_picture.PUSHES,
    timeline=waits("epoll", waker=ASLEEP),
)
ENTRY_IS_CURRENT: Final = Claim(
    id="entry-is-current",
    section="notes 3, defect 2",
    statement="What is queued on the device's wait queue is the current task, to be woken from "
    "there.",
    otherwise="Supported if the entries that ADD queued woke the sleeping task themselves and "
    "ran no callback of epoll; refuted if ADD queued no entry.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        f"hook:{SLEEPER}",
        "hook:sched_waking",
        "insertions:epoll_ctl",
        "sleep_calls:epoll_wait",
        "truth",
    ),
    judge=wakers.entry_is_current,
    picture=chain_picture.ENTRIES,
    timeline=timeline.event_without_waiter,
)
EPOLL_OWN_QUEUE: Final = Claim(
    id="epoll-own-queue",
    section="notes 3, summary 2",
    statement="epoll_wait queues its caller on the epoll instance's own queue, not on the fds'.",
    otherwise="Corrected if some epoll_wait queued an entry on an fd's queue or was woken from "
    "there; refuted if none was woken by an entry of its own.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{SLEEPER}",
        "insertions:epoll_wait",
        "insertions:epoll_ctl",
        "sleep_calls:epoll_wait",
        "truth",
    ),
    judge=own_queue.epoll_own_queue,
    picture=chain_picture.OWN_QUEUE,
    timeline=waits("epoll", waker=ASLEEP),
)
EPOLL_OWN_QUEUE_ONCE: Final = Claim(
    id="epoll-own-queue-once",
    section="notes 3, summary 2",
    statement="epoll_wait queues its caller on that queue of its own once per call, at the start.",
    otherwise="Supported if the calls that did not sleep queued one as well, and those that "
    "slept queued just one; refuted if those that slept were woken by none.",
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        "hook:ep_ptable_queue_proc",
        "sleep_calls:epoll_wait",
        "notified:epoll_wait",
        "truth",
    ),
    judge=own_queue.epoll_own_queue_once,
    picture=chain_picture.OWN_QUEUE_ONCE,
)
