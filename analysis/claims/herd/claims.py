"""The claims on several waiters for one fd."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures
from analysis.claims.herd import picture, waiters
from analysis.claims.herd.experiment import HERDS
from analysis.verdicts.engine import Answers, Claim
from analysis.verdicts.timelines import waits

EXCLUSIVE_ONE: Final = Claim(
    id="exclusive-one",
    lecture=lectures.BEYOND,
    section="epoll_ctl(2), EPOLLEXCLUSIVE",
    statement="If several epoll instances watch one fd, an event wakes the waiters of all; with "
    "EPOLLEXCLUSIVE at least one, and as a rule just one.",
    otherwise="Corrected if the herd was not woken as a whole or EPOLLEXCLUSIVE mostly woke more "
    "than one; refuted if EPOLLEXCLUSIVE spared nobody.",
    answers=Answers(
        supported="An event wakes the waiters of all epoll instances on its fd; with "
        "EPOLLEXCLUSIVE it wakes, as a rule, just one.",
        corrected="EPOLLEXCLUSIVE spares waiters, but often wakes more than one, or the herd "
        "without it is not woken as a whole.",
        refuted="EPOLLEXCLUSIVE does not pick one of a herd: it spares nobody or wakes nobody, or "
        "there is no herd.",
    ),
    functions=(
        "ep_ptable_queue_proc",
        "ep_poll_callback",
    ),
    experiment=HERDS,
    needs=waiters.NEEDS,
    judge=waiters.exclusive_one,
    picture=picture.HERD,
    timeline=waits("epoll-herd", trigger="exclusive"),
)
SHARED_INSTANCE_ONE: Final = Claim(
    id="shared-instance-one",
    lecture=lectures.BEYOND,
    section="epoll(7), level-triggered and edge-triggered",
    statement="An event wakes one of several waiters in an epoll instance.",
    otherwise="Supported if neither an event nor the return of its fd woke another waiter; "
    "refuted if no event woke just one.",
    answers=Answers(
        supported="An event wakes just one of the waiters in an epoll instance, and nobody is "
        "woken after it.",
        corrected="An event wakes one waiter in an epoll instance; as that one takes a level-"
        "triggered fd, the fd goes back on the list and another is woken.",
        refuted="An event never wakes just one of the waiters in an epoll instance.",
    ),
    functions=(
        "ep_send_events",
        "ep_autoremove_wake_function",
    ),
    experiment=HERDS,
    needs=waiters.NEEDS,
    judge=waiters.shared_instance_one,
    picture=picture.SHARED,
    timeline=waits("epoll-shared-herd", trigger="edge", leave=False),
)
LIFO_WAKEUP: Final = Claim(
    id="lifo-wakeup",
    lecture=lectures.BEYOND,
    section="fs/eventpoll.c, ep_poll()",
    statement="Of several waiters in one epoll instance, the one that fell asleep last is woken "
    "first.",
    otherwise="Corrected if some events woke another waiter first; refuted if none woke the one "
    "that fell asleep last.",
    answers=Answers(
        supported="Of the waiters in one epoll instance, an event first wakes the one that fell "
        "asleep last.",
        corrected="Of the waiters in one epoll instance, some events first wake the one that "
        "fell asleep last, others another one.",
        refuted="Of the waiters in one epoll instance, an event does not first wake the one that "
        "fell asleep last.",
    ),
    functions=(
        "ep_poll",
        "ep_autoremove_wake_function",
    ),
    experiment=HERDS,
    needs=waiters.NEEDS,
    judge=waiters.lifo_wakeup,
    picture=picture.ORDER,
)
