"""The claims on calls that wake up for nothing."""

from __future__ import annotations

from typing import Final

from analysis.claims.spurious_wakeups import epoll_sleep, in_vain, picture, timeline
from analysis.claims.spurious_wakeups.experiment import SPURIOUS
from analysis.experiments.epoll_life import EPOLL_LIFE
from analysis.verdicts.engine import REFUTED, SUPPORTED, Claim
from analysis.verdicts.steps import CALLBACK, POLLWAKE

WAIT_SPURIOUS: Final = Claim(
    id="wait-spurious",
    section="notes 3, defect 2",
    statement="epoll_wait sleeps a little and checks a little, in turns, until something is ready.",
    otherwise="Supported if every epoll_wait that had to wait went to sleep more than once; "
    "corrected if some did.",
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
    section="notes 3, summary 1",
    statement="Until one of their fds is ready, select and poll go to sleep and are woken "
    "several times in one call.",
    otherwise="Supported if every call whose entry was called back in vain slept more than once; "
    "refuted if none did.",
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
    section="notes 3, summary 1",
    statement="epoll_wait, too, may go to sleep and be woken several times in one call.",
    otherwise="Refuted if no epoll_wait that was called back in vain slept and was woken more "
    "than once.",
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
