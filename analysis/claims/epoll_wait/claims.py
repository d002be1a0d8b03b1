"""The claims on epoll: waiting and waking."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
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
from analysis.verdicts.engine import Answers, Claim
from analysis.verdicts.steps import CALLBACK, SLEEPER
from analysis.verdicts.timelines import ASLEEP, waits

ENTRY_IS_CURRENT: Final = Claim(
    id="entry-is-current",
    lecture=lectures.REGISTER,
    section=notes.DEFECT_2,
    statement="What is queued on the device's wait queue is the current task, to be woken from "
    "there.",
    otherwise="Supported if the entries that ADD queued woke the sleeping task themselves and "
    "ran no callback of epoll; corrected if some of them woke the task.",
    answers=Answers(
        supported="The entry that epoll_ctl queues on the fd's wait queue wakes the waiting task "
        "itself; no callback of epoll runs on it.",
        corrected="Some entries on the fds' wait queues wake the task themselves; on others a "
        "callback of epoll runs.",
        refuted="What epoll_ctl queues on the fd's wait queue is an entry with epoll's callback, "
        "not the task: the task is never woken from there.",
    ),
    functions=(
        "ep_ptable_queue_proc",
        "ep_poll_callback",
    ),
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
EPOLL_ONLY_ACTIVE: Final = Claim(
    id="epoll-only-active",
    lecture=lectures.WAIT,
    section=notes.EPOLL,
    statement="Only fds on which something happens run their callback; idle ones do not.",
    otherwise="Corrected if some idle fds ran a callback or some active ones none; refuted if all "
    "idle ones did.",
    answers=Answers(
        supported="Only an fd on which something happens runs its callback; those of idle fds do "
        "not run.",
        corrected="Some idle fds run their callback, or some active ones do not.",
        refuted="Callbacks do not tell active fds from idle ones: active fds run none, or idle "
        "ones all do.",
    ),
    functions=("ep_poll_callback",),
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
EPOLL_KERNEL_PUSHES: Final = Claim(
    id="epoll-kernel-pushes",
    lecture=lectures.WAIT,
    section=notes.EPOLL,
    statement="The kernel drives it: whoever brings the data runs the callback, while the "
    "program sleeps or is elsewhere.",
    otherwise="Corrected if some callbacks ran in the waiter's own epoll_wait or in no write; "
    "refuted if all did.",
    answers=Answers(
        supported="Whoever makes an fd ready runs its callback; the waiter's own epoll_wait runs "
        "none.",
        corrected="Some callbacks are run by whoever makes the fd ready, others by the waiter's "
        "own epoll_wait or by some other task.",
        refuted="Callbacks are run by the waiter's own epoll_wait, or by a task that did not make "
        "the fd ready.",
    ),
    functions=("ep_poll_callback",),
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
CALLBACK_FILLS_LIST: Final = Claim(
    id="callback-fills-list",
    lecture=lectures.WAIT,
    section=notes.DEFECT_2,
    statement="The callback puts its fd on the ready list and whoever waits there is woken.",
    otherwise="Corrected if the chain of callback, wakeup, polls of the listed fds alone and "
    "returned fd was broken in some epoll_waits; refuted if in all.",
    answers=Answers(
        supported="The callback puts its fd on the ready list and wakes the sleeper on the epoll "
        "instance's own queue, whose epoll_wait returns that fd.",
        corrected="For some epoll_waits the chain from callback to wakeup to returned fd is "
        "broken.",
        refuted="No epoll_wait sees the whole chain of callback, wakeup and returned fd.",
    ),
    functions=(
        "ep_poll_callback",
        "ep_autoremove_wake_function",
    ),
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        f"hook:{SLEEPER}",
        "hook:ep_ptable_queue_proc",
        "sleep_calls:epoll_wait",
        "fd_polls:epoll_wait",
        "insertions:epoll_ctl",
        "truth",
    ),
    judge=callbacks.callback_fills_list,
    picture=chain_picture.LINKS,
    timeline=waits("epoll", waker=ASLEEP),
)
EPOLL_WAIT_CHECKS_LIST: Final = Claim(
    id="epoll-wait-checks-list",
    lecture=lectures.WAIT,
    section=notes.EPOLL_AND_SUMMARY_1,
    statement="epoll_wait keeps going over the list of ready fds while it waits.",
    otherwise="Supported if every call that slept polled items more often than once each; "
    "corrected if some did.",
    answers=Answers(
        supported="epoll_wait goes over its ready list more often than once for each time that it "
        "is awake.",
        corrected="Some epoll_waits that sleep go over their ready list over and over; others do "
        "not.",
        refuted="epoll_wait goes over its ready list at most once before it sleeps and once when "
        "it is woken; in between it checks nothing.",
    ),
    functions=(
        "ep_poll",
        "ep_send_events",
        "ep_item_poll",
    ),
    experiment=EPOLL_LIFE,
    needs=("steps", "fd_polls", "sleep_calls:epoll_wait", "truth"),
    judge=ready_list.epoll_wait_checks_list,
    picture=fds_picture.LIST_POLLS,
)
EPOLL_OWN_QUEUE: Final = Claim(
    id="epoll-own-queue",
    lecture=lectures.WAIT,
    section=notes.SUMMARY_2,
    statement="epoll_wait queues its caller on the epoll instance's own queue, not on the fds'.",
    otherwise="Corrected if some epoll_wait queued an entry on an fd's queue or was woken from "
    "there; refuted if none was woken by an entry of its own.",
    answers=Answers(
        supported="epoll_wait queues nothing on its fds: it sleeps on the epoll instance's own "
        "queue and is woken from there.",
        corrected="Not every epoll_wait that sleeps is woken by an entry of its own, or some queue"
        " entries on their fds as well.",
        refuted="No epoll_wait is woken by an entry of its own.",
    ),
    functions=(
        "ep_poll",
        "ep_autoremove_wake_function",
    ),
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
    lecture=lectures.WAIT,
    section=notes.SUMMARY_2,
    statement="epoll_wait queues its caller on the instance's own queue once per call, at the "
    "start.",
    otherwise="Supported if the calls that did not sleep queued one as well, and those that "
    "slept queued just one; refuted if those that slept were woken by none.",
    answers=Answers(
        supported="Every epoll_wait queues its caller once on the epoll instance's own queue, "
        "whether it sleeps or not.",
        corrected="epoll_wait queues its caller on the epoll instance's own queue only if it has "
        "to sleep, once per sleep.",
        refuted="An epoll_wait that sleeps is not woken by an entry of its own.",
    ),
    functions=(
        "ep_poll",
        "ep_autoremove_wake_function",
    ),
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
