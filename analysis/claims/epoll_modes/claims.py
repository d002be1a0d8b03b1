"""The claims on epoll's modes: edge-triggered, one-shot, nested."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures
from analysis.claims.epoll_modes import nested, picture, timeline, triggers
from analysis.claims.epoll_modes.experiment import EPOLL_MODES
from analysis.verdicts.engine import Answers, Claim
from analysis.verdicts.steps import CALLBACK, SLEEPER

WAKING: Final = (
    "steps",
    f"hook:{CALLBACK}",
    f"hook:{SLEEPER}",
    "hook:ep_ptable_queue_proc",
    "insertions:epoll_ctl",
    "sleep_calls:epoll_wait",
    "truth",
)
"""Hooks that show how a callback wakes the waiter."""

ET_NO_REPOLL: Final = Claim(
    id="et-no-repoll",
    lecture=lectures.BEYOND,
    section="epoll(7), level-triggered and edge-triggered",
    statement="An edge-triggered fd that was returned is not polled again by the next "
    "epoll_wait; a level-triggered one is, once.",
    otherwise="Corrected if some edge-triggered fds were polled, or level-triggered ones not "
    "exactly once; refuted if all edge-triggered ones were, or no level-triggered one.",
    answers=Answers(
        supported="The next epoll_wait does not poll an edge-triggered fd that was returned; a "
        "level-triggered one went back on the list and is polled once more.",
        corrected="Some edge-triggered fds are polled again by the next epoll_wait, or "
        "level-triggered ones not exactly once.",
        refuted="Edge-triggered fds are polled again by the next epoll_wait, or level-triggered "
        "ones are not.",
    ),
    functions=(
        "ep_send_events",
        "ep_item_poll",
    ),
    experiment=EPOLL_MODES,
    needs=("steps", "fd_polls:epoll_wait", "sleep_calls:epoll_wait", "truth"),
    judge=triggers.et_no_repoll,
    picture=picture.SECOND_POLLS,
    timeline=timeline.edge_left_unread,
)
ONESHOT_SILENT: Final = Claim(
    id="oneshot-silent",
    lecture=lectures.BEYOND,
    section="epoll_ctl(2), EPOLLONESHOT",
    statement="After its event an EPOLLONESHOT fd wakes nobody until EPOLL_CTL_MOD, although its "
    "callback still runs.",
    otherwise="Corrected if a callback of an fd that had given its event woke somebody or did not "
    "run; refuted if all woke.",
    answers=Answers(
        supported="After its event an EPOLLONESHOT fd still runs its callback, but wakes nobody "
        "and is not returned until EPOLL_CTL_MOD.",
        corrected="An EPOLLONESHOT fd that gave its event is not always silent, or does not always"
        " run its callback and come back after EPOLL_CTL_MOD.",
        refuted="An EPOLLONESHOT fd goes on waking its waiter, or being returned, after its event.",
    ),
    functions=(
        "ep_poll_callback",
        "ep_send_events",
    ),
    experiment=EPOLL_MODES,
    needs=WAKING,
    judge=triggers.oneshot_silent,
    picture=picture.ONESHOT,
    timeline=timeline.oneshot,
)
NESTED_CALLBACK: Final = Claim(
    id="nested-callback",
    lecture=lectures.BEYOND,
    section="epoll(7), questions and answers",
    statement="An event on an fd in an epoll instance that another instance watches runs one "
    "callback within the other, and the outer epoll_wait returns the inner epoll fd.",
    otherwise="Corrected if a link of the chain was missing in some epoll_waits; refuted if no "
    "event came through both instances.",
    answers=Answers(
        supported="An event in the inner epoll instance runs the outer one's callback in the "
        "same write; that wakes the outer sleeper, which gets the inner epoll fd.",
        corrected="Events come through both epoll instances, but for some a link of the chain is "
        "missing.",
        refuted="No event of the inner epoll instance comes through to the outer one.",
    ),
    functions=("ep_poll_callback",),
    experiment=EPOLL_MODES,
    needs=WAKING,
    judge=nested.nested_callback,
    picture=picture.NESTED,
    timeline=timeline.nested,
)
