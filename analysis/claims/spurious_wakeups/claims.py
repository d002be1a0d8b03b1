"""The claims on spurious wakeups."""

from __future__ import annotations

from typing import Final

from analysis.claims import lectures, notes
from analysis.claims.spurious_wakeups import epoll_sleep, in_vain, picture, timeline
from analysis.claims.spurious_wakeups.experiment import SPURIOUS
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.verdicts.engine import REFUTED, SUPPORTED, Answers, Claim
from analysis.verdicts.steps import CALLBACK, POLLWAKE

WAIT_SPURIOUS: Final = Claim(
    id="wait-spurious",
    lecture=lectures.WAIT,
    section=notes.DEFECT_2,
    statement="epoll_wait sleeps a little and checks a little, in turns, until something is ready.",
    otherwise="Supported if every epoll_wait that had to wait went to sleep more than once; "
    "corrected if some did.",
    answers=Answers(
        supported="An epoll_wait that has to wait goes to sleep, or is woken, more than once.",
        corrected="Not every epoll_wait that has to wait sleeps just once.",
        refuted="An epoll_wait that has to wait sleeps just once, until an event or its timeout "
        "ends the sleep.",
    ),
    functions=("ep_poll",),
    experiment=EPOLL_LIFE,
    needs=(
        "steps",
        "sleep_calls:epoll_wait",
        "sleeps:epoll_wait",
        "wakeups:epoll_wait",
        "off_cpu_ns:epoll_wait",
        "truth",
    ),
    judge=epoll_sleep.wait_spurious,
    picture=picture.WAIT_SPURIOUS,
)
MUX_MANY_SPURIOUS: Final = Claim(
    id="mux-many-spurious",
    lecture=lectures.MUX,
    section=notes.SUMMARY_1,
    statement="Until one of their fds is ready, select and poll go to sleep and are woken "
    "several times in one call.",
    otherwise="Supported if every call whose entry was called back in vain slept more than once; "
    "refuted if none did.",
    answers=Answers(
        supported="A call of select or poll whose entry is called back in vain goes to sleep again"
        " each time.",
        corrected="A call of select or poll sleeps again when it is woken in vain, but a callback "
        "for events it does not watch does not wake it.",
        refuted="select and poll sleep once per call: callbacks in vain do not make them sleep "
        "again.",
    ),
    functions=(
        "pollwake",
        "do_select",
        "do_poll",
    ),
    experiment=SPURIOUS,
    needs=(
        "steps",
        f"hook:{POLLWAKE}",
        "hook:sched_waking",
        "sleep_calls:select",
        "sleep_calls:poll",
        "truth",
    ),
    judge=in_vain.mux_many_spurious,
    picture=picture.MUX_SPURIOUS,
    timeline=timeline.slept_most("poll-spurious"),
)
EPOLL_MANY_SPURIOUS: Final = Claim(
    id="epoll-many-spurious",
    lecture=lectures.WAIT,
    section=notes.SUMMARY_1,
    statement="epoll_wait, too, may go to sleep and be woken several times in one call.",
    otherwise="Refuted if no epoll_wait that was called back in vain slept and was woken more "
    "than once.",
    answers=Answers(
        supported="An epoll_wait that is woken in vain goes back to sleep in the same call.",
        refuted="An epoll_wait does not sleep again, however often it is called back in vain.",
    ),
    functions=(
        "ep_poll",
        "ep_poll_callback",
    ),
    experiment=SPURIOUS,
    needs=(
        "steps",
        f"hook:{CALLBACK}",
        "hook:ep_ptable_queue_proc",
        "hook:sched_waking",
        "sleep_calls:epoll_wait",
        "insertions:epoll_ctl",
        "truth",
    ),
    verdicts=(SUPPORTED, REFUTED),
    judge=in_vain.epoll_many_spurious,
    picture=picture.EPOLL_SPURIOUS,
    timeline=timeline.slept_most("epoll-spurious"),
)
